"""Customers listed on both databases: what fits, in which order, how many, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from exempt.adapters.store import customer_board
from exempt.adapters.store.customer_tables import DOUBTFUL_SQLITE, customer
from exempt.adapters.store.database import is_sqlite, run
from exempt.adapters.store.store import SqlStore
from exempt.model.customer import usable_email
from exempt.services.customer_lists import sheet
from exempt.services.customer_ports import (
    CustomerList,
    CustomerSort,
    ListedCustomer,
    ListFilter,
    Standing,
)
from exempt.services.rows import CustomerLack
from support.cards import make_cards, on_card
from support.clientele import HOSTILE, LONG, clientele
from support.records import DAY, NOW, TODAY

BY_NAME = (
    *(HOSTILE, "Bluebonnet Schools", "Cactus Health", "Lone Star Industrial Supply"),
    *("Lone Star Industrial Supply LLC", "Lone Star, Dallas yard", "Mute & Sons", LONG),
    "Western Only",
)


@pytest.fixture
def ids(store: SqlStore) -> dict[str, int]:
    return clientele(store)


def page(store: SqlStore, **asked: Any) -> CustomerList:
    with store.reading() as tx:
        return tx.customer_lists.page(ListFilter(**asked), TODAY)


def names(found: CustomerList) -> set[str]:
    return {row.name for row in found.customers}


@pytest.mark.usefixtures("ids")
def test_all_come_by_name_and_the_other_way_round(store: SqlStore) -> None:
    found = page(store)
    assert names(found) == set(BY_NAME)
    assert (found.total, found.capped) == (9, False)
    up = [row.id for row in found.customers]
    assert [row.id for row in page(store, descending=True).customers] == up[::-1]
    assert [row.id for row in page(store, limit=2, offset=3).customers] == up[3:5]


def test_a_row_says_what_is_known_of_a_customer(store: SqlStore, ids: dict[str, int]) -> None:
    (row,) = page(store, words="c-1001", limit=1).customers
    assert row == ListedCustomer(
        id=ids["C-1001"],
        number="C-1001",
        name="Lone Star Industrial Supply LLC",
        email="ap@lonestar.example",
        code=None,
        tax_id="12-3456789",
        city="Austin",
        jurisdiction="US-TX",
        company="Northwind",
        exempt=True,
        free_form=False,
        reached=True,
        no_mailings=False,
        certificates=2,
        ends_on=TODAY + 12 * DAY,
        sources=1,
        made_at=NOW,
    )


FITS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "part of a name": ({"words": "INDUSTRIAL"}, {BY_NAME[3], BY_NAME[4]}),
    "a tax ID, however it is written": ({"words": "12-3456789"}, {BY_NAME[3], BY_NAME[4]}),
    "exempt": (
        {"standing": Standing.EXEMPT},
        {"Bluebonnet Schools", BY_NAME[4], LONG, "Mute & Sons"},
    ),
    "exempt, and with a certificate": ({"standing": Standing.COVERED}, {BY_NAME[4]}),
    "exempt, and without one in force": (
        {"standing": Standing.UNCOVERED},
        {"Bluebonnet Schools", LONG, "Mute & Sons"},
    ),
    "lacking a certificate is the same": (
        {"lacking": CustomerLack.CERTIFICATE},
        {"Bluebonnet Schools", LONG, "Mute & Sons"},
    ),
    "taxable": (
        {"standing": Standing.TAXABLE},
        {HOSTILE, "Cactus Health", BY_NAME[3], BY_NAME[5], "Western Only"},
    ),
    "bought something exempt": ({"standing": Standing.BOUGHT}, {BY_NAME[4]}),
    "left out of mailings": ({"standing": Standing.NO_MAILINGS}, set()),
    "without e-mail": (
        {"lacking": CustomerLack.EMAIL},
        {HOSTILE, "Bluebonnet Schools", BY_NAME[5], "Mute & Sons", "Western Only"},
    ),
    "in no source": (
        {"lacking": CustomerLack.SOURCE},
        {BY_NAME[3], BY_NAME[5], "Mute & Sons", "Western Only"},
    ),
    "goods go there, by hand": ({"jurisdiction": "US-NM"}, {BY_NAME[3]}),
    "goods go there, by a source": ({"jurisdiction": "US-CA"}, {BY_NAME[4]}),
    "two at once": (
        {"standing": Standing.EXEMPT, "lacking": CustomerLack.SOURCE},
        {"Mute & Sons"},
    ),
    "a wildcard is a letter like any other": ({"words": "%"}, set()),
}


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(("asked", "fit"), FITS.values(), ids=FITS)
def test_what_fits(store: SqlStore, asked: dict[str, Any], fit: set[str]) -> None:
    found = page(store, **asked)
    assert names(found) == fit
    assert found.total == len(fit)
    with store.reading() as tx:
        exported = tx.customer_lists.after(ListFilter(**asked), 0, 100, TODAY)
    assert {row.name for row in exported} == fit


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize("few", [20_000, -1], ids=["few orders", "many"])
def test_who_bought_something_exempt_is_found_from_both_ends(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(customer_board, "_FEW", few)
    for sort in CustomerSort:
        assert names(page(store, standing=Standing.BOUGHT, sort=sort)) == {BY_NAME[4]}
    monkeypatch.setattr(customer_board, "COUNTED", 0)
    found = page(store, standing=Standing.BOUGHT, limit=0)
    assert (found.total, found.capped) == (0, True)


def test_an_id_is_that_customer_and_no_other(store: SqlStore, ids: dict[str, int]) -> None:
    make_cards(store, on_card("Called id:1 by everybody"), company="n")
    (row,) = page(store, words=f"ID:{ids['C-7']}").customers
    assert row.name == "Mute & Sons"


def test_a_company_has_its_own_customers(store: SqlStore, ids: dict[str, int]) -> None:
    with store.reading() as tx:
        (west,) = [row.id for row in tx.cards.companies() if row.key == "west"]
    assert [row.id for row in page(store, company_ids={west}).customers] == [ids["W-1"]]
    assert page(store, company_ids=()).total == 0


@pytest.mark.parametrize("descending", [False, True])
def test_by_number_those_without_come_last(store: SqlStore, *, descending: bool) -> None:
    make_cards(store, on_card("None"), on_card("A", number="a-1"), on_card("B", number="B-2"))
    found = page(store, sort=CustomerSort.NUMBER, descending=descending)
    first = ["B", "A"] if descending else ["A", "B"]
    assert [row.name for row in found.customers] == [*first, "None"]


def test_the_newest_first(store: SqlStore) -> None:
    made = make_cards(store, on_card("B"), on_card("A"))
    found = page(store, sort=CustomerSort.ADDED, descending=True)
    assert [row.id for row in found.customers] == made[::-1]


def test_of_very_many_it_is_said_that_there_are_more(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_board, "MOST", 3)
    make_cards(store, *(on_card(f"C{n}") for n in range(4)))
    for asked in ({}, {"lacking": CustomerLack.EMAIL}):
        found = page(store, **asked)
        assert (found.total, found.capped, len(found.customers)) == (3, True, 3)
        assert page(store, offset=3, **asked).customers == []


EMAILS = (
    *("ap@acme.example", "a.b-c_d+e@sub-a.acme.example", "x@acme.co", "1@2.34"),
    *("", "acme.example", "a@b", "a@b.c", "a@b.example.", "a..b@acme.example", ".a@acme.example"),
    *("a.@acme.example", "a@-acme.example", "a@.acme.example", "a b@acme.example", "a@a@acme.ex"),
    *("ap@acme.example, tax@acme.example", "<ap@acme.example>", "añb@acme.example", "a\xa0b@ac.me"),
    *(
        "a\u2003b@acme.example",
        f"{'a' * 65}@acme.example",
        f"a@{'b' * 250}.example",
        "a@b.ex\tample",
    ),
    *("a@acme_b.example", "a@b.ex\tample", "a'b@acme.example", "a@b.-x", "a@b.x-", "a@b..ex"),
)


def test_whom_no_mail_reaches_is_found_whatever_the_address(store: SqlStore) -> None:
    made = make_cards(store, *(on_card(f"C{n}", email=text) for n, text in enumerate(EMAILS)))
    with store.writing() as tx:
        tx._c.execute(
            sa.update(customer)
            .where(customer.c.id == made[0])
            .values(bounced_email="AP@acme.example")
        )
    unreached = {made[0]} | {
        card for card, text in zip(made, EMAILS, strict=True) if not usable_email(text.strip())
    }
    found = page(store, lacking=CustomerLack.EMAIL)
    assert {row.id for row in found.customers} == unreached
    assert not any(row.reached for row in found.customers)
    assert sum(row.reached for row in page(store).customers) == len(made) - len(unreached)


def test_an_index_knows_whom_perhaps_no_mail_reaches(store: SqlStore) -> None:
    with store.reading() as tx:
        if not is_sqlite(tx._c):
            pytest.skip("PostgreSQL reads a table of a few rows whole")
        sql = f"SELECT id FROM customer c WHERE c.gone_at IS NULL AND {DOUBTFUL_SQLITE}"  # noqa: S608
        plan = run(tx._c, f"EXPLAIN QUERY PLAN {sql}")
    assert [row[3] for row in plan] == ["SCAN c USING INDEX ix_customer_doubtful"]


@pytest.mark.usefixtures("ids")
def test_what_is_given_out_has_a_head_for_each_cell(store: SqlStore) -> None:
    given = sheet(store, ListFilter(standing=Standing.COVERED), TODAY)
    (row,) = given.rows
    told = dict(zip(given.heads, row, strict=True))
    assert (told["Name"], told["Certificates in force"]) == ("Lone Star Industrial Supply LLC", 2)
    assert told["First ends on"] == TODAY + 12 * DAY
