"""How near a company is to a line: what counts, how much of it that is, and who crossed it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.nexus import (
    Base,
    Bucket,
    ExposureStatus,
    Measure,
    Sale,
    Spell,
    Threshold,
    Totals,
    Treatment,
)
from exempt.rules.exposure import crossing, day_months, exposure, measures, oldest_needed, sums
from exempt.rules.reaching import Line, Tally, counted
from exempt.rules.thresholds import shipped_thresholds
from support.threshold_records import sold, threshold

ON = dt.date(2026, 9, 15)
DAY = dt.timedelta(days=1)
MET, APPROACHING, NONE = ExposureStatus.MET, ExposureStatus.APPROACHING, ExposureStatus.NONE
LAST_YEAR = threshold(window="previous_calendar_year")
NO_LINE = threshold(amount=None, window=None, base=None)
EITHER = {"transactions": 200, "test": "either"}
BOTH = {"transactions": 200, "test": "both"}


def measure(law: Threshold, *buckets: Bucket, on: dt.date = ON) -> Measure:
    """The nearest."""
    return measures(law, buckets, on)[0]


# --- the line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "dollars", "number", "percent", "reached"),
    [
        pytest.param({}, 99_999.99, 1, "99.9", False, id="more than: just under"),
        pytest.param({}, 100_000, 1, "100.0", False, id="more than: at the line is 100 %, not met"),
        pytest.param({}, 100_000.01, 1, "100.0", True, id="more than: just over"),
        pytest.param({"amount_over": "at_least"}, 99_999.99, 1, "99.9", False,
                     id="at least: just under never seems to be 100 %"),
        pytest.param({"amount_over": "at_least"}, 100_000, 1, "100.0", True, id="at least: at it"),
        pytest.param({}, 250_000, 999, "250.0", True, id="far over"),
        pytest.param({}, 0, 999, "0.0", False, id="transactions that do not matter"),
        pytest.param(EITHER, 50_000, 199, "99.5", False, id="either: the higher share counts"),
        pytest.param(EITHER, 50_000, 200, "100.0", True, id="either: enough transactions"),
        pytest.param(EITHER, 100_000.01, 1, "100.0", True, id="either: enough money"),
        pytest.param(EITHER, -5, 200, "100.0", True, id="either: transactions, all given back"),
        pytest.param(EITHER | {"transactions_over": "more_than"}, 0, 200, "100.0", False,
                     id="either: at a line of transactions to be passed"),
        pytest.param(EITHER | {"transactions_over": "more_than"}, 0, 201, "100.5", True,
                     id="either: past it"),
        pytest.param(BOTH, 300_000, 100, "50.0", False, id="both: the lower share counts"),
        pytest.param(BOTH, 50_000, 400, "50.0", False, id="both: too little money"),
        pytest.param(BOTH, 100_000, 200, "100.0", False, id="both: one is at its line only"),
        pytest.param(BOTH, 100_000.01, 199, "99.5", False, id="both: one transaction too few"),
        pytest.param(BOTH, 100_000.01, 200, "100.0", True, id="both are reached"),
        pytest.param({}, -20, 1, "0.0", False, id="credits beyond sales are 0 %, not less"),
        pytest.param({"amount": "1000.55"}, 1000.55, 1, "100.0", False, id="a line with cents"),
        pytest.param({"amount": "1000.55"}, 1000.56, 1, "100.0", True, id="a cent beyond it"),
    ],
)  # fmt: skip
def test_the_line(
    changes: dict[str, Any], dollars: float, number: int, percent: str, reached: bool
) -> None:
    found = measure(threshold(**changes), sold(ON, dollars, number))
    assert (found.amount, found.transactions) == (round(dollars * 100), number)
    assert (found.percent, found.reached) == (Decimal(percent), reached)


@given(st.integers(-(10**9), 10**9), st.integers(0, 500), st.sampled_from([{}, EITHER, BOTH]))
def test_below_a_hundred_percent_no_line_is_reached(
    cents: int, number: int, changes: dict[str, Any]
) -> None:
    line = Line.of(threshold(**changes, amount_over="at_least"))
    assert line.reached(cents, number) == (line.percent(cents, number) >= 100)
    passed = Line.of(threshold(**changes))
    assert passed.percent(cents, number) == line.percent(cents, number) >= 0
    assert not passed.reached(cents, number) or line.reached(cents, number)


# --- what counts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "kinds"),
    [
        pytest.param("gross", {"taxable", "not_taxed", "exempt", "resale"},
                     id="gross: exempt and resale count too"),
        pytest.param("retail", {"taxable", "not_taxed", "exempt"},
                     id="retail: exempt counts, resale does not"),
        pytest.param("taxable", {"taxable"}, id="taxable: neither counts"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("treatment", Treatment)
def test_a_base_counts(base: str, kinds: set[str], treatment: Treatment) -> None:
    found = measure(threshold(base=base), sold(ON, 10, 3, treatment=treatment))
    assert (found.amount, found.transactions) == ((1000, 3) if treatment in kinds else (0, 0))


@given(st.sampled_from(Base), st.lists(st.integers(-9, 9), min_size=8, max_size=8))
def test_what_counts_is_what_totals_say(base: Base, numbers: list[int]) -> None:
    totals = Totals(*numbers)
    assert counted(base, totals) == (totals.amount(base.treatments), totals.count(base.treatments))


@pytest.mark.parametrize("counts", [True, False], ids=["counts", "does not count"])
def test_a_marketplace(counts: bool) -> None:
    law = threshold(marketplace_sales=counts)
    found = measure(law, sold(ON, 10), sold(ON, 20, marketplace=True))
    assert (found.amount, found.transactions) == ((3000, 2) if counts else (1000, 1))


def test_what_is_sold_later_does_not_count_yet() -> None:
    found = measure(threshold(), sold(ON, 10), sold(ON + DAY, 20))
    assert (found.name, found.amount) == ("2026", 1000)


def test_the_windows_are_named_and_the_nearest_comes_first() -> None:
    law = threshold()
    now, before = sold(dt.date(2026, 1, 1), 500), sold(dt.date(2025, 12, 31), 700)
    assert [(m.name, m.amount) for m in measures(law, [now, before], ON)] == [
        ("2025", 70000),
        ("2026", 50000),
    ]
    assert [m.name for m in measures(law, [now], ON)] == ["2026", "2025"]
    assert [m.name for m in measures(law, [], ON)] == ["2026", "2025"]
    assert measures(law, [now], ON)[0] == Measure(
        name="2026",
        first=dt.date(2026, 1, 1),
        last=dt.date(2026, 12, 31),
        amount=50000,
        transactions=1,
        percent=Decimal("0.5"),
        reached=False,
        counts_from=dt.date(2026, 1, 1),
    )


def test_of_two_at_a_hundred_percent_the_one_that_is_reached_comes_first() -> None:
    law = threshold()
    at, over = sold(dt.date(2025, 5, 5), 100_000), sold(ON, 100_000.01)
    assert [(m.name, m.reached) for m in measures(law, [at, over], ON)] == [
        ("2026", True),
        ("2025", False),
    ]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(dt.date(2024, 12, 1), dt.date(2025, 1, 1), id="where the window begins"),
        pytest.param(dt.date(2025, 12, 31), dt.date(2026, 1, 1), id="between two windows"),
        pytest.param(dt.date(2026, 9, 1), dt.date(2026, 9, 30), id="at the day itself"),
    ],
)
def test_sums_across_an_edge_are_refused(first: dt.date, last: dt.date) -> None:
    with pytest.raises(ValueError, match=rf"sales of {first} to {last} lie across .*: give days"):
        measures(threshold(), [sold(first, 1, last=last)], ON)


def test_a_marketplace_that_does_not_count_may_lie_across_an_edge() -> None:
    law = threshold(marketplace_sales=False)
    bucket = sold(dt.date(2026, 9, 1), 1, last=dt.date(2026, 9, 30), marketplace=True)
    assert sums(law, [bucket], ON, ON) == Totals()


def test_without_a_line_there_is_nothing_to_measure() -> None:
    assert Line.of(NO_LINE) == Line(0, 1, 0, None, both=False)
    assert measures(NO_LINE, [sold(ON, 10)], ON) == ()


def test_a_tally_adds_up_what_was_sold_on_a_day_and_since() -> None:
    buckets = [
        sold(ON, 10, 2),
        sold(ON, 20, marketplace=True),
        sold(ON - DAY, 5),
        sold(ON + DAY, 1),
    ]
    tally = Tally(Base.GROSS, buckets, ON, marketplaces=True)
    assert (tally.days, tally.amounts, tally.numbers) == (
        [ON - DAY, ON],
        [0, 500, 3500],
        [0, 1, 4],
    )
    direct = Tally(Base.GROSS, buckets, ON, marketplaces=False)
    assert (direct.amounts, direct.numbers) == ([0, 500, 1500], [0, 1, 3])


# --- months or days ----------------------------------------------------------------------

day_offsets = st.integers(0, 1000)
sales = st.lists(st.tuples(day_offsets, st.integers(-9, 99), st.booleans()), max_size=30)
laws = st.sampled_from([row for row in shipped_thresholds().rows if row.amount is not None])


@given(laws, sales, st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31)), st.integers(1, 12))
def test_measuring_by_months_is_measuring_by_days(
    law: Threshold, sales: list[tuple[int, int, bool]], on: dt.date, begins: int
) -> None:
    law = law.model_copy(update={"in_force_from": dt.date(2020, 1, 1), "in_force_through": None})
    start = dt.date(2024, 1, 1)
    days = [sold(start + offset * DAY, dollars, marketplace=m) for offset, dollars, m in sales]
    oldest = oldest_needed([law], on, fiscal_year_begins=begins)
    assert oldest is not None
    single = day_months([law], on)
    mixed = [in_its_month(day) if day.first.replace(day=1) not in single else day for day in days]
    wanted = measures(law, days, on, fiscal_year_begins=begins)
    needed = [bucket for bucket in mixed if bucket.last >= oldest]
    assert measures(law, needed, on, fiscal_year_begins=begins) == wanted
    assert measures(law, needed[::-1], on, fiscal_year_begins=begins) == wanted


def in_its_month(day: Bucket) -> Bucket:
    first = day.first.replace(day=1)
    return day._replace(first=first, last=(first + 31 * DAY).replace(day=1) - DAY)


# --- status ------------------------------------------------------------------------------


def near(law: Threshold, *buckets: Bucket, on: dt.date = ON, **options: Any) -> ExposureStatus:
    return exposure([law], buckets, (), on, **options).status


@pytest.mark.parametrize(
    ("dollars", "status"),
    [
        pytest.param(79_999.99, NONE, id="below 80 %"),
        pytest.param(80_000, APPROACHING, id="at 80 %"),
        pytest.param(100_000, APPROACHING, id="at a line to be passed"),
        pytest.param(100_000.01, MET, id="past it"),
    ],
)
def test_the_status(dollars: float, status: ExposureStatus) -> None:
    assert near(threshold(), sold(ON, dollars)) is status
    assert near(threshold(), sold(dt.date(2025, 1, 1), dollars)) is status


def test_what_is_near_can_be_set() -> None:
    half = sold(ON, 50_000)
    assert near(threshold(), half, approaching_percent=50) is APPROACHING
    assert near(threshold(), half, approaching_percent=51) is NONE


def test_a_line_passed_in_a_window_that_counts_later_is_near() -> None:
    passed = sold(dt.date(2026, 5, 5), 200_000)
    found = exposure([LAST_YEAR], [passed], (), ON)
    assert (found.status, found.percent) == (APPROACHING, Decimal("200.0"))
    assert near(LAST_YEAR, passed, on=dt.date(2026, 12, 31)) is APPROACHING
    assert near(LAST_YEAR, passed, on=dt.date(2027, 1, 1)) is MET
    assert near(LAST_YEAR, passed, on=dt.date(2028, 1, 1)) is NONE


def test_an_exposure_says_by_which_version_and_with_what() -> None:
    old = threshold(in_force_through=dt.date(2026, 6, 30), **EITHER)
    new = threshold(in_force_from=dt.date(2026, 7, 1))
    many = sold(dt.date(2026, 3, 3), 10, 200)
    spell = Spell(ON, ON, None, ON, new.version, "2026", ON)
    before = exposure([old, new], [many], (), dt.date(2026, 6, 30))
    assert (before.threshold, before.status, before.percent) == (old, MET, Decimal("100.0"))
    after = exposure([old, new], [many], (spell,), dt.date(2026, 7, 1))
    assert (after.threshold, after.status, after.percent) == (new, NONE, Decimal("0.0"))
    assert (after.jurisdiction, after.on) == ("US-TX", dt.date(2026, 7, 1))
    assert (after.spells, after.spell) == ((spell,), spell)
    assert [m.name for m in after.measures] == ["2026", "2025"]


@pytest.mark.parametrize(
    ("law", "on", "known"),
    [
        pytest.param(NO_LINE, ON, True, id="there is no sales tax"),
        pytest.param(threshold(), dt.date(2018, 12, 31), False, id="there was no law yet"),
    ],
)
def test_without_a_line_there_is_no_exposure(law: Threshold, on: dt.date, known: bool) -> None:
    found = exposure([law], [sold(on, 10**6)], (), on)
    assert (found.status, found.percent) == (NONE, Decimal(0))
    assert not found.measures
    assert found.threshold == (law if known else None)


def test_a_fiscal_year_of_ones_own() -> None:
    law = threshold(window="seller_fiscal_year")
    old = sold(dt.date(2025, 6, 30), 200_000)
    assert near(law, old, on=dt.date(2026, 6, 30), fiscal_year_begins=7) is MET
    assert near(law, old, on=dt.date(2026, 7, 1), fiscal_year_begins=7) is NONE
    assert near(law, sold(dt.date(2025, 1, 1), 200_000), on=dt.date(2026, 12, 31)) is MET
    assert measures(law, [], ON)[0].first == dt.date(2026, 1, 1)


# --- which order crossed it --------------------------------------------------------------


def sale(dollars: float, treatment: str = "taxable", *, marketplace: bool = False) -> Sale:
    amounts = dict.fromkeys(("taxable", "not_taxed", "exempt", "resale"), 0)
    amounts[treatment] = round(dollars * 100)
    return Sale(
        jurisdiction="US-TX",
        day=ON,
        currency="USD",
        marketplace=marketplace,
        counts_as=Treatment(treatment) if dollars > 0 else None,
        **amounts,
    )


BEFORE = Totals(taxable=9_000_000, taxable_count=198)


@pytest.mark.parametrize(
    ("changes", "sales", "order"),
    [
        pytest.param({}, {3: sale(9_999), 5: sale(2), 7: sale(500)}, 5,
                     id="the one that brings it over"),
        pytest.param({}, {3: sale(10_000), 5: sale(0.01)}, 5, id="not the one that comes to it"),
        pytest.param({}, {5: sale(20_000), 3: sale(20_000)}, 3, id="by id, in whatever order"),
        pytest.param({}, {3: sale(20_000), 4: sale(-20_000), 5: sale(15_000)}, 5,
                     id="the one from which on it stays over"),
        pytest.param({}, {3: sale(20_000), 4: sale(-20_000)}, None, id="none if it is given back"),
        pytest.param({}, {3: sale(1)}, None, id="none if it is not enough"),
        pytest.param({}, {}, None, id="none without sales"),
        pytest.param({"base": "retail"}, {3: sale(20_000, "resale"), 4: sale(20_000, "exempt")}, 4,
                     id="one that counts"),
        pytest.param({"marketplace_sales": "no"}, {3: sale(20_000, marketplace=True),
                                                   4: sale(20_000)}, 4, id="not a marketplace's"),
        pytest.param(EITHER, {3: sale(1), 4: sale(1), 5: sale(20_000)}, 4, id="the 200th"),
        pytest.param(EITHER, {3: sale(1), 4: sale(-1), 5: sale(1)}, 5, id="a credit is none"),
        pytest.param(BOTH, {3: sale(20_000), 4: sale(1), 5: sale(1)}, 4, id="the later of both"),
    ],
)  # fmt: skip
def test_the_order_that_crossed_the_line(
    changes: dict[str, Any], sales: dict[int, Sale], order: int | None
) -> None:
    assert crossing(threshold(**changes), BEFORE, sales.items()) == order


def test_a_day_on_which_it_was_crossed_already_crossed_nothing() -> None:
    over = Totals(taxable=20_000_000)
    assert crossing(threshold(), over, [("a", sale(1))]) is None
    again = [("a", sale(-150_000)), ("b", sale(150_000))]
    assert crossing(threshold(), over, again) == "b"
