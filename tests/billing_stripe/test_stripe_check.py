"""What a check of the connection finds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from exempt import AuthError, Capability, CheckRequest, Severity
from exempt_billing_stripe.checking import NOBODY
from exempt_billing_stripe.connector import StripeConnector

Connect = Callable[..., StripeConnector]

ACCOUNT = {
    "id": "acct_1",
    "settings": {"dashboard": {"display_name": "Northwind", "timezone": "Etc/UTC"}},
}
LIST = {"object": "list", "data": [], "has_more": False}
NO_SUCH = {"error": {"type": "invalid_request_error", "code": "resource_missing"}}


@pytest.fixture
def healthy(remote: respx.MockRouter) -> respx.MockRouter:
    """An account where the key may do everything that is needed."""
    date = {"Date": "Fri, 20 Nov 2026 12:00:00 GMT"}
    remote.get("/account", name="account").respond(json=ACCOUNT, headers=date)
    for name in ("customers", "products", "invoices", "events"):
        remote.get(f"/{name}", name=name).respond(json=LIST)
    remote.post(f"/customers/{NOBODY}", name="write").respond(404, json=NO_SUCH)
    return remote


def test_all_is_well(healthy: respx.MockRouter, connect: Connect) -> None:
    result = connect().check(CheckRequest())
    assert result.account == "Northwind (acct_1, test mode)"
    assert result.problems == ()
    assert result.server_time == dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    assert len(healthy.calls) == 6


@pytest.mark.parametrize(
    ("key", "mode"),
    [
        ("sk_live_1", "live mode"),
        ("rk_live_1", "live mode"),
        ("rk_test_1", "test mode"),
        ("weird", "mode unknown"),
    ],
)
def test_the_key_tells_the_mode_and_is_not_shown(
    key: str, mode: str, healthy: respx.MockRouter, connect: Connect
) -> None:
    account = connect(api_key=SecretStr(key)).check(CheckRequest()).account
    assert account == f"Northwind (acct_1, {mode})"


@pytest.mark.parametrize(
    ("route", "capabilities", "permission"),
    [
        ("customers", [Capability.CUSTOMERS], "Customers: Read"),
        ("products", [Capability.PRODUCTS], "Products: Read"),
        ("invoices", [Capability.ORDERS], "Invoices: Read"),
        ("write", [Capability.PUSH_CUSTOMERS], "Customers: Write"),
        (
            "events",
            [Capability.CUSTOMERS, Capability.PRODUCTS, Capability.ORDERS],
            "Events: Read",
        ),
    ],
)
def test_a_missing_permission_is_named(
    route: str,
    capabilities: list[Capability],
    permission: str,
    healthy: respx.MockRouter,
    connect: Connect,
) -> None:
    healthy[route].respond(403)
    problems = connect().check(CheckRequest()).problems
    assert [each.capability for each in problems] == capabilities
    assert {each.code for each in problems} == {"missing_permission"}
    assert all(permission in each.help for each in problems)


def test_the_account_need_not_be_visible(healthy: respx.MockRouter, connect: Connect) -> None:
    healthy["account"].respond(403)
    result = connect().check(CheckRequest())
    assert (result.account, result.problems) == ("Stripe account (test mode)", ())


def test_another_time_zone_is_a_warning(healthy: respx.MockRouter, connect: Connect) -> None:
    dashboard: dict[str, Any] = {"display_name": "N", "timezone": "America/Chicago"}
    healthy["account"].respond(json={"id": "acct_1", "settings": {"dashboard": dashboard}})
    (problem,) = connect().check(CheckRequest()).problems
    assert (problem.severity, problem.code) == (Severity.WARNING, "time_zone_differs")
    assert 'time_zone = "America/Chicago"' in problem.help
    assert connect(time_zone="America/Chicago").check(CheckRequest()).problems == ()


def test_a_refused_key_is_an_error(healthy: respx.MockRouter, connect: Connect) -> None:
    healthy["account"].mock(return_value=httpx.Response(401))
    with pytest.raises(AuthError) as refused:
        connect().check(CheckRequest())
    assert "canary" not in str(refused.value)
