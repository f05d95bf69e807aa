"""What the fields of records take in, and what they refuse."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from exempt import (
    Amount,
    Country,
    Currency,
    Day,
    ExternalId,
    Jurisdiction,
    Key,
    Moment,
    Record,
    Text,
)


def taken(kind: Any, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        pytest.param(Text, "", "", id="a text may be empty"),
        pytest.param(Text, "é" * 500, "é" * 500, id="a text has at most 500 characters"),
        pytest.param(Text, "two\nlines", "two\nlines", id="a text may have lines"),
        pytest.param(ExternalId, "7", "7", id="an identifier has at least one character"),
        pytest.param(ExternalId, "x" * 255, "x" * 255, id="an identifier has at most 255"),
        pytest.param(ExternalId, "Ä 1/2", "Ä 1/2", id="an identifier is kept as it is written"),
        pytest.param(Key, "push:42~v1", "push:42~v1", id="a key is printable ASCII"),
        pytest.param(Day, "1950-01-01", dt.date(1950, 1, 1), id="the first day"),
        pytest.param(Day, "2099-12-31", dt.date(2099, 12, 31), id="the last day"),
        pytest.param(Day, dt.date(2026, 2, 28), dt.date(2026, 2, 28), id="a date as such"),
        pytest.param(Day, "2026-11-20T00:00:00Z", dt.date(2026, 11, 20), id="midnight is a day"),
        pytest.param(Amount, "-12.345", Decimal("-12.345"), id="an amount as text"),
        pytest.param(Amount, 0.1, Decimal("0.1"), id="a float as it is written"),
        pytest.param(Amount, 7, Decimal(7), id="a whole amount"),
        pytest.param(Amount, "1e13", Decimal(10**13), id="ten trillion"),
        pytest.param(Currency, "USD", "USD", id="a currency in capitals"),
        pytest.param(Country, "us", "US", id="a country in small letters"),
        pytest.param(Country, "USA", "US", id="three letters"),
        pytest.param(Country, " United States of America ", "US", id="the whole name"),
        pytest.param(Country, "Canada", "CA", id="the neighbour's name"),
        pytest.param(Country, "DE", "DE", id="any other country by its code"),
        pytest.param(Jurisdiction, "US-TX", "US-TX", id="a state as ISO writes it"),
        pytest.param(Jurisdiction, "tx", "US-TX", id="a bare state is in the US"),
        pytest.param(Jurisdiction, "Texas ", "US-TX", id="a state by its name"),
        pytest.param(Jurisdiction, "us-tx", "US-TX", id="small letters"),
        pytest.param(Jurisdiction, "ca-on", "CA-ON", id="another country's"),
    ],
)
def test_taken(kind: Any, value: object, kept: object) -> None:
    assert taken(kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(Text, "a\x00b", id="a NUL, which PostgreSQL cannot keep"),
        pytest.param(Text, "x" * 501, id="more than 500 characters"),
        pytest.param(Text, 12, id="a number is no text"),
        pytest.param(Text, "\ud800", id="half a character"),
        pytest.param(ExternalId, "", id="an empty identifier"),
        pytest.param(ExternalId, "x" * 256, id="an identifier of 256"),
        pytest.param(ExternalId, "a\x00", id="an identifier with a NUL"),
        pytest.param(ExternalId, 42, id="a number is no identifier"),
        pytest.param(Key, "", id="an empty key"),
        pytest.param(Key, "a b", id="a key with a blank"),
        pytest.param(Key, "a\n", id="a key with a line break"),
        pytest.param(Key, "é", id="a key beyond ASCII"),
        pytest.param(Day, "1900-01-01", id="day zero of spreadsheets"),
        pytest.param(Day, "1949-12-31", id="the day before the first"),
        pytest.param(Day, "2999-12-31", id="a stand-in for no end"),
        pytest.param(Day, "2100-01-01", id="the day after the last"),
        pytest.param(Day, "2026-02-30", id="no such day"),
        pytest.param(Day, "2026-11-20T10:00:00", id="a time of day would be lost"),
        pytest.param(Day, "11/20/2026", id="another order"),
        pytest.param(Day, "", id="no day"),
        pytest.param(Day, 0, id="a zero is no day of 1970"),
        pytest.param(Day, "0", id="nor is a zero as text"),
        pytest.param(Day, 86400.0, id="seconds since 1970 are no day"),
        pytest.param(Day, "20261120", id="a day without dashes"),
        pytest.param(Moment, "2026-11-20T10:00:00", id="a moment without a time zone"),
        pytest.param(Moment, "2026-11-20", id="a day is no moment"),
        pytest.param(Amount, "1,000.00", id="a separator"),
        pytest.param(Amount, "NaN", id="not a number"),
        pytest.param(Amount, "Infinity", id="infinity"),
        pytest.param(Amount, "1" * 19, id="19 digits"),
        pytest.param(Amount, True, id="yes is no amount"),
        pytest.param(Currency, "usd", id="a currency in small letters"),
        pytest.param(Currency, "US", id="a currency of two letters"),
        pytest.param(Country, "GBR", id="three letters of another country"),
        pytest.param(Country, "", id="no country"),
        pytest.param(Country, 1, id="a number is no country"),
        pytest.param(Jurisdiction, "US-XX", id="no such state"),
        pytest.param(Jurisdiction, "", id="no jurisdiction"),
        pytest.param(Jurisdiction, "CA-", id="a country alone"),
        pytest.param(Jurisdiction, "US-CA-1", id="a county"),
    ],
)
def test_refused(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        taken(kind, value)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)))
def test_every_day_of_the_period_is_taken(day: dt.date) -> None:
    assert taken(Day, day.isoformat()) == day


@given(st.decimals(-(10**12), 10**12, places=6))
def test_amounts_are_kept_exactly(amount: Decimal) -> None:
    assert taken(Amount, str(amount)) == amount


class Secretive(Record):
    name: Text
    day: Day | None = None


CANARY = "Rumpelstiltskin"


@pytest.mark.parametrize(
    "given_values",
    [
        pytest.param({"name": f"{CANARY}\x00"}, id="a text"),
        pytest.param({"name": [CANARY]}, id="another type"),
        pytest.param({"name": "fine", "day": CANARY}, id="a day"),
        pytest.param({"name": "fine", "surprise": CANARY}, id="an unknown field"),
    ],
)
def test_an_error_never_shows_the_value(given_values: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        Secretive.model_validate(given_values)
    assert CANARY not in str(caught.value)


def test_a_record_does_not_change() -> None:
    record = Secretive(name="Rose")
    with pytest.raises(ValidationError, match="frozen"):
        record.name = "Lily"  # type: ignore[misc]


def test_records_of_the_same_facts_are_equal() -> None:
    assert Secretive(name="Rose") == Secretive(name="Rose")
    assert len({Secretive(name="Rose"), Secretive(name="Rose")}) == 1
