"""What a push says of the states for which Stripe's one flag is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
import respx

from exempt import ItemResult, JurisdictionStatus, Outcome, PushItem, PushRequest, Target
from exempt_billing_stripe.connector import StripeConnector

Connect = Callable[..., StripeConnector]

CUSTOMER = "/customers/cus_1"


def status(state: str, *, exempt: bool = True) -> JurisdictionStatus:
    return JurisdictionStatus(jurisdiction=f"US-{state}", exempt=exempt)


def item(*jurisdictions: JurisdictionStatus) -> PushItem:
    return PushItem(
        key="key-1",
        target=Target.CUSTOMER,
        external_id="cus_1",
        version=1,
        jurisdictions=jurisdictions,
    )


def customer(tax_exempt: str = "none", **metadata: str) -> dict[str, Any]:
    return {"id": "cus_1", "object": "customer", "tax_exempt": tax_exempt, "metadata": metadata}


def push(connector: StripeConnector, *items: PushItem, dry_run: bool = False) -> list[ItemResult]:
    return list(connector.push_exemption_status(PushRequest(items=items, dry_run=dry_run)).results)


def written(route: respx.Route) -> dict[str, str]:
    return dict(parse_qsl(route.calls[-1].request.content.decode(), keep_blank_values=True))


OKLAHOMA = status("OK", exempt=False)


@pytest.mark.parametrize(
    ("rule", "flag", "said"),
    [
        pytest.param("all_ship_to", "none", "taxed in Stripe, though exempt in TX", id="taxed"),
        pytest.param("any", "exempt", "not taxed in Stripe, though taxable in OK", id="not taxed"),
    ],
)
@pytest.mark.parametrize("written_before", [True, False])
def test_whom_the_flag_leaves_behind_is_told(
    rule: str,
    flag: str,
    said: str,
    remote: respx.MockRouter,
    connect: Connect,
    *,
    written_before: bool,
) -> None:
    shown = customer(flag, exempt_states="TX")
    remote.get(CUSTOMER).respond(json=shown if written_before else customer())
    remote.post(CUSTOMER).respond(json=shown)
    pushed = item(status("TX"), OKLAHOMA)
    (result,) = push(connect(exempt_when=rule), pushed)
    assert result.outcome is (Outcome.UNCHANGED if written_before else Outcome.APPLIED)
    assert result.message.endswith(said)
    (rehearsed,) = push(connect(exempt_when=rule), pushed, dry_run=True)
    assert rehearsed.message.endswith(said)


def test_where_stripe_would_tax_decides_if_wanted(
    remote: respx.MockRouter, connect: Connect
) -> None:
    austin = {"country": "US", "state": "TX"}
    remote.get(CUSTOMER).respond(json={**customer(), "shipping": {"address": austin}})
    route = remote.post(CUSTOMER).respond(json=customer("exempt", exempt_states="TX"))
    (result,) = push(connect(exempt_when="tax_location"), item(status("TX"), OKLAHOMA))
    assert written(route)["tax_exempt"] == "exempt"
    assert result.message.endswith("not taxed in Stripe, though taxable in OK")


@pytest.mark.parametrize("flag", ["none", "exempt", "reverse"])
def test_with_metadata_only_the_flag_is_not_even_sent(
    flag: str, remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get(CUSTOMER).respond(json=customer(flag))
    route = remote.post(CUSTOMER).respond(json=customer(flag, exempt_states="TX"))
    (result,) = push(connect(exempt_when="metadata_only"), item(status("TX")))
    assert result.outcome is Outcome.APPLIED
    assert written(route) == {"metadata[exempt_states]": "TX"}
