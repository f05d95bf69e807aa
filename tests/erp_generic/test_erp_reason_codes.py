"""Reasons in the ERP's codes: its own, and where it has none those of a standard."""

from __future__ import annotations

import json
from typing import Any

import pytest
import respx

from exempt import CodeSystem, ExemptionReason, Outcome, PushRequest, reason_code
from peers.erp_build import ORDER, PUSH_ORDER, as_json, connector, item, settings

BODY = PUSH_ORDER | {"body": {"code": "{reason_code}"}}


def pushed(mocked: respx.MockRouter, reason: str, **changes: Any) -> tuple[Outcome, Any]:
    """The outcome, and the code that was sent for *reason*, or the message."""
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    status = item().jurisdictions[0].model_dump() | {"exemption_reason": reason}
    erp = connector(push__orders=BODY, **changes)
    request = PushRequest(items=(item(jurisdictions=[status]),))
    (result,) = erp.push_exemption_status(request).results
    if not route.called:
        return result.outcome, result.message
    return result.outcome, json.loads(route.calls[0].request.content)["code"]


@pytest.mark.parametrize(
    ("reason", "changes", "code"),
    [
        pytest.param("resale", {"reasons": {"resale": "RES"}}, "RES", id="the ERP's own"),
        pytest.param("resale", {"reason_codes_of": "avatax"}, "G", id="AvaTax's"),
        pytest.param("resale", {"reason_codes_of": "taxjar"}, "wholesale", id="TaxJar's"),
        pytest.param("resale", {"reason_codes_of": "stripe"}, "exempt", id="Stripe's"),
        pytest.param(
            "resale",
            {"reason_codes_of": "avatax", "reasons": {"resale": "RES"}},
            "RES",
            id="the ERP's own wins",
        ),
        pytest.param(
            "tribal",
            {"reason_codes_of": "avatax", "reasons": {"resale": "RES"}},
            "C",
            id="the standard's where the ERP has none",
        ),
    ],
)
def test_the_code_of_a_reason(
    mocked: respx.MockRouter, reason: str, changes: dict[str, Any], code: str
) -> None:
    assert pushed(mocked, reason, **changes) == (Outcome.APPLIED, code)


@pytest.mark.parametrize("reason", ExemptionReason)
@pytest.mark.parametrize("system", CodeSystem)
def test_a_standard_has_a_code_for_every_reason(
    reason: ExemptionReason, system: CodeSystem
) -> None:
    described = settings(push__orders=BODY, reason_codes_of=system.value)
    assert described.reason_code(reason) == reason_code(reason, system)


@pytest.mark.parametrize("own", [{"resale": "RES"}, {"resale": "RES", "tribal": ""}])
def test_a_reason_without_a_code_is_rejected(mocked: respx.MockRouter, own: dict[str, str]) -> None:
    outcome, message = pushed(mocked, "tribal", reasons=own)
    assert outcome is Outcome.REJECTED
    assert message == (
        "reasons of the settings has no code for 'tribal': add it, or name in reason_codes_of"
        " whose standard codes count"
    )
