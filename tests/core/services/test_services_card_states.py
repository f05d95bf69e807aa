"""Where goods of a customer go: what covers it there, what was sold, and what is missing."""

from __future__ import annotations

from decimal import Decimal

from exempt.adapters.store.store import SqlStore
from exempt.rules.coverage_map import Cover
from exempt.services.card_sheet import look_at
from exempt.services.card_states import Amount, StatesView, StateView, states_of
from support.cards import make_cards, on_card
from support.clientele import clientele
from support.records import TODAY


def seen(store: SqlStore, customer_id: int, soon_days: int = 30) -> StatesView:
    with store.reading() as tx:
        looked = look_at(tx, customer_id, TODAY, soon_days)
    return states_of(looked, TODAY, soon_days)


def by_name(found: StatesView) -> dict[str, StateView]:
    return {one.name: one for one in found.states}


def test_each_state_is_covered_ends_soon_lacks_one_or_needs_none(store: SqlStore) -> None:
    found = by_name(seen(store, clientele(store)["C-1001"]))
    assert {name: one.cover for name, one in found.items()} == {
        "California": Cover.MISSING,
        "New York": Cover.SOON,
        "Oregon": Cover.NO_TAX,
        "Texas": Cover.COVERED,
    }
    california, texas = found["California"], found["Texas"]
    assert (california.orders, california.claimed) == (2, [Amount(Decimal("9872.00"), "USD")])
    assert (california.untaxed, california.asked) == ([], True)
    assert texas.untaxed == [Amount(Decimal("3702.00"), "USD")]
    assert texas.said == "certificate TX-1, to Sep 16, 2027"
    assert found["New York"].asked is False


def test_soon_is_what_the_setting_says(store: SqlStore) -> None:
    customer_id = clientele(store)["C-1001"]
    assert by_name(seen(store, customer_id, 12))["New York"].cover is Cover.SOON
    assert by_name(seen(store, customer_id, 11))["New York"].cover is Cover.COVERED


def test_a_ship_to_is_covered_by_its_billing_customer(store: SqlStore) -> None:
    texas = by_name(seen(store, clientele(store)["C-1001-2"]))["Texas"]
    assert texas.cover is Cover.COVERED
    assert texas.said == "certificate TX-1 of a linked customer, to Sep 16, 2027"


def test_nothing_is_missing_where_nobody_claims_anything(store: SqlStore) -> None:
    (made,) = make_cards(store, on_card(ship_to_zones=["TX"]))
    found = seen(store, made)
    assert [one.cover for one in found.states] == [Cover.TAXED]
    said = {tile.letters: tile.said for tile in found.map.tiles}
    assert said["TX"] == "Texas: taxed, nothing on file"
