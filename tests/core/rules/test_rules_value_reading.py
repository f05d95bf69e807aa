from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import ExemptionReason
from exempt.rules.pack import shipped_pack
from exempt.rules.value_reading import a_date, a_name, a_number, a_reason, a_state, number_fit

PACK = shipped_pack()


@pytest.mark.parametrize(
    ("text", "date", "fit"),
    [
        pytest.param("03/04/2026", "2026-03-04", 1.0, id="month first"),
        pytest.param("3-4-26", "2026-03-04", 0.9, id="two digits of a year are less sure"),
        pytest.param("3.4.99", "1999-03-04", 0.9, id="99 is of the last century"),
        pytest.param("25/12/2026", "2026-12-25", 0.6, id="day first where nothing else can be"),
        pytest.param("2026-03-04", "2026-03-04", 1.0, id="as ISO writes it"),
        pytest.param("Date: March 4, 2026 (signed)", "2026-03-04", 1.0, id="month in words"),
        pytest.param("Sept. 4th 2026", "2026-09-04", 1.0, id="month shortened, day counted"),
        pytest.param("4 March 2026", "2026-03-04", 1.0, id="day before the month's name"),
        pytest.param("the 4th of March 2026", "2026-03-04", 1.0, id="the 4th of March"),
        pytest.param("02/30/2026", None, 0, id="no such day"),
        pytest.param("13/13/2026", None, 0, id="no such month"),
        pytest.param("01/01/1900", None, 0, id="too long ago to be meant"),
        pytest.param("none", None, 0, id="no date"),
        pytest.param("12345678", None, 0, id="a number is no date"),
    ],
)
def test_a_date(text: str, date: str | None, fit: float) -> None:
    found = a_date(text)
    assert (found.value if found else None) == date
    if found:
        assert found.fit == fit


@given(st.dates(dt.date(1980, 1, 1), dt.date(2079, 12, 31)), st.sampled_from(range(4)))
def test_a_date_in_any_usual_way_is_read_back(day: dt.date, way: int) -> None:
    text = (
        f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day:%y}", f"{day:%B} {day.day}, {day.year}",
        day.isoformat(),
    )[way]  # fmt: skip
    found = a_date(text)
    assert found is not None
    assert found.value == day.isoformat()


@pytest.mark.parametrize(
    ("text", "state"),
    [
        pytest.param("TX", "US-TX", id="two letters"),
        pytest.param("T.X.", "US-TX", id="with points"),
        pytest.param("New York", "US-NY", id="its name"),
        pytest.param("State of Utah", "US-UT", id="State of"),
        pytest.param("OHIO:", "US-OH", id="in capitals, with a colon"),
        pytest.param("Wl", "US-WI", id="an I read as l"),
        pytest.param("0H", "US-OH", id="an O read as 0"),
        pytest.param("N]", "US-NJ", id="a J read as a bracket"),
        pytest.param("12", None, id="digits are no letters"),
        pytest.param("in", None, id="small letters are a word, not Indiana"),
        pytest.param("XX", None, id="no such state"),
        pytest.param("Ontario", None, id="a province"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_state(text: str, state: str | None) -> None:
    found = a_state(text)
    assert (found.value if found else None) == state


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("12345678", "12345678", id="digits"),
        pytest.param("456-1234567890-01", "456-1234567890-01", id="with hyphens"),
        pytest.param("# 12 345 678", "12 345 678", id="in groups"),
        pytest.param("STS 12345678-09 Oklahoma", "STS 12345678-09", id="a prefix, up to a word"),
        pytest.param("A12345627", "A12345627", id="a letter and digits"),
        pytest.param("___12345678___", "12345678", id="on a line"),
        pytest.param("pending", None, id="a word"),
        pytest.param("03/02/2026", None, id="a date"),
        pytest.param("12345678 on 03/02/2026", "12345678", id="a number before a date"),
        pytest.param("STS", None, id="a prefix alone"),
        pytest.param("123", None, id="too short to be one"),
        pytest.param("1" * 31, None, id="too long to be one"),
        pytest.param("123-45-6789", None, id="a Social Security number is never read"),
        pytest.param("SSN 123 45 6789", None, id="nor written with blanks"),
    ],
)
def test_a_number(text: str, number: str | None) -> None:
    found = a_number(text)
    assert (found.value if found else None) == number


@pytest.mark.parametrize(
    ("number", "state", "fit"),
    [
        pytest.param("12345678901", "US-TX", 1.0, id="as the state writes it"),
        pytest.param("1234-5678-901", "US-TX", 1.0, id="hyphens do not matter"),
        pytest.param("1234567", "US-TX", 0.6, id="not as the state writes it"),
        pytest.param("123456789", "US-NY", 0.9, id="no pattern is known, and it is all digits"),
        pytest.param("AB-12", "US-NY", 0.85, id="no pattern is known"),
        pytest.param("123456789", None, 0.9, id="no state is known"),
        pytest.param("123456789", "CA-ON", 0.9, id="nothing is known of the state"),
    ],
)
def test_number_fit(number: str, state: str | None, fit: float) -> None:
    assert number_fit(number, state, PACK) == fit


@pytest.mark.parametrize(
    ("text", "name", "fit"),
    [
        pytest.param("Northwind Traders LLC", "Northwind Traders LLC", 1.0, id="a company"),
        pytest.param("___ Café  du Nord ___", "Café du Nord", 1.0, id="on a line, small words"),
        pytest.param("eBay of Ohio Inc", "eBay of Ohio Inc", 0.7, id="one odd word"),
        pytest.param("3M", None, 0, id="one letter is too few"),
        pytest.param("北京 贸易", "北京 贸易", 1.0, id="Chinese"),
        pytest.param("is liable for any tax", None, 0, id="a sentence"),
        pytest.param("Name: Title:", None, 0, id="labels"),
        pytest.param("Who are You?", None, 0, id="a question"),
        pytest.param("", None, 0, id="nothing"),
        pytest.param("August 20, 2024", None, 0, id="a date"),
        pytest.param("A " * 13, None, 0, id="too many words"),
    ],
)
def test_a_name(text: str, name: str | None, fit: float) -> None:
    found = a_name(text)
    assert (found.value if found else None) == name
    if found:
        assert found.fit == fit


@pytest.mark.parametrize(
    ("text", "reason", "fit"),
    [
        pytest.param("Resale", ExemptionReason.RESALE, 1.0, id="its title"),
        pytest.param("G · Resale", ExemptionReason.RESALE, 1.0, id="with the form's letter"),
        pytest.param("goods to be resold", ExemptionReason.RESALE, 0.8, id="words of it"),
        pytest.param("school or church", None, 0, id="words of two reasons"),
        pytest.param("because", None, 0, id="no reason"),
    ],
)
def test_a_reason(text: str, reason: ExemptionReason | None, fit: float) -> None:
    found = a_reason(text, PACK)
    assert (found.value if found else None) == reason
    if found:
        assert found.fit == fit


@pytest.mark.parametrize("reason", list(ExemptionReason))
def test_every_title_names_its_reason(reason: ExemptionReason) -> None:
    found = a_reason(PACK.reason(reason).title, PACK)
    assert found is not None
    assert found.value == reason
