"""A path that leads nowhere is an error of the check, with its place and the nearest name."""

from __future__ import annotations

from typing import Any

import pytest
import respx

from exempt import CheckRequest, Problem
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.matching import never_matched
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import CUSTOMERS, URL, as_json, connector, order_row, table

ROW = {
    "no": "C-1",
    "displayName": "Alpha",
    "taxNo": None,
    "address": {"region": "TX", "zip": None},
    "sites": [{"state": "TX"}],
    "contact": None,
    "tags": [],
    "status": "open",
    "@odata.etag": "x",
}
ORDINARY = {"external_id": "no", "name": "displayName"}


def unmatched(rows: list[Any] | None = None, **fields: Any) -> list[tuple[str, str, str | None]]:
    """Setting, missing name and nearest name of each path that leads nowhere."""
    customers = CUSTOMERS | {"fields": ORDINARY | fields}
    settings = ErpSettings.model_validate(table(customers=customers))
    assert settings.customers
    found = never_matched("customers", settings.customers, [ROW] if rows is None else rows)
    return [(each.setting, each.missing, each.nearest) for each in found]


@pytest.mark.parametrize(
    ("field", "missing", "nearest"),
    [
        pytest.param({"number": "No"}, "No", "no", id="other letters"),
        pytest.param({"number": "tax_no"}, "tax_no", "taxNo", id="another spelling"),
        pytest.param({"number": "zzz"}, "zzz", None, id="nothing like it"),
        pytest.param({"number": "address.postal"}, "postal", None, id="deeper"),
        pytest.param({"code": "adress.region"}, "adress", "address", id="on the way"),
        pytest.param({"exempt": "stats == 'void'"}, "stats", "status", id="in a comparison"),
        pytest.param({"exempt": "!taxable"}, "taxable", None, id="in a negation"),
        pytest.param({"code": "join(',', sites[].stat)"}, "stat", "state", id="in a function"),
        pytest.param({"code": "sites[0].stat"}, "stat", "state", id="in an entry of a list"),
        pytest.param({"code": "sites[?stat == 'TX'] | [0].state"}, "stat", "state", id="filter"),
        pytest.param({"code": "aa || bb"}, "aa", None, id="in both of two alternatives"),
        pytest.param({"code": "missing || `[]`"}, "missing", None, id="with a text for nothing"),
        pytest.param({"number": {"path": "nmbr", "default": "-"}}, "nmbr", None, id="a default"),
    ],
)
def test_a_name_that_no_row_has(field: dict[str, Any], missing: str, nearest: str | None) -> None:
    (name,) = field
    assert unmatched(**field) == [(f"customers.fields.{name}", missing, nearest)]


@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"tax_id": "taxNo"}, id="there, and null"),
        pytest.param({"email": "contact.email"}, id="below something that is null"),
        pytest.param({"code": "tags[0].name"}, id="in a list that is empty"),
        pytest.param({"code": "aa || taxNo"}, id="one of two alternatives"),
        pytest.param({"code": '"@odata.etag"'}, id="in quotes"),
        pytest.param({"number": {"path": "nmbr", "optional": True}}, id="said to be optional"),
        pytest.param({"number": {"const": "x"}}, id="a constant"),
        pytest.param({"billing_address": {"state": "address.region"}}, id="of an address"),
        pytest.param({"ship_to": {"records": "sites", "state": "state"}}, id="of a list"),
        pytest.param({"code": "sites[*].state | [0]"}, id="through a list"),
        pytest.param({"code": "length(tags)"}, id="in a function"),
    ],
)
def test_a_path_that_may_well_be_right(field: dict[str, Any]) -> None:
    assert unmatched(**field) == []


def test_one_row_that_has_it_is_enough() -> None:
    assert unmatched([ROW, ROW | {"vat": "1"}], tax_id="vat") == []


def test_without_rows_nothing_can_be_said() -> None:
    assert unmatched([], tax_id="vat") == []


def test_paths_of_addresses_are_named_with_their_place() -> None:
    found = unmatched(
        billing_address={"state": "address.state"}, ship_to={"records": "sites", "state": "stat"}
    )
    assert [setting for setting, _, _ in found] == [
        "customers.fields.billing_address.state",
        "customers.fields.ship_to.state",
    ]
    (records,) = unmatched(ship_to={"records": "locations", "state": "state"})
    assert records[0] == "customers.fields.ship_to.records"


def problems(mocked: respx.MockRouter, row: dict[str, Any], **changes: Any) -> list[Problem]:
    """What the check says of a list with one order."""
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": [row]}))
    return list(connector(**changes).check(CheckRequest()).problems)


def test_the_check_tells_the_path_and_what_to_do(mocked: respx.MockRouter) -> None:
    (problem,) = problems(mocked, order_row(1), orders__fields__number="nmber")
    assert (problem.code, problem.severity, problem.capability) == (
        "never_matched",
        "error",
        "orders",
    )
    assert problem.message == (
        "orders.fields.number: nmber matches nothing: none of 1 rows has 'nmber'."
    )
    assert problem.help.endswith("If rows may lack it, set optional = true.")


def test_lines_and_deletions_are_looked_at_too(mocked: respx.MockRouter) -> None:
    lines = {"records": "rows", "fields": {"amount": "amt", "line_id": "id"}}
    row = order_row(1, rows=[{"amount": 1, "id": 1}])
    found = problems(mocked, row, orders__lines=lines, orders__deleted="is_gone")
    assert [p.message.partition(":")[0] for p in found if p.code == "never_matched"] == [
        "orders.deleted",
        "orders.lines.fields.amount",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a.b",
        "a[0]",
        "a[].b",
        "a[*].b",
        "a.*.b",
        "a[?b].c",
        "[a, b]",
        "{x: a}",
        "a && b",
        "sort_by(a, &b)",
        "@",
        "a | b",
        "a[1:2]",
        "a || `1`",
        "not_null(a, b)",
        "a[][]",
    ],
)
def test_every_form_of_path_can_be_followed(text: str) -> None:
    """Through rows of any shape."""
    fields = {"code": {"path": Expression(text).text}}
    rows: list[Any] = [{"a": [{"b": 1}]}, {"a": {"b": {"b": 1}}}, {}, [], None, "x", {"a": None}]
    for row in rows:
        assert isinstance(unmatched([row], **fields), list)
