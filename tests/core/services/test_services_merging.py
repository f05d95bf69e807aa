"""What a merge would do is what it does; a card on which nothing hangs can be removed."""

from __future__ import annotations

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.customer import Contact
from exempt.services import cards, entries, joining, merging, removing
from exempt.services.merging import Differing, Filled, MergePreview
from exempt.services.rows import Subject
from support.cards import card_of, make_cards, on_card
from support.clientele import clientele
from support.records import NOW, act


def look(store: SqlStore, keep: int, other: int) -> MergePreview:
    with store.reading() as tx:
        return merging.preview(tx, cards.get(tx, keep), cards.get(tx, other))


def test_what_moves_is_told_before_and_moves(store: SqlStore) -> None:
    ids = clientele(store)
    keep, other = ids["C-7"], ids["C-1001"]
    told = look(store, keep, other)
    assert [record.external_id for record in told.records] == ["cus_1"]
    assert (told.certificates, told.requests, told.ship_tos, told.entries) == (2, 1, 1, 1)
    assert Filled("Tax ID", "12-3456789") in told.filled
    assert Differing("Name", "Mute & Sons", "Lone Star Industrial Supply LLC") in told.differing
    done = joining.merge(store, keep, other, act()).card
    assert done.tax_id == "12-3456789"
    with store.reading() as tx:
        assert [record.external_id for record in tx.cards.records([keep])] == ["cus_1"]
        assert len(tx.cards.certificates_of(keep)) == told.certificates
        assert len(tx.requests.of([keep])) == told.requests
        assert len(tx.entries.of(Subject.CUSTOMER, keep)) == told.entries


def test_what_a_card_has_many_of_is_no_difference(store: SqlStore) -> None:
    one, other = make_cards(
        store,
        on_card(ship_to_zones=["TX"], contacts=(Contact(name="A"),)),
        on_card(ship_to_zones=["TX", "CA"], contacts=(Contact(name="B"),)),
    )
    told = look(store, one, other)
    assert (told.filled, told.differing, told.zones) == ([], [], ("US-CA",))


def test_why_two_cannot_be_one(store: SqlStore) -> None:
    one, two, three = make_cards(store, on_card("A"), on_card("B"), on_card("C"))
    (theirs,) = make_cards(store, on_card("D"), company="acme")
    assert look(store, one, one).wrong == "It is the same card: name another one."
    assert "belongs to another company" in look(store, one, theirs).wrong
    cards.link_ship_to(store, one, three, act())
    cards.link_ship_to(store, three, two, act())
    assert "unlink one of the two first" in look(store, one, two).wrong
    assert look(store, one, three).wrong == ""


def test_a_card_on_which_nothing_hangs_is_removed(store: SqlStore) -> None:
    (made,) = make_cards(store, on_card())
    removing.remove(store, made, act(), seen=1)
    with pytest.raises(NotFoundError):
        card_of(store, made)
    with store.reading() as tx:
        (change,) = tx.history.of(Subject.CUSTOMER, made)
    assert (change.field, change.old, change.new) == ("made", "staff", None)


def test_what_hangs_on_a_card_keeps_it(store: SqlStore) -> None:
    (made,) = make_cards(store, on_card())
    entries.add_comment(store, Subject.CUSTOMER, made, "Keep it.", by="dana", at=NOW)
    with pytest.raises(RefusedError, match="hangs on it"):
        removing.remove(store, made, act(), seen=1)
    assert card_of(store, made).name == "Acme"


def test_nobody_removes_what_somebody_else_just_changed(store: SqlStore) -> None:
    (made,) = make_cards(store, on_card())
    cards.edit(store, made, on_card("Acme Ltd"), act())
    with pytest.raises(ConflictError, match="somebody changed it"):
        removing.remove(store, made, act(), seen=1)
