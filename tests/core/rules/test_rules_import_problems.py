"""What is wrong with a row, with its place and how to mend it."""

from __future__ import annotations

import re

import pytest

from exempt.model.tabular import Cell
from exempt.rules.import_rows import (
    StagedRow,
)
from exempt.rules.import_templates import REQUIRED
from support.imports import Cells, acme, docked, read

NUMBER, NAME = REQUIRED
STATE = "Shipping Customer State"


def said(row: StagedRow) -> list[str]:
    return [f"{r.title} ({r.letter}) {r.text}" for r in row.problems]


LONG = "has 501 characters, and 500 are the most: shorten it"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        pytest.param(
            {NUMBER: None, NAME: "Acme"},
            f"{NUMBER} (A) is blank: fill it in, or delete the row",
            id="no number",
        ),
        pytest.param(
            {NUMBER: "C-1", NAME: " "},
            f"{NAME} (B) is blank: fill it in, or delete the row",
            id="no name",
        ),
        pytest.param(
            {NUMBER: "C-1", NAME: None, "Billing Customer Name 2": "Inc."},
            f"{NAME} (B) is blank: fill it in, or delete the row",
            id="only the second part of a name",
        ),
        pytest.param(
            {NUMBER: "C-1", NAME: "A" * 498, "Billing Customer Name 2": "Inc"},
            "Billing Customer Name 2 (C) is longer than 500 characters together with the first"
            " part: shorten it",
            id="a name too long in two parts",
        ),
        pytest.param(
            {NUMBER: "C-1", NAME: "Acme", "Billing Customer Name 2": "x" * 501},
            f"Billing Customer Name 2 (C) {LONG}",
            id="a second part too long by itself",
        ),
        pytest.param(
            {NUMBER: "x" * 256, NAME: "Acme"},
            f"{NUMBER} (A) has 256 characters, and 255 are the most: shorten it",
            id="a number too long",
        ),
        pytest.param(
            acme(city="x" * 501), f"Billing Customer City (C) {LONG}", id="a text too long"
        ),
        pytest.param(
            acme(email="x" * 501), f"Billing Customer Email (C) {LONG}", id="an e-mail too long"
        ),
        pytest.param(
            acme(city="a\0b"),
            "Billing Customer City (C) holds a character that is none (NUL): type it again",
            id="a NUL",
        ),
        pytest.param(
            acme(state="Texass", country="US"),
            "Billing Customer State (C) unknown state in country 'US': use a two-letter code such"
            " as 'TX'",
            id="an unknown state",
        ),
        pytest.param(
            acme(country="U.S. of A."),
            "Billing Customer Country (C) is no country: use a two-letter code such as US",
            id="an unknown country",
        ),
        pytest.param(
            acme(email="ap at acme"),
            "Billing Customer Email (C) is no e-mail address: write one, such as ap@example.com",
            id="an e-mail that is none",
        ),
        pytest.param(
            acme(number=Cell("2026-01-02", kind="date")),
            f"{NUMBER} (A) was turned into a date by the spreadsheet: make it a text, and type it"
            " again",
            id="a number that became a date",
        ),
        pytest.param(
            acme(name2=Cell("2026-01-02", kind="date")),
            "Billing Customer Name 2 (C) was turned into a date by the spreadsheet: make it a"
            " text, and type it again",
            id="a part of a name that became a date",
        ),
        pytest.param(
            acme(number="1.23457E+11"),
            f"{NUMBER} (A) was rounded by the spreadsheet: make the column a text, and type it"
            " again",
            id="a number that was rounded",
        ),
        pytest.param(
            acme(number="1,23457e+11"),
            f"{NUMBER} (A) was rounded by the spreadsheet: make the column a text, and type it"
            " again",
            id="the same with a comma",
        ),
        pytest.param(
            acme(code=Cell(None, "holds a formula: copy the column and paste it as values")),
            "Billing Customer Alternate ID (C) holds a formula: copy the column and paste it as"
            " values",
            id="a formula",
        ),
        pytest.param(
            acme() | {"Exempt": "perhaps"}, "Exempt (C) write yes or no", id="neither yes nor no"
        ),
        pytest.param(
            acme() | {"Region": "North"},
            "Region (C) write one of East, West",
            id="no value of a field of ones own",
        ),
        pytest.param(
            acme() | {"Remark": "x" * 501}, f"Remark (C) {LONG}", id="a long text of ones own"
        ),
        pytest.param(
            acme() | {STATE: "Texass"},
            f"{STATE} (C) is no state: use a two-letter code such as TX, or CA-ON outside the"
            " United States",
            id="goods go to no state",
        ),
        pytest.param(
            docked(number="C-1", state="Southern Ontario", country="CA"),
            f"{STATE} (E) is no state: use a two-letter code such as TX, or CA-ON outside the"
            " United States",
            id="nor abroad",
        ),
        pytest.param(
            docked(number="C-1", state="Texass", country="US"),
            f"{STATE} (E) unknown state in country 'US': use a two-letter code such as 'TX'",
            id="one problem a cell",
        ),
        pytest.param(
            docked(number=None, name=None, city="Springfield"),
            "Shipping Customer Number (C) is blank, and the row has shipping details: give the"
            " location its number",
            id="a location without a number",
        ),
        pytest.param(
            docked(number=Cell("2026-01-02", kind="date")),
            "Shipping Customer Number (C) was turned into a date by the spreadsheet: make it a"
            " text, and type it again",
            id="a location whose number became a date",
        ),
        pytest.param(
            docked(name=None),
            "Shipping Customer Name 1 (D) is blank: fill it in, or delete the row",
            id="a location without a name",
        ),
    ],
)
def test_what_is_wrong_with_a_row(row: Cells, problem: str) -> None:
    assert said(read(row)) == [problem]


def test_all_that_is_wrong_is_named() -> None:
    row = acme(number=None, name=None, email="x", country="x", state="x") | {"Exempt": "x"}
    assert [problem.partition(" (")[0] for problem in said(read(row))] == [
        "Billing Customer Email",
        "Billing Customer Country",
        "Exempt",
        NUMBER,
        NAME,
    ]


def test_a_row_without_a_number_has_no_key() -> None:
    assert read({NUMBER: None, NAME: "Acme"}).number_key == ""


def test_no_value_is_repeated_in_what_is_said_of_it() -> None:
    row = acme(email="secret@", country="Secretland") | {"Region": "secret"}
    assert not re.search("secret", " ".join(said(read(row))), re.IGNORECASE)
