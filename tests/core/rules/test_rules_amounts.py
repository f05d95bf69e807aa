"""Amounts, numbers, and what a remote is told, in words."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from typing import Any

import pytest

from exempt.model.pushing import JurisdictionStatus
from exempt.rules.amounts import count, dollars, money
from exempt.rules.threshold_words import line_in_short
from exempt.rules.thresholds import shipped_thresholds
from exempt.rules.toml import to_toml
from exempt.rules.wanted import Wanted
from exempt.rules.wanted_words import in_words


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (123_450, "USD", "1,234.50 USD"),
        (-5, "USD", "-0.05 USD"),
        (1234, "JPY", "1,234 JPY"),
        (1234, "KWD", "1.234 KWD"),
    ],
)
def test_money_has_the_digits_of_its_currency(minor: int, currency: str, said: str) -> None:
    assert money(minor, currency) == said


@pytest.mark.parametrize(("cents", "said"), [(123_499, "$1,234"), (0, "$0"), (-123_499, "-$1,234")])
def test_dollars_leave_cents_off(cents: int, said: str) -> None:
    assert dollars(cents) == said


def test_one_and_several() -> None:
    assert [count(number, "order") for number in (0, 1, 2000)] == [
        "0 orders", "1 order", "2,000 orders",
    ]  # fmt: skip
    assert count(2, "entry", "entries") == "2 entries"


def status(state: str, *, exempt: bool = False, share: str | None = None) -> JurisdictionStatus:
    """What is told of a state."""
    percentage = None if share is None else Decimal(share)
    return JurisdictionStatus(jurisdiction=state, exempt=exempt, exempt_percentage=percentage)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Wanted(tax_applicable=True), "taxed"),
        (Wanted(tax_applicable=False), "exempt"),
        (Wanted(tax_applicable=False, certificate_number="N-1"), "exempt, N-1"),
        (
            Wanted(jurisdictions=(
                status("US-TX", exempt=True), status("US-CA"), status("US-WA", share="40.00"),
            )),
            "TX exempt, CA taxed, WA 40% exempt",
        ),
        (Wanted(), ""),
    ],
)  # fmt: skip
def test_what_a_remote_is_told(told: Wanted, said: str) -> None:
    assert in_words(told) == said


@pytest.mark.parametrize(
    "tables",
    [
        {"a": {"b": 1, "c-d": {"e": [1, "x"]}}, "f": True},
        {"é": {"a.b": '\u2028 " \\'}, "": 1},
        {"day": dt.date(2026, 1, 2), "rows": [{"a": 1, "b b": [{}]}]},
        {"empty": {}},
    ],
)
def test_what_is_written_as_toml_is_read_back(tables: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(tables)) == tables


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("US-TX", "$500,000"),
        ("US-CA", "> $500,000"),
        ("US-OH", "> $100,000 or 200"),
        ("US-NY", "> $500,000 and > 100"),
        ("US-OR", "no tax"),
        ("US-XX", "none known"),
    ],
)
def test_a_line_in_short(state: str, said: str) -> None:
    version = shipped_thresholds().on(state, dt.date(2026, 11, 20))
    assert line_in_short(version) == said
