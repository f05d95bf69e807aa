"""Cards that look like one customer: which are listed, in which order, and why they are two."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.customer import CustomerDetails
from exempt.rules.matching import Likeness
from exempt.services.likeness import Double, Doubles, doubles
from exempt.services.likeness_ports import DoublesFilter
from exempt.services.rows import ConnectionRow
from support.cards import make_cards, on_card
from support.records import NOW, customer
from support.stores import connected, customers_in, enter, rows, save_customers

NUMBER, TAX_ID, EMAIL, NAME_AND_ZIP, NAME = Likeness


def listed(store: SqlStore, **filters: Any) -> Doubles:
    with store.reading() as tx:
        return doubles(tx, DoublesFilter(**filters))


def ids(found: Doubles) -> list[tuple[int, int]]:
    """The pairs, the lower id of each first."""
    return [(min(d.keep.id, d.other.id), max(d.keep.id, d.other.id)) for d in found.pairs]


def not_same(store: SqlStore, *pairs: tuple[int, int]) -> None:
    with store.writing() as tx:
        for pair in pairs:
            tx.cards.set_not_same(pair, NOW, by="anna")


def ship_tos(store: SqlStore, *pairs: tuple[int, int]) -> None:
    with store.writing() as tx:
        tx.cards.link_ship_tos(pairs, NOW, by="anna")


AUSTIN = {"country": "US", "postal_code": "78701"}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param({"number": "C-1"}, {"number": " c-1 "}, (NUMBER,),
                     id="the same number, capitals and blanks aside"),
        pytest.param({"tax_id": "12-3456789"}, {"tax_id": "123456789"}, (TAX_ID,),
                     id="the same tax ID, however it is written"),
        pytest.param({"email": "AP@x.example"}, {"email": "ap@x.example"}, (EMAIL,),
                     id="the same e-mail"),
        pytest.param({"name": "ACME", **AUSTIN}, {"name": "acme", **AUSTIN}, (NAME_AND_ZIP,),
                     id="the same name and zip"),
        pytest.param({"name": "Acme", **AUSTIN}, {"name": "Acme", "postal_code": "78701-1234"},
                     (NAME_AND_ZIP,), id="of a ZIP+4 the first five"),
        pytest.param({"name": "Acme", "country": "CA", "postal_code": "k1a 0b1"},
                     {"name": "Acme", "country": "CA", "postal_code": "K1A0B1"}, (NAME_AND_ZIP,),
                     id="a postal code abroad, with or without blanks"),
        pytest.param({"name": "Acme", "country": "CA", "postal_code": "K1A 0B1"},
                     {"name": "Acme", "country": "CA", "postal_code": "K1A 0B2"}, (NAME,),
                     id="abroad all of it counts"),
        pytest.param({"name": "Acme", **AUSTIN}, {"name": "Acme"}, (NAME,), id="just the name"),
        pytest.param({"name": "ÖL"}, {"name": "öl"}, (NAME,), id="beyond ASCII, too"),
        pytest.param({"number": "C-1", "tax_id": "1", "email": "a@b.cc", "name": "Acme"},
                     {"number": "C-1", "tax_id": "1", "email": "a@b.cc", "name": "Acme"},
                     (NUMBER, TAX_ID, EMAIL, NAME), id="all of it, the strongest first"),
        pytest.param({"number": "C-1"}, {"number": "C-2"}, None, id="nothing"),
        pytest.param({**AUSTIN}, {**AUSTIN}, None, id="a zip alone is nothing"),
        pytest.param({"tax_id": "--"}, {"tax_id": "--"}, None, id="nor is a blank key"),
    ],
)  # fmt: skip
def test_by_what_two_look_alike(
    store: SqlStore,
    one: dict[str, Any],
    other: dict[str, Any],
    alike: tuple[Likeness, ...] | None,
) -> None:
    make_cards(store, on_card(**{"name": "One", **one}), on_card(**{"name": "Other", **other}))
    assert [d.likenesses for d in listed(store).pairs] == ([alike] if alike else [])


def mail(*names: str) -> list[CustomerDetails]:
    return [on_card(name, email="ap@x.example") for name in names]


def numbered(count: int) -> list[CustomerDetails]:
    return [on_card(f"N{n}", number="7") for n in range(count)]


@pytest.mark.parametrize(
    ("cards", "apart", "below", "pairs"),
    [
        pytest.param(mail("A", "B", "C", "D"), [], [], [(1, 2), (1, 3), (1, 4)],
                     id="of four the oldest with each other one"),
        pytest.param(mail("A", "B"), [(2, 1)], [], [], id="not the same, somebody said"),
        pytest.param(numbered(3), [(1, 2)], [], [(1, 3)],
                     id="said of one pair, the other is listed"),
        pytest.param(numbered(3), [(1, 2), (1, 3)], [], [(2, 3)],
                     id="by number the next oldest takes its place"),
        pytest.param(numbered(4), [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4)], [], [(3, 4)],
                     id="and then the next"),
        pytest.param(numbered(3), [(1, 2), (1, 3), (2, 3)], [], [], id="until all was said"),
        pytest.param(mail("A", "B", "C"), [(1, 2), (1, 3)], [], [],
                     id="who shares a mailbox is asked about once"),
        pytest.param(mail("A", "B"), [], [(1, 2)], [], id="a billing customer and its ship-to"),
        pytest.param(mail("A", "B"), [], [(2, 1)], [], id="the other way round"),
        pytest.param(mail("A", "B", "C"), [], [(1, 2), (1, 3)], [],
                     id="nor two locations of one customer"),
        pytest.param(mail("A", "B", "C", "D"), [], [(1, 2), (1, 3)], [(1, 4)],
                     id="a stranger is one pair with all of them"),
        pytest.param(mail("A", "B", "C"), [], [(2, 3)], [(1, 2)],
                     id="whichever of them is older"),
        pytest.param(numbered(3), [], [(1, 2), (1, 3)], [(2, 3)],
                     id="two locations with one number are a pair"),
        pytest.param([on_card("A", **AUSTIN) for _ in range(3)], [], [(1, 2), (1, 3)], [(2, 3)],
                     id="and with one name in one zip"),
        pytest.param([*mail("A"), on_card("B", tax_id="1", email="ap@x.example"),
                      on_card("C", tax_id="1")], [], [], [(2, 3), (1, 2)],
                     id="the stronger likeness comes first"),
        pytest.param([on_card("A", tax_id="1", email="ap@x.example") for _ in range(2)], [], [],
                     [(1, 2)], id="a pair is listed once"),
    ],
)  # fmt: skip
def test_which_pairs_are_listed(
    store: SqlStore,
    cards: list[CustomerDetails],
    apart: list[tuple[int, int]],
    below: list[tuple[int, int]],
    pairs: list[tuple[int, int]],
) -> None:
    make_cards(store, *cards)
    not_same(store, *apart)
    ship_tos(store, *below)
    found = listed(store)
    assert (ids(found), found.total) == (pairs, len(pairs))


def test_companies_are_looked_at_by_themselves(store: SqlStore) -> None:
    make_cards(store, *mail("A", "B"))
    make_cards(store, *mail("C", "D", "E"), company="southwind")
    assert ids(listed(store)) == [(1, 2), (3, 4), (3, 5)]
    (south,) = rows(store, "SELECT id FROM company WHERE key = 'southwind'")[0]
    assert ids(listed(store, company_ids={south})) == [(3, 4), (3, 5)]
    assert listed(store, company_ids=()).total == 0
    assert {d.keep.company for d in listed(store).pairs} == {"northwind", "southwind"}


def test_who_was_merged_is_gone(store: SqlStore) -> None:
    make_cards(store, *numbered(3))
    with store.writing() as tx:
        tx.cards.merge(2, 1, NOW, by="anna")
    assert ids(listed(store)) == [(2, 3)]


@pytest.mark.parametrize(
    ("words", "pairs"),
    [
        pytest.param("beta", [(1, 2)], id="by the name of either"),
        pytest.param("C-4", [(3, 4)], id="by a number"),
        pytest.param("id:3", [(3, 4)], id="by an id"),
        pytest.param(" ", [(1, 2), (3, 4)], id="blanks are no words"),
        pytest.param("nobody", [], id="none"),
    ],
)
def test_pairs_are_found_by_words(
    store: SqlStore, words: str, pairs: list[tuple[int, int]]
) -> None:
    make_cards(
        store,
        *mail("Alpha", "Beta"),
        *(on_card(n, number=k, email="pay@y.example") for n, k in (("Gamma", "C-3"), ("D", "C-4"))),
    )
    found = listed(store, words=words)
    assert (ids(found), found.total) == (pairs, len(pairs))


def test_a_list_comes_in_pages(store: SqlStore) -> None:
    make_cards(store, *mail(*"ABCDEF"))
    everything = ids(listed(store))
    pages = [listed(store, limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [pair for page in pages for pair in ids(page)] == everything
    assert {page.total for page in pages} == {5}
    assert pages[-1].pairs == []


# --- why they are two, and which one to keep -----------------------------------------------


def only(store: SqlStore) -> Double:
    (found,) = listed(store).pairs
    return found


def test_several_have_the_mailbox_and_matching_cannot_choose(
    store: SqlStore, erp: ConnectionRow
) -> None:
    save_customers(store, erp, *(customer(f"{n}", number=f"C-{n}", email="a@b.cc") for n in "12"))
    save_customers(store, connected(store, "shop"), customer("3", email="a@b.cc"))
    assert [d.why for d in listed(store).pairs] == [
        "numbers differ: C-1, C-2",
        "3 cards have this e-mail",
    ]


def test_a_location_shares_its_tax_id(store: SqlStore, erp: ConnectionRow) -> None:
    save_customers(store, erp, customer("P", name="Parent"))
    save_customers(store, erp, customer("S", name="Store", tax_id="1", parent_external_id="P"))
    save_customers(store, connected(store, "shop"), customer("X", name="X"))
    save_customers(store, connected(store, "shop"), customer("X", name="X", tax_id="1"))
    assert only(store).why == "a ship-to customer may share its tax ID with others"


def test_alike_since_one_changed(store: SqlStore, erp: ConnectionRow) -> None:
    save_customers(store, erp, customer("A", email="a@b.cc"))
    save_customers(store, connected(store, "shop"), customer("B", email="other@b.cc"))
    save_customers(store, connected(store, "shop"), customer("B", email="a@b.cc"))
    assert only(store).why == "one had another e-mail before, or was put apart by hand"


def test_a_merge_should_keep_the_card_that_a_source_has(
    store: SqlStore, erp: ConnectionRow
) -> None:
    make_cards(store, on_card("By hand", number="C-1", tax_id="1"))
    save_customers(store, erp, customer("A", number="C-2", tax_id="1"))
    found = only(store)
    assert (found.keep.name, found.keep.sources) == ("Customer A", 1)
    assert (found.other.name, found.other.sources) == ("By hand", 0)


def test_else_the_one_with_certificates_else_the_older(store: SqlStore) -> None:
    make_cards(store, *mail("A", "B", "C"))
    with store.writing() as tx:
        (card,) = customers_in(tx, "B")
        enter(tx, card.id)
    assert [(d.keep.name, d.other.name) for d in listed(store).pairs] == [("B", "A"), ("A", "C")]
