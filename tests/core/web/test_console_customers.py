"""The pages of customers: whose they are, and what they show."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from starlette.applications import Starlette

from exempt.model.access import Role
from exempt.services import request_steps
from exempt.web.app import PARTS
from exempt.web.guard import Guard
from support.browsing import Browser, Premises
from support.cards import make_cards, on_card
from support.clientele import HOSTILE
from support.customer_pages import customers_house, entries_of, send
from support.records import DAY, TODAY, act
from support.stores import enter, everything

TABS = ("", "ship-to", "certificates", "orders", "requests", "comments", "sources", "history")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Northwind's customers, for tests that only look."""
    with customers_house(tmp_path_factory.mktemp("read")) as house:
        yield house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """Northwind's customers, for tests that change something."""
    with customers_house(tmp_path) as house:
        yield house


def test_another_companys_customers_do_not_exist(house: Premises) -> None:
    theirs = house.staff(Role.REVIEWER, "acme")
    mine = house.ids["C-1001"]
    before = everything(house.store)
    assert "Lone Star" not in theirs.get("/customers").text
    assert "Lone Star" not in theirs.get("/customers/export").text
    assert "Lone Star" not in theirs.get("/customers/look-alikes").text
    assert theirs.get("/customers?company=n").status_code == 404
    for part in PARTS:
        for page in part.all:
            if "{customer_id:int}" in page.path:
                path = page.path.replace("{customer_id:int}", str(mine))
                path = path.replace("{entry_id:int}", "1")
                answer = theirs.get(path) if page.method == "GET" else send(theirs, path, other="1")
                assert answer.status_code == 404, page.path
    pair = [house.ids["A-1"], mine]
    assert send(theirs, "/customers/look-alikes/not-same", id=pair).status_code == 404
    assert send(theirs, f"/customers/{pair[0]}/merge", other=mine).status_code == 404
    assert everything(house.store) == before


def test_what_another_company_has_cannot_be_pulled_over(house: Premises) -> None:
    theirs = house.staff(Role.REVIEWER, "acme")
    own = house.ids["A-1"]
    link = send(theirs, f"/customers/{own}/sources/link", connection="books", external_id="cus_1")
    assert (link.status_code, "no customer of that source" in link.text) == (422, True)
    named = send(theirs, f"/customers/{own}/ship-to/link", words="C-1001")
    assert (named.status_code, "there is none with this number" in named.text) == (422, True)
    merge = theirs.get(f"/customers/{own}/merge?other=C-1001")
    assert (merge.status_code, "Lone Star" in merge.text) == (422, False)


def test_nobody_gets_to_another_customers_comment_through_their_own(house: Premises) -> None:
    dana, (theirs,) = house.staff(Role.REVIEWER), entries_of(house, house.ids["C-1001"])
    path = f"/customers/{house.ids['C-7']}/entries/{theirs.id}"
    assert send(dana, path, text="mine now").status_code == 404
    assert send(dana, f"{path}/remove").status_code == 404
    assert entries_of(house, house.ids["C-1001"]) == [theirs]


def test_whoever_only_looks_is_offered_nothing_to_change(read: Premises) -> None:
    viewer = read.staff(Role.VIEWER)
    for tab in TABS:
        page = viewer.get(f"/customers/{read.ids['C-1001']}/{tab}".rstrip("/"))
        assert page.status_code == 200
        posts = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page.text)
        assert [each for each in posts if "customers" in each] == []
        assert "/edit" not in page.text
    assert "/customers/new" not in viewer.get("/customers").text


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_shows_hostile_text_as_text(read: Premises, tab: str) -> None:
    page = read.staff().get(f"/customers/{read.ids['C-1005']}/{tab}".rstrip("/"))
    assert page.status_code == 200
    assert HOSTILE not in page.text


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("lack=email", "Bluebonnet", "Cactus"),
        ("lack=certificate", "Mute", "Lone Star"),
        ("lack=source", "Western", "Cactus"),
        ("standing=covered", "Lone Star", "Mute"),
        ("state=US-NM", "Lone Star", "Mute"),
        ("company=west", "Western", "Cactus"),
        ("words=pay@cactus", "Cactus", "Mute"),
        ("lack=nonsense&state=nowhere&sort=nothing&page=x", "Cactus", "nobody at all"),
    ],
)
def test_what_the_filters_of_the_list_show(
    read: Premises, query: str, shown: str, hidden: str
) -> None:
    page = read.staff().get(f"/customers?{query}")
    assert page.status_code == 200
    table = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert shown in table
    assert hidden not in table
    given = read.staff().get(f"/customers/export?{query}").text
    assert shown in given
    assert hidden not in given


def test_the_company_switcher_narrows_the_list_and_what_can_be_chosen(read: Premises) -> None:
    browser = read.staff()
    chosen = send(browser, "/company", company="west", next="/customers")
    browser.cookies |= dict(chosen.cookies)
    page = browser.get("/customers")
    assert "Western Only" in page.text
    assert "Cactus" not in page.text
    assert browser.get("/customers?company=n").status_code == 404


def test_the_export_has_every_row_and_disarms_formulas(house: Premises) -> None:
    make_cards(house.store, *(on_card(f"=1+{n}", number=f"F-{n}") for n in range(60)), company="n")
    answer = house.staff().get("/customers/export?words=F-")
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 60
    assert {row["Name"][0] for row in rows} == {"'"}
    assert "customers-" in answer.headers["content-disposition"]


def test_links_to_source_systems_are_those_of_the_settings(house: Premises) -> None:
    known = {"books": "https://books.example/customers/{id}?tab=1"}
    house.site = dataclasses.replace(house.site, customer_addresses=known)

    house.app = Guard(Starlette(routes=[r for part in PARTS for r in part.routes(house.site)]))
    page = Browser(house, house.staff().cookies).get(f"/customers/{house.ids['C-1001']}/sources")
    assert 'href="https://books.example/customers/cus_1?tab=1"' in page.text


def test_orders_from_before_a_certificate_are_told_apart(house: Premises) -> None:
    customer_id = house.ids["C-1001"]
    with house.store.reading() as tx:
        (asked,) = tx.requests.of([customer_id])
    request_steps.cancelled(house.store, asked.id, act())
    page = house.staff().get(f"/customers/{customer_id}").text
    assert "No certificate covers California." in page
    with house.store.writing() as tx:
        enter(tx, customer_id, "CA", number="CA-1", effective_date=TODAY - DAY)
    page = house.staff().get(f"/customers/{customer_id}").text
    assert "No certificate covers" not in page
    assert "Earlier orders to California are not covered" in page
