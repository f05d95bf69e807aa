"""Which card a source's customer belongs to."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.matching import Candidate, match
from support.records import customer

ACME = Candidate(1, "C-1001", "ap@acme.example")
OTHER = Candidate(2, "C-2002", "ap@other.example")
NUMBERLESS = Candidate(3, None, "ap@acme.example")
MAILLESS = Candidate(4, "C-1001", None)


@pytest.mark.parametrize(
    ("number", "email", "cards", "found"),
    [
        pytest.param("C-1001", None, [ACME, OTHER], 1, id="the same number is the same customer"),
        pytest.param(" c-1001 ", None, [ACME], 1, id="spaces and capitals make no difference"),
        pytest.param("C-1001", "ap@other.example", [ACME, OTHER], 1,
                     id="the number comes before the e-mail"),
        pytest.param(None, "AP@Acme.Example", [ACME, OTHER], 1,
                     id="without a number the e-mail decides"),
        pytest.param("C-9", "ap@acme.example", [ACME], None,
                     id="two that differ in number share no card, whatever their mailbox"),
        pytest.param("C-9", "ap@acme.example", [NUMBERLESS], 3,
                     id="a card without a number is found by e-mail"),
        pytest.param("C-9", "ap@acme.example", [ACME, NUMBERLESS], 3,
                     id="of a mailbox that serves two the one that cannot differ"),
        pytest.param(None, "ap@acme.example", [ACME, NUMBERLESS], None,
                     id="a mailbox that serves two decides nothing"),
        pytest.param("C-1001", None, [ACME, MAILLESS], None,
                     id="a number that two cards have decides nothing"),
        pytest.param("C-1001", "ap@acme.example", [ACME, MAILLESS, NUMBERLESS], None,
                     id="and the e-mail is not asked then"),
        pytest.param("C-1001", None, [ACME, ACME], 1, id="the same card twice is one"),
        pytest.param(None, None, [ACME, Candidate(5, None, None)], None,
                     id="who has neither matches nobody"),
        pytest.param("", " ", [Candidate(5, "", " ")], None, id="blanks are not the same"),
        pytest.param("C-1001", "ap@acme.example", [], None, id="there may be no card at all"),
        pytest.param("STRASSE-1", None, [Candidate(6, "Straße-1", None)], 6,
                     id="letters are compared as people do"),
    ],
)  # fmt: skip
def test_match(
    number: str | None, email: str | None, cards: list[Candidate], found: int | None
) -> None:
    source = customer(number=number or None, email=email)
    assert match(source, cards) == found
    assert match(source, cards[::-1]) == found


numbers = st.sampled_from([None, "", "A", "a ", "B"])
emails = st.sampled_from([None, "", "x@example.com", "X@example.com", "y@example.com"])
on_cards = st.lists(st.builds(Candidate, st.integers(1, 5), numbers, emails), max_size=5)


@given(numbers, emails, on_cards, st.randoms())
def test_the_order_of_cards_is_irrelevant(
    number: str | None, email: str | None, cards: list[Candidate], chance: Random
) -> None:
    source = customer(number=number or None, email=email)
    shuffled = list(cards)
    chance.shuffle(shuffled)
    assert match(source, cards) == match(source, shuffled)


@given(
    numbers,
    emails,
    st.lists(
        st.builds(Candidate, st.integers(1, 5), numbers, emails),
        max_size=5,
        unique_by=lambda c: c.customer_id,
    ),
)
def test_differing_numbers_are_never_the_same_customer(
    number: str | None, email: str | None, cards: list[Candidate]
) -> None:
    found = match(customer(number=number or None, email=email), cards)
    card = next((c for c in cards if c.customer_id == found), None)
    if card and card.number and number:
        assert card.number.strip().casefold() == number.strip().casefold()


TAXED = Candidate(7, None, None, "12-3456789")


@pytest.mark.parametrize(
    ("fields", "cards", "found"),
    [
        pytest.param({"tax_id": "123456789"}, [TAXED], 7, id="by tax ID, however it is written"),
        pytest.param({"tax_id": "123456789", "email": "ap@acme.example"}, [NUMBERLESS, TAXED], 7,
                     id="the tax ID comes before the e-mail"),
        pytest.param({"tax_id": "99", "email": "ap@acme.example"}, [NUMBERLESS, TAXED], 3,
                     id="one that no card has decides nothing"),
        pytest.param({"tax_id": "123456789"}, [TAXED, Candidate(8, None, None, "123456789")], None,
                     id="nor one that two cards have"),
        pytest.param({"tax_id": "123456789", "number": "C-9"},
                     [Candidate(8, "C-8", None, "123456789")], None,
                     id="two that differ in number share no card, whatever their tax ID"),
        pytest.param({"tax_id": "123456789", "parent_external_id": "P"}, [TAXED], None,
                     id="a location is not its company, though they share a tax ID"),
        pytest.param({"number": "C-1001", "parent_external_id": "P"}, [ACME], 1,
                     id="a location is found by its number"),
        pytest.param({"tax_id": "--"}, [Candidate(9, None, None, " ")], None,
                     id="signs alone are no tax ID"),
        pytest.param({"tax_id": "00-0000000"}, [Candidate(9, None, None, "000000000")], None,
                     id="nor are noughts"),
        pytest.param({"tax_id": "N/A"}, [Candidate(9, None, None, "N/A")], None, id="nor a word"),
        pytest.param({"email": "n/a"}, [Candidate(9, None, "n/a")], None,
                     id="no mail goes there"),
        pytest.param({"email": "none@none.com"}, [Candidate(9, None, "none@none.com")], None,
                     id="nobody is there"),
        pytest.param({"number": "N/A"}, [Candidate(9, "N/A", None)], None, id="no number"),
        pytest.param({"number": "0"}, [Candidate(9, "0", None)], None, id="nought is no number"),
        pytest.param({"tax_id": "123456789"}, [Candidate(9, None, None, "12-3456789", "X", True)],
                     None, id="two records of one source share no card by tax ID"),
        pytest.param({"number": "C-1"}, [Candidate(9, "C-1", None, None, "X", True)], 9,
                     id="but by their number they do"),
        pytest.param({"number": "1", "name": "Zoe's Bakery", "tax_id": "98-7654321"},
                     [Candidate(9, "1", None, "12-3456789", "Acme Steel")], None,
                     id="an equal number is chance where tax ID and name speak against it"),
        pytest.param({"number": "1", "name": "Acme Inc.", "tax_id": "98-7654321"},
                     [Candidate(9, "1", None, "12-3456789", "ACME Steel")], 9,
                     id="not where the names are alike"),
    ],
)  # fmt: skip
def test_by_tax_id(fields: dict[str, Any], cards: list[Candidate], found: int | None) -> None:
    assert match(customer(**fields), cards) == found
