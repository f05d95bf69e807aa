"""What a card takes over from a source's record, and what it keeps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.ownership import OWNABLE, Shared, follow, of_several, refill

NOWHERE = (None,) * 6
AUSTIN = ("US", "TX", None, None, "Austin", "78701")
DALLAS = ("US", "TX", None, None, "Dallas", "75202")


def shared(**changes: Any) -> Shared:
    """A record or card that says nothing but its name."""
    usual: dict[str, Any] = {
        **dict.fromkeys(("number", "code", "tax_id", "email")),
        "name": "Acme",
        "address": NOWHERE,
        "bill_to": True,
    }
    return Shared(**{**usual, **changes})


OWNED = {"owned": {"email"}}
ELSEWHERE = {"elsewhere": {"email"}}
LEADS = {"leads": True}


@pytest.mark.parametrize(
    ("card", "before", "now", "by", "after"),
    [
        pytest.param(None, None, "new", {}, "new", id="any source fills what is blank"),
        pytest.param(None, "new", "new", {}, "new", id="also with what it said all along"),
        pytest.param("kept", None, "new", {}, "kept", id="and changes nothing else"),
        pytest.param("kept", "old", "new", {}, "kept", id="whatever changes in it"),
        pytest.param("kept", "kept", None, {}, "kept", id="or is cleared"),
        pytest.param("kept", "old", "new", LEADS, "new", id="what the maker changes counts"),
        pytest.param("kept", "same", "same", LEADS, "kept",
                     id="what it leaves as it is stays as staff have it"),
        pytest.param("kept", None, "new", LEADS, "new", id="what it says first counts"),
        pytest.param("kept", "kept", None, LEADS, "kept", id="what it clears stays"),
        pytest.param("kept", "same", "same", OWNED, "same", id="the owner has the last word"),
        pytest.param("kept", None, "new", OWNED, "new", id="from the first record on"),
        pytest.param("kept", "kept", None, OWNED, None, id="what the owner clears is cleared"),
        pytest.param("kept", "kept", "", OWNED, "", id="by a blank, too"),
        pytest.param("kept", None, None, OWNED, "kept",
                     id="where the owner never said anything the card keeps what it has"),
        pytest.param("kept", "old", "new", ELSEWHERE, "kept", id="another source owns it"),
        pytest.param(None, None, "new", ELSEWHERE, None, id="then nobody else fills it"),
        pytest.param("kept", "old", "new", {**ELSEWHERE, **LEADS}, "kept",
                     id="nor does the maker lead"),
    ],
)  # fmt: skip
def test_a_text(
    card: str | None, before: str | None, now: str | None, by: dict[str, Any], after: str | None
) -> None:
    was = shared(email=before)
    assert follow(shared(email=card), was, shared(email=now), **by).email == after


def test_an_address_is_taken_whole() -> None:
    on_card = shared(address=("US", "TX", None, None, "Austin", None))
    filled = follow(on_card, None, shared(address=DALLAS))
    assert filled.address == on_card.address, "no zip of Dallas behind Austin"
    assert follow(shared(), None, shared(address=DALLAS)).address == DALLAS
    assert follow(on_card, shared(address=DALLAS), shared(), owned={"address"}).address == NOWHERE


@pytest.mark.parametrize(
    ("by", "after"),
    [
        pytest.param({}, True, id="a flag is never blank, so nobody fills it"),
        pytest.param(LEADS, False, id="the maker changes it"),
        pytest.param({"owned": {"bill_to"}}, False, id="and so does the owner"),
    ],
)
def test_whether_it_is_billed(by: dict[str, Any], after: bool) -> None:
    assert follow(shared(), shared(), shared(bill_to=False), **by).bill_to is after


def test_a_name_is_never_cleared() -> None:
    assert follow(shared(), shared(), shared(name=""), owned={"name"}).name == "Acme"


@pytest.mark.parametrize(
    ("card", "records", "owned", "after"),
    [
        pytest.param(None, ["a", "b"], False, "a", id="a blank is filled by the first"),
        pytest.param("x", ["a"], False, "x", id="what stands there stays"),
        pytest.param("x", ["a"], True, "a", id="unless the source owns it"),
        pytest.param("x", ["a", "b"], True, "a", id="of two that differ the first counts"),
        pytest.param("b", ["a", "b"], True, "b", id="or the one that the card agrees with"),
        pytest.param(None, [None, "b"], True, "b", id="saying nothing is no word at all"),
        pytest.param("x", [None], True, "x", id="the card keeps what its owner never said"),
    ],
)
def test_several_records_of_one_source(
    card: str | None, records: list[str | None], owned: bool, after: str | None
) -> None:
    found = refill(
        shared(email=card),
        [shared(email=each) for each in records],
        owned={"email"} if owned else (),
        elsewhere=(),
    )
    assert found.email == after


def test_what_another_source_owns_is_not_filled() -> None:
    found = refill(shared(), [shared(email="a", code="c")], owned=(), elsewhere={"email"})
    assert (found.email, found.code) == (None, "c")


# --- whatever they say ---------------------------------------------------------------------

texts = st.sampled_from([None, "", "x", "y"])
cards = st.builds(
    Shared,
    st.sampled_from(["Acme", "Bolt"]),
    texts,
    texts,
    texts,
    texts,
    st.sampled_from([NOWHERE, AUSTIN, DALLAS]),
    st.booleans(),
)
fields = st.sets(st.sampled_from(OWNABLE))


def blank(value: object) -> bool:
    return value in (None, "", NOWHERE)


@given(cards, st.none() | cards, cards, fields, fields, st.booleans())
def test_who_owns_a_field_says_what_it_is(
    card: Shared, before: Shared | None, now: Shared, owned: set[str], other: set[str], leads: bool
) -> None:
    after = follow(card, before, now, owned=owned, elsewhere=other - owned, leads=leads)
    for field in OWNABLE:
        mine, new, found = (getattr(each, field) for each in (card, now, after))
        if field in owned and not blank(new):
            assert found == new
        elif field in other:
            assert found == mine or field in owned
        elif field not in owned:
            assert found in (mine, new)
            assert blank(mine) or leads or found == mine
    assert after.name


@given(cards, st.none() | cards, cards, fields, fields, st.booleans())
def test_the_same_once_more_changes_nothing(
    card: Shared, before: Shared | None, now: Shared, owned: set[str], other: set[str], leads: bool
) -> None:
    by: dict[str, Any] = {"owned": owned, "elsewhere": other - owned, "leads": leads}
    after = follow(card, before, now, **by)
    assert follow(after, now, now, **by) == after


@given(cards, st.lists(cards, max_size=3), fields, fields)
def test_filled_once_is_filled(
    card: Shared, records: list[Shared], owned: set[str], other: set[str]
) -> None:
    by: dict[str, Any] = {"owned": owned, "elsewhere": other - owned}
    after = refill(card, records, **by)
    assert refill(after, records, **by) == after


@given(cards, st.lists(cards, min_size=1, max_size=3), fields)
def test_the_card_agrees_with_its_owner_wherever_that_says_something(
    card: Shared, records: list[Shared], owned: set[str]
) -> None:
    after = refill(card, records, owned=owned, elsewhere=())
    for field in owned:
        said = [value for each in records if not blank(value := getattr(each, field))]
        assert not said or getattr(after, field) in said


@pytest.mark.parametrize(
    ("card", "said", "after"),
    [
        pytest.param("b", ["a", "b"], "b", id="what one of them says stays"),
        pytest.param("old", ["a", "b"], "a", id="else the first counts"),
        pytest.param("old", [None, "b"], "b", id="that says something"),
        pytest.param("old", [None, None], "now", id="where none does, it is as it came"),
    ],
)
def test_of_several_records_of_an_owner(card: str, said: list[str | None], after: str) -> None:
    records = [shared(email=each) for each in said]
    now = of_several(shared(email=card), shared(email="now"), records, {"email"})
    assert now == shared(email=after)
