"""When something that is done again and again is done next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.schedules import NEVER, next_after, parse, seconds
from support.records import NOW

NEW_YORK = "America/New_York"
KOLKATA = "Asia/Kolkata"
NO_TIME = "is no time: write it as 30s, 15m, 2h or 1d"
NO_SCHEDULE = 'is no schedule: write 15m, 2h, a line of cron as "0 6 * * 1-5", or never'
TOO_OFTEN = "is too often: write 10s or more"


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def after(moment: str, schedule: str, zone: str = "UTC") -> str:
    """The next moment, as text in UTC."""
    found = next_after(schedule, utc(moment), zone)
    assert found is not None
    assert found.tzinfo is dt.UTC
    return found.replace(tzinfo=None).isoformat(" ")


@pytest.mark.parametrize(
    ("text", "length"),
    [("30s", 30), ("15m", 900), ("2h", 7200), ("1d", 86_400), ("15 m", 900), ("999999s", 999_999)],
)
def test_an_interval_has_a_length(text: str, length: int) -> None:
    assert seconds(text) == length
    assert parse(text) == text
    assert next_after(text, NOW) == NOW + dt.timedelta(seconds=length)


@pytest.mark.parametrize(
    "text",
    ["", "m", "15", "0s", "0d", "-5m", "1.5h", "15M", "15 min", "15m ", " 15m", "15m\n", "2h30m",
     "1000000s", "१m", NEVER],
)  # fmt: skip
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        seconds(text)
    assert str(refused.value) == NO_TIME


@pytest.mark.parametrize(
    "text",
    ["10s", "1m", "1d", "never", "* * * * *", "0 6 * * 1-5", "*/15 8-18 * * MON-FRI",
     "0 6 29 2 *", "0 0 L * *", "30 2 1,15 * *"],
)  # fmt: skip
def test_a_schedule(text: str) -> None:
    assert parse(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("9s", TOO_OFTEN, id="nine seconds"),
        pytest.param("0m", NO_TIME, id="no time at all"),
        pytest.param("", NO_SCHEDULE, id="nothing"),
        pytest.param("Never", NO_SCHEDULE, id="never, with a capital"),
        pytest.param("hourly", NO_SCHEDULE, id="a word"),
        pytest.param("@daily", NO_SCHEDULE, id="a nickname of cron"),
        pytest.param("0 6 * *", NO_SCHEDULE, id="four fields"),
        pytest.param("0 0 6 * * *", NO_SCHEDULE, id="six fields: seconds"),
        pytest.param("60 * * * *", NO_SCHEDULE, id="a minute that no hour has"),
        pytest.param("0 24 * * *", NO_SCHEDULE, id="an hour that no day has"),
        pytest.param("0 0 30 2 *", NO_SCHEDULE, id="a day that no month has"),
        pytest.param("0 0 31 4,6 *", NO_SCHEDULE, id="a day that these months do not have"),
        pytest.param("5-1 * * * *", NO_SCHEDULE, id="a range put back to front"),
        pytest.param("*/0 * * * *", NO_SCHEDULE, id="steps of nothing"),
        pytest.param("a b c d e", NO_SCHEDULE, id="letters"),
    ],
)  # fmt: skip
def test_what_is_no_schedule(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse(text)
    assert str(refused.value) == said


@given(st.text("0123456789*/,-#LWSUNMOsmhd ", max_size=24))
def test_whatever_somebody_writes_is_a_schedule_or_refused_in_words(text: str) -> None:
    try:
        schedule = parse(text)
    except ValueError as error:
        assert str(error) in {NO_SCHEDULE, NO_TIME, TOO_OFTEN}  # noqa: PT017 - whichever of them
    else:
        found = next_after(schedule, NOW)
        assert found is not None
        assert found > NOW


def test_never_is_never() -> None:
    assert next_after(NEVER, NOW) is None


def test_without_a_zone_a_line_of_cron_is_in_utc() -> None:
    assert next_after("0 13 * * *", NOW) == NOW + dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "schedule", "zone", "expected"),
    [
        pytest.param("2026-11-20 12:00", "10 0 * * *", "UTC", "2026-11-21 00:10:00",
                     id="each day"),
        pytest.param("2026-11-20 12:00", "0 12 * * *", "UTC", "2026-11-21 12:00:00",
                     id="not the moment itself"),
        pytest.param("2026-11-20 11:59:59.999999", "0 12 * * *", "UTC", "2026-11-20 12:00:00",
                     id="a moment later"),
        pytest.param("2026-11-20 12:00:00.000001", "0 12 * * *", "UTC", "2026-11-21 12:00:00",
                     id="a moment after"),
        pytest.param("2026-11-20 12:00", "0 6 * * 1-5", "UTC", "2026-11-23 06:00:00",
                     id="on working days: after Friday comes Monday"),
        pytest.param("2026-11-20 12:00", "0 6 29 2 *", "UTC", "2028-02-29 06:00:00",
                     id="a leap day"),
        pytest.param("2026-11-20 12:00", "0 6 * * *", NEW_YORK, "2026-11-21 11:00:00",
                     id="six in New York in winter"),
        pytest.param("2026-07-20 12:00", "0 6 * * *", NEW_YORK, "2026-07-21 10:00:00",
                     id="six in New York in summer"),
        pytest.param("2026-11-20 12:00", "10 0 * * *", KOLKATA, "2026-11-20 18:40:00",
                     id="a zone that is half an hour off"),
        pytest.param("2026-11-20 12:00", "*/30 * * * *", KOLKATA, "2026-11-20 12:30:00",
                     id="each half hour there is one here"),
        # On 2027-03-14 New York goes from 02:00 to 03:00, which is 07:00 UTC.
        pytest.param("2027-03-14 06:59", "30 2 * * *", NEW_YORK, "2027-03-14 07:00:00",
                     id="of a skipped hour: right after the change"),
        pytest.param("2027-03-14 07:00", "30 2 * * *", NEW_YORK, "2027-03-15 06:30:00",
                     id="of a skipped hour: once"),
        pytest.param("2027-03-14 06:59", "15,45 2 * * *", NEW_YORK, "2027-03-14 07:00:00",
                     id="of a skipped hour: two are one"),
        pytest.param("2027-03-14 07:00", "15,45 2 * * *", NEW_YORK, "2027-03-15 06:15:00",
                     id="of a skipped hour: and then as always"),
        pytest.param("2027-03-14 06:59", "*/30 2 * * *", NEW_YORK, "2027-03-15 06:00:00",
                     id="of a skipped hour: what goes by the clock shown is left out"),
        # On 2026-11-01 New York goes from 02:00 back to 01:00, which is 06:00 UTC.
        pytest.param("2026-11-01 05:29", "30 1 * * *", NEW_YORK, "2026-11-01 05:30:00",
                     id="of a repeated hour: the first time"),
        pytest.param("2026-11-01 05:30", "30 1 * * *", NEW_YORK, "2026-11-02 06:30:00",
                     id="of a repeated hour: not the second time"),
        pytest.param("2026-11-01 06:10", "30 1 * * *", NEW_YORK, "2026-11-02 06:30:00",
                     id="of a repeated hour: nor for who asks while it is repeated"),
        pytest.param("2026-11-01 06:10", "30 1,2 * * *", NEW_YORK, "2026-11-01 07:30:00",
                     id="the hour after a repeated one"),
        pytest.param("2026-11-01 05:40", "*/30 1 * * *", NEW_YORK, "2026-11-01 06:00:00",
                     id="of a repeated hour: what goes by the clock shown comes twice"),
    ],
)  # fmt: skip
def test_a_line_of_cron(moment: str, schedule: str, zone: str, expected: str) -> None:
    assert after(moment, schedule, zone) == expected


# --- whatever the moment ---------------------------------------------------------------------

MINUTE = dt.timedelta(minutes=1)
WHOLE_HOURS = ("UTC", NEW_YORK, KOLKATA, "America/Havana")
ZONES = (*WHOLE_HOURS, "Australia/Lord_Howe")  # whose summer time is half an hour
# Days on which one of these changes its clock, and an ordinary one.
CHANGES = (
    "2026-11-01 05:00",
    "2027-03-14 06:00",
    "2026-10-03 15:00",
    "2027-04-03 15:00",
    "2026-06-15 00:00",
)
moments = st.builds(
    lambda change, minutes, micros: (
        utc(change) + dt.timedelta(minutes=minutes, microseconds=micros)
    ),
    st.sampled_from(CHANGES),
    st.integers(-600, 600),
    st.sampled_from([0, 1, 30_000_000, 59_999_999]),
)
minutes_of = st.sets(st.integers(0, 59), min_size=1, max_size=3)
hours_of = st.sets(st.integers(0, 4) | st.integers(0, 23), min_size=1, max_size=3)


def field(numbers: Collection[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def exists(wall: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether a clock in *zone* ever shows that."""
    there = wall.replace(tzinfo=zone)
    return there.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) == wall


@given(moments, st.sampled_from(ZONES), minutes_of, hours_of)
def test_a_fixed_time_of_day_comes_once_a_day_whatever_the_clock_does(
    moment: dt.datetime, name: str, minutes: set[int], hours: set[int]
) -> None:
    zone = ZoneInfo(name)
    today = moment.astimezone(zone).date()
    named = set()
    for days in (-1, 0, 1, 2):
        day = dt.datetime.combine(today + dt.timedelta(days=days), dt.time())
        for hour in hours:
            for minute in minutes:
                wall = day.replace(hour=hour, minute=minute)
                while not exists(wall, zone):
                    wall += MINUTE
                named.add(wall.replace(tzinfo=zone).astimezone(dt.UTC))
    found = next_after(f"{field(minutes)} {field(hours)} * * *", moment, name)
    assert found == min(each for each in named if each > moment)


@given(
    moments, st.sampled_from(WHOLE_HOURS), st.sampled_from([1, 7, 15, 20, 30]), hours_of | st.none()
)
def test_what_goes_by_the_clock_shown_skips_no_minute(
    moment: dt.datetime, name: str, step: int, hours: set[int] | None
) -> None:
    zone = ZoneInfo(name)
    expected = moment.replace(second=0, microsecond=0) + MINUTE
    while True:
        shown = expected.astimezone(zone)
        if not shown.minute % step and (hours is None or shown.hour in hours):
            break
        expected += MINUTE
    line = f"*/{step} {'*' if hours is None else field(hours)} * * *"
    assert next_after(line, moment, name) == expected


@given(st.integers(10, 10**6 - 1), st.sampled_from("smhd"), moments)
def test_an_interval_begins_now(number: int, unit: str, moment: dt.datetime) -> None:
    found = next_after(f"{number}{unit}", moment)
    assert found is not None
    assert found - moment == dt.timedelta(seconds=seconds(f"{number}{unit}"))
