"""Which system has the last word on a field of a card: from the settings to the card."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.errors import RefusedError
from exempt.model.customer import CustomerCard
from exempt.services import cards
from exempt.services.ownership import narrow, take_over
from exempt.services.ports import Clock
from exempt.services.rows import ConnectionRow
from support.cards import card_of, changes_of, make_cards, on_card
from support.records import NOW, act, address, customer
from support.stores import MINUTE, connected, everything, save_customers

ANNA = act()


@pytest.fixture
def shop(store: SqlStore) -> ConnectionRow:
    """Another connection of the same company."""
    return connected(store, "shop")


def own(
    store: SqlStore,
    row: ConnectionRow,
    *fields: str,
    clock: Clock = lambda: NOW,
    at_once: int = 500,
) -> int:
    """Let the settings say that a connection owns these fields."""
    return take_over(store, row, fields, clock, at_once=at_once)


def edit(store: SqlStore, **changes: Any) -> CustomerCard:
    details = card_of(store, 1).details.model_copy(update=changes)
    return cards.edit(store, 1, details, ANNA).card


def test_the_erp_wins_on_the_fields_it_owns(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    own(store, erp, "name", "email")
    save_customers(store, shop, customer("S", name="Acme (shop)", number="1", email="s@x.example"))
    save_customers(store, erp, customer("E", name="Acme Inc.", number="1", email="e@x.example"))
    card = card_of(store, 1)
    assert (card.name, card.email) == ("Acme Inc.", "e@x.example"), "although the shop made it"
    save_customers(store, shop, customer("S", name="ACME!", number="1", email="s2@x.example"))
    card = card_of(store, 1)
    assert (card.name, card.email) == ("Acme Inc.", "e@x.example"), "and although it leads"
    save_customers(store, erp, customer("E", name="Acme Ltd", number="1"))
    card = card_of(store, 1)
    assert (card.name, card.email) == ("Acme Ltd", None), "what it clears is cleared"


def test_another_source_fills_what_nobody_owns(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    own(store, erp, "email")
    save_customers(store, erp, customer("E", number="1"))
    save_customers(store, shop, customer("S", number="1", email="s@x.example", tax_id="12-3"))
    card = card_of(store, 1)
    assert (card.email, card.tax_id) == (None, "12-3"), "the e-mail is for the ERP to say"


def test_whose_record_is_gone_owns_nothing(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    own(store, erp, "email")
    save_customers(store, erp, customer("E", number="1", email="e@x.example"))
    with store.writing() as tx:
        tx.sources.mark_deleted(erp, Stream.CUSTOMERS, ["E"], NOW)
    assert edit(store, email="anna@x.example").email == "anna@x.example"


def test_on_a_card_without_a_record_of_the_owner_others_have_their_say(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    own(store, erp, "email")
    save_customers(store, shop, customer("S", number="1", email="s@x.example"))
    assert card_of(store, 1).email == "s@x.example"
    assert edit(store, email="anna@x.example").email == "anna@x.example"


@pytest.mark.parametrize(
    ("owned", "changes", "said"),
    [
        pytest.param("email", {"email": "anna@x.example"}, "A/P e-mail: erp has the last word",
                     id="an e-mail"),
        pytest.param("address", {"city": "Dallas"}, "city: erp has the last word",
                     id="a part of an address"),
        pytest.param("bill_to", {"bill_to": False}, "billed: erp has the last word", id="a flag"),
        pytest.param("number", {"number": "2"}, "customer number: erp has the last word",
                     id="a number"),
    ],
)  # fmt: skip
def test_what_a_source_owns_staff_do_not_edit(
    store: SqlStore, erp: ConnectionRow, owned: str, changes: dict[str, Any], said: str
) -> None:
    own(store, erp, owned)
    record = customer("E", number="1", email="e@x.example", billing_address=address())
    save_customers(store, erp, record)
    before = everything(store)
    with pytest.raises(RefusedError, match=rf"{said} on it: change it there, or take it out of"):
        edit(store, **changes)
    assert everything(store) == before
    assert edit(store, attention="Ann").attention == "Ann", "the rest is theirs"


def test_without_an_owner_what_the_maker_changes_counts(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    save_customers(store, erp, customer("E", name="Acme", number="1", email="e@x.example"))
    edit(store, email="anna@x.example")
    save_customers(store, erp, customer("E", name="Acme Inc.", number="1", email="e@x.example"))
    card = card_of(store, 1)
    assert (card.name, card.email) == ("Acme Inc.", "anna@x.example"), "the e-mail is as it was"
    save_customers(store, erp, customer("E", name="Acme Inc.", number="1", email="new@x.example"))
    assert card_of(store, 1).email == "new@x.example", "now it is not"


def test_a_card_made_by_hand_is_led_by_the_first_source_that_has_it(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    make_cards(store, on_card("By hand", number="1", phone="555"))
    save_customers(store, erp, customer("E", name="Acme", number="1", email="e@x.example"))
    card = card_of(store, 1)
    assert (card.name, card.email, card.phone) == ("Acme", "e@x.example", "555")
    save_customers(store, shop, customer("S", name="Shop's", number="1"))
    assert card_of(store, 1).name == "Acme"
    save_customers(store, erp, customer("E", name="Acme Inc.", number="1", email="e@x.example"))
    assert card_of(store, 1).name == "Acme Inc."


# --- a change of the settings --------------------------------------------------------------


def entered(store: SqlStore, erp: ConnectionRow, count: int = 5) -> None:
    """Cards whose names staff changed."""
    save_customers(store, erp, *(customer(f"E{n}", number=f"{n}") for n in range(1, count + 1)))
    for n in range(1, count + 1):
        details = card_of(store, n).details.model_copy(update={"name": f"Edited {n}"})
        cards.edit(store, n, details, ANNA)


def names(store: SqlStore, ids: Collection[int] = range(1, 6)) -> list[str]:
    return [card_of(store, each).name for each in ids]


def test_what_is_owned_from_now_on_is_taken_over_at_once(
    store: SqlStore, erp: ConnectionRow
) -> None:
    entered(store, erp)
    assert own(store, erp, "name", at_once=2) == 5
    assert names(store) == [f"Customer E{n}" for n in range(1, 6)]
    assert changes_of(store, 1)[-1] == ("name", "Edited 1", "Customer E1")
    assert own(store, erp, "name") == 0, "the second time there is nothing to do"


def test_what_is_owned_no_more_stays_and_can_be_edited(store: SqlStore, erp: ConnectionRow) -> None:
    own(store, erp, "name", "email")
    save_customers(store, erp, customer("E", name="Acme", number="1"))
    own(store, erp, "email")
    assert card_of(store, 1).name == "Acme"
    assert edit(store, name="Anna's").name == "Anna's"


def owns(store: SqlStore, row: ConnectionRow) -> set[str]:
    with store.reading() as tx:
        return tx.cards.owns(row.id)


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        pytest.param(["email"], {"email"}, id="what it owns no more is anybody's"),
        pytest.param(["name", "email", "code"], {"name", "email"},
                     id="what is new waits until the cards take it over"),
        pytest.param([], set(), id="a connection that is not in the settings owns nothing"),
    ],
)  # fmt: skip
def test_owning_less_changes_no_card(
    store: SqlStore, erp: ConnectionRow, fields: list[str], left: set[str]
) -> None:
    own(store, erp, "name", "email")
    save_customers(store, erp, customer("E", name="Acme", number="1"))
    before = everything(store)
    narrow(store, erp, fields)
    after = everything(store)
    differ = {table for table in before if before[table] != after[table]}
    assert (owns(store, erp), differ - {"connection"}) == (left, set())
    if "name" not in left:
        assert edit(store, name="Anna's").name == "Anna's"


def test_taking_over_that_a_crash_ended_is_not_done_by_owning_less(
    store: SqlStore, erp: ConnectionRow
) -> None:
    def no_clock() -> Any:
        raise Killed

    entered(store, erp)
    with pytest.raises(Killed):
        own(store, erp, "name", "email", clock=no_clock, at_once=2)
    narrow(store, erp, ["name"])
    assert own(store, erp, "name") == 5


class Killed(BaseException):
    """The process ends here."""


def test_a_crash_in_between_begins_anew(store: SqlStore, erp: ConnectionRow) -> None:
    entered(store, erp)
    left = [NOW, NOW]

    def clock() -> Any:
        if not left:
            raise Killed
        return left.pop()

    with pytest.raises(Killed):
        own(store, erp, "name", clock=clock, at_once=2)
    assert names(store) == [*(f"Customer E{n}" for n in range(1, 5)), "Edited 5"]
    with pytest.raises(RefusedError, match="erp has the last word"):
        edit(store, name="x")
    assert own(store, erp, "name", at_once=2) == 5, "it did not count as done"
    assert names(store) == [f"Customer E{n}" for n in range(1, 6)]


def test_taken_over_cards_say_what_changed_and_nothing_else_does(
    store: SqlStore, erp: ConnectionRow
) -> None:
    entered(store, erp, 1)
    before = everything(store)
    own(store, erp, "email", clock=lambda: NOW + MINUTE)
    after = everything(store)
    differ = {table for table in before if before[table] != after[table]}
    assert differ == {"connection"}, "no e-mail was said"
