"""Several accounts, by a key each or through Connect: nothing of one reaches another."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from exempt import (
    CheckRequest,
    FetchRequest,
    JurisdictionStatus,
    PermanentError,
    PushItem,
    PushRequest,
    RangesRequest,
    ScopeError,
    Stream,
    Target,
    WebhookRequest,
)
from exempt.testing import read_all, records
from exempt_billing_stripe.connector import StripeConnector
from exempt_billing_stripe.sandbox import API_KEY, Running, serve
from exempt_billing_stripe.sandbox.books import Books
from exempt_billing_stripe.settings import API_VERSION

Connect = Callable[..., StripeConnector]

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SECRET = "whsec_connect"
EMPTY = {"object": "list", "data": [], "has_more": False}
TEXAS = JurisdictionStatus(jurisdiction="US-TX", exempt=True)


def pushing(external_id: str) -> PushRequest:
    item = PushItem(
        key="key-1",
        target=Target.CUSTOMER,
        external_id=external_id,
        version=1,
        jurisdictions=(TEXAS,),
    )
    return PushRequest(items=(item,))


def call_everything(connector: StripeConnector) -> None:
    """Let it make every kind of call."""
    connector.check(CheckRequest())
    connector.ranges(RangesRequest(stream=Stream.ORDERS))
    for fetch in (connector.fetch_customers, connector.fetch_orders, connector.fetch_products):
        fetch(FetchRequest())
        fetch(FetchRequest(cursor=f'["changes",{int(NOW.timestamp())}]'))
        fetch(FetchRequest(ids=("in_1", "cn_1")))
    connector.push_exemption_status(pushing("cus_1"))


@pytest.mark.parametrize("account", [None, "acct_2"])
def test_every_call_pins_the_version_and_names_the_connected_account(
    account: str | None, remote: respx.MockRouter, connect: Connect
) -> None:
    customer = {"id": "cus_1", "tax_exempt": "none", "metadata": {}}

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1/")
        if path == "account":
            return httpx.Response(200, json={"id": account or "acct_1"})
        if path == "customers/cus_1":
            return httpx.Response(200, json=customer)
        if path.endswith(("_1", "_check")):
            return httpx.Response(404, json={"error": {"code": "resource_missing"}})
        return httpx.Response(200, json=EMPTY)

    remote.route().mock(side_effect=answer)
    call_everything(connect(stripe_account=account))
    assert len(remote.calls) > 15
    for call in remote.calls:
        assert call.request.headers["Stripe-Version"] == API_VERSION
        assert call.request.headers.get("Stripe-Account") == account


@pytest.fixture
def connected() -> Books:
    """Another account, with a customer of the same id as one of the platform's."""
    books = Books()
    books.account = {"id": "acct_2Fabrikam", "business_profile": {"name": "Fabrikam"}}
    row = {"id": "cus_C1001", "object": "customer", "name": "Theirs", "tax_exempt": "none"}
    books.load("customer", {**row, "created": 1_700_000_000, "metadata": {}})
    return books


@pytest.fixture
def platform(connected: Books) -> Iterator[Running]:
    """A platform with an account connected to it."""
    with serve(connected=[connected]) as running:
        yield running


def test_each_connection_reads_and_writes_its_own_account(
    platform: Running, connected: Books, connect: Connect
) -> None:
    key = {"api_key": SecretStr(API_KEY), "base_url": platform.base_url}
    own, theirs = connect(**key), connect(**key, stripe_account="acct_2Fabrikam")
    assert [each.name for each in records(read_all(theirs.fetch_customers))] == ["Theirs"]
    assert len(records(read_all(own.fetch_customers))) == 10
    theirs.push_exemption_status(pushing("cus_C1001"))
    assert connected.get("customer", "cus_C1001")["metadata"] == {"exempt_states": "TX"}
    assert platform.books.writes() == {}
    assert records(read_all(own.fetch_orders)) != []
    assert records(read_all(theirs.fetch_orders)) == []


def test_the_check_names_the_connected_account(platform: Running, connect: Connect) -> None:
    key = {"api_key": SecretStr(API_KEY), "base_url": platform.base_url}
    result = connect(**key, stripe_account="acct_2Fabrikam").check(CheckRequest())
    assert (result.account, result.problems) == ("Fabrikam (acct_2Fabrikam, test mode)", ())


def test_an_account_that_is_not_connected_is_a_problem(platform: Running, connect: Connect) -> None:
    key = {"api_key": SecretStr(API_KEY), "base_url": platform.base_url}
    stranger = connect(**key, stripe_account="acct_9")
    result = stranger.check(CheckRequest())
    assert [each.code for each in result.problems] == ["no_access_to_account"]
    assert "acct_9" in result.problems[0].message
    with pytest.raises(ScopeError):
        stranger.fetch_customers(FetchRequest())


def test_an_answer_for_another_account_is_a_problem(
    remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get("/account").respond(json={"id": "acct_1"})
    remote.get("/test_helpers/test_clocks").respond(json=EMPTY)
    (problem,) = connect(stripe_account="acct_2").check(CheckRequest()).problems
    assert problem.message == "Stripe answered for acct_1, and stripe_account is acct_2."


def test_what_is_no_account_is_no_stripe(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get("/account").respond(json={"hello": "world"})
    with pytest.raises(PermanentError, match="base_url"):
        connect().check(CheckRequest())


def webhook(**event: Any) -> WebhookRequest:
    about = {"id": "evt_1", "type": "customer.updated", "data": {"object": {"id": "cus_1"}}}
    body = json.dumps({**about, **event}).encode()
    moment = int(NOW.timestamp())
    digest = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={moment},v1={digest}"}
    return WebhookRequest(body=body, headers=headers, received_at=NOW)


@pytest.mark.parametrize(
    ("account", "event", "taken"),
    [
        pytest.param(None, {}, True, id="own account, own event"),
        pytest.param(None, {"account": "acct_2"}, False, id="own account, another's event"),
        pytest.param("acct_2", {"account": "acct_2"}, True, id="connected account, its event"),
        pytest.param("acct_2", {"account": "acct_3"}, False, id="connected account, another's"),
        pytest.param("acct_2", {}, False, id="connected account, the platform's own"),
    ],
)
def test_webhooks_count_for_their_account_only(
    account: str | None, event: dict[str, str], connect: Connect, *, taken: bool
) -> None:
    connector = connect(stripe_account=account, webhook_secrets=(SecretStr(SECRET),))
    assert bool(connector.receive_webhook(webhook(**event)).events) is taken


@pytest.mark.parametrize(
    ("key", "livemode", "taken"),
    [
        pytest.param("rk_live_x", True, True, id="live key, live event"),
        pytest.param("rk_live_x", False, False, id="live key, event of test mode"),
        pytest.param("sk_test_x", False, True, id="test key, event of test mode"),
        pytest.param("sk_test_x", True, False, id="test key, live event"),
        pytest.param("sk_test_x", None, True, id="an event that does not say"),
        pytest.param("weird", True, True, id="a key that does not say"),
    ],
)
def test_webhooks_of_the_other_mode_are_left_alone(
    key: str, livemode: bool | None, connect: Connect, *, taken: bool
) -> None:
    connector = connect(api_key=SecretStr(key), webhook_secrets=(SecretStr(SECRET),))
    event = {} if livemode is None else {"livemode": livemode}
    assert bool(connector.receive_webhook(webhook(**event)).events) is taken


def test_a_tax_id_that_changed_names_its_customer(connect: Connect) -> None:
    connector = connect(webhook_secrets=(SecretStr(SECRET),))
    about = {"object": {"id": "txi_1", "customer": "cus_7"}}
    result = connector.receive_webhook(webhook(type="customer.tax_id.created", data=about))
    assert [each.external_ids for each in result.events] == [("cus_7",)]


def test_a_credit_note_is_an_order(connect: Connect) -> None:
    connector = connect(webhook_secrets=(SecretStr(SECRET),))
    about = {"object": {"id": "cn_1"}}
    (event,) = connector.receive_webhook(webhook(type="credit_note.created", data=about)).events
    assert (event.stream, event.external_ids) == (Stream.ORDERS, ("cn_1",))
