"""What was read before a write: where its record stands, and what of it the write needs."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import respx

from exempt import Outcome
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import ORDER, PUSH_ORDER, URL, as_json, item, push_one, table

READ = {"path": "orders/{external_id}", "record": "Order", "keep": {"token": "SyncToken"}}
WRITE: dict[str, Any] = {
    "method": "POST",
    "path": "orders",
    "body": {"Id": "{external_id}", "SyncToken": "{kept.token}", "Taxed": "{tax_applicable}"},
    "read": READ | {"compare": {"Taxed": "{tax_applicable}"}},
}


def test_a_value_of_the_record_goes_with_the_write(mocked: respx.MockRouter) -> None:
    """As QuickBooks wants it: the token says which version is changed."""
    found = {"Order": {"SyncToken": "4", "Taxed": True}}
    mocked.get(ORDER).mock(return_value=as_json(found))
    route = mocked.post(f"{URL}/orders").mock(return_value=as_json({}))
    result = push_one(**WRITE)
    assert (result.outcome, result.message) == (Outcome.APPLIED, "Taxed: true → false")
    sent = json.loads(route.calls[0].request.content)
    assert sent == {"Id": "SO-1", "SyncToken": "4", "Taxed": False}


def test_a_value_may_be_a_number_and_stand_in_the_address(mocked: respx.MockRouter) -> None:
    mocked.get(ORDER).mock(return_value=as_json({"id": 17, "version": "4"}))
    route = mocked.put(f"{URL}/records/17").mock(return_value=as_json({}))
    read = {
        "path": "orders/{external_id}",
        "keep": {"id": "id", "version": "version"},
        "compare": {"taxable": "{tax_applicable}"},
    }
    body = {"no": "{external_id}", "version": "{kept.version:number}"}
    params = {"version": "{kept.version}"}
    result = push_one(method="PUT", path="records/{kept.id}", params=params, body=body, read=read)
    assert result.outcome is Outcome.APPLIED
    assert json.loads(route.calls[0].request.content) == {"no": "SO-1", "version": 4}
    assert route.calls[0].request.url.params["version"] == "4"


def test_a_stale_version_is_a_conflict_by_the_settings(mocked: respx.MockRouter) -> None:
    mocked.get(ORDER).mock(return_value=as_json({"Order": {"SyncToken": "4"}}))
    fault = as_json({"Fault": {"Error": [{"code": "5010"}]}}, 400)
    mocked.post(f"{URL}/orders").mock(return_value=fault)
    stale = {"status": 400, "when": "Fault.Error[0].code == '5010'", "outcome": "conflict"}
    assert push_one(**WRITE, outcomes=[stale]).outcome is Outcome.CONFLICT


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(as_json({"Order": None}), id="null in the place of the record"),
        pytest.param(as_json({}), id="nothing in its place"),
        pytest.param(httpx.Response(404), id="404"),
    ],
)
def test_a_record_that_is_not_there(mocked: respx.MockRouter, answer: httpx.Response) -> None:
    mocked.get(ORDER).mock(return_value=answer)
    assert push_one(**WRITE).outcome is Outcome.MISSING


def test_reading_by_post_with_a_number(mocked: respx.MockRouter) -> None:
    """As Odoo wants it."""
    asked = mocked.post(f"{URL}/read").mock(return_value=as_json([{"taxable": False}]))
    read = {
        "method": "POST",
        "path": "read",
        "body": {"ids": ["{external_id:number}"]},
        "record": "[0]",
        "compare": {"taxable": "{tax_applicable}"},
    }
    assert push_one(item(external_id="17"), read=read).outcome is Outcome.UNCHANGED
    assert json.loads(asked.calls[0].request.content) == {"ids": [17]}


@pytest.mark.parametrize(
    ("there", "outcome"),
    [
        pytest.param(["US_TX", "CA"], Outcome.UNCHANGED, id="the same words in another order"),
        pytest.param(["CA"], Outcome.APPLIED, id="fewer words"),
        pytest.param(["CA", "CA"], Outcome.APPLIED, id="a word twice"),
        pytest.param(None, Outcome.APPLIED, id="none"),
    ],
)
def test_lists_are_compared(mocked: respx.MockRouter, there: Any, outcome: Outcome) -> None:
    mocked.get(ORDER).mock(return_value=as_json({"codes": there}))
    mocked.patch(ORDER).mock(return_value=as_json({}))
    read = {"compare": {"codes": ["CA", "US_{state}"]}}
    assert push_one(read=read).outcome is outcome


def test_the_etag_is_sent_as_it_came(mocked: respx.MockRouter) -> None:
    mocked.get(ORDER).mock(return_value=as_json({}, ETag='W/"7"'))
    route = mocked.patch(ORDER).mock(return_value=httpx.Response(412))
    assert push_one(etag=True).outcome is Outcome.CONFLICT
    assert route.calls[0].request.headers["if-match"] == 'W/"7"'


def test_states_as_one_text(mocked: respx.MockRouter) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    push_one(body={"as_text": "{exempt_states:text}", "as_list": "{exempt_states}"})
    sent = json.loads(route.calls[0].request.content)
    assert sent == {"as_text": "TX", "as_list": ["TX"]}


def test_what_identifies_the_certificate_may_all_be_told(mocked: respx.MockRouter) -> None:
    """Number, reason, its code, and the days it was signed, begins and ends (C31 to C35)."""
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    names = (
        "certificate_number",
        "exemption_reason",
        "reason_code",
        "exemption_number",
        "signed_date",
        "effective_date",
        "expiration_date",
    )
    push_one(body={name: f"{{{name}}}" for name in names})
    assert json.loads(route.calls[0].request.content) == {
        "certificate_number": "77",
        "exemption_reason": "resale",
        "reason_code": "G",
        "exemption_number": "1-23",
        "signed_date": "2026-01-02",
        "effective_date": None,
        "expiration_date": "2027-01-31",
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"body": {"v": "{kept.tokn}"}, "read": READ},
            "names {kept.tokn}, which keep does not have: did you mean {kept.token}?",
            id="another name",
        ),
        pytest.param({"body": {"v": "{kept.token}"}}, "does not have: add it", id="no read"),
        pytest.param({"read": {"body": {"a": "b"}}}, "a GET has no body", id="a body with GET"),
        pytest.param({"path": None}, "give path and body", id="neither a call nor a drop"),
    ],
)
def test_writes_that_are_half_described(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ErpSettings.model_validate(table(push__orders=PUSH_ORDER | changes))
