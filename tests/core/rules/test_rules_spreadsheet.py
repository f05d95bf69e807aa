"""No text that we write is taken for a formula, and each comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.spreadsheet import safe_cell, unguarded

tricky = st.text(st.sampled_from("'=+-@\uff1d\uff0b\uff0d\uff20\t\r\n\0 \u00a0a1")) | st.text()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=1+1", id="equals"),
        pytest.param("+1", id="plus"),
        pytest.param("-12.50", id="minus: numbers are written as numbers"),
        pytest.param("@SUM(A1)", id="at"),
        pytest.param("\uff1d1+1", id="full-width equals"),
        pytest.param("\uff0b1", id="full-width plus"),
        pytest.param("\uff0d1", id="full-width minus"),
        pytest.param("\uff20A1", id="full-width at"),
        pytest.param("\tA", id="tab"),
        pytest.param("\rA", id="return"),
        pytest.param("\nA", id="new line"),
        pytest.param("\0=A", id="nul"),
        pytest.param(" =1", id="after a blank"),
        pytest.param("\u00a0\u00a0=1", id="after blanks that do not break"),
        pytest.param(" \tA", id="tab after a blank"),
        pytest.param("'=1", id="guarded before: one more, so that it comes back"),
        pytest.param("''' =1", id="with more apostrophes"),
    ],
)
def test_guarded(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert unguarded(f"'{text}") == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Acme", id="a name"),
        pytest.param("02139", id="digits"),
        pytest.param("12-3456789", id="a minus later on"),
        pytest.param("a=b", id="an equals later on"),
        pytest.param("'t Hof", id="an apostrophe of its own"),
        pytest.param("'", id="an apostrophe alone"),
        pytest.param(" '=1", id="an apostrophe after a blank"),
    ],
)
def test_left_as_it_is(text: str) -> None:
    assert safe_cell(text) == text
    assert unguarded(text) == text


def test_what_others_wrote_unguarded_stays() -> None:
    assert unguarded("=1") == "=1"


@given(tricky)
def test_every_text_comes_back(text: str) -> None:
    assert unguarded(safe_cell(text)) == text


@given(tricky)
def test_what_is_written_begins_no_formula(text: str) -> None:
    assert safe_cell(text).lstrip()[:1] not in {*"=+-@\uff1d\uff0b\uff0d\uff20"} - {""}
