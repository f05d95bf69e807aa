"""How days and moments are written for people."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.rules.day_words import long_date, short_date, short_moment, with_short_dates

DAY = dt.date(2026, 9, 5)


def test_letters_name_the_month_and_pages_shorten_it() -> None:
    assert (long_date(DAY), short_date(DAY)) == ("September 5, 2026", "Sep 5, 2026")


def test_a_moment_is_told_in_utc() -> None:
    five_hours_behind = dt.timezone(dt.timedelta(hours=-5))
    at = dt.datetime(2026, 9, 5, 21, 4, 59, tzinfo=five_hours_behind)
    assert short_moment(at) == "Sep 6, 2026, 02:04 UTC"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        pytest.param("It ended on 2026-09-05.", "It ended on Sep 5, 2026.", id="in a sentence"),
        pytest.param("2026-09-05 – 2027-01-31", "Sep 5, 2026 – Jan 31, 2027", id="a period"),
        pytest.param("(2026-09-05, new)", "(Sep 5, 2026, new)", id="in brackets"),
        pytest.param("write it as 2026-01-31", "write it as 2026-01-31", id="how to write it"),
        pytest.param("number 1-2026-09-05", "number 1-2026-09-05", id="within a number"),
        pytest.param("signed_2026-09-05.pdf", "signed_2026-09-05.pdf", id="within a name"),
        pytest.param("2026-13-45 is no day", "2026-13-45 is no day", id="no day"),
    ],
)
def test_days_within_sentences(sentence: str, said: str) -> None:
    assert with_short_dates(sentence) == said
