"""What a card gives up once a record is put on another card."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.leaving import give_up
from exempt.rules.ownership import OWNABLE, Shared

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


@pytest.mark.parametrize(
    ("field", "card", "left", "staying", "after"),
    [
        pytest.param("email", "a", "a", [], None, id="what only it said is given up"),
        pytest.param("email", "a", "a", ["b"], None, id="whatever others say"),
        pytest.param("email", "a", "a", ["b", "a"], "a", id="what another says stays"),
        pytest.param("email", "a", "b", [], "a", id="what it did not say stays"),
        pytest.param("number", "1", "1", [], None, id="a number goes along"),
        pytest.param("address", AUSTIN, AUSTIN, [], NOWHERE, id="so does an address"),
        pytest.param("address", AUSTIN, AUSTIN, [DALLAS, AUSTIN], AUSTIN, id="that stays"),
        pytest.param("name", "Zoe", "Zoe", [], "Zoe", id="a name stays"),
        pytest.param("name", "Zoe", "Zoe", ["Acme", "A"], "Acme", id="unless there is another"),
        pytest.param("bill_to", False, False, [], False, id="a flag stays"),
        pytest.param("bill_to", False, False, [True], True, id="unless another says it"),
    ],
)  # fmt: skip
def test_give_up(field: str, card: Any, left: Any, staying: list[Any], after: Any) -> None:
    others = [shared(**{field: value}) for value in staying]
    found = give_up(shared(**{field: card}), shared(**{field: left}), others, ())
    assert getattr(found, field) == after


texts = st.sampled_from(["a", "b", "", None])
records = st.builds(
    Shared,
    st.sampled_from(["Acme", "Zoe"]),
    *(texts for _ in range(4)),
    st.sampled_from([NOWHERE, AUSTIN, DALLAS]),
    st.booleans(),
)


@given(records, records, st.lists(records), st.sets(st.sampled_from(OWNABLE)))
def test_what_somebody_entered_stays(
    card: Shared, left: Shared, staying: list[Shared], by_hand: set[str]
) -> None:
    after = give_up(card, left, staying, by_hand)
    assert all(getattr(after, field) == getattr(card, field) for field in by_hand)
    assert after.name


@given(records, records, st.lists(records))
def test_the_second_time_there_is_nothing_to_give_up(
    card: Shared, left: Shared, staying: list[Shared]
) -> None:
    once = give_up(card, left, staying, ())
    assert give_up(once, left, staying, ()) == once
