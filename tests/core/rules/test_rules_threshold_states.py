"""Every state and each version of its law, with sales just under, at and over the line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from exempt.model import nexus as law  # pytest would collect Test
from exempt.model.nexus import Bucket, ExposureStatus, Over, Threshold
from exempt.rules.exposure import exposure, spells
from exempt.rules.threshold_words import line_in_words
from exempt.rules.thresholds import shipped_thresholds
from exempt.rules.windows import Window, windows
from support.threshold_records import sold

SHIPPED = shipped_thresholds()
TAXED = [row for row in SHIPPED.rows if row.amount is not None]
TODAY = dt.date(2026, 11, 20)
DAY = dt.timedelta(days=1)
MET = ExposureStatus.MET

Sales = tuple[float, int]
"""Dollars, and how many transactions."""


def cases(version: Threshold) -> Iterator[tuple[str, Sales, bool]]:
    """What is said of it, sales, and whether they meet it."""
    dollars, must_pass = float(version.amount or 0), version.amount_over is Over.MORE_THAN
    number = version.transactions
    if number is None:
        yield "a cent under the line", (dollars - 0.01, 9999), False
        yield "at the line", (dollars, 9999), not must_pass
        yield "a cent over the line", (dollars + 0.01, 1), True
        return
    pass_number = version.transactions_over is Over.MORE_THAN
    numbers = (
        ("one sale too few", number - 1, False),
        ("as many sales", number, not pass_number),
        ("a sale more", number + 1, True),
    )
    amounts = (
        ("a cent under the line", dollars - 0.01, False),
        ("at the line", dollars, not must_pass),
        ("a cent over the line", dollars + 0.01, True),
    )
    both = version.test is law.Test.BOTH
    for amount_words, amount, enough in amounts:
        for number_words, count, many in numbers:
            met = (enough and many) if both else (enough or many)
            yield f"{amount_words}, {number_words}", (amount, count), met


def all_cases() -> Iterator[Any]:
    for version in TAXED:
        for words, sales, met in cases(version):
            said = (
                f"{version.version}, {line_in_words(version)}: {words}, {'' if met else 'not '}met"
            )
            yield pytest.param(version, sales, met, id=said)


def at_work(version: Threshold) -> tuple[dt.date, Window]:
    """The last day of a version, or today, and the oldest window that counts then."""
    on = version.in_force_through or TODAY
    return on, [each for each in windows(version, on) if each.counts_from <= on][-1]


def in_two(sales: Sales, first: dt.date, last: dt.date) -> list[Bucket]:
    """Half of them on either day."""
    dollars, number = sales
    half, some = round(dollars / 2, 2), number // 2
    return [sold(first, half, some), sold(last, dollars - half, number - some)]


@pytest.mark.parametrize(("version", "sales", "met"), [*all_cases()])
def test_a_line_is_met(version: Threshold, sales: Sales, met: bool) -> None:
    on, window = at_work(version)
    buckets = in_two(sales, window.first, min(window.last, on))
    found = exposure([version], buckets, spells([version], buckets, on), on)
    assert (found.status is MET) is met
    assert (found.spell is not None and found.spell.met_on <= on) is met


@pytest.mark.parametrize("version", TAXED, ids=lambda version: version.version)
def test_sales_before_the_window_do_not_count(version: Threshold) -> None:
    on, window = at_work(version)
    plenty = (float(version.amount or 0) * 2, 1000)
    buckets = in_two(plenty, window.first - DAY, window.first - DAY)
    assert exposure([version], buckets, (), on).measures[0].reached is False
    buckets = in_two(plenty, window.first, window.first)
    assert exposure([version], buckets, (), on).status is MET


@pytest.mark.parametrize("version", TAXED, ids=lambda version: version.version)
def test_sales_through_a_marketplace_count_only_where_the_state_says_so(
    version: Threshold,
) -> None:
    on, window = at_work(version)
    market = sold(window.first, float(version.amount or 0) * 2, 1000, marketplace=True)
    found = exposure([version], [market], spells([version], [market], on), on)
    assert (found.status is MET) is version.marketplace_sales
    assert bool(found.spells) is version.marketplace_sales


@pytest.mark.parametrize("version", TAXED, ids=lambda version: version.version)
@pytest.mark.parametrize("treatment", law.Treatment)
def test_exempt_and_resale_sales_count_by_the_base_of_the_state(
    version: Threshold, treatment: law.Treatment
) -> None:
    on, window = at_work(version)
    sales = sold(window.first, float(version.amount or 0) * 2, 1000, treatment=treatment)
    out: dict[str, set[str]] = {
        "gross": set(),
        "retail": {"resale"},
        "taxable": {"resale", "exempt", "not_taxed"},
    }
    counts = treatment not in out[version.base or ""]
    found = exposure([version], [sales], spells([version], [sales], on), on)
    assert (found.status is MET) is bool(found.spells) is counts


@pytest.mark.parametrize("code", ["US-DE", "US-MT", "US-NH", "US-OR"])
def test_where_there_is_no_sales_tax_no_sales_make_nexus(code: str) -> None:
    versions = SHIPPED.versions(code)
    buckets = [sold(dt.date(2026, 1, 1), 10**9, 10**6)]
    found = exposure(versions, buckets, spells(versions, buckets, TODAY), TODAY)
    assert (found.status, found.percent) == (ExposureStatus.NONE, Decimal(0))
    assert not found.spells


@pytest.mark.parametrize("code", [row.jurisdiction for row in TAXED if not row.in_force_through])
def test_before_its_first_version_nothing_is_met(code: str) -> None:
    versions = SHIPPED.versions(code)
    first = versions[0].in_force_from
    on, before = windows(versions[0], first), first - DAY
    sales = [sold(on[-1].first, float(versions[0].amount or 0) * 2, 1000)]
    assert exposure(versions, sales, (), before).threshold is None
    assert spells(versions, sales, before) == ()
    (spell,) = spells(versions, sales, first)
    assert spell.met_on == first
    assert spell.collect_from >= first
