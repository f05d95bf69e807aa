"""What a row says: cells read by their columns, and all that is wrong with them named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.data import jurisdictions
from exempt.model.customer import CustomerDetails
from exempt.model.imports import Remark, Side, Template
from exempt.model.tabular import Cell
from exempt.rules.import_cells import YES_NO
from exempt.rules.import_rows import (
    RowReader,
    Said,
    StagedRow,
    by_field,
    dumped,
    dumped_remarks,
    fields,
    loaded,
    loaded_remarks,
)
from exempt.rules.import_templates import REQUIRED, columns
from support.imports import CUSTOM, TITLES, Cells, acme, docked, layout, line, read, titled

NUMBER, NAME = REQUIRED
STATE = "Shipping Customer State"


def value(field: str, cell: str | Cell | None, **more: str | Cell | None) -> str | None:
    """What a billing cell is read as; nothing may be wrong."""
    row = read(acme(**{field: cell, **more}))
    assert not row.problems
    values = loaded(row.cells).billing
    return values[-1 - len(more)]


# --- a good row --------------------------------------------------------------------------


def test_a_row_says_what_stands_in_its_cells() -> None:
    row = read({NAME: " Acme ", "Region": "east", NUMBER: " C-1 ", STATE: "Texas"})
    assert row == StagedRow(7, "c-1", None, '[["Acme","East","C-1"],"US-TX",null]')
    assert loaded(row.cells) == Said(["Acme", "East", "C-1"], "US-TX")


def test_of_a_location_with_a_number_of_its_own() -> None:
    row = read(docked(state="tx", city=None))
    assert (row.number_key, row.ship_to_key, row.problems) == ("c-1", "s-1", ())
    assert loaded(row.cells) == Said(["C-1", "Acme"], None, ["S-1", "Dock 1", "TX", None])


def test_values_have_the_order_of_the_columns_and_one_place_for_a_name() -> None:
    row = {"Billing Customer Name 2": "Inc.", NUMBER: "C-1", NAME: "Acme"}
    found = fields(layout(*row), Side.BILLING)
    assert [c.field for c in found] == ["number", "name"]
    assert loaded(read({**row}).cells).billing == ["C-1", "Acme Inc."]


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        pytest.param("Acme", "Inc.", "Acme Inc.", id="joined with a blank"),
        pytest.param("Acme", None, "Acme", id="the second is blank"),
        pytest.param("A" * 496, "Inc", "A" * 496 + " Inc", id="just not too long"),
    ],
)
def test_both_parts_of_a_name(first: str, second: str | None, name: str) -> None:
    row = read({NUMBER: "C-1", NAME: first, "Billing Customer Name 2": second})
    assert (loaded(row.cells).billing, row.problems) == (["C-1", name], ())


@pytest.mark.parametrize(
    ("field", "text", "kept"),
    [
        ("code", "00012", "00012"),
        ("postal_code", "02139", "02139"),
        ("email", " ap@acme.example ", "ap@acme.example"),
        ("country", "usa", "US"),
        ("country", "Canada", "CA"),
        ("country", "  ", None),
        ("line1", " \t ", None),
        ("fax", None, None),
        ("number", "x" * 255, "x" * 255),
        ("line1", "x" * 500, "x" * 500),
        ("Exempt", "Y", "yes"),
        ("Exempt", Cell("TRUE", kind="bool"), "yes"),
        ("Exclude from Mailing Campaign", "No", "no"),
        ("Exempt", None, None),
        ("Exemption Number", "E-7", "E-7"),
        ("Region", "WEST", "West"),
        ("Since", Cell("2020-05-17", kind="date"), "2020-05-17"),
        ("Remark", "  ", None),
        ("postal_code", Cell("78701", kind="number"), "78701"),
        ("number", "1E5", "1E5"),
        ("number", "E+5", "E+5"),
        ("code", "1E+5", "1E+5"),
    ],
)
def test_how_a_cell_is_kept(field: str, text: str | Cell | None, kept: str | None) -> None:
    row = {NUMBER: "C-1", NAME: "Acme", **titled(Side.BILLING, {field: text})}
    staged = read(row)
    at = [c.title for c in layout(*row, custom=CUSTOM).columns].index(
        TITLES[Side.BILLING].get(field, field)
    )
    assert loaded(staged.cells).billing[at] == kept
    assert not staged.problems


@pytest.mark.parametrize(
    ("state", "country", "kept"),
    [
        ("texas", "US", "TX"),
        ("texas", None, "TX"),
        ("Ontario", "CA", "Ontario"),
        ("ON", None, "ON"),
    ],
)
def test_a_state_is_kept_by_its_letters_in_the_united_states(
    state: str, country: str | None, kept: str
) -> None:
    assert value("state", state, country=country) == kept


def test_a_state_is_understood_without_a_column_for_the_country() -> None:
    assert value("state", "Texas") == "TX"


@pytest.mark.parametrize(
    ("row", "zone"),
    [
        pytest.param(acme() | {STATE: "TX"}, "US-TX", id="two letters"),
        pytest.param(acme() | {STATE: "Ohio"}, "US-OH", id="a name"),
        pytest.param(acme() | {STATE: "CA-ON"}, "CA-ON", id="outside the United States"),
        pytest.param(acme() | {STATE: None}, None, id="none"),
        pytest.param(docked(number="c-1", state="tx"), "US-TX", id="of the customer itself"),
        pytest.param(
            docked(number="C-1", state="tx", country="US"), "US-TX", id="with its country"
        ),
        pytest.param(docked(number="C-1", state="on", country="CA"), "CA-ON", id="in Canada"),
        pytest.param(docked(number="C-1", state=None, name=None), None, id="nowhere"),
    ],
)
def test_states_that_goods_go_to(row: Cells, zone: str | None) -> None:
    staged = read(row)
    assert (staged.ship_to_key, staged.problems) == (None, ())
    assert loaded(staged.cells).zone == zone
    assert loaded(staged.cells).shipping is None


def test_no_location_where_all_its_cells_are_blank() -> None:
    staged = read(docked(number=None, name=None, state=None))
    assert (staged.ship_to_key, staged.problems) == (None, ())
    assert loaded(staged.cells) == Said(["C-1", "Acme"])


# --- what else is to be said -------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "notes"),
    [
        pytest.param(
            acme(postal_code=Cell("2139", note="read as 2139", kind="number")),
            [
                Remark("Billing Customer Zip", "C", "read as 2139"),
                Remark(
                    "Billing Customer Zip",
                    "C",
                    "has 4 digits: did the spreadsheet drop a zero before it?",
                ),
            ],
            id="a zip that may have lost a zero, and how it was read",
        ),
        pytest.param(acme(postal_code="2139"), [], id="a zip that was a text has lost nothing"),
        pytest.param(acme(postal_code=Cell("78701", kind="number")), [], id="a whole zip"),
        pytest.param(
            acme(name2=Cell("Inc.", note="so")),
            [Remark("Billing Customer Name 2", "C", "so")],
            id="of the second part of a name",
        ),
        pytest.param(
            acme(postal_code=Cell("2139", kind="number"), country="AU"),
            [],
            id="zips have four digits elsewhere",
        ),
        pytest.param(
            acme(postal_code=Cell("213", kind="number"), country="US"),
            [
                Remark(
                    "Billing Customer Zip",
                    "C",
                    "has 3 digits: did the spreadsheet drop a zero before it?",
                )
            ],
            id="a zip of the United States",
        ),
        pytest.param(
            acme(state="ON"),
            [
                Remark(
                    "Billing Customer State",
                    "C",
                    "is no state of the United States, and no country is named: name it",
                )
            ],
            id="a state of no country",
        ),
        pytest.param(acme(state="ON", country="CA"), [], id="a state of Canada"),
        pytest.param(acme(state="PR"), [], id="a territory"),
        pytest.param(
            docked(number="C-1", name="Acme Dock", state="TX"),
            [
                Remark(
                    "Shipping Customer Number",
                    "C",
                    "is the billing customer's: only the state counts",
                )
            ],
            id="details of a location that has the customer's own number",
        ),
        pytest.param(
            docked(number="c-1", name="Acme", state="TX", country="US"),
            [],
            id="the same details once more",
        ),
        pytest.param(
            docked(name=Cell("D", note="so")),
            [Remark("Shipping Customer Name 1", "D", "so")],
            id="of a location",
        ),
    ],
)
def test_notes(row: Cells, notes: list[Remark]) -> None:
    staged = read(row)
    assert (list(staged.notes), staged.problems) == (notes, ())


def test_a_row_that_is_refused_or_noted_twice_says_it_once() -> None:
    row, one, two = read(acme()), Remark("T", "A", "one"), Remark("T", "A", "two")
    assert row.refused(one).refused(one, two).problems == (one, two)
    assert row.noted(one).noted(two, one).notes == (one, two)
    assert row.refused(one).notes == row.noted(one).problems == ()


def test_remarks_as_text() -> None:
    remarks = (Remark("T", "A", "schön"), Remark("", "", "b"))
    assert dumped_remarks(remarks) == '[["T","A","schön"],["","","b"]]'
    assert loaded_remarks(dumped_remarks(remarks)) == remarks
    assert dumped_remarks(()) is None
    assert loaded_remarks(None) == ()


def test_as_many_values_as_columns() -> None:
    columns_ = fields(layout(NUMBER, NAME), Side.BILLING)
    assert by_field(columns_, ["C-1", "Acme"]) == {"number": "C-1", "name": "Acme"}
    with pytest.raises(ValueError, match="shorter"):
        by_field(columns_, ["C-1"])


# --- filters -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exempt", "kind", "wanted"),
    [
        ("Y", "A", True),
        (" y ", "b", True),
        ("N", "A", False),
        ("Y", "C", False),
        (None, "A", False),
        ("Y", None, False),
    ],
)
def test_a_row_is_wanted_if_each_filtered_column_has_one_of_its_texts(
    exempt: str | None, kind: str | None, wanted: bool
) -> None:
    only = (("Tax Exempt", "Y"), ("Kind", "A"), ("Kind", "B"), ("Kind", "xxxx"))
    reader = RowReader(layout(NUMBER, NAME, "Tax Exempt", "Kind", only=only))
    assert reader.wanted(line(2, "C-1", "Acme", exempt, kind)) is wanted


def test_every_row_is_wanted_without_a_filter() -> None:
    assert RowReader(layout(NUMBER, NAME)).wanted(line(2, None, None))


# --- for all rows ------------------------------------------------------------------------

_ALL = columns(Template.FULL, CUSTOM)
_STATES = sorted(code.removeprefix("US-") for code in jurisdictions())
_TEXTS = st.one_of(st.none(), st.text(max_size=12))
_GOOD = {
    "number": st.sampled_from(["C-1", "c-1", "00012", "S 7", " 1"]),
    "name": st.text(min_size=1, max_size=12).filter(str.strip),
    "state": st.one_of(st.none(), st.sampled_from([*_STATES, "Texas", "on", "New York"])),
    "country": st.sampled_from([None, "US", "us", "usa", "CA", "MX"]),
    "email": st.sampled_from([None, "a@b.example", " a@b.example "]),
    "custom.region": st.sampled_from([None, "east", "West"]),
    "custom.since": st.sampled_from([None, "2020-01-01"]),
    **{field: st.sampled_from([None, "yes", "N", "true"]) for field in YES_NO},
}


@given(st.tuples(*(_GOOD.get(column.field, _TEXTS) for column in _ALL)))
def test_what_a_good_row_says_is_a_record_as_it_is(cells: tuple[str | None, ...]) -> None:
    """Of both customers: nothing that was taken is refused, or read otherwise, later."""
    found = layout(*(column.title for column in _ALL), custom=CUSTOM)
    staged = RowReader(found).read(line(2, *cells))
    what = loaded(staged.cells)
    assert dumped(what) == staged.cells
    if staged.problems:
        return
    for side, values in ((Side.BILLING, what.billing), (Side.SHIPPING, what.shipping)):
        if values is None:
            continue
        pairs = dict(zip([c.field for c in fields(found, side)], values, strict=True))
        plain = {k: v for k, v in pairs.items() if k in CustomerDetails.model_fields}
        for field in YES_NO:
            plain.pop(field, None)
        card = CustomerDetails(**plain)
        assert {name: getattr(card, name) for name in plain} == plain
    if what.zone:
        assert CustomerDetails(name="x", ship_to_zones=(what.zone,)).ship_to_zones == (what.zone,)
