"""What a file does to cards: values override, blanks erase, states are added, owners prevail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.custom import CustomField
from exempt.model.customer import CustomerCard, CustomerDetails
from exempt.model.imports import CellChange, ChangeKind, Remark, Side
from exempt.rules.import_rows import fields
from exempt.rules.import_templates import REQUIRED
from exempt.rules.importing import (
    PlannedCard,
    Wanted,
    plan_card,
    put,
    text_of,
    updated,
)
from support.imports import layout
from support.records import NOW

NUMBER, NAME = REQUIRED
CITY, STATE, COUNTRY = (f"Billing Customer {part}" for part in ("City", "State", "Country"))
EMAIL = "Billing Customer Email"
ZONE = "Shipping Customer State"
REPEATS_2 = Remark("", "", "says just what row 2 says: once would do")


def card(**changes: Any) -> CustomerCard:
    """The card of Acme, in Austin."""
    usual: dict[str, Any] = {
        "name": "Acme",
        "number": "C-1",
        "line1": "1 Main St",
        "city": "Austin",
        "state": "TX",
        "country": "US",
        "postal_code": "78701",
    }
    return CustomerCard(id=1, company_id=1, made_at=NOW, **{**usual, **changes})


# --- a card ------------------------------------------------------------------------------


def planned(
    said: Mapping[str, str | None],
    before: CustomerCard | None,
    *,
    zones: Mapping[str, int] | None = None,
    owners: Mapping[str, str] | None = None,
    custom: Mapping[str, CustomField] | None = None,
) -> PlannedCard:
    """What a row says of Acme, besides its number and name."""
    row = {NUMBER: "C-1", NAME: "Acme", **said}
    found = layout(*row, custom=custom or {})
    values = [row[column.title] for column in fields(found, Side.BILLING)]
    wanted = Wanted.of(2, fields(found, Side.BILLING), values, zones or {})
    return plan_card(wanted, before, owners or {})


def change(kind: str, title: str, field: str, old: str | None, new: str | None) -> CellChange:
    return CellChange(2, "C-1", "Acme", title, ChangeKind(kind), field, old, new)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({}, [], id="nothing is said of it"),
        pytest.param({CITY: "Austin", NUMBER: "c-1"}, [], id="it says so already"),
        pytest.param(
            {CITY: "Dallas"},
            [change("change", CITY, "city", "Austin", "Dallas")],
            id="another value",
        ),
        pytest.param(
            {"Billing Customer Fax": "1"},
            [change("change", "Billing Customer Fax", "fax", None, "1")],
            id="a value where none was",
        ),
        pytest.param(
            {CITY: None}, [change("erase", CITY, "city", "Austin", None)], id="a blank cell erases"
        ),
        pytest.param({EMAIL: None}, [], id="a blank cell where nothing is"),
        pytest.param(
            {NAME: "Acme Inc."},
            [change("change", NAME, "name", "Acme", "Acme Inc.")],
            id="another name",
        ),
        pytest.param(
            {"Exempt": "yes"},
            [change("change", "Exempt", "exempt", "no", "yes")],
            id="it is exempt",
        ),
        pytest.param({"Exempt": None, "Exclude from Mailing Campaign": "no"}, [], id="no stays no"),
    ],
)
def test_what_a_row_changes(said: dict[str, str | None], expected: list[CellChange]) -> None:
    before = card()
    plan = planned(said, before)
    assert list(plan.changes) == expected
    assert (plan.row, plan.number) == (2, said.get(NUMBER, "C-1"))
    assert (plan.card, plan.conflict) == (before, None)
    after = before.model_copy(
        update={c.field: c.new if c.field != "exempt" else c.new == "yes" for c in expected}
    )
    assert plan.after == after
    assert plan.acts is bool(expected)
    assert plan.erases is any(c.kind is ChangeKind.ERASE for c in expected)


@pytest.mark.parametrize(
    ("cell", "kind", "new"),
    [pytest.param("no", "change", "no", id="no"), pytest.param(None, "erase", "no", id="blank")],
)
def test_yes_becomes_no(cell: str | None, kind: str, new: str) -> None:
    plan = planned({"Exempt": cell}, card(exempt=True))
    assert list(plan.changes) == [change(kind, "Exempt", "exempt", "yes", new)]
    assert plan.after.exempt is False


def test_fields_of_ones_own() -> None:
    own = {key: CustomField(title=key.title()) for key in ("a", "b", "c", "d")}
    before = card(custom={"a": "1", "b": "1", "d": "1", "e": "1"})
    plan = planned({"A": "2", "B": None, "C": "2", "D": "1"}, before, custom=own)
    assert list(plan.changes) == [
        change("change", "A", "custom.a", "1", "2"),
        change("erase", "B", "custom.b", "1", None),
        change("change", "C", "custom.c", None, "2"),
    ]
    assert plan.after.custom == {"a": "2", "c": "2", "d": "1", "e": "1"}
    assert before.custom == {"a": "1", "b": "1", "d": "1", "e": "1"}


def test_states_are_added_and_none_is_taken_away() -> None:
    before = card(ship_to_zones=("US-CA", "US-NY"))
    plan = planned({}, before, zones={"US-CA": 2, "US-WA": 3, "US-AK": 4})
    assert list(plan.changes) == [
        change("zone", ZONE, "ship_to_zones", None, "US-WA")._replace(row=3),
        change("zone", ZONE, "ship_to_zones", None, "US-AK")._replace(row=4),
    ]
    assert plan.after.ship_to_zones == ("US-AK", "US-CA", "US-NY", "US-WA")
    assert plan.acts


def test_states_that_are_there_change_nothing() -> None:
    before = card(ship_to_zones=("US-CA",))
    plan = planned({}, before, zones={"US-CA": 2})
    assert (plan.changes, plan.after) == ((), before)


def test_what_a_connection_owns_stays() -> None:
    said = {NAME: "Acme Inc.", CITY: None, EMAIL: "a@b.example"}
    plan = planned(said, card(), owners={"name": "erp", "address": "crm"})
    assert list(plan.changes) == [
        change("kept", NAME, "name", "Acme", "Acme Inc.")._replace(note="erp has the last word"),
        change("kept", CITY, "city", "Austin", None)._replace(note="crm has the last word"),
        change("change", EMAIL, "email", None, "a@b.example"),
    ]
    assert (plan.after.name, plan.after.city, plan.after.email) == ("Acme", "Austin", "a@b.example")
    assert not plan.erases


def test_nothing_is_done_where_all_is_kept() -> None:
    before = card()
    plan = planned({CITY: "Dallas"}, before, owners={"address": "erp"})
    assert (plan.acts, plan.after) == (False, before)


@pytest.mark.parametrize(
    ("said", "country", "expected"),
    [
        pytest.param({STATE: "OH"}, None, "US", id="a state tells the country"),
        pytest.param({STATE: "OH"}, "US", "US", id="it is there already"),
        pytest.param({STATE: "ON"}, None, None, id="no state of the United States"),
        pytest.param({STATE: "CA"}, "MX", "MX", id="another country stays"),
        pytest.param({STATE: None}, None, None, id="no state"),
        pytest.param({CITY: "Dallas"}, None, None, id="no column of states"),
        pytest.param({STATE: "OH", COUNTRY: None}, None, None, id="a column of countries counts"),
    ],
)
def test_the_country_without_a_column(
    said: dict[str, str | None], country: str | None, expected: str | None
) -> None:
    before = card(country=country, state=None)
    plan = planned(said, before)
    assert plan.after.country == expected
    new = planned(said, None)
    assert new.after.country == (
        expected if country is None else ("US" if said.get(STATE) else None)
    )


def test_the_country_that_a_state_told_is_shown_as_a_change_by_it() -> None:
    plan = planned({STATE: "TX"}, card(country=None))
    assert list(plan.changes) == [change("change", STATE, "country", None, "US")]


def test_no_country_is_told_where_a_connection_owns_the_address() -> None:
    plan = planned({STATE: "TX"}, card(country=None), owners={"address": "erp"})
    assert plan.changes == ()


@pytest.mark.parametrize(
    ("said", "before", "title"),
    [
        pytest.param({STATE: "ON"}, {}, STATE, id="a state that is none of the card's country"),
        pytest.param(
            {COUNTRY: "US"},
            {"country": "CA", "state": "ON"},
            COUNTRY,
            id="a country that does not have the card's state",
        ),
    ],
)
def test_what_does_not_fit_together(
    said: dict[str, str | None], before: dict[str, Any], title: str
) -> None:
    plan = planned(said, card(**before))
    what = "unknown state in country 'US': use a two-letter code such as 'TX'"
    assert plan.conflict == Remark(title, "", what)
    assert plan.after is plan.card
    assert (plan.row, plan.number) == (2, "C-1")
    assert (plan.changes, plan.lacks) == ((), ())


# --- new cards ---------------------------------------------------------------------------


def test_an_unknown_number_makes_a_card() -> None:
    own = {"region": CustomField(title="Region"), "b": CustomField(title="B")}
    said = {
        EMAIL: "a@b.example",
        "Exempt": "yes",
        "Exclude from Mailing Campaign": None,
        "Region": "East",
        "B": None,
        STATE: "TX",
    }
    plan = planned(said, None, zones={"US-TX": 2, "US-CA": 3}, custom=own)
    after = plan.after
    assert (after.number, after.name, after.email) == ("C-1", "Acme", "a@b.example")
    assert (after.exempt, after.excluded_from_mailings) == (True, False)
    assert (after.bill_to, after.ship_to, after.ship_to_zones) == (True, True, ("US-CA", "US-TX"))
    assert after.custom == {"region": "East"}
    assert (plan.card, plan.conflict, plan.row, plan.number) == (None, None, 2, "C-1")
    assert list(plan.changes) == [
        change("new", "", "made", None, "Acme"),
        change("zone", ZONE, "ship_to_zones", None, "US-TX"),
        change("zone", ZONE, "ship_to_zones", None, "US-CA")._replace(row=3),
    ]
    assert plan.acts
    assert not plan.erases


def test_a_new_location_is_shipped_to_and_not_billed() -> None:
    found = layout(NUMBER, NAME, "Shipping Customer Number", "Shipping Customer Name 1")
    columns = fields(found, Side.SHIPPING)
    plan = plan_card(Wanted.of(2, columns, ["S-1", "Dock"], {}), None, {})
    assert (plan.after.bill_to, plan.after.ship_to) == (False, True)
    assert plan.number == "S-1"


def test_a_new_location_needs_a_name() -> None:
    columns = fields(layout(NUMBER, NAME, "Shipping Customer Number"), Side.SHIPPING)
    plan = plan_card(Wanted.of(2, columns, ["S-1"], {}), None, {})
    what = "is missing, and the number is new: add the column with the names of locations"
    assert plan.conflict == Remark("Shipping Customer Name 1", "", what)
    assert (plan.row, plan.number, plan.card, plan.changes) == (2, "S-1", None, ())
    assert plan.after == CustomerDetails(name="S-1")
    assert Wanted.of(2, columns, [None], {}).number == ""
    known = plan_card(Wanted.of(2, columns, ["C-1"], {}), card(), {})
    assert known.conflict is None


@pytest.mark.parametrize(
    ("said", "before", "lacks"),
    [
        pytest.param(
            {}, None, ("line1", "city", "state", "country", "postal_code"), id="a new one"
        ),
        pytest.param({}, card(), (), id="deleted columns erase nothing, so it has all"),
        pytest.param({CITY: None}, card(), ("city",), id="it is erased"),
        pytest.param({}, card(city=None), ("city",), id="it never was there"),
        pytest.param({CITY: "Dallas"}, card(city=None), (), id="it comes now"),
    ],
)
def test_what_a_tax_engine_would_still_need(
    said: dict[str, str | None], before: CustomerCard | None, lacks: tuple[str, ...]
) -> None:
    assert planned(said, before).lacks == lacks


# --- fields as texts ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("city", "Dallas"),
        ("city", None),
        ("exempt", "yes"),
        ("exempt", "no"),
        ("custom.a", "2"),
        ("custom.a", None),
        ("custom.b", "1"),
        ("custom.b", None),
    ],
)
def test_a_field_has_what_was_put_there(field: str, text: str | None) -> None:
    before = card(custom={"a": "1"}, exempt=True)
    update: dict[str, Any] = {}
    put(update, before, field, text)
    assert text_of(before.model_copy(update=update), field) == text


def test_two_fields_of_ones_own_are_put_side_by_side() -> None:
    before = card(custom={"a": "1"})
    update: dict[str, Any] = {}
    put(update, before, "custom.a", None)
    put(update, before, "custom.b", "2")
    assert update == {"custom": {"b": "2"}}


def test_a_card_is_updated_as_if_it_were_entered() -> None:
    before = card(country=None, state="texas")
    assert updated(before, {}) is before
    after = updated(before, {"country": "US"})
    assert (after.state, after.country, after.id, after.version) == ("TX", "US", 1, 1)


def test_a_card_is_not_updated_to_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"^unknown state in country 'US'"):
        updated(card(), {"state": "Ontario"})


_VALUES = st.one_of(st.none(), st.sampled_from(["Dallas", "x", "1"]))


@given(st.dictionaries(st.sampled_from([CITY, EMAIL, "Exempt", "Billing Customer Fax"]), _VALUES))
def test_what_was_applied_changes_nothing_any_more(said: dict[str, str | None]) -> None:
    said = {
        t: None if t == EMAIL else ("yes" if t == "Exempt" and v else v) for t, v in said.items()
    }
    once = planned(said, card(email="a@b.example", exempt=True), zones={"US-WA": 2})
    assert isinstance(once.after, CustomerCard)
    again = planned(said, once.after, zones={"US-WA": 2})
    assert (again.changes, again.after) == ((), once.after)
