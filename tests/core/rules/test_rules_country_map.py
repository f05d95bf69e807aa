"""The picture of the country is whole, tells its classes apart without colour, and is harmless."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from exempt.data.tiles import state_tiles
from exempt.rules.country_map import Class, Tile, draw
from exempt.rules.thresholds import shipped_thresholds

ON = dt.date(2026, 11, 20)
SVG = "{http://www.w3.org/2000/svg}"

TEXAS = Tile("US-TX", Decimal("126.8"), met=True, sold=True, said="Texas: 126.8 % of its threshold")


def drawn(*tiles: Tile, company: str = "Northwind") -> ET.Element:
    return ET.fromstring(draw(tiles, company, ON))  # noqa: S314 - our own


def of_class(picture: ET.Element, kind: Class) -> list[str]:
    """The letters of the states that are drawn so."""
    return [
        group.findtext(f"{SVG}text", "")
        for group in picture.iter(f"{SVG}g")
        if group.get("class") == kind.value and group.find(f"{SVG}title") is not None
    ]


def test_every_state_that_is_known_has_a_place_of_its_own() -> None:
    assert set(shipped_thresholds().jurisdictions) == set(state_tiles())
    assert len(set(state_tiles().values())) == len(state_tiles()) == 52


@pytest.mark.parametrize(
    ("tile", "kind", "label"),
    [
        pytest.param(Tile("US-OR", None), Class.NO_TAX, "no tax", id="no sales tax"),
        pytest.param(Tile("US-OR", None, sold=True), Class.NO_TAX, "no tax", id="though sold"),
        pytest.param(Tile("US-OH", Decimal(0)), Class.NO_SALES, "–", id="nothing sold"),
        pytest.param(
            Tile("US-OH", Decimal(0), sold=True), Class.LOW, "0 %", id="sold, none counts"
        ),
        pytest.param(Tile("US-OH", Decimal("49.9"), sold=True), Class.LOW, "49 %", id="below half"),
        pytest.param(Tile("US-OH", Decimal(50), sold=True), Class.MIDDLE, "50 %", id="half"),
        pytest.param(
            Tile("US-OH", Decimal("99.9"), near=True, sold=True),
            Class.NEAR,
            "99 %",
            id="just below the line is not shown as reached",
        ),
        pytest.param(TEXAS, Class.MET, "126 %", id="met"),
        pytest.param(
            TEXAS._replace(percent=Decimal("999.9")), Class.MET, "999 %", id="nearly ten times"
        ),
        pytest.param(
            TEXAS._replace(percent=Decimal("1299.9")),
            Class.MET,
            "12\N{MULTIPLICATION SIGN}",
            id="so many times that a percentage has no room",
        ),
        pytest.param(
            TEXAS._replace(registered=True), Class.REGISTERED, "126 %", id="met and registered"
        ),
    ],
)
def test_a_state_is_drawn_as_it_stands(tile: Tile, kind: Class, label: str) -> None:
    picture = drawn(tile)
    assert tile.kind is kind
    assert tile.code.removeprefix("US-") in of_class(picture, kind)
    assert label in [text.text for text in picture.iter(f"{SVG}text")]


def test_classes_that_matter_have_a_sign_beside_their_colour() -> None:
    tiles = [
        TEXAS,
        Tile("US-CO", Decimal(94), near=True, sold=True),
        Tile("US-NY", Decimal(10), sold=True, registered=True),
        Tile("US-OR", None),
    ]
    groups = {
        group.findtext(f"{SVG}text"): {each.get("class") for each in group}
        for group in drawn(*tiles).iter(f"{SVG}g")
    }
    assert "ring" in groups["TX"]
    assert "ring dashed" in groups["CO"]
    assert "corner" in groups["NY"]
    assert "hatch" in groups["OR"]


def test_the_legend_counts_the_states_and_names_the_mark_only_where_it_stands() -> None:
    def words(*tiles: Tile) -> list[str]:
        return [text.text or "" for text in drawn(*tiles).iter(f"{SVG}text")]

    assert "met, not registered (1)" in words(TEXAS)
    assert "no sales tax (51)" in words(TEXAS)
    assert "physical nexus" not in words(TEXAS)
    assert "physical nexus" in words(TEXAS._replace(physical=True))


def test_whoever_cannot_see_it_is_told_of_the_states_that_matter() -> None:
    picture = drawn(TEXAS, Tile("US-CO", Decimal(94), near=True, sold=True))
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}desc") == (
        "Met, not registered: Texas 126 %. Near the threshold: Colorado 94 %. Registered: none."
    )


def test_how_many_times_is_explained_where_it_stands() -> None:
    def notes(*tiles: Tile) -> str:
        texts = drawn(*tiles).iter(f"{SVG}text")
        return " ".join(each.text or "" for each in texts if each.get("class") == "note")

    assert "twelve times" not in notes(TEXAS)
    assert "twelve times" in notes(TEXAS._replace(percent=Decimal(1000)))


def test_with_links_it_is_a_group_as_an_image_would_hide_them() -> None:
    linked = ET.fromstring(draw([TEXAS], "Northwind", ON, address_of=str))  # noqa: S314 - our own
    assert linked.get("role") == "group"


def test_names_are_text_and_never_markup() -> None:
    company = '<script>alert("x")</script> & ' + "x" * 80
    tile = TEXAS._replace(said="Texas: <b>")
    text = draw([tile], company, ON, address_of=lambda code: f'/nexus?state={code}&"x"=<')
    picture = ET.fromstring(text)  # noqa: S314 - our own
    assert "<script" not in text
    assert picture.findtext(f"{SVG}title", "").startswith("Sales tax exposure of <script>")
    links = [link.get("href") for link in picture.iter(f"{SVG}a")]
    assert '/nexus?state=US-TX&"x"=<' in links
    assert len(links) == 52
    assert any((each.text or "").endswith("… · 2026-11-20") for each in picture.iter(f"{SVG}text"))


def test_it_asks_for_nothing_from_elsewhere() -> None:
    text = draw([TEXAS], "Northwind", ON).replace("http://www.w3.org/2000/svg", "")
    assert "http" not in text
    assert "@import" not in text
    assert "href" not in text


def test_the_same_facts_are_the_same_picture() -> None:
    assert draw([TEXAS], "Northwind", ON) == draw([TEXAS], "Northwind", ON)
