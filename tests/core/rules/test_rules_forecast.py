"""When a threshold is likely to be met: by the law's own windows, and with a word of how sure."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from exempt.errors import RefusedError
from exempt.model.nexus import Bucket, Threshold, Treatment
from exempt.model.rulesdata import Confidence
from exempt.rules.forecast import Forecast, Outlook, forecast
from exempt.rules.forecast_words import confidence
from exempt.rules.what_if import read_what_if
from support.threshold_records import sold, threshold

ON = dt.date(2026, 9, 15)
DAY = dt.timedelta(days=1)
NEW_YEAR = dt.date(2027, 1, 1)
END_OF_NEXT = dt.date(2027, 11, 30)
"""Its 334th day: 300 dollars a day are more than 100,000."""
NO_LINE = threshold(amount=None, window=None, base=None)
LAST_YEAR = threshold(window="previous_calendar_year")
ROLLING = threshold(window="rolling_12_months")
QUARTERS = threshold(window="rolling_12_months", tested="quarter_ends")


def daily(dollars: float, days: int = 258, **more: Any) -> list[Bucket]:
    """As much on each of so many days, today the last; with 258 since New Year."""
    return [sold(ON - back * DAY, dollars, **more) for back in range(days)]


def outlook(law: Threshold, buckets: list[Bucket], *what_if: str, **more: Any) -> Forecast:
    """The forecast of today."""
    return forecast((law,), buckets, ON, changes=read_what_if(what_if, ON), **more)


# --- by the law's windows ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "buckets", "day"),
    [
        # 258 days of 300 are 77,400; 75 more are 99,900, and with the 76th it is more than 100,000.
        pytest.param(threshold(), daily(300), ON + 76 * DAY, id="this calendar year"),
        pytest.param(
            threshold(amount_over="at_least", amount=99_900), daily(300), ON + 75 * DAY,
            id="at least the line: on the very day",
        ),
        pytest.param(threshold(), daily(300, 200), END_OF_NEXT, id="too late: anew next year"),
        pytest.param(threshold(), daily(150), None, id="not in any year"),
        pytest.param(LAST_YEAR, daily(300), NEW_YEAR, id="last year: from New Year on"),
        pytest.param(LAST_YEAR, daily(300, 200), dt.date(2028, 1, 1), id="last year: the next"),
        pytest.param(ROLLING, daily(280), ON + 100 * DAY, id="any 12 months: over New Year"),
        pytest.param(ROLLING, daily(270), None, id="any 12 months: what is old leaves them"),
        pytest.param(QUARTERS, daily(300), NEW_YEAR, id="when the quarter has ended"),
        pytest.param(
            threshold(window="seller_fiscal_year"), daily(300), ON + 76 * DAY,
            id="the fiscal year, that of the calendar",
        ),
        pytest.param(
            threshold(amount=10**6, transactions=300, test="either"), daily(1), ON + 42 * DAY,
            id="either: transactions are enough",
        ),
        pytest.param(
            threshold(amount=1000, transactions=300, test="both"), daily(100), ON + 42 * DAY,
            id="both: transactions are missing",
        ),
        pytest.param(
            threshold(transactions=10, test="both"), daily(300), ON + 76 * DAY,
            id="both: money is missing",
        ),
        pytest.param(
            threshold(marketplace_sales=False),
            [*daily(300), *daily(300, marketplace=True)], ON + 76 * DAY,
            id="marketplaces that do not count",
        ),
        pytest.param(
            threshold(), [*daily(300), sold(ON - DAY, -30_000, 0)], END_OF_NEXT,
            id="a refund brings it below",
        ),
        pytest.param(threshold(), [*daily(300), sold(ON + DAY, 50_000)], ON + 76 * DAY,
                     id="what is dated ahead does not count yet"),
    ],
)  # fmt: skip
def test_sales_that_go_on_evenly_meet_it_on_a_day(
    law: Threshold, buckets: list[Bucket], day: dt.date | None
) -> None:
    found = outlook(law, buckets)
    expected = Outlook.EXPECTED if day else Outlook.NOT_EXPECTED
    assert (found.day, found.outlook) == (day, expected)
    # All days alike leave nothing to chance.
    assert found.earliest == found.latest == day


def test_what_does_not_count_is_not_carried_on() -> None:
    law, exempt = threshold(base="taxable"), daily(300, treatment=Treatment.EXEMPT)
    assert outlook(law, exempt).outlook is Outlook.TOO_LITTLE
    assert outlook(law, [*exempt, *daily(10)]).outlook is Outlook.NOT_EXPECTED
    assert outlook(law, [*exempt, *daily(300)]).day == ON + 76 * DAY


def test_the_sellers_own_year_may_begin_in_another_month() -> None:
    law = threshold(window="seller_fiscal_year")
    # Since 1 July 77 days are 23,100; the year of July 2026 meets it on its 334th day.
    found = outlook(law, daily(300, 77), fiscal_year_begins=7)
    assert found.day == dt.date(2026, 7, 1) + 333 * DAY


def test_another_version_ahead_is_held_against_from_its_first_day() -> None:
    now = threshold(amount=10**6, in_force_through=dt.date(2026, 11, 14))
    then = threshold(amount=50_000, in_force_from=dt.date(2026, 11, 15), base="retail")
    found = forecast((now, then), daily(300), ON)
    assert (found.day, found.version) == (dt.date(2026, 11, 15), then.version)
    (said,) = [each for each in found.caveats if "version" in each]
    assert "2026-11-15" in said


def test_a_version_that_ends_today_is_held_against_today_only() -> None:
    now = threshold(in_force_through=ON)
    then = threshold(amount=90_000, in_force_from=ON + DAY)
    found = forecast((now, then), daily(300), ON)
    assert (found.percent, found.day) == (Decimal("77.4"), ON + 43 * DAY)


def test_a_line_that_goes_is_met_no_more() -> None:
    now = threshold(in_force_through=dt.date(2026, 10, 31))
    gone = threshold(amount=None, window=None, base=None, in_force_from=dt.date(2026, 11, 1))
    found = forecast((now, gone), daily(300), ON)
    assert (found.outlook, found.day) == (Outlook.NOT_EXPECTED, None)
    assert found.months[-1].first == dt.date(2026, 10, 1)


def test_a_line_to_come_is_foreseen() -> None:
    law = threshold(in_force_from=dt.date(2026, 12, 1))
    found = forecast((law,), daily(300), ON)
    assert (found.day, found.percent) == (dt.date(2026, 12, 1), Decimal(0))


def test_where_it_counts_later_the_day_of_passing_the_line_is_told_too() -> None:
    assert outlook(LAST_YEAR, daily(300)).crossed_on == ON + 76 * DAY
    assert outlook(LAST_YEAR, daily(400)).crossed_on == ON
    in_a_line_of_its_own = threshold(window="twelve_months_to_sep_30")
    assert outlook(in_a_line_of_its_own, daily(300, 400)).crossed_on == ON
    assert outlook(threshold(), daily(300)).crossed_on is None


def test_what_is_passed_on_the_last_day_of_its_window() -> None:
    # 365 days of 274 are 100,010: on 31 December.
    found = outlook(LAST_YEAR, daily(274))
    assert (found.day, found.crossed_on) == (NEW_YEAR, dt.date(2026, 12, 31))


# --- what is said of it ------------------------------------------------------------------


def test_without_a_line_there_is_nothing_to_foresee() -> None:
    found = outlook(NO_LINE, daily(300))
    assert (found.outlook, found.version, found.months) == (Outlook.NO_LINE, None, ())


def test_what_is_met_is_said_to_be() -> None:
    found = outlook(threshold(), daily(400))
    assert (found.outlook, found.day, found.chance) == (Outlook.MET, None, None)
    assert found.percent == Decimal("103.2")


@pytest.mark.parametrize(
    ("buckets", "said"),
    [
        pytest.param([], "no sale is known", id="no sale"),
        pytest.param([sold(ON, 5)], "only 1 days", id="one sale"),
        pytest.param(daily(300, 59), "only 59 days of sales are known, and it takes 60", id="59"),
        pytest.param(
            [sold(ON - 30 * n * DAY, 500) for n in range(7)], "only 7 weeks", id="7 weeks"
        ),
    ],
)
def test_with_too_little_no_day_is_given_and_it_says_why(buckets: list[Bucket], said: str) -> None:
    found = outlook(threshold(), buckets)
    assert (found.outlook, found.day, found.chance, found.confidence) == (
        Outlook.TOO_LITTLE, None, None, None,
    )  # fmt: skip
    assert said in found.caveats[0]
    assert found.method == ""


def test_sixty_days_are_enough() -> None:
    assert outlook(threshold(), daily(300, 60)).outlook is not Outlook.TOO_LITTLE


def test_what_is_known_is_enough_where_the_line_is_passed_already() -> None:
    found = outlook(LAST_YEAR, [sold(ON - DAY, 150_000)])
    assert (found.outlook, found.day, found.crossed_on) == (Outlook.EXPECTED, NEW_YEAR, ON)
    assert (found.chance, found.confidence) == (100, None)


@pytest.mark.parametrize(
    ("buckets", "said"),
    [
        pytest.param(daily(300), "258 days of sales, less than a year", id="a short history"),
        pytest.param(daily(100, 500), "Seasons are not known", id="less than two years"),
        pytest.param(daily(50, 800)[60:], "8 weeks are far below", id="nothing lately"),
        pytest.param(
            [*daily(50, 800), sold(ON - 100 * DAY, 9000)], "stands far apart", id="one-off"
        ),
    ],
)
def test_what_to_keep_in_mind(buckets: list[Bucket], said: str) -> None:
    found = outlook(threshold(), buckets)
    assert any(said in each for each in found.caveats)


def test_two_plain_years_need_no_word_of_caution() -> None:
    assert outlook(threshold(), daily(100, 800)).caveats == ()


def test_net_of_refunds_nothing_may_be_sold() -> None:
    found = outlook(threshold(), [sold(ON - n * DAY, -10 if n % 2 else 5) for n in range(200)])
    assert (found.outlook, found.chance) == (Outlook.NOT_EXPECTED, 0)


def test_the_chance_is_told_for_this_year_and_for_two() -> None:
    found = outlook(threshold(), daily(300, 200))
    assert (found.chance_this_year, found.chance) == (0, 100)
    assert found.through == dt.date(2028, 9, 15)
    found = outlook(threshold(), daily(300))
    assert (found.chance_this_year, found.chance) == (100, 100)


@pytest.mark.parametrize(
    ("days", "until", "much"),
    [
        pytest.param(365, 45, Confidence.HIGH, id="a year, and a narrow range"),
        pytest.param(363, 45, Confidence.MEDIUM, id="less than a year"),
        pytest.param(800, 46, Confidence.MEDIUM, id="a wider range"),
        pytest.param(800, 136, Confidence.LOW, id="a wide range"),
        pytest.param(100, 5, Confidence.LOW, id="a short history"),
        pytest.param(800, None, Confidence.LOW, id="a range without an end"),
    ],
)
def test_how_much_to_rely_on_it(days: int, until: int | None, much: Confidence) -> None:
    latest = None if until is None else ON + until * DAY
    assert confidence(days, ON, latest) is much
    assert confidence(800, None, None) is Confidence.LOW


def test_months_are_those_that_were_and_those_that_are_expected() -> None:
    found = outlook(threshold(), daily(300))
    by_month = {each.first: each for each in found.months}
    march, september = by_month[dt.date(2026, 3, 1)], by_month[dt.date(2026, 9, 1)]
    december, january = by_month[dt.date(2026, 12, 1)], by_month[NEW_YEAR]
    assert (march.known, march.amount, march.low, march.high) == (930_000,) * 4
    assert march.window == march.window_known == 2_700_000
    assert (september.known, september.amount) == (450_000, 900_000)
    assert (december.known, december.amount, december.percent) == (0, 930_000, Decimal("109.5"))
    assert (december.window, december.window_known) == (10_950_000, 7_740_000)
    assert (january.window, january.window_known) == (930_000, 0)
    assert found.months[0].first == dt.date(2026, 1, 1)
    assert found.months[-1].first == dt.date(2028, 9, 1)
    assert len(outlook(threshold(), daily(10, 1200)).months) == 49


def test_without_a_trend_months_to_come_are_those_supposed() -> None:
    found = outlook(threshold(), [sold(ON, 5)], "sale 700 on 2026-10-05")
    october = next(each for each in found.months if each.first == dt.date(2026, 10, 1))
    assert (october.known, october.amount) == (0, 70_000)


# --- what if ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what_if", "day"),
    [
        # 22,600 are missing; each day brings 300.
        pytest.param("sale 15000 on 2026-10-01", ON + 26 * DAY, id="a sale to come"),
        pytest.param("sale 15000 on 2026-03-01", ON + 26 * DAY, id="a sale that was missed"),
        pytest.param("sale 15000 on 2025-03-01", ON + 76 * DAY, id="a sale of last year"),
        pytest.param("+100%", ON + 38 * DAY, id="twice as much at once"),
        pytest.param("+50% from 2026-10-16", ON + 61 * DAY, id="more later"),
        pytest.param("-100%", None, id="nothing more"),
        pytest.param("customer 3000 a month from 2026-10-01", ON + 56 * DAY, id="a customer"),
        pytest.param("line 90000", ON + 43 * DAY, id="a lower line"),
        pytest.param("line 109000", ON + 106 * DAY, id="a higher line"),
        pytest.param("resale 77400", ON + 76 * DAY, id="certificates where all sales count"),
    ],
)
def test_what_is_supposed_moves_the_day(what_if: str, day: dt.date | None) -> None:
    assert outlook(threshold(), daily(300), what_if).day == day


def test_certificates_move_it_where_they_count() -> None:
    law = threshold(base="retail")
    found = outlook(law, daily(300), "resale 3870")  # a twentieth: 285 a day are left
    assert (found.percent, found.day) == (Decimal("73.5"), ON + 93 * DAY)
    assert outlook(law, daily(300), "resale 77400").outlook is Outlook.NOT_EXPECTED
    plain = outlook(threshold(), daily(300), "resale 7740")
    assert any("change nothing" in each for each in plain.caveats)
    assert plain.percent == Decimal("77.4")


def test_certificates_for_a_law_to_come_need_something_that_counts() -> None:
    with pytest.raises(RefusedError, match=r"only 0\.00 USD count now"):
        forecast(
            (threshold(base="retail", in_force_from=NEW_YEAR),),
            daily(300), ON, changes=read_what_if(["resale 1"], ON),
        )  # fmt: skip


def test_a_sale_that_is_supposed_may_meet_it_today() -> None:
    assert outlook(threshold(), daily(300), "sale 30000").outlook is Outlook.MET
    assert outlook(threshold(), daily(400), "line 200000").outlook is not Outlook.MET
