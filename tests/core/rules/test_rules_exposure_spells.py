"""When a threshold was crossed, met, and met no more."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.model.nexus import Bucket, Spell, Threshold, Treatment
from exempt.rules.spells import spells
from exempt.rules.thresholds import shipped_thresholds
from support.threshold_records import sold, threshold

SHIPPED = shipped_thresholds()
DAY = dt.timedelta(days=1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def sales(text: str) -> list[Bucket]:
    """``2026-03-10 100001; 2026-04-01 -5 0``: dollars, and transactions if not one."""
    return [
        sold(day(on), float(dollars), int(*number or "1"))
        for on, dollars, *number in (each.split() for each in text.split(";"))
    ]


def said(code: str, text: str, through: str, begins: int = 1) -> list[str]:
    """``crossed 2026-03-10 in 2026, met from 2026-03-10, collect from 2026-03-11``."""
    found = spells(SHIPPED.versions(code), sales(text), day(through), fiscal_year_begins=begins)
    return [
        f"crossed {each.crossed_on} in {each.window}, met from {each.met_on}"
        f"{f' to {each.ended_on}' if each.ended_on else ''}, collect from {each.collect_from}"
        for each in found
    ]


@pytest.mark.parametrize(
    ("code", "text", "through", "found"),
    [
        pytest.param("US-KS", "2026-03-10 100000; 2026-04-02 0.01", "2026-04-01", [],
                     id="what is sold later is not known yet"),
        pytest.param("US-KS", "2026-03-10 100000; 2026-04-02 0.01", "2026-04-02",
                     ["crossed 2026-04-02 in 2026, met from 2026-04-02, collect from 2026-04-03"],
                     id="crossed by a cent"),
        pytest.param("US-KS", "2024-03-10 150000", "2027-01-01",
                     [("crossed 2024-03-10 in 2024, met from 2024-03-10 to 2026-01-01,"
                      " collect from 2024-03-11")],
                     id="this or last year: it lasts to the end of the next"),
        pytest.param("US-KS", "2024-12-31 150000; 2025-12-31 150000", "2027-01-01",
                     [("crossed 2024-12-31 in 2024, met from 2024-12-31 to 2027-01-01,"
                      " collect from 2025-01-01")],
                     id="years that follow on one another are one time"),
        pytest.param("US-KS", "2022-12-31 150000; 2025-01-01 150000", "2025-06-01",
                     [("crossed 2022-12-31 in 2022, met from 2022-12-31 to 2024-01-01,"
                      " collect from 2023-01-01"),
                      "crossed 2025-01-01 in 2025, met from 2025-01-01, collect from 2025-01-02"],
                     id="a year between makes two times"),
        pytest.param("US-KS", "2026-03-10 150000; 2026-05-01 -60000 0", "2026-06-01",
                     [("crossed 2026-03-10 in 2026, met from 2026-03-10 to 2026-05-01,"
                      " collect from 2026-03-11")],
                     id="a refund ends it"),
        pytest.param("US-KS", "2026-03-10 150000; 2026-03-10 -60000 0", "2026-06-01", [],
                     id="a refund of the same day prevents it"),
        pytest.param("US-KS", "2026-03-10 150000; 2026-05-01 -60000 0; 2026-07-01 10001",
                     "2026-08-01",
                     [("crossed 2026-03-10 in 2026, met from 2026-03-10 to 2026-05-01,"
                      " collect from 2026-03-11"),
                      "crossed 2026-07-01 in 2026, met from 2026-07-01, collect from 2026-07-02"],
                     id="and then it is crossed again"),
        pytest.param("US-KS", "2021-02-03 150000", "2021-06-30", [],
                     id="crossed before there is a law"),
        pytest.param("US-KS", "2021-02-03 150000", "2021-07-01",
                     ["crossed 2021-02-03 in 2021, met from 2021-07-01, collect from 2021-07-01"],
                     id="sales before the law count from its first day"),
        pytest.param("US-KS", "2020-05-01 150000; 2021-02-03 150000", "2021-07-01",
                     [("crossed 2020-05-01 in 2020, met from 2021-07-01, collect from"
                      " 2021-07-01")], id="of two years the one crossed first names the time"),
        pytest.param("US-KS", "2019-12-31 150000", "2021-07-01", [],
                     id="but only in a window of that day"),
        pytest.param("US-CA", "2026-03-10 500001", "2026-03-10",
                     ["crossed 2026-03-10 in 2026, met from 2026-03-10, collect from 2026-03-10"],
                     id="California: collect the same day"),
        pytest.param("US-AL", "2025-08-08 250001", "2025-12-31",
                     ["crossed 2025-08-08 in 2025, met from 2026-01-01, collect from 2026-01-01"],
                     id="Alabama: crossed, and to be met from 1 January on"),
        pytest.param("US-AL", "2025-08-08 250001", "2025-08-07", [],
                     id="Alabama: a day earlier it is not known yet"),
        pytest.param("US-AL", "2025-08-08 250001; 2025-11-11 -2 0", "2025-12-31", [],
                     id="a refund prevents what was to come"),
        pytest.param("US-AL", "2025-08-08 250001; 2025-11-11 -2 0; 2025-12-01 5", "2025-12-31",
                     ["crossed 2025-12-01 in 2025, met from 2026-01-01, collect from 2026-01-01"],
                     id="and a later sale brings it back, from its own day on"),
        pytest.param("US-AL", "2025-08-08 250001; 2026-08-08 250001", "2026-12-31",
                     ["crossed 2025-08-08 in 2025, met from 2026-01-01, collect from 2026-01-01"],
                     id="what is met is not also to come"),
        pytest.param("US-AL", "2025-08-08 250001; 2026-08-08 250001", "2028-01-01",
                     [("crossed 2025-08-08 in 2025, met from 2026-01-01 to 2028-01-01,"
                      " collect from 2026-01-01")],
                     id="it goes on in the year after"),
        pytest.param("US-PA", "2025-12-31 100001", "2026-05-05",
                     ["crossed 2025-12-31 in 2025, met from 2026-01-01, collect from 2026-04-01"],
                     id="Pennsylvania: collect from 1 April on"),
        pytest.param("US-PA", "2018-05-05 100001", "2019-07-01",
                     ["crossed 2018-05-05 in 2018, met from 2019-07-01, collect from 2019-07-01"],
                     id="Pennsylvania in its first year"),
        pytest.param("US-CT", "2026-09-30 100000 200", "2026-10-01",
                     [("crossed 2026-09-30 in the 12 months to 2026-09-30, met from 2026-10-01,"
                      " collect from 2026-10-01")], id="Connecticut: 30 September is in time"),
        pytest.param("US-CT", "2026-10-01 100000 200", "2026-10-01",
                     [("crossed 2026-10-01 in the 12 months to 2027-09-30, met from 2027-10-01,"
                      " collect from 2027-10-01")], id="Connecticut: 1 October is the next year's"),
        pytest.param("US-CT", "2026-02-01 900000 199; 2026-08-01 1 1", "2026-08-15",
                     [("crossed 2026-08-01 in the 12 months to 2026-09-30, met from 2026-10-01,"
                      " collect from 2026-10-01")], id="Connecticut: both, on the later day"),
        pytest.param("US-CT", "2026-02-01 900000 199; 2026-10-01 1 1", "2026-10-01", [],
                     id="Connecticut: both in the same twelve months"),
        pytest.param("US-NY", "2025-12-31 300000 50; 2026-02-28 200001 51", "2026-03-01",
                     [("crossed 2026-02-28 in the 4 quarters to 2026-02-28, met from 2026-03-01,"
                      " collect from 2026-04-20")],
                     id="New York: a quarter across the year's end"),
        pytest.param("US-NY", "2026-02-28 300000 50; 2026-03-01 200001 51", "2026-04-01",
                     [("crossed 2026-03-01 in the 4 quarters to 2026-05-31, met from 2026-06-01,"
                      " collect from 2026-07-21")],
                     id="New York: a day later it is the next quarter's"),
        pytest.param("US-NY", "2026-01-01 500001 100", "2026-12-01", [],
                     id="New York: exactly 100 sales are not more than 100"),
        pytest.param("US-NY", "2024-02-29 500001 101", "2025-03-01",
                     [("crossed 2024-02-29 in the 4 quarters to 2024-02-29, met from 2024-03-01"
                      " to 2025-03-01, collect from 2024-04-20")], id="New York: 29 February"),
        pytest.param("US-IL", "2026-02-10 100000", "2026-03-31",
                     [("crossed 2026-02-10 in the 12 months to 2026-03-31, met from 2026-04-01,"
                      " collect from 2026-04-01")], id="Illinois: tested at the quarter's end"),
        pytest.param("US-IL", "2025-02-10 50 200", "2026-06-01",
                     [("crossed 2025-02-10 in the 12 months to 2025-03-31, met from 2025-04-01"
                      " to 2026-01-01, collect from 2025-04-01")],
                     id="Illinois: by its number of sales until those ceased to count"),
        pytest.param("US-IL", "2025-11-10 50 200", "2025-12-01", [],
                     id="Illinois: that quarter's end is tested by the new law"),
        pytest.param("US-TX", "2025-10-01 200000; 2026-09-30 300000", "2026-11-15",
                     [("crossed 2026-09-30 in the 12 months to 2026-09-30, met from 2026-09-30"
                      " to 2026-11-01, collect from 2027-01-01")],
                     id="Texas: twelve whole months, and for a month more those that are over"),
        pytest.param("US-TX", "2025-09-30 200000; 2026-09-30 300000", "2026-11-15", [],
                     id="Texas: thirteen months are too many"),
        pytest.param("US-MS", "2025-03-11 200000; 2026-03-10 50001", "2026-03-20",
                     [("crossed 2026-03-10 in the 12 months to 2026-03-10, met from 2026-03-10"
                      " to 2026-03-11, collect from 2026-03-11")],
                     id="Mississippi: twelve months to the day, for one day"),
        pytest.param("US-MS", "2025-03-10 200000; 2026-03-10 50001", "2026-03-20", [],
                     id="Mississippi: a year and a day are too long"),
        pytest.param("US-MS", "2024-02-29 200000; 2025-02-27 50001", "2025-03-20",
                     [("crossed 2025-02-27 in the 12 months to 2025-02-27, met from 2025-02-27"
                      " to 2025-02-28, collect from 2025-02-28")],
                     id="Mississippi: what was sold on 29 February leaves on the 28th"),
        pytest.param("US-MS", "2025-03-10 -50000 0; 2025-04-01 280000", "2026-03-20",
                     [("crossed 2025-04-01 in the 12 months to 2026-03-10, met from 2026-03-10,"
                      " collect from 2026-03-10")],
                     id="Mississippi: a refund that leaves the window brings it over"),
        pytest.param("US-MS", "2026-03-10 250001", "2026-03-10",
                     [("crossed 2026-03-10 in the 12 months to 2026-03-10, met from 2026-03-10,"
                      " collect from 2026-03-11")], id="Mississippi: on the day it is crossed"),
        pytest.param("US-MS", "2025-01-01 100000; 2025-02-01 100000; 2025-03-01 50001;"
                     " 2026-01-01 100000; 2026-02-01 99999; 2026-02-20 1", "2027-05-01",
                     [("crossed 2025-03-01 in the 12 months to 2025-03-01, met from 2025-03-01"
                      " to 2026-02-01, collect from 2025-03-02"),
                      ("crossed 2026-02-20 in the 12 months to 2026-02-20, met from 2026-02-20"
                      " to 2026-03-01, collect from 2026-02-21")],
                     id="Mississippi: sales leave in turn, and others take their place"),
        pytest.param("US-MS", "2018-01-05 250001", "2018-12-31",
                     [("crossed 2018-01-05 in the 12 months to 2018-09-01, met from 2018-09-01,"
                      " collect from 2018-09-01")],
                     id="Mississippi: on the first day of the law"),
        pytest.param("US-KY", "2026-02-01 50 200", "2026-07-31",
                     ["crossed 2026-02-01 in 2026, met from 2026-02-01, collect from 2026-02-02"],
                     id="Kentucky: 200 sales while they count"),
        pytest.param("US-KY", "2026-02-01 50 200", "2026-08-01",
                     [("crossed 2026-02-01 in 2026, met from 2026-02-01 to 2026-08-01,"
                      " collect from 2026-02-02")], id="Kentucky: until they count no more"),
        pytest.param("US-KY", "2026-02-01 50 200; 2026-07-31 100000", "2026-09-01",
                     ["crossed 2026-02-01 in 2026, met from 2026-02-01, collect from 2026-02-02"],
                     id="Kentucky: it goes on by the amount"),
        pytest.param("US-GA", "2019-06-01 100001", "2020-03-01",
                     ["crossed 2019-06-01 in 2019, met from 2020-01-01, collect from 2020-01-01"],
                     id="Georgia: a lower line meets the sales of the year before"),
        pytest.param("US-UT", "2025-01-01 50 201", "2025-12-31",
                     [("crossed 2025-01-01 in 2025, met from 2025-01-01 to 2025-07-01,"
                      " collect from 2025-01-02")], id="Utah: the count ends within a year"),
        pytest.param("US-OK", "2019-03-01 10000; 2019-06-01 90000", "2020-01-01",
                     ["crossed 2019-03-01 in 2019, met from 2019-03-01, collect from 2019-03-02"],
                     id="Oklahoma: a higher line that is reached as well"),
        pytest.param("US-NC", "2026-06-30 100001", "2026-07-15",
                     ["crossed 2026-06-30 in 2026, met from 2026-06-30, collect from 2026-07-01"],
                     id="North Carolina: until June 2026 from the next sale on"),
        pytest.param("US-NC", "2026-07-01 100001", "2026-07-15",
                     ["crossed 2026-07-01 in 2026, met from 2026-07-01, collect from 2026-08-30"],
                     id="North Carolina: since July 60 days later"),
        pytest.param("US-OR", "2026-07-01 9000000", "2026-07-15", [], id="Oregon has no sales tax"),
        pytest.param("US-KS", "2026-07-01 0", "2026-07-15", [], id="a sale of nothing"),
    ],
)  # fmt: skip
def test_the_times_in_which_it_is_met(code: str, text: str, through: str, found: list[str]) -> None:
    assert said(code, text, through) == found


def test_the_seller_may_have_a_year_of_its_own() -> None:
    text = "2025-07-01 60000; 2026-06-30 40001"
    assert said("US-PR", text, "2026-08-01") == []
    assert said("US-PR", text, "2028-08-01", begins=7) == [
        (
            "crossed 2026-06-30 in the fiscal year to 2026-06-30, met from 2026-06-30"
            " to 2027-07-01, collect from 2026-07-01"
        )
    ]


def test_a_spell_says_by_which_version_and_from_which_day_of_its_window_on() -> None:
    (spell,) = spells(SHIPPED.versions("US-MN"), sales("2026-02-10 100001"), day("2026-05-01"))
    assert spell == Spell(
        crossed_on=day("2026-02-10"),
        met_on=day("2026-04-01"),
        ended_on=None,
        collect_from=day("2026-04-01"),
        version="US-MN from 2018-10-01",
        window="the 12 months to 2026-03-31",
        first=day("2025-04-01"),
    )


def test_a_law_that_ended_is_met_no_more() -> None:
    ended = threshold(in_force_through=day("2026-05-31"))
    (spell,) = spells([ended], sales("2026-02-10 100001"), day("2026-08-01"))
    assert spell.ended_on == day("2026-06-01")
    last_year = threshold(window="previous_calendar_year", in_force_through=day("2026-12-31"))
    assert spells([last_year], sales("2026-02-10 100001"), day("2026-08-01")) == ()


def test_a_law_may_be_met_on_its_last_day_alone() -> None:
    ended = threshold(window="rolling_12_months", in_force_through=day("2026-02-10"))
    (spell,) = spells([ended], sales("2026-02-10 100001"), day("2026-08-01"))
    assert (spell.met_on, spell.ended_on) == (day("2026-02-10"), day("2026-02-11"))


@pytest.mark.parametrize("line", ["higher", "none"])
def test_what_is_to_come_goes_by_the_law_of_that_day(line: str) -> None:
    old = threshold(window="previous_calendar_year", in_force_through=day("2026-12-31"))
    changes = {"amount": None, "window": None, "base": None} if line == "none" else {
        "amount": 150_000, "window": "previous_calendar_year"
    }  # fmt: skip
    new = threshold(in_force_from=day("2027-01-01"), **changes)
    assert spells([old, new], sales("2026-02-10 100001"), day("2026-08-01")) == ()
    over = spells([old, new], sales("2026-02-10 150001"), day("2026-08-01"))
    assert [each.version for each in over] == ([new.version] if line == "higher" else [])


def test_a_tax_may_be_new() -> None:
    none = threshold(
        amount=None, window=None, base=None, in_force_through=day("2025-12-31")
    )  # fmt: skip
    (spell,) = spells([none, new_law()], sales("2025-02-10 100001"), day("2026-08-01"))
    assert (spell.met_on, spell.crossed_on) == (day("2026-01-01"), day("2025-02-10"))


def new_law() -> Threshold:
    return threshold(in_force_from=day("2026-01-01"))


def test_of_two_windows_that_come_to_count_the_first_crossed_names_the_time() -> None:
    old = threshold(window="previous_calendar_year", in_force_through=day("2026-12-31"))
    new = threshold(window="rolling_12_calendar_months", in_force_from=day("2027-01-01"))
    text = "2026-01-05 50000; 2026-06-01 50001; 2026-09-01 60000"
    (spell,) = spells([old, new], sales(text), day("2026-10-01"))
    assert (spell.met_on, spell.crossed_on) == (day("2027-01-01"), day("2026-06-01"))
    assert spell.window == "the 12 months to 2026-12-31"


def test_of_two_windows_on_the_first_day_of_a_law_the_first_crossed_names_the_time() -> None:
    law = threshold(window="rolling_12_calendar_months", in_force_from=day("2026-07-01"))
    text = "2025-07-10 -50000 0; 2025-09-01 100001; 2026-06-01 60000"
    (spell,) = spells([law], sales(text), day("2026-07-15"))
    assert (spell.met_on, spell.crossed_on) == (day("2026-07-01"), day("2025-09-01"))
    assert spell.window == "the 12 months to 2026-07-31"


def test_without_a_fiscal_year_the_sellers_year_is_the_calendars() -> None:
    (spell,) = spells(SHIPPED.versions("US-PR"), sales("2026-01-01 100001"), day("2026-12-31"))
    assert spell.window == "the fiscal year to 2026-12-31"


@pytest.mark.parametrize(
    ("base", "counts"), [("gross", True), ("retail", False), ("taxable", False)]
)
def test_only_what_counts_crosses_a_line(base: str, counts: bool) -> None:
    resale = sold(day("2026-02-10"), 100_001, treatment=Treatment.RESALE)
    assert bool(spells([threshold(base=base)], [resale], day("2026-08-01"))) is counts
