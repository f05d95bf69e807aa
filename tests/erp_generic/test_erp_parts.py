"""An exemption of a part of a sale: told where the write names the part, and else none."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import respx

from exempt import Outcome, PushItem, PushRequest
from peers.erp_build import CUSTOMERS, ORDER, URL, as_json, connector, item, push_one

TEXAS = item().jurisdictions[0].model_dump()
PART: dict[str, Any] = TEXAS | {"exempt": False, "exempt_percentage": "62.50"}
ILLINOIS = PART | {"jurisdiction": "IL", "exempt_percentage": "20", "exemption_number": "E-9"}
CALIFORNIA = {"jurisdiction": "CA", "exempt": False}
NUMBERS = {"n": "{exemption_number}", "c": "{reason_code}", "e": "{exempt}"}


def in_part(**changes: Any) -> PushItem:
    """An order of which 62.5 percent is exempt in Texas."""
    return item(**{"tax_applicable": True, "jurisdictions": [PART]} | changes)


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        pytest.param(item(), 100, id="all of it"),
        pytest.param(in_part(), 62.5, id="a part"),
        pytest.param(in_part(jurisdictions=[ILLINOIS]), 20, id="a part in whole percent"),
        pytest.param(in_part(jurisdictions=[CALIFORNIA]), 0, id="none"),
        pytest.param(in_part(jurisdictions=[]), 0, id="no jurisdiction, taxed"),
        pytest.param(item(jurisdictions=[]), 100, id="no jurisdiction, not taxed"),
    ],
)
def test_how_much_of_an_order_is_exempt(
    mocked: respx.MockRouter, wanted: PushItem, part: float
) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    assert push_one(wanted, body={"p": "{exempt_percentage}"}).outcome is Outcome.APPLIED
    assert json.loads(route.calls[0].request.content) == {"p": part}


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        pytest.param(
            NUMBERS | {"p": "{exempt_percentage}"},
            {"n": "1-23", "c": "G", "e": False, "p": 62.5},
            id="with the part goes what it rests on",
        ),
        pytest.param(
            NUMBERS,
            {"n": None, "c": None, "e": False},
            id="an ERP that knows no parts might take the code for all of it",
        ),
        pytest.param(
            {"t": "{tax_applicable}", "n": "{certificate_number}"},
            {"t": True, "n": "77"},
            id="the certificate shows, and tax applies",
        ),
    ],
)
def test_an_order_of_which_a_part_is_exempt(
    mocked: respx.MockRouter, body: Any, sent: dict[str, Any]
) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    push_one(in_part(), body=body)
    assert json.loads(route.calls[0].request.content) == sent


def written(mocked: respx.MockRouter, jurisdictions: list[Any], body: dict[str, Any]) -> Any:
    """What is sent for a customer with these *jurisdictions*."""
    route = mocked.patch(f"{URL}/customers/C-1").mock(return_value=httpx.Response(204))
    card = {"target": "customer", "external_id": "C-1", "certificate_number": None}
    wanted = item(**card, tax_applicable=None, jurisdictions=jurisdictions)
    write = {"path": "customers/{external_id}", "body": body}
    erp = connector(customers=CUSTOMERS, push__customers=write, reason_codes_of="avatax")
    (result,) = erp.push_exemption_status(PushRequest(items=(wanted,))).results
    assert result.outcome is Outcome.APPLIED
    return json.loads(route.calls[0].request.content)


LISTS = {
    "all": {"for_each_jurisdiction": {"state": "{state}", "exempt": "{exempt}"}},
    "some": {"for_each_exemption": {"state": "{state}"}},
    "states": "{exempt_states}",
}


@pytest.mark.parametrize(
    ("further", "some"),
    [
        pytest.param({}, ["TX"], id="without the part it is no exemption"),
        pytest.param({"p": "{exempt_percentage}"}, ["IL", "TX"], id="with the part it is one"),
    ],
)
def test_the_lists_of_a_customer(
    mocked: respx.MockRouter, further: dict[str, str], some: list[str]
) -> None:
    sent = written(mocked, [CALIFORNIA, ILLINOIS, TEXAS], LISTS | further)
    assert [entry["state"] for entry in sent["some"]] == some
    assert [entry["exempt"] for entry in sent["all"]] == [False, False, True]
    assert sent["states"] == ["TX"]


@pytest.mark.parametrize(
    ("jurisdictions", "state", "part"),
    [
        pytest.param([CALIFORNIA, ILLINOIS, TEXAS], "TX", 100, id="the one that is exempt"),
        pytest.param([CALIFORNIA, ILLINOIS, PART], "TX", 62.5, id="else the largest part"),
        pytest.param([CALIFORNIA], "CA", 0, id="else the first"),
        pytest.param([TEXAS, TEXAS | {"jurisdiction": "CA"}], "TX", 100, id="of equals the first"),
    ],
)
def test_the_jurisdiction_that_speaks_for_a_customer(
    mocked: respx.MockRouter, jurisdictions: list[Any], state: str, part: float
) -> None:
    sent = written(mocked, jurisdictions, {"s": "{state}", "p": "{exempt_percentage}"})
    assert sent == {"s": state, "p": part}


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        pytest.param(62.5, Outcome.UNCHANGED, id="as a number"),
        pytest.param("62.50", Outcome.UNCHANGED, id="as a text"),
        pytest.param(62, Outcome.APPLIED, id="another number"),
        pytest.param("most", Outcome.APPLIED, id="no number"),
        pytest.param(True, Outcome.APPLIED, id="a flag"),
        pytest.param(None, Outcome.APPLIED, id="nothing"),
    ],
)
def test_a_part_that_the_erp_shows_already_is_not_written(
    mocked: respx.MockRouter, shown: object, outcome: Outcome
) -> None:
    mocked.get(ORDER).mock(return_value=as_json({"p": shown}))
    mocked.patch(ORDER).mock(return_value=as_json({}))
    result = push_one(in_part(), body={"p": "{exempt_percentage}"}, read={})
    assert result.outcome is outcome
