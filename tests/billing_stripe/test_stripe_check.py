"""What a check of the connection finds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from exempt import AuthError, Capability, CheckRequest, PermanentError, Severity
from exempt_billing_stripe.api import NOBODY
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
    for name in ("customers", "products", "invoices", "credit_notes", "events"):
        remote.get(f"/{name}", name=name).respond(json=LIST)
    remote.get("/test_helpers/test_clocks", name="clocks").respond(json=LIST)
    remote.post(f"/customers/{NOBODY}", name="write").respond(404, json=NO_SUCH)
    return remote


def test_all_is_well(healthy: respx.MockRouter, connect: Connect) -> None:
    result = connect().check(CheckRequest())
    assert result.account == "Northwind (acct_1, test mode)"
    assert result.problems == ()
    assert result.server_time == dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    assert len(healthy.calls) == 8


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
        ("credit_notes", [Capability.ORDERS], "Credit notes: Read"),
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


def refused_where(when: Callable[[httpx.Request], bool], message: str) -> Any:
    """A side effect: 403 with *message* where *when*, else an empty list."""
    refusal = {"error": {"type": "invalid_request_error", "message": message}}

    def answer(request: httpx.Request) -> httpx.Response:
        if when(request):
            return httpx.Response(403, json=refusal)
        return httpx.Response(200, json=LIST)

    return answer


def test_the_permission_for_tax_ids_is_told_apart(
    healthy: respx.MockRouter, connect: Connect
) -> None:
    message = "Having the 'rak_tax_id_read' permission would allow this request to continue."
    expanded = refused_where(lambda asked: "expand[]" in asked.url.params, message)
    healthy["customers"].mock(side_effect=expanded)
    (problem,) = connect().check(CheckRequest()).problems
    assert problem.message == "The key may not read tax ids of customers."
    assert "Tax IDs: Read (rak_tax_id_read); or set include_tax_ids = false." in problem.help
    assert connect(include_tax_ids=False).check(CheckRequest()).problems == ()


def test_what_is_not_read_needs_no_permission(healthy: respx.MockRouter, connect: Connect) -> None:
    healthy["credit_notes"].respond(403)
    (problem,) = connect().check(CheckRequest()).problems
    assert "or set include_credit_notes = false." in problem.help
    assert connect(include_credit_notes=False).check(CheckRequest()).problems == ()


def test_through_connect_the_other_column_is_named(
    healthy: respx.MockRouter, connect: Connect
) -> None:
    healthy["products"].respond(403)
    (problem,) = connect(stripe_account="acct_1").check(CheckRequest()).problems
    assert "Products: Read, in the column for Connect." in problem.help


@pytest.mark.parametrize(
    ("clocks", "words"),
    [
        (0, "test mode"),
        (1, "test mode, 1 test clock"),
        (3, "test mode, 3 test clocks"),
        (100, "test mode, 100 or more test clocks"),
    ],
)
def test_test_clocks_are_shown(
    clocks: int, words: str, healthy: respx.MockRouter, connect: Connect
) -> None:
    rows = [{"id": f"clock_{n}"} for n in range(clocks)]
    healthy["clocks"].respond(json={**LIST, "data": rows})
    assert connect().check(CheckRequest()).account == f"Northwind (acct_1, {words})"


def test_test_clocks_need_not_be_visible(healthy: respx.MockRouter, connect: Connect) -> None:
    healthy["clocks"].respond(403)
    result = connect().check(CheckRequest())
    assert (result.account, result.problems) == ("Northwind (acct_1, test mode)", ())


def test_in_live_mode_there_are_no_test_clocks(healthy: respx.MockRouter, connect: Connect) -> None:
    connect(api_key=SecretStr("rk_live_1")).check(CheckRequest())
    assert not healthy["clocks"].called


@pytest.mark.parametrize("route", ["customers", "invoices", "events"])
def test_what_is_no_list_is_no_stripe(
    route: str, healthy: respx.MockRouter, connect: Connect
) -> None:
    healthy[route].respond(json={"hello": "world"})
    with pytest.raises(PermanentError, match="base_url"):
        connect().check(CheckRequest())
