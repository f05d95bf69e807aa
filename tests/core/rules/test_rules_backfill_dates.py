"""The days of sales in a file."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.backfill import DateForm, MistakeKind
from exempt.rules.backfill_cells import WrongError
from exempt.rules.backfill_dates import DayReader, FoundForm, form_of, zone_of
from support.records import TODAY

YEAR_FIRST, MONTH_FIRST, DAY_FIRST, NAMED = DateForm
NEW_YORK = "America/New_York"


def read(
    text: str,
    form: DateForm = YEAR_FIRST,
    zone: str = "",
    *,
    seller: str = "UTC",
    utc: bool = False,
) -> str:
    return DayReader(FoundForm(form, 2, "x"), ZoneInfo(seller), TODAY, utc=utc).read(text, zone)


def refused(text: str, form: DateForm = YEAR_FIRST, zone: str = "") -> WrongError:
    with pytest.raises(WrongError) as caught:
        read(text, form, zone)
    return caught.value


@pytest.mark.parametrize(
    ("dates", "form", "row"),
    [
        pytest.param(["2025-03-04"], YEAR_FIRST, 2, id="the year comes first"),
        pytest.param(["2025/3/4 10:00"], YEAR_FIRST, 2, id="slashes, and a time of the day"),
        pytest.param(["3/4/2025", "3/25/2025"], MONTH_FIRST, 3, id="a second number over 12"),
        pytest.param(["3/4/2025", "25/3/2025"], DAY_FIRST, 3, id="a first number over 12"),
        pytest.param(["4.3.2025"], DAY_FIRST, 2, id="points are European"),
        pytest.param(["Mar 4, 2025"], NAMED, 2, id="a month by its name"),
        pytest.param(["4-Mar-25"], NAMED, 2, id="after the day"),
        pytest.param(["1/1/2025", "02/2/2025"], MONTH_FIRST, 0, id="the same both ways"),
        pytest.param(["1/1/2025", "3/4/2025"], None, 3, id="nothing tells"),
        pytest.param(
            ["soon", "3/4/2025", "13/13/2025"], None, 3, id="what is no date tells nothing"
        ),
        pytest.param([], MONTH_FIRST, 0, id="no date at all"),
    ],
)
def test_the_form_is_decided_once(dates: list[str], form: DateForm | None, row: int) -> None:
    found = form_of(enumerate(dates, 2))
    assert (found.form, found.row) == (form, row)


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2025-03-04", YEAR_FIRST, "2025-03-04"),
        ("2025/3/4", YEAR_FIRST, "2025-03-04"),
        (" 2025-03-04 23:59:59.123 ", YEAR_FIRST, "2025-03-04"),
        ("3/4/2025", MONTH_FIRST, "2025-03-04"),
        ("3/4/2025", DAY_FIRST, "2025-04-03"),
        ("3-4-25", MONTH_FIRST, "2025-03-04"),
        ("3/4/99", MONTH_FIRST, "1999-03-04"),
        ("04.03.2025", DAY_FIRST, "2025-03-04"),
        ("March 4th, 2025", NAMED, "2025-03-04"),
        ("Mar 4 2025", NAMED, "2025-03-04"),
        ("04-MAR-2025", NAMED, "2025-03-04"),
        ("4 mar. 25", NAMED, "2025-03-04"),
        ("3/4/2025 11:59 PM", MONTH_FIRST, "2025-03-04"),
    ],
)
def test_dates(text: str, form: DateForm, day: str) -> None:
    assert read(text, form) == day


@pytest.mark.parametrize(
    ("text", "zone", "seller", "day"),
    [
        pytest.param("2025-03-05T03:30:00Z", "", NEW_YORK, "2025-03-04", id="an offset counts"),
        pytest.param("2025-03-05 03:30 UTC", "", "UTC", "2025-03-05", id="the seller is in UTC"),
        pytest.param("2025-03-04T22:00-0500", "", "UTC", "2025-03-05", id="west of it"),
        pytest.param("2025-03-04T01:00+02:00", "", "UTC", "2025-03-03", id="east of it"),
        pytest.param("2025-03-04 23:30", NEW_YORK, "UTC", "2025-03-05", id="the row names a zone"),
        pytest.param("2025-03-04 23:30", "", NEW_YORK, "2025-03-04", id="as written without one"),
        pytest.param("2025-03-04", NEW_YORK, "Asia/Tokyo", "2025-03-04", id="a day has no zone"),
        pytest.param("2025-03-04 11:30 pm", NEW_YORK, "UTC", "2025-03-05", id="half past eleven"),
        pytest.param("2025-03-04 12:30 a.m.", NEW_YORK, "UTC", "2025-03-04", id="past midnight"),
    ],
)
def test_a_moment_is_on_the_day_of_the_seller(text: str, zone: str, seller: str, day: str) -> None:
    assert read(text, YEAR_FIRST, zone, seller=seller) == day


def test_a_title_that_says_utc_counts_where_the_row_names_no_zone() -> None:
    assert read("2025-03-05 03:30", seller=NEW_YORK, utc=True) == "2025-03-04"
    assert read("2025-03-05 03:30", zone=NEW_YORK, seller=NEW_YORK, utc=True) == "2025-03-05"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("soon", MistakeKind.BAD_DATE),
        ("2025-02-30", MistakeKind.BAD_DATE),
        ("2025-13-01", MistakeKind.BAD_DATE),
        ("2025-03-04 25:00", MistakeKind.BAD_DATE),
        ("2025-03-04 13:00 PM", MistakeKind.BAD_DATE),
        ("20250304", MistakeKind.BAD_DATE),
        ("3/4/2025", MistakeKind.MIXED_DATES),
        ("1949-12-31", MistakeKind.FAR_DATE),
        ("1900-01-00", MistakeKind.BAD_DATE),
        ("2100-01-01", MistakeKind.FAR_DATE),
        ("2026-11-21", MistakeKind.FUTURE_DATE),
    ],
)
def test_what_is_no_day_of_a_sale(text: str, kind: MistakeKind) -> None:
    assert refused(text).kind is kind


def test_today_is_a_day_of_a_sale_and_the_end_of_the_calendar_is_far() -> None:
    assert read(TODAY.isoformat()) == TODAY.isoformat()
    assert refused("9999-12-31 23:00", zone="America/New_York").kind is MistakeKind.FAR_DATE


def test_mixed_forms_name_the_row_that_decided() -> None:
    found = refused("25/3/2025", MONTH_FIRST)
    assert found.what == "is written day-first, and row 2 has month-first"
    with pytest.raises(WrongError, match="the others are month-first"):
        DayReader(FoundForm(MONTH_FIRST), ZoneInfo("UTC"), TODAY).read("25/3/2025", "")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("America/New_York", "America/New_York"),
        (" america/new york ", "America/New_York"),
        ("utc", "UTC"),
        ("Z", "UTC"),
    ],
)
def test_zones(name: str, key: str) -> None:
    assert zone_of(name).key == key


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("EST", "write it as America/New_York"),
        ("America/NewYork", "write America/New_York, if it is that"),
        ("Amerika/Chicago", "write America/Chicago, if it is that"),
    ],
)
def test_zones_that_are_not_supported(name: str, mend: str) -> None:
    with pytest.raises(WrongError) as caught:
        zone_of(name)
    assert (caught.value.kind, caught.value.mend) == (MistakeKind.BAD_TIME_ZONE, mend)
    assert refused("2025-03-04 10:00", zone=name).kind is MistakeKind.BAD_TIME_ZONE


@given(st.dates(dt.date(1950, 1, 1), TODAY))
def test_a_day_is_read_as_it_is_written_in_every_form(day: dt.date) -> None:
    """Whatever the day, the four forms give it back."""
    assert read(day.isoformat()) == day.isoformat()
    assert read(f"{day.month}/{day.day}/{day.year}", MONTH_FIRST) == day.isoformat()
    assert read(f"{day.day:02}.{day.month:02}.{day.year}", DAY_FIRST) == day.isoformat()
    assert read(f"{day:%b} {day.day}, {day.year}", NAMED) == day.isoformat()
