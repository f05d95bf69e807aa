"""What is written to a customer, and what becomes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import respx

from exempt import (
    AuthError,
    ExemptionReason,
    ItemResult,
    JurisdictionStatus,
    Outcome,
    PushItem,
    PushRequest,
    ScopeError,
    Target,
)
from exempt.testing import StillContext
from exempt_billing_stripe.connector import StripeConnector

Connect = Callable[..., StripeConnector]

CUSTOMER = "/customers/cus_1"


def status(state: str, *, exempt: bool = True, **given: Any) -> JurisdictionStatus:
    return JurisdictionStatus(jurisdiction=f"US-{state}", exempt=exempt, **given)


TEXAS = status(
    "TX",
    certificate_number="17",
    exemption_reason=ExemptionReason.RESALE,
    exemption_number="1-23",
    signed_date=dt.date(2024, 2, 1),
    effective_date=dt.date(2024, 2, 2),
    expiration_date=dt.date(2027, 1, 31),
)
TEXAS_METADATA = {
    "exempt_states": "TX",
    "exempt_reasons": "TX=resale",
    "exempt_numbers": "TX=1-23",
    "exempt_certificates": "TX=17",
    "exempt_signed": "TX=2024-02-01",
    "exempt_effective": "TX=2024-02-02",
    "exempt_expires": "TX=2027-01-31",
}


def item(*jurisdictions: JurisdictionStatus, key: str = "key-1", **given: Any) -> PushItem:
    fields = {"target": Target.CUSTOMER, "external_id": "cus_1", "version": 1, **given}
    return PushItem(key=key, jurisdictions=jurisdictions, **fields)


def customer(tax_exempt: str = "none", **metadata: str) -> dict[str, Any]:
    return {"id": "cus_1", "object": "customer", "tax_exempt": tax_exempt, "metadata": metadata}


def push(connector: StripeConnector, *items: PushItem, dry_run: bool = False) -> list[ItemResult]:
    return list(connector.push_exemption_status(PushRequest(items=items, dry_run=dry_run)).results)


def refusal(status_code: int, **error: str) -> httpx.Response:
    return httpx.Response(status_code, json={"error": {"type": "invalid_request_error", **error}})


def written(route: respx.Route) -> dict[str, str]:
    return dict(parse_qsl(route.calls[-1].request.content.decode(), keep_blank_values=True))


def test_everything_known_is_written_under_the_items_key(
    remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get(CUSTOMER).respond(json=customer(erp="7"))
    route = remote.post(CUSTOMER).respond(json=customer("exempt", erp="7", **TEXAS_METADATA))
    (result,) = push(connect(), item(TEXAS))
    assert result.outcome is Outcome.APPLIED
    assert result.message.startswith("changed tax_exempt none → exempt; metadata exempt_")
    assert "1-23" not in result.message
    fields = {f"metadata[{key}]": value for key, value in TEXAS_METADATA.items()}
    assert written(route) == {"tax_exempt": "exempt", **fields}
    assert route.calls[0].request.headers["Idempotency-Key"] == "key-1"


@pytest.mark.parametrize(
    ("rule", "states", "flag"),
    [
        pytest.param("all_ship_to", [True, True], "exempt", id="all of all"),
        pytest.param("all_ship_to", [True, False], "none", id="not all of all"),
        pytest.param("all_ship_to", [], "none", id="no state is no exemption"),
        pytest.param("any", [True, False], "exempt", id="any one"),
        pytest.param("any", [False, False], "none", id="not any"),
    ],
)
def test_one_flag_for_all_states(
    rule: str, states: list[bool], flag: str, remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get(CUSTOMER).respond(json=customer("exempt" if flag == "none" else "none"))
    route = remote.post(CUSTOMER).respond(json=customer())
    jurisdictions = [
        status(name, exempt=exempt) for name, exempt in zip(("CA", "TX"), states, strict=False)
    ]
    push(connect(exempt_when=rule), item(*jurisdictions))
    assert written(route)["tax_exempt"] == flag


ILLINOIS = status("IL", exempt=False, exempt_percentage=Decimal("62.50"), exemption_number="E-9")
ILLINOIS_METADATA = {"exempt_percentages": "IL=62.5", "exempt_numbers": "IL=E-9"}


@pytest.mark.parametrize("rule", ["all_ship_to", "any"])
def test_an_exemption_in_part_is_no_exemption_and_the_metadata_tells(
    rule: str, remote: respx.MockRouter, connect: Connect
) -> None:
    """Stripe would tax nothing at all, so the flag says that everything is taxed."""
    remote.get(CUSTOMER).respond(json=customer("exempt", exempt_states="IL"))
    route = remote.post(CUSTOMER).respond(json=customer(**ILLINOIS_METADATA))
    (result,) = push(connect(exempt_when=rule), item(ILLINOIS))
    assert result.outcome is Outcome.APPLIED
    fields = {f"metadata[{key}]": value for key, value in ILLINOIS_METADATA.items()}
    assert written(route) == {"tax_exempt": "none", "metadata[exempt_states]": "", **fields}


def test_what_is_shown_already_is_not_written(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get(CUSTOMER).respond(json=customer("exempt", erp="7", **TEXAS_METADATA))
    route = remote.post(CUSTOMER)
    (result,) = push(connect(), item(TEXAS))
    assert result.outcome is Outcome.UNCHANGED
    assert not route.called


def test_metadata_that_no_longer_holds_is_removed_and_others_stay(
    remote: respx.MockRouter, connect: Connect
) -> None:
    shown = customer("exempt", exempt_states="TX", exempt_numbers_2="NY=1", exempt_note="x", a="b")
    remote.get(CUSTOMER).respond(json=shown)
    route = remote.post(CUSTOMER).respond(json=customer(exempt_note="x", a="b"))
    (result,) = push(connect(), item(status("TX", exempt=False)))
    assert result.outcome is Outcome.APPLIED
    assert written(route) == {
        "tax_exempt": "none",
        "metadata[exempt_numbers_2]": "",
        "metadata[exempt_states]": "",
    }


def test_a_dry_run_tells_and_writes_nothing(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get(CUSTOMER).respond(json=customer())
    route = remote.post(CUSTOMER)
    (result,) = push(connect(), item(status("TX")), dry_run=True)
    assert result.outcome is Outcome.APPLIED
    assert result.message == "would change tax_exempt none → exempt; metadata exempt_states"
    assert not route.called


def test_the_flag_alone_may_change(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get(CUSTOMER).respond(json=customer("exempt"))
    (result,) = push(connect(), item(), dry_run=True)
    assert result.message == "would change tax_exempt exempt → none"


@pytest.mark.parametrize(
    ("exempt", "outcome"),
    [
        pytest.param(True, Outcome.CONFLICT, id="to be exempt: a person decides"),
        pytest.param(False, Outcome.UNCHANGED, id="to be taxed: reverse charge stays"),
    ],
)
def test_reverse_charge_is_left_alone(
    exempt: bool, outcome: Outcome, remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get(CUSTOMER).respond(json=customer("reverse"))
    route = remote.post(CUSTOMER)
    (result,) = push(connect(), item(status("TX", exempt=exempt)))
    assert result.outcome is outcome
    assert "reverse charge" in result.message
    assert not route.called


def test_an_order_is_not_written_to(remote: respx.MockRouter, connect: Connect) -> None:
    (result,) = push(connect(), item(target=Target.ORDER, external_id="in_1"))
    assert result.outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refusal(404, code="resource_missing"), id="never existed"),
        pytest.param(httpx.Response(200, json={"id": "cus_1", "deleted": True}), id="deleted"),
    ],
)
def test_a_customer_that_is_missing(
    answer: httpx.Response, remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get(CUSTOMER).mock(return_value=answer)
    (result,) = push(connect(), item(TEXAS))
    assert result.outcome is Outcome.MISSING


@pytest.mark.parametrize(
    ("answer", "outcome", "calls"),
    [
        pytest.param(refusal(400, message="No"), Outcome.REJECTED, 1, id="a bad value"),
        pytest.param(refusal(402, message="No"), Outcome.REJECTED, 1, id="402"),
        pytest.param(
            refusal(404, code="resource_missing"), Outcome.MISSING, 1, id="deleted meanwhile"
        ),
        pytest.param(
            refusal(400, type="idempotency_error"), Outcome.CONFLICT, 1, id="key with another body"
        ),
        pytest.param(
            refusal(409, type="idempotency_error", code="idempotency_key_in_use"),
            Outcome.RETRY,
            1,
            id="the same call is under way",
        ),
        pytest.param(refusal(409, code="lock_timeout"), Outcome.RETRY, 1, id="locked"),
        pytest.param(refusal(409), Outcome.RETRY, 1, id="409 without a word"),
        pytest.param(refusal(429, code="lock_timeout"), Outcome.RETRY, 4, id="locked, as 429"),
        pytest.param(httpx.Response(503), Outcome.RETRY, 4, id="surely not done"),
        pytest.param(httpx.Response(500), Outcome.UNKNOWN, 4, id="perhaps done"),
        pytest.param(httpx.Response(200, text='{"id": "cus'), Outcome.UNKNOWN, 1, id="cut answer"),
        pytest.param(httpx.Response(200, text="<html>"), Outcome.UNKNOWN, 1, id="a login page"),
        pytest.param(httpx.ReadTimeout("late"), Outcome.UNKNOWN, 4, id="no answer"),
        pytest.param(httpx.ConnectError("no"), Outcome.RETRY, 4, id="no connection"),
        pytest.param(
            httpx.Response(200, json=customer()),
            Outcome.CONFLICT,
            1,
            id="another status came of it",
        ),
    ],
)
def test_outcome_of_a_write(
    answer: httpx.Response | Exception,
    outcome: Outcome,
    calls: int,
    remote: respx.MockRouter,
    connect: Connect,
) -> None:
    remote.get(CUSTOMER).respond(json=customer())
    route = remote.post(CUSTOMER)
    route.side_effect = answer if isinstance(answer, Exception) else [answer] * calls
    (result,) = push(connect(), item(status("TX")))
    assert (result.outcome, route.call_count) == (outcome, calls)
    assert all(call.request.headers["Idempotency-Key"] == "key-1" for call in route.calls)


def test_a_repeated_call_that_was_done_at_first_is_applied(
    remote: respx.MockRouter, connect: Connect
) -> None:
    after = customer("exempt", exempt_states="TX")
    remote.get(CUSTOMER).mock(
        side_effect=[httpx.Response(200, json=customer()), httpx.Response(200, json=after)]
    )
    replay = httpx.Response(200, json=after, headers={"Idempotent-Replayed": "true"})
    remote.post(CUSTOMER).mock(side_effect=[httpx.ReadTimeout("late"), replay])
    (result,) = push(connect(), item(status("TX")))
    assert result.outcome is Outcome.APPLIED


def test_an_old_answer_given_again_is_not_believed(
    remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get(CUSTOMER).respond(json=customer())
    old = customer("exempt", exempt_states="TX")
    remote.post(CUSTOMER).respond(json=old, headers={"Idempotent-Replayed": "true"})
    (result,) = push(connect(), item(status("TX")))
    assert result.outcome is Outcome.CONFLICT


def test_a_refusal_shows_no_value(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get(CUSTOMER).respond(json=customer())
    message = "Metadata is too long: TX=secret-number"
    remote.post(CUSTOMER).mock(return_value=refusal(400, message=message))
    (result,) = push(connect(), item(status("TX", exemption_number="secret-number")))
    assert result.message == "Stripe refused it: Metadata is too long: …"


def test_after_a_silence_the_others_are_not_tried(
    remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get("/customers/cus_0").respond(json=customer("exempt", exempt_states="TX"))
    remote.get("/customers/cus_1").respond(500)
    third = remote.get("/customers/cus_2")
    items = [item(status("TX"), key=f"k{n}", external_id=f"cus_{n}") for n in range(3)]
    results = push(connect(), *items)
    assert [(each.key, each.outcome) for each in results] == [
        ("k0", Outcome.UNCHANGED),
        ("k1", Outcome.RETRY),
        ("k2", Outcome.RETRY),
    ]
    assert not third.called


def test_what_stripe_says_of_one_customer_stops_no_other(
    remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get("/customers/cus_0").mock(return_value=refusal(400, message="Odd id"))
    remote.get("/customers/cus_1").respond(json=customer("exempt", exempt_states="TX"))
    items = [item(status("TX"), key=f"k{n}", external_id=f"cus_{n}") for n in range(2)]
    first, second = push(connect(), *items)
    assert (first.outcome, first.message) == (
        Outcome.REJECTED,
        "customers: Stripe answered 400: Odd id",
    )
    assert second.outcome is Outcome.UNCHANGED


def test_a_customer_deleted_since_the_first_try_is_missing(
    remote: respx.MockRouter, connect: Connect
) -> None:
    gone = httpx.Response(200, json={"id": "cus_1", "deleted": True})
    remote.get(CUSTOMER).mock(side_effect=[httpx.Response(200, json=customer()), gone])
    old = customer("exempt", exempt_states="TX")
    remote.post(CUSTOMER).respond(json=old, headers={"Idempotent-Replayed": "true"})
    (result,) = push(connect(), item(status("TX")))
    assert result.outcome is Outcome.MISSING


def test_a_long_wait_is_passed_on(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get(CUSTOMER).respond(json=customer())
    route = remote.post(CUSTOMER).respond(429, headers={"Retry-After": "3600"})
    results = push(connect(), item(TEXAS), item(TEXAS, key="key-2", external_id="cus_2"))
    assert route.call_count == 1
    assert [each.retry_after for each in results] == [dt.timedelta(hours=1)] * 2


@pytest.mark.parametrize(("code", "error"), [(401, AuthError), (403, ScopeError)])
def test_refused_credentials_stop_the_batch(
    code: int, error: type[Exception], remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get(CUSTOMER).respond(json=customer())
    remote.post(CUSTOMER).respond(code)
    with pytest.raises(error):
        push(connect(), item(TEXAS))


def test_a_run_that_is_stopped_leaves_the_rest(
    remote: respx.MockRouter, connect: Connect, context: StillContext
) -> None:
    context.stop = True
    assert push(connect(), item(TEXAS)) == []
