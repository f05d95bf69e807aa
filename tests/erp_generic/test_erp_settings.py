"""Settings: a mistake is found when they are read, and its exact place is named."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from pydantic import ValidationError

from exempt import Capability
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import CUSTOMERS, PUSH_ORDER, SECRET, settings, table


def problems(**changes: Any) -> str:
    """Every error of the settings, each as ``place: message``."""
    with pytest.raises(ValidationError) as caught:
        ErpSettings.model_validate(table(**changes))
    assert SECRET not in str(caught.value)
    return "\n".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
        for error in caught.value.errors(include_input=False, include_url=False)
    )


PAGE = {"kind": "page"}
NEXT = {"kind": "next_url"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"bas_url": "x"}, "bas_url: Extra inputs", id="unknown key at the top"),
        pytest.param(
            {"base_url": "erp.example"},
            "base_url: Value error, is no address: write it as https://",
            id="address without scheme",
        ),
        pytest.param(
            {"base_url": "https://u:p@erp.example"}, "base_url: Value error, has a user", id="user"
        ),
        pytest.param({"auth": {"kind": "beerer"}}, "auth: Input tag 'beerer'", id="unknown auth"),
        pytest.param(
            {"auth": {"kind": "basic", "user": "u", "pasword": SECRET}},
            "auth.basic.password: Field required\nauth.basic.pasword: Extra inputs",
            id="misspelt key of auth",
        ),
        pytest.param(
            {"headers": {"Authorization": SECRET}},
            "headers: Value error, Authorization is a secret: give it in auth",
            id="secret in headers",
        ),
        pytest.param(
            {"orders__fields__totl": "x"}, "orders.fields.totl: Extra inputs", id="unknown field"
        ),
        pytest.param(
            {"orders__fields__ship_to": {"stat": "x"}},
            "orders.fields.ship_to.stat: Extra inputs",
            id="unknown part of an address",
        ),
        pytest.param(
            {"orders__fields__total": {"path": "a", "const": 1}},
            "orders.fields.total: Value error, give either a path or a const",
            id="path and const",
        ),
        pytest.param(
            {"orders__fields__order_date": {"path": "d", "formats": ["dd.mm.yyyy"]}},
            "orders.fields.order_date.formats.0: Value error, 'dd.mm.yyyy' is no format",
            id="format in other letters",
        ),
        pytest.param(
            {"orders__records": "data["}, "orders.records: Value error, 'data['", id="bad JMESPath"
        ),
        pytest.param(
            {"orders__records": "$.value"},
            "leave out the '$' of JSONPath, as in 'value'",
            id="JSONPath",
        ),
        pytest.param(
            {"orders__records": "frist(data)"}, "calls frist(), which", id="unknown function"
        ),
        pytest.param(
            {"orders__paging": NEXT | {"next": "@odata.nextLink"}},
            "orders.paging.next_url.next: Value error, '@odata.nextLink' is no JMESPath expression",
            id="OData's link unquoted",
        ),
        pytest.param(
            {"orders__paging": NEXT | {"next": "'@odata.nextLink'"}},
            "is a text and no path",
            id="OData's link in single quotes, which is a text",
        ),
        pytest.param(
            {"orders__paging": NEXT | {"next": "n", "size_param": "$top"}},
            "orders.paging.next_url.size_param: Value error, $top limits the whole list",
            id="OData's $top as a page size",
        ),
        pytest.param(
            {"orders__paging": PAGE | {"parm": "p"}},
            "orders.paging.page.parm: Extra inputs",
            id="misspelt key of paging",
        ),
        pytest.param({"orders__paging": {}}, "orders.paging: Unable to extract tag", id="no kind"),
        pytest.param(
            {"orders": {"path": "o", "fields": {}}},
            "orders: Value error, paging is missing",
            id="no paging",
        ),
        pytest.param(
            {"orders__incremental": {"param": "since", "value": "{sinc}"}},
            "orders.incremental.value: Value error, unknown placeholder {sinc}:"
            " did you mean {since}?",
            id="placeholder of incremental",
        ),
        pytest.param(
            {"customers": CUSTOMERS | {"incremental": {"param": "since"}}},
            "customers: Value error, incremental needs fields.updated_at",
            id="incremental without updated_at",
        ),
        pytest.param(
            {"orders__by_id": {"path": "orders/{no}"}},
            "orders.by_id.path: Value error, unknown placeholder {no}",
            id="placeholder of by_id",
        ),
        pytest.param(
            {"orders__fields__total": None},
            "orders: Value error, fields.total is missing: give it, or lines to add up",
            id="neither total nor lines",
        ),
        pytest.param({"currency": None}, "orders.fields.currency is missing", id="no currency"),
        pytest.param(
            {"country": None, "orders__fields__ship_to": {"state": "st"}},
            "orders.fields.ship_to.country is missing",
            id="no country",
        ),
        pytest.param({"time_zone": "Texas"}, "time_zone: ", id="unknown time zone"),
        pytest.param({"reasons": {"resle": "G"}}, "reasons.resle.[key]: ", id="unknown reason"),
        pytest.param(
            {"errors": [{"status": 429}]}, "errors.0.verdict: Field required", id="no verdict"
        ),
        pytest.param(
            {"errors": [{"verdict": "ignore"}]},
            "errors.0: Value error, a rule needs a status, a when, or both",
            id="rule about everything",
        ),
        pytest.param(
            {"push__orders": PUSH_ORDER | {"path": "orders/{externl_id}"}},
            "push.orders.path: Value error, unknown placeholder {externl_id}:"
            " did you mean {external_id}?",
            id="placeholder of a path",
        ),
        pytest.param(
            {"push__orders": PUSH_ORDER | {"body": {"a": [{"b": "{tax_aplicable}"}]}}},
            "push.orders.body: Value error, a.0.b: unknown placeholder {tax_aplicable}:"
            " did you mean {tax_applicable}?",
            id="placeholder deep in a body",
        ),
        pytest.param(
            {"push__orders": PUSH_ORDER | {"body": {"a": "{external_id!r}"}}},
            "push.orders.body: Value error, a: {external_id} takes no format",
            id="conversion in a placeholder",
        ),
        pytest.param(
            {"push__orders": PUSH_ORDER | {"body": {"a": {"for_each_file": {}, "b": 1}}}},
            "push.orders.body: Value error, a: for_each_file must be the only key",
            id="list beside other keys",
        ),
        pytest.param(
            {"push__orders": PUSH_ORDER | {"path": "orders"}},
            "push.orders: Value error, neither path nor body names {external_id}",
            id="write without a target",
        ),
        pytest.param(
            {"push__orders": PUSH_ORDER | {"body": {"code": "{reason_code}"}}},
            "push.orders names {reason_code}, but reasons has no codes: add them, or name in"
            " reason_codes_of whose standard codes count",
            id="codes that are nowhere",
        ),
        pytest.param(
            {"reason_codes_of": "vertex"},
            "reason_codes_of: Input should be 'avatax', 'stripe' or 'taxjar'",
            id="codes of an unknown system",
        ),
        pytest.param(
            {"push__orders": PUSH_ORDER | {"values": {"taxable": {"true": "T"}}}},
            "push.orders.values: Value error, unknown placeholder {taxable}:"
            " did you mean {tax_applicable}?",
            id="values of no placeholder",
        ),
        pytest.param(
            {"push__orders": PUSH_ORDER | {"outcomes": [{"status": 202, "outcome": "done"}]}},
            "push.orders.outcomes.0.outcome: Input should be 'applied'",
            id="unknown outcome",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(changes: dict[str, Any], named: str) -> None:
    assert named in problems(**changes)


def test_capabilities_are_what_the_settings_describe() -> None:
    (info,) = exempt_connectors()
    assert info.capabilities is not None
    described = settings(customers=CUSTOMERS, push__orders=PUSH_ORDER)
    assert set(info.capabilities(described)) == {
        Capability.CUSTOMERS,
        Capability.ORDERS,
        Capability.PUSH_ORDERS,
    }


def test_settings_give_a_json_schema_in_which_every_field_is_described() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = ErpSettings.model_json_schema()
    assert json.dumps(schema)
    undescribed = [
        f"{name}.{field}"
        for name, model in [("ErpSettings", schema), *schema["$defs"].items()]
        for field, facts in model.get("properties", {}).items()
        if "description" not in facts and field != "kind"
    ]
    assert undescribed == []


def test_a_secret_shows_nowhere() -> None:
    shown = repr(settings(auth={"kind": "api_key", "name": "k", "value": SECRET}))
    assert SECRET not in shown
