"""What is written: bodies and headers, filled in from the item."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from typing import IO, Any

import httpx
import pytest
import respx

from exempt import (
    Outcome,
    PushItem,
    PushRequest,
)
from peers.erp_build import (
    CUSTOMERS,
    ORDER,
    URL,
    as_json,
    connector,
    item,
    push_one,
)


@dataclass
class Pdf:
    """A certificate's file."""

    name: str = "certificate.pdf"
    media_type: str = "application/pdf"
    sha256: str = "0" * 64
    size: int = 4

    def open(self) -> IO[bytes]:
        return io.BytesIO(b"%PDF")


CALIFORNIA = {"jurisdiction": "CA", "exempt": False}
CUSTOMER = {
    "target": "customer",
    "external_id": "C-1",
    "tax_applicable": None,
    "certificate_number": None,
}


@pytest.mark.parametrize(
    ("changes", "body", "sent"),
    [
        pytest.param({}, {"t": "{tax_applicable}"}, {"t": False}, id="a flag stays a flag"),
        pytest.param(
            {"tax_applicable": True},
            {"t": "Tax: {tax_applicable}"},
            {"t": "Tax: true"},
            id="in a text",
        ),
        pytest.param({"version": 7}, {"t": "{version}"}, {"t": 7}, id="a number stays a number"),
        pytest.param(
            {"certificate_number": None}, {"t": "{certificate_number}"}, {"t": None}, id="null"
        ),
        pytest.param({}, {"t": "{{{state}}}"}, {"t": "{TX}"}, id="braces"),
        pytest.param(
            {}, {"t": 1, "u": True, "v": ["x"]}, {"t": 1, "u": True, "v": ["x"]}, id="constants"
        ),
        pytest.param({}, {"a": {"b": "{external_id}"}}, {"a": {"b": "SO-1"}}, id="nested"),
        pytest.param(
            {},
            {
                "e": "{exempt}",
                "n": "{exemption_number}",
                "r": "{exemption_reason}",
                "c": "{reason_code}",
                "s": "{signed_date}",
                "x": "{expiration_date}",
                "f": "{effective_date}",
                "j": "{jurisdiction}",
            },
            {
                "e": True,
                "n": "1-23",
                "r": "resale",
                "c": "G",
                "s": "2026-01-02",
                "x": "2027-01-31",
                "f": None,
                "j": "US-TX",
            },
            id="the order's jurisdiction",
        ),
        pytest.param(
            {"jurisdictions": []},
            {"e": "{exempt}", "s": "{state}", "c": "{reason_code}", "n": "{exemption_number}"},
            {"e": False, "s": None, "c": None, "n": None},
            id="no jurisdiction",
        ),
        pytest.param(
            {"files": (Pdf(),)},
            {"for_each_file": {"n": "{file_name}", "t": "{file_type}", "c": "{file_base64}"}},
            [
                {
                    "n": "certificate.pdf",
                    "t": "application/pdf",
                    "c": base64.b64encode(b"%PDF").decode(),
                }
            ],
            id="files",
        ),
        pytest.param(
            {}, {"n": "{file_name}", "c": "{file_base64}"}, {"n": None, "c": None}, id="no file"
        ),
    ],
)
def test_the_body(mocked: respx.MockRouter, changes: Any, body: Any, sent: Any) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    assert push_one(item(**changes), body=body).outcome is Outcome.APPLIED
    assert json.loads(route.calls[0].request.content) == sent


def customer(**changes: Any) -> PushItem:
    """A customer that is exempt in Texas, by a certificate, but not in California."""
    statuses = [CALIFORNIA, item().jurisdictions[0].model_dump()]
    return item(**CUSTOMER | {"jurisdictions": statuses} | changes)


def test_a_customers_jurisdictions_become_lists(mocked: respx.MockRouter) -> None:
    route = mocked.patch(f"{URL}/customers/C-1").mock(return_value=httpx.Response(204))
    entry = {"state": "{state}", "number": "{certificate_number}"}
    body = {
        "exempt": "{exempt}",
        "number": "{exemption_number}",
        "states": "{exempt_states}",
        "words": "in {exempt_states}",
        "all": {"for_each_jurisdiction": entry},
        "some": {"for_each_exemption": entry},
    }
    write = {"path": "customers/{external_id}", "body": body}
    erp = connector(customers=CUSTOMERS, push__customers=write)
    (result,) = erp.push_exemption_status(PushRequest(items=(customer(),))).results
    assert result.outcome is Outcome.APPLIED
    texas = {"state": "TX", "number": "77"}
    assert json.loads(route.calls[0].request.content) == {
        "exempt": True,
        "number": "1-23",
        "states": ["TX"],
        "words": "in TX",
        "all": [{"state": "CA", "number": None}, texas],
        "some": [texas],
    }


@pytest.mark.parametrize(
    ("changes", "body", "sent"),
    [
        pytest.param(
            {"values": {"tax_applicable": {"true": "TAX", "false": "NONTAX"}}},
            {"code": "{tax_applicable}"},
            {"code": "NONTAX"},
            id="the ERP's own words",
        ),
        pytest.param(
            {"values": {"exempt": {"true": False, "false": True}}},
            {"liable": "{exempt}"},
            {"liable": False},
            id="a flag the other way round",
        ),
        pytest.param(
            {"date_format": "%m/%d/%Y"}, {"d": "{signed_date}"}, {"d": "01/02/2026"}, id="dates"
        ),
        pytest.param(
            {"date_format": "epoch"}, {"d": "{signed_date}"}, {"d": 1767312000}, id="seconds"
        ),
    ],
)
def test_values_in_the_erps_form(
    mocked: respx.MockRouter, changes: Any, body: Any, sent: Any
) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    push_one(body=body, **changes)
    assert json.loads(route.calls[0].request.content) == sent


@pytest.mark.parametrize(
    ("items", "changes", "words"),
    [
        pytest.param(
            [
                item(
                    jurisdictions=[
                        item().jurisdictions[0].model_dump() | {"exemption_reason": "tribal"}
                    ]
                )
            ],
            {"body": {"c": "{reason_code}"}},
            "reasons of the settings has no code for 'tribal': add it",
            id="a reason without a code",
        ),
        pytest.param(
            [item(tax_applicable=None)],
            {"values": {"tax_applicable": {"true": 1, "false": 0}}},
            "values.tax_applicable of the settings does not say what to write for ''",
            id="a value without a word",
        ),
        pytest.param(
            [item(external_id="..")], {}, "is empty or dots only", id="dots as identifier"
        ),
    ],
)
def test_what_cannot_be_filled_in_is_rejected_without_a_call(
    mocked: respx.MockRouter, items: list[PushItem], changes: Any, words: str
) -> None:
    result = push_one(*items, **changes)
    assert result.outcome is Outcome.REJECTED
    assert words in result.message
    assert mocked.calls.call_count == 0


def test_what_is_not_described_is_rejected() -> None:
    (result,) = connector().push_exemption_status(PushRequest(items=(customer(),))).results
    assert result.outcome is Outcome.REJECTED
    assert result.message == "push.customers is not in the settings: add it"


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        pytest.param({}, {"idempotency-key": "push-1"}, id="by default"),
        pytest.param(
            {"idempotency_header": "X-Request-Id"},
            {"x-request-id": "push-1", "idempotency-key": None},
            id="by another name",
        ),
        pytest.param({"idempotency_header": ""}, {"idempotency-key": None}, id="none"),
        pytest.param(
            {"headers": {"X-Source": "exempt"}}, {"x-source": "exempt"}, id="further ones"
        ),
    ],
)
def test_headers(mocked: respx.MockRouter, changes: Any, headers: dict[str, str | None]) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    push_one(**changes)
    assert {name: route.calls[0].request.headers.get(name) for name in headers} == headers
