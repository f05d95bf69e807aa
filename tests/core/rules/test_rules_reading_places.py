from __future__ import annotations

import pytest

from exempt.model.paper import FieldName
from exempt.rules.form_definitions import form_book
from exempt.rules.pack import shipped_pack
from exempt.rules.reading import Known, read
from support.words import extract, values

KNOWN = Known(form_book(shipped_pack()), shipped_pack())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("the purchaser is Liable For Tax", id="a label within a sentence"),
        pytest.param("purchaser is Liable For Tax", id="a sentence that begins with it"),
        pytest.param("as a Purchaser     Northwind", id="an article before it"),
        pytest.param("Purchaser", id="nothing beside it, nothing under it"),
        pytest.param("Purchaser\nAddress", id="another label under it"),
        pytest.param("Purchaser\n\n\n\n\n\nNorthwind", id="too far down"),
        pytest.param("                    Purchaser\nNorthwind", id="in another column"),
        pytest.param("Purchaser\n____", id="an empty line under it"),
        pytest.param("Purchaser" + " " * 60 + "Northwind", id="too far right"),
        pytest.param("Purchaser\n[x] Resale", id="a box to tick under it"),
    ],
)
def test_no_name_is_read_where_none_stands(text: str) -> None:
    assert values(read(extract(text), KNOWN), FieldName.BUYER_NAME) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("Purchaser:  Northwind  LLC", "Northwind LLC", id="after a colon"),
        pytest.param("Purchaser: Northwind", "Northwind", id="close after a colon"),
        pytest.param("1. Purchaser     Northwind", "Northwind", id="numbered"),
        pytest.param("here: Purchaser     Northwind", "Northwind", id="after another colon"),
        pytest.param("Here     Purchaser     Northwind", "Northwind", id="far after a word"),
        pytest.param("Purchaser ____ Northwind", "Northwind", id="on a line that is drawn"),
        pytest.param("Purchaser    Northwind         Elsewhere", "Northwind", id="up to a space"),
        pytest.param("Purchaser    Northwind    Phone  5", "Northwind", id="up to a label"),
        pytest.param("Purchaser    Smith & Sons", "Smith & Sons", id="with an ampersand"),
        pytest.param("    Purchaser\nNorthwind Traders", "Northwind Traders", id="begins left"),
        pytest.param("Purchaser\n\nNorthwind", "Northwind", id="after an empty line"),
        pytest.param("Purchaser      Date\nNorthwind      03/01/2026", "Northwind", id="column"),
        pytest.param("x Purchaser\nNorthwind", "Northwind", id="one letter before it"),
        pytest.param("Name of purchaser ACME", "ACME", id="a long label needs no space"),
        pytest.param("Phone     Address\nName of purchaser\nAcme", "Acme", id="other labels above"),
        pytest.param("Purchaser\nAcme Resale Ltd", "Acme Resale Ltd", id="with words of a box"),
        pytest.param("Purchaser\n123     Acme\nNorthwind", "", id="what is no name is none"),
    ],
)  # fmt: skip
def test_a_name_is_read_where_it_stands(text: str, name: str) -> None:
    found = values(read(extract(text), KNOWN), FieldName.BUYER_NAME)
    assert found == ([name] if name else [])


@pytest.mark.parametrize(
    ("rows", "states"),
    [
        pytest.param("State      Number\nOhio      1234567", ["US-OH"], id="a row"),
        pytest.param("State      Number\nOhio\nUtah", ["US-OH", "US-UT"], id="without numbers"),
        pytest.param("State      Number\n\nOhio      1234567\n\n\n\n\n\n\nUtah      7654321",
                     ["US-OH"], id="what is far below is another table"),
        pytest.param("State      Number\n           1234567\nOhio     7654321", ["US-OH"],
                     id="a row without a state"),
        pytest.param("State      City\nOhio      Columbus", [], id="a column of something else"),
        pytest.param("State\nOhio", [], id="no column beside it"),
        pytest.param("In the State      Number\nOhio      1234567", [], id="words before the head"),
        pytest.param("State of issue      Number\nOhio      1234567", [], id="words after it"),
        pytest.param("State      Number\nOhio     1234567\nnone     1234", ["US-OH"],
                     id="a row of something else"),
        pytest.param("State      Number        State      Number\nOhio       1234567"
                     "       Utah       7654321", ["US-OH", "US-UT"], id="beside each other"),
    ],
)  # fmt: skip
def test_a_table_of_states(rows: str, states: list[str]) -> None:
    found = values(read(extract(rows), KNOWN), FieldName.JURISDICTION)
    assert sorted(found) == sorted(states)
