"""What does not go together in registrations."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from exempt.rules.registrations import RegistrationDetails, Stated, clashes

JAN, JUNE, DEC = dt.date(2026, 1, 1), dt.date(2026, 6, 30), dt.date(2026, 12, 31)
DAY = dt.timedelta(days=1)


def row(state: str = "TX", first: dt.date = JAN, last: dt.date | None = None) -> Any:
    return RegistrationDetails(jurisdiction=state, registered_from=first, registered_through=last)


@pytest.mark.parametrize(
    ("rows", "on_file", "wrong"),
    [
        pytest.param([row()], [], [], id="the first"),
        pytest.param([row(), row("OH")], [], [], id="in two states"),
        pytest.param(
            [row()], [Stated(7, "US-TX", JUNE, None)],
            ["Texas: is registered since 2026-06-30, as registration 7"], id="goes on already",
        ),
        pytest.param(
            [row(first=JUNE)], [Stated(7, "US-TX", JAN, JUNE)],
            ["Texas: is registered from 2026-01-01 to 2026-06-30, as registration 7"],
            id="its last day is a day of it",
        ),
        pytest.param([row(first=JUNE + DAY)], [Stated(7, "US-TX", JAN, JUNE)], [],
                     id="again, from the next day on"),
        pytest.param([row(last=JUNE)], [Stated(7, "US-TX", JUNE + DAY, None)], [], id="before it"),
        pytest.param([row()], [Stated(7, "US-OH", JAN, None)], [], id="elsewhere"),
        pytest.param([row(), row(first=JUNE)], [], ["Texas: stands there twice"], id="twice"),
        pytest.param([row(last=JUNE), row(first=DEC)], [], [], id="twice, at other times"),
    ],
)  # fmt: skip
def test_clashes(rows: list[RegistrationDetails], on_file: list[Stated], wrong: list[str]) -> None:
    assert clashes(rows, on_file) == wrong


def test_it_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValidationError, match="before its first day, 2026-06-30"):
        row(first=JUNE, last=JAN)
    assert row(first=JAN, last=JAN).registered_through == JAN


@pytest.mark.parametrize("state", ["XX", "DE-BY", "Bavaria"])
def test_a_state_that_nobody_knows_is_refused(state: str) -> None:
    with pytest.raises(ValidationError):
        row(state)


def test_a_first_day_that_cannot_be_read_is_the_only_thing_said() -> None:
    with pytest.raises(ValidationError) as refused:
        RegistrationDetails.model_validate(
            {"jurisdiction": "TX", "registered_from": "soon", "registered_through": "2026-01-01"}
        )
    assert [each["loc"] for each in refused.value.errors()] == [("registered_from",)]
