"""``exempt customers doubles``: pairs that may be one customer, and what to type."""

from __future__ import annotations

import pytest

from exempt.services import joining
from support.cards import make_cards, on_card
from support.desk import Desk
from support.records import act


def said(desk: Desk, *arguments: str) -> str:
    """What a person reads, line breaks aside."""
    return " ".join(desk.run("customers", "doubles", *arguments).split())


@pytest.fixture
def doubles(desk: Desk) -> Desk:
    """Cards 3 and 4 look like Acme, card 1; 5 and 6 of another company like each other."""
    desk.write_settings()
    path = desk.folder / "exempt.toml"
    south = '\n[companies.south]\nname = "Southwind"\nparent = "northwind"\n'
    path.write_text(path.read_text(encoding="utf-8") + south, encoding="utf-8")
    make_cards(
        desk.erp.world.store,
        on_card("ACME", number="A-9"),
        on_card("Acme Inc.", email="ap@acme.example"),
    )
    make_cards(desk.erp.world.store, on_card("Dee", number="7"), on_card("D", number="7"),
               company="south")  # fmt: skip
    return desk


def test_pairs_and_what_to_type(doubles: Desk) -> None:
    table = said(doubles)
    assert "3 pairs that may be one customer each" in table
    assert "7 Dee (no source) 7 D (no source) number only records of sources" in table
    assert (
        "C-1 Acme (1 source) Acme Inc. (no source) e-mail only records of sources are matched: one"
        " of the two has none merge id:1 id:4"
    ) in table
    assert "C-1 Acme (1 source) A-9 ACME (no source) name numbers differ: C-1, A-9" in table
    assert table.endswith("exempt customers not-same id:5 id:6"), "of the first pair"


def test_certificates_are_counted(doubles: Desk) -> None:
    doubles.add()
    assert "C-1 Acme (1 source, 1 certificate)" in said(doubles)


@pytest.mark.parametrize(
    ("arguments", "pairs"),
    [
        pytest.param([], [(5, 6), (1, 4), (1, 3)], id="the strongest likeness first"),
        pytest.param(["acme inc"], [(1, 4)], id="by words"),
        pytest.param(["--company", "south"], [(5, 6)], id="of a company"),
        pytest.param(["--company", "northwind"], [(5, 6), (1, 4), (1, 3)],
                     id="with the companies below it"),
        pytest.param(["--company", "northwind", "--only-this"], [(1, 4), (1, 3)], id="without"),
        pytest.param(["--limit", "2", "--page", "2"], [(1, 3)], id="the second page"),
    ],
)  # fmt: skip
def test_for_scripts(doubles: Desk, arguments: list[str], pairs: list[tuple[int, int]]) -> None:
    found = doubles.json("customers", "doubles", *arguments)
    assert [(pair["keep"]["id"], pair["other"]["id"]) for pair in found["pairs"]] == pairs
    first = found["pairs"][0]
    assert set(first) == {"keep", "other", "likenesses", "why"}
    assert first["likenesses"][0] in {"number", "email", "name"}


def test_it_comes_in_pages(doubles: Desk) -> None:
    assert "Page 1 of 2; --page shows another one." in said(doubles, "--limit", "2")
    assert said(doubles, "--page", "2") == "There is no page 2: the list has 1."
    assert doubles.json("customers", "doubles", "--limit", "1")["total"] == 3


def test_once_somebody_said_what_they_are_nothing_is_left(doubles: Desk) -> None:
    store = doubles.erp.world.store
    joining.merge(store, 1, 4, act())
    joining.not_same(store, 1, 3, act())
    joining.not_same(store, 5, 6, act())
    assert said(doubles) == "No two customers look alike."
    assert doubles.json("customers", "doubles") == {"total": 0, "pairs": []}


def test_an_unknown_company_is_refused(doubles: Desk) -> None:
    assert "company 'west': there is none" in doubles.refused(
        "customers", "doubles", "--company", "west"
    )
