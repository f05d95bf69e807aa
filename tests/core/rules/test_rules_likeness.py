"""By what two cards look alike, why they are two, and which one a merge should keep."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.likeness import (
    TITLES,
    ComparedCard,
    likenesses,
    to_keep,
    why_apart,
    zip_key,
)
from exempt.rules.matching import Likeness

NUMBER, TAX_ID, EMAIL, NAME_AND_ZIP, NAME = Likeness


def card(card_id: int = 1, **changes: Any) -> ComparedCard:
    """A card that says nothing but a name of its own."""
    usual: dict[str, Any] = {
        **dict.fromkeys(("number", "tax_id", "email", "country", "postal_code")),
        "company": "northwind",
        "name": f"Card {card_id}",
        "is_ship_to": False,
        "sources": 1,
        "certificates": 0,
    }
    return ComparedCard(id=card_id, **{**usual, **changes})


@pytest.mark.parametrize(
    ("country", "code", "key"),
    [
        pytest.param("US", "78701", "78701", id="five digits"),
        pytest.param("US", "78701-1234", "78701", id="the first five of nine"),
        pytest.param(None, "787011234", "78701", id="without a country as in the United States"),
        pytest.param("CA", "k1a 0b1", "K1A0B1", id="abroad all of it, without blanks"),
        pytest.param("US", " ", None, id="blanks"),
        pytest.param("CA", None, None, id="none"),
    ],
)
def test_how_a_zip_is_compared(country: str | None, code: str | None, key: str | None) -> None:
    assert zip_key(country, code) == key


@pytest.mark.parametrize(
    ("said", "alike"),
    [
        pytest.param({"number": "C-1"}, (NUMBER,), id="a number"),
        pytest.param({"tax_id": "12-3"}, (TAX_ID,), id="a tax ID"),
        pytest.param({"email": "a@b.cc"}, (EMAIL,), id="an e-mail"),
        pytest.param({"name": "Acme", "postal_code": "78701"}, (NAME_AND_ZIP,), id="name and zip"),
        pytest.param({"name": "Acme"}, (NAME,), id="a name"),
        pytest.param({"postal_code": "78701"}, (), id="a zip alone"),
        pytest.param({}, (), id="nothing"),
        pytest.param({"email": "a@b.cc", "number": "1", "name": "Acme"}, (NUMBER, EMAIL, NAME),
                     id="the strongest first"),
    ],
)  # fmt: skip
def test_who_says_the_same_is_alike(said: dict[str, Any], alike: tuple[Likeness, ...]) -> None:
    assert likenesses(card(1, **said), card(2, **said)) == alike


@pytest.mark.parametrize(
    ("one", "other", "on_cards", "why"),
    [
        pytest.param({"number": "1", "email": "a@b.cc"}, {"number": "2", "email": "a@b.cc"},
                     {EMAIL: 9}, "numbers differ: 1, 2", id="numbers speak against it"),
        pytest.param({"name": "A", "number": "1"}, {"name": "A"}, {}, "by name only",
                     id="a name is not gone by"),
        pytest.param({"email": "a@b.cc"}, {"email": "a@b.cc", "is_ship_to": True}, {EMAIL: 9},
                     "a ship-to customer may share its e-mail with others", id="a location"),
        pytest.param({"number": "1"}, {"number": "1", "is_ship_to": True}, {NUMBER: 3},
                     "3 cards have this number", id="but a location's number is its own"),
        pytest.param({"tax_id": "1"}, {"tax_id": "1"}, {TAX_ID: 1200},
                     "1,200 cards have this tax ID", id="matching could not choose"),
        pytest.param({"tax_id": "1", "sources": 0}, {"tax_id": "1"}, {TAX_ID: 2},
                     "only records of sources are matched: one of the two has none",
                     id="one was entered by hand"),
        pytest.param({"tax_id": "1"}, {"tax_id": "1", "sources": 0}, {TAX_ID: 2},
                     "only records of sources are matched: one of the two has none",
                     id="or the other one was"),
        pytest.param({"tax_id": "1"}, {"tax_id": "1"}, {TAX_ID: 2},
                     "one had another tax ID before, or was put apart by hand",
                     id="else it was otherwise when they were matched"),
    ],
)  # fmt: skip
def test_why_they_are_two(
    one: dict[str, Any], other: dict[str, Any], on_cards: dict[Likeness, int], why: str
) -> None:
    assert why_apart(card(1, **one), card(2, **other), on_cards) == why


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        pytest.param({"sources": 0, "certificates": 5}, {}, 2, id="the one that a source has"),
        pytest.param({"sources": 1}, {"sources": 2, "certificates": 1}, 2,
                     id="of two that one has the one with more certificates"),
        pytest.param({"sources": 2}, {"sources": 9}, 1, id="else the older one"),
    ],
)  # fmt: skip
def test_which_one_to_keep(one: dict[str, Any], other: dict[str, Any], kept: int) -> None:
    cards = card(1, **one), card(2, **other)
    first, second = to_keep(*cards)
    assert (first.id, second.id) == (kept, 3 - kept)
    assert to_keep(*cards[::-1]) == (first, second)


texts = st.sampled_from([None, "", "x", "X ", "y"])
cards = st.builds(
    card,
    st.integers(1, 9),
    name=st.sampled_from(["Acme", "ACME", "Bolt"]),
    number=texts,
    tax_id=texts,
    email=texts,
    country=st.sampled_from([None, "US", "CA"]),
    postal_code=texts,
)


@given(cards, cards)
def test_alike_is_alike_both_ways(one: ComparedCard, other: ComparedCard) -> None:
    found = likenesses(one, other)
    assert found == likenesses(other, one)
    assert list(found) == sorted(found, key=list(TITLES).index)
    assert not {NAME, NAME_AND_ZIP} <= set(found)
    if found:
        assert why_apart(one, other, {})
