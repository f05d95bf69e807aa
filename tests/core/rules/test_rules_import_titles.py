"""Titles are unaltered, unless somebody asks otherwise; what is wrong is named with its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.errors import RefusedError
from exempt.model.custom import CustomField, CustomKind
from exempt.model.imports import Layout, Side, Template
from exempt.rules.import_templates import REQUIRED, alias_key, aliases, columns
from exempt.rules.import_titles import letter, nearest
from support.imports import layout

NUMBER, NAME = REQUIRED
REGION = CustomField(title="Region", kind=CustomKind.CHOICE, choices=("East", "West"))
PARTS = (
    *("Number", "Alternate ID", "FEIN", "Name 1", "Name 2", "Attn Name", "Address 1", "Address 2"),
    *("City", "State", "Country", "Zip", "Phone", "Fax", "Email"),
)
OURS = ("Exempt", "Exemption Number", "Exemption Code", "Exclude from Mailing Campaign")


def titles(template: Template, **custom: CustomField) -> list[str]:
    return [column.title for column in columns(template, custom)]


def read(found: Layout) -> list[tuple[str, str, str, str]]:
    return [(c.letter, c.title, c.side.value, c.field) for c in found.columns]


def test_the_basic_template_has_the_billing_customer_and_a_state() -> None:
    billing = [f"Billing Customer {part}" for part in PARTS]
    assert titles(Template.BASIC) == [*billing, "Shipping Customer State", *OURS]


def test_the_full_template_has_the_ship_to_customer_as_well() -> None:
    both = [f"{side} Customer {part}" for side in ("Billing", "Shipping") for part in PARTS]
    assert titles(Template.FULL) == [*both, *OURS]


def test_fields_of_the_sellers_own_are_columns_at_the_end() -> None:
    found = columns(Template.BASIC, {"region": REGION})[-1]
    assert found == ("Region", Side.BILLING, "custom.region", "One of: East, West.")


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        (CustomKind.TEXT, "Any text."),
        (CustomKind.NUMBER, "A number."),
        (CustomKind.DATE, "A date as YYYY-MM-DD."),
        (CustomKind.YES_NO, "yes or no."),
    ],
)
def test_the_note_of_a_field_of_ones_own_says_what_it_takes(kind: CustomKind, note: str) -> None:
    field = CustomField(title="Mine", kind=kind)
    assert columns(Template.FULL, {"mine": field})[-1].note == note


def test_a_title_of_the_templates_is_not_taken_by_a_field_of_ones_own() -> None:
    own = CustomField(title="Exempt")
    assert titles(Template.BASIC, exempt=own).count("Exempt") == 1
    assert layout(NUMBER, NAME, "Exempt", custom={"exempt": own}).custom == {}


def test_every_column_says_what_to_write() -> None:
    notes = {c.title: c.note for c in columns(Template.FULL, {})}
    assert all(note.endswith(".") for note in notes.values())
    assert "its own" not in notes["Billing Customer Number"]
    assert notes["Shipping Customer Number"].startswith("The location's own number")
    state = {c.title: c.note for c in columns(Template.BASIC, {})}["Shipping Customer State"]
    assert "repeat the row" in state
    assert notes["Shipping Customer State"] == notes["Billing Customer State"]


@pytest.mark.parametrize(
    ("at", "name"),
    [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")],
)
def test_letters_of_columns(at: int, name: str) -> None:
    assert letter(at) == name


# --- what is taken for what --------------------------------------------------------------


def test_columns_are_known_by_their_titles_in_any_order_and_may_be_deleted() -> None:
    assert read(layout(NAME, "Shipping Customer State", NUMBER)) == [
        ("A", NAME, "billing", "name"),
        ("B", "Shipping Customer State", "shipping", "state"),
        ("C", NUMBER, "billing", "number"),
    ]


@pytest.mark.parametrize(
    ("more", "template"),
    [
        pytest.param([], Template.BASIC, id="nothing of shipping is basic"),
        pytest.param(["Shipping Customer State"], Template.BASIC, id="a state alone is basic"),
        pytest.param(
            ["Shipping Customer Number"], Template.FULL, id="a number of the location is full"
        ),
        pytest.param(
            ["Shipping Customer Number", "Shipping Customer State", "Shipping Customer City"],
            Template.FULL,
            id="details of the location are full",
        ),
    ],
)
def test_the_template_is_told_by_the_titles(more: list[str], template: Template) -> None:
    assert layout(NUMBER, NAME, *more).template is template


def test_the_template_may_be_said() -> None:
    found = layout(NUMBER, NAME, "Shipping Customer Number", template="full")
    assert found.template is Template.FULL


def test_a_column_without_a_title_is_left_out() -> None:
    assert [c.at for c in layout(NUMBER, "", NAME).columns] == [0, 2]


def test_a_field_of_ones_own_is_known_by_its_title() -> None:
    found = layout(
        NUMBER, NAME, "Region", custom={"region": REGION, "other": CustomField(title="O")}
    )
    assert found.columns[2] == (2, "C", "Region", Side.BILLING, "custom.region")
    assert found.custom == {"region": REGION}


def test_a_filter_may_be_on_a_column_that_is_none_of_the_template() -> None:
    found = layout(NUMBER, NAME, "Tax Exempt", only=(("Tax Exempt", " Y "), (NUMBER, "C-1")))
    assert found.only == ((2, "y"), (0, "c-1"))
    assert [c.at for c in found.columns] == [0, 1]


@pytest.mark.parametrize(
    ("title", "meant"),
    [
        pytest.param("billing customer NUMBER", NUMBER, id="capitals do not matter"),
        pytest.param("BillingCustomerNumber", NUMBER, id="blanks do not matter"),
        pytest.param("Customer No.", NUMBER, id="dots do not matter"),
        pytest.param("Customer_Number", NUMBER, id="nor do underscores"),
        pytest.param("Billing Customer Number", NUMBER, id="the template's own"),
    ],
)
def test_aliases_on_request(title: str, meant: str) -> None:
    assert layout(title, "Name", aliases=True).columns[0].title == meant


def test_aliases_of_the_loader() -> None:
    found = layout(
        NUMBER,
        "Billing Customer Name",
        "Sold To Customer Number",
        "Sold To Customer Name",
        aliases=True,
    )
    assert [c.title for c in found.columns] == [
        NUMBER,
        NAME,
        "Shipping Customer Number",
        "Shipping Customer Name 1",
    ]
    assert found.template is Template.FULL


def test_every_alias_leads_to_a_title_of_the_template() -> None:
    known = columns(Template.FULL, {})
    found = aliases(known)
    assert set(found.values()) == {column.title for column in known}
    assert found["email"] == "Billing Customer Email"
    assert found["zip"] == "Billing Customer Zip"


def test_aliases_of_columns_that_are_not_there_are_none() -> None:
    number_only = columns(Template.FULL, {})[:1]
    assert set(aliases(number_only).values()) == {NUMBER}


def test_a_mapping_counts_more_than_the_title_itself() -> None:
    found = layout(
        "Cust No",
        "Notes",
        NUMBER,
        NAME,
        mapping={"Cust No": NUMBER, "Notes": None, NUMBER: "Billing Customer Alternate ID"},
    )
    assert [(c.at, c.title) for c in found.columns] == [
        (0, NUMBER),
        (2, "Billing Customer Alternate ID"),
        (3, NAME),
    ]


# --- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "options", "said"),
    [
        pytest.param(
            [NUMBER, "Billing Customer Nmae 1"],
            {},
            "c.csv: column B: 'Billing Customer Nmae 1' is no title of the template (did you mean"
            " 'Billing Customer Name 1'?): write it exactly so, or delete the column, or have it"
            " mapped or ignored",
            id="an altered title, with the nearest",
        ),
        pytest.param(
            [NUMBER, "billing customer name 1"],
            {},
            "did you mean 'Billing Customer Name 1'?",
            id="other capitals are altered, too",
        ),
        pytest.param(
            [NUMBER, NAME, *[""] * 24, "Xyzzy"],
            {},
            "c.csv: column AA: 'Xyzzy' is no title of the template: delete the column, or have it"
            " mapped or ignored",
            id="a title that is like no other",
        ),
        pytest.param([NUMBER], {}, f"c.csv: the column {NAME!r} is missing: add it", id="no name"),
        pytest.param(
            [NAME], {}, f"c.csv: the column {NUMBER!r} is missing: add it", id="no number"
        ),
        pytest.param(
            [NUMBER, NAME, "Shipping Customer City"],
            {},
            "c.csv: the column 'Shipping Customer Number' is missing: add it",
            id="details of a location without its number",
        ),
        pytest.param(
            [NUMBER, NAME, "Shipping Customer Number", "Shipping Customer Name 2"],
            {},
            "c.csv: the column 'Shipping Customer Name 1' is missing: add it",
            id="the second part of a name without the first",
        ),
        pytest.param(
            [NUMBER, NAME, "Shipping Customer Number"],
            {"template": "basic"},
            "c.csv: column C: 'Shipping Customer Number' is a title of the full template: choose"
            " that one, or delete the column",
            id="a title of the other template",
        ),
        pytest.param(
            [NUMBER, NAME, "Customer No"],
            {"aliases": True},
            f"c.csv: columns A and C are both taken for {NUMBER!r}: ignore one of them",
            id="two columns for one",
        ),
        pytest.param(
            [NUMBER, NAME, "C", "D"],
            {"mapping": {"C": NUMBER, "D": NUMBER}},
            f"c.csv: columns A and C are both taken for {NUMBER!r}: ignore one of them;"
            f" columns A and D are both taken for {NUMBER!r}: ignore one of them",
            id="three columns for one",
        ),
        pytest.param(
            [NUMBER, NAME],
            {"mapping": {"Cust": NUMBER}},
            "c.csv: no column has the title 'Cust'",
            id="a mapping of no column",
        ),
        pytest.param(
            ["Cust No", NAME],
            {"mapping": {"Cust": NUMBER}},
            "c.csv: no column has the title 'Cust' (did you mean 'Cust No'?)",
            id="a mapping of almost a column",
        ),
        pytest.param(
            ["Cust No", NAME],
            {"mapping": {"Cust No": "Billing Number"}},
            "c.csv: 'Billing Number' is no title of the template (did you mean"
            " 'Billing Customer Number'?)",
            id="a mapping to no title",
        ),
        pytest.param(
            [NUMBER, NAME],
            {"only": (("Tax Exempt", "Y"),)},
            "c.csv: no column has the title 'Tax Exempt'",
            id="a filter on no column",
        ),
    ],
)
def test_what_is_refused(found: Sequence[str], options: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError, match=re.escape(said)):
        layout(*found, **options)


@pytest.mark.parametrize(
    ("wrong", "end"),
    [(12, "; and 2 more like these"), (11, "; and 1 more like these"), (10, "mapped or ignored")],
)
def test_all_that_is_wrong_is_named_up_to_ten(wrong: int, end: str) -> None:
    with pytest.raises(RefusedError) as refused:
        layout(NUMBER, NAME, *(f"Foo{n}" for n in range(wrong)))
    said = str(refused.value)
    assert said.count("is no title") == 10
    assert said.endswith(end)


def test_what_is_missing_is_named_once_the_rest_is_right() -> None:
    with pytest.raises(RefusedError) as refused:
        layout(NUMBER, "Name")
    assert "missing" not in str(refused.value)


def test_the_nearest_title() -> None:
    assert nearest("e-mail", ["Fax", "Email"]) == "Email"
    assert nearest("colour", ["Fax", "Email"]) is None


@given(st.permutations(titles(Template.FULL)))
def test_any_order_of_all_titles_is_read_the_same(shuffled: list[str]) -> None:
    found = {c.title: c.field for c in layout(*shuffled).columns}
    assert found == {c.title: c.field for c in columns(Template.FULL, {})}


@given(st.sampled_from(titles(Template.FULL)), st.sampled_from([str.upper, str.lower, str.title]))
def test_aliases_know_every_title_however_it_is_written(title: str, write: Any) -> None:
    assert aliases(columns(Template.FULL, {}))[alias_key(write(f" {title}. "))] == title
