"""The connector against localstripe, judged by Stripe's own client library."""

from __future__ import annotations

import datetime as dt
import http.server
import importlib.util
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from exempt import (
    CheckRequest,
    CursorExpired,
    ExemptionReason,
    FetchRequest,
    JurisdictionStatus,
    Outcome,
    PushItem,
    PushRequest,
    Stream,
    Target,
    WebhookRejected,
    WebhookRequest,
)
from exempt.testing import StillContext, read_all, records
from exempt_billing_stripe.connector import StripeConnector
from peers.stripe_server import KEY, judge_of, run_stripe

stripe = pytest.importorskip("stripe", reason="needs the package stripe, the judge")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        importlib.util.find_spec("localstripe") is None, reason="needs the package localstripe"
    ),
]

Connect = Callable[..., StripeConnector]

SECRET = "whsec_peer"
AUSTIN = {"line1": "1 Main St", "city": "Austin", "state": "TX", "country": "US"}


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running localstripe."""
    with run_stripe(tmp_path_factory.mktemp("peer")) as address:
        yield address


@pytest.fixture
def judge(peer: str) -> Iterator[Any]:
    """Stripe's own client, on an emptied account."""
    with judge_of(peer) as client:
        yield client


@pytest.fixture
def now(context: StillContext) -> StillContext:
    """The context on this machine's clock, which is the peer's."""
    context.moment = dt.datetime.now(dt.UTC)
    return context


@pytest.fixture
def connector(peer: str, judge: Any, now: StillContext, connect: Connect) -> StripeConnector:
    """A connector to localstripe."""
    secrets = (SecretStr(SECRET),)
    return connect(api_key=SecretStr(KEY), base_url=peer, webhook_secrets=secrets)


def push(
    connector: StripeConnector, customer: str, *states: str, key: str = "k1", number: str = "9"
) -> Outcome:
    statuses = tuple(
        JurisdictionStatus(
            jurisdiction=state,
            exempt=True,
            exemption_reason=ExemptionReason.RESALE,
            exemption_number=number,
            expiration_date=dt.date(2027, 1, 31),
        )
        for state in states
    )
    item = PushItem(
        key=key,
        target=Target.CUSTOMER,
        external_id=customer,
        version=1,
        jurisdictions=statuses,
    )
    return connector.push_exemption_status(PushRequest(items=(item,))).results[0].outcome


def test_the_judge_sees_what_was_pushed(judge: Any, connector: StripeConnector) -> None:
    made = judge.customers.create({"name": "Acme", "metadata": {"erp": "7"}})
    assert push(connector, made.id, "TX", "CA") is Outcome.APPLIED
    seen = judge.customers.retrieve(made.id).to_dict()
    assert seen["tax_exempt"] == "exempt"
    assert seen["metadata"] == {
        "erp": "7",
        "exempt_states": "CA; TX",
        "exempt_reasons": "CA=resale; TX=resale",
        "exempt_numbers": "CA=9; TX=9",
        "exempt_expires": "CA=2027-01-31; TX=2027-01-31",
    }
    assert push(connector, made.id, "TX", "CA") is Outcome.UNCHANGED
    assert push(connector, made.id, key="k2") is Outcome.APPLIED
    seen = judge.customers.retrieve(made.id).to_dict()
    assert (seen["tax_exempt"], seen["metadata"]) == ("none", {"erp": "7"})


def test_an_old_key_does_not_pass_for_a_new_write(judge: Any, connector: StripeConnector) -> None:
    made = judge.customers.create({"name": "Acme"})
    assert push(connector, made.id, "TX", key="same") is Outcome.APPLIED
    judge.customers.update(made.id, {"tax_exempt": "none"})
    assert push(connector, made.id, "TX", key="same") is Outcome.CONFLICT
    assert push(connector, made.id, "CA", key="same") is Outcome.CONFLICT
    assert push(connector, made.id, "TX", key="other") is Outcome.APPLIED


def test_a_deleted_customer_is_missing(judge: Any, connector: StripeConnector) -> None:
    made = judge.customers.create({"name": "Acme"})
    judge.customers.delete(made.id)
    assert push(connector, made.id, "TX") is Outcome.MISSING


def test_hundreds_created_in_one_second_are_all_read(
    judge: Any, connector: StripeConnector
) -> None:
    made = {judge.customers.create({"name": f"Customer {n}"}).id for n in range(130)}
    for size in (7, 100):
        found = [
            each.external_id
            for each in records(read_all(connector.fetch_customers, page_size=size))
        ]
        assert len(found) == len(made)
        assert set(found) == made


def test_a_run_sees_what_changed_since_the_one_before(
    judge: Any, connector: StripeConnector
) -> None:
    kept = judge.customers.create({"name": "Kept", "shipping": {"name": "K", "address": AUSTIN}})
    gone = judge.customers.create({"name": "Gone"})
    checkpoint = read_all(connector.fetch_customers)[-1].checkpoint
    judge.customers.update(kept.id, {"name": "Renamed"})
    judge.customers.delete(gone.id)
    pages = read_all(connector.fetch_customers, checkpoint, page_size=2)
    renamed = {each.external_id: each for each in records(pages)}[kept.id]
    assert renamed.name == "Renamed"
    assert renamed.ship_to[0].jurisdiction == "US-TX"
    assert gone.id in {each for page in pages for each in page.deleted}
    with pytest.raises(CursorExpired):
        connector.fetch_customers(FetchRequest(cursor='["changes",1]'))


def test_tax_ids_come_with_the_list_and_with_one_customer(
    judge: Any, connector: StripeConnector
) -> None:
    vat = {"type": "eu_vat", "value": "DE123456789"}
    made = judge.customers.create({"name": "Acme", "tax_id_data": [vat]})
    (page,) = read_all(connector.fetch_customers)
    assert [each.tax_id for each in page.records] == ["DE123456789"]
    (again,) = connector.fetch_customers(FetchRequest(ids=(made.id,))).records
    assert again.tax_id == "DE123456789"


def test_invoices_are_read_as_frozen(judge: Any, connector: StripeConnector) -> None:
    made = judge.customers.create({"name": "Acme", "address": AUSTIN, "tax_exempt": "exempt"})
    judge.invoice_items.create({"customer": made.id, "amount": 12345, "currency": "usd"})
    draft = judge.invoices.create({"customer": made.id})
    assert records(read_all(connector.fetch_orders)) == []
    judge.invoices.finalize_invoice(draft.id)
    judge.customers.update(made.id, {"tax_exempt": "none"})
    (order,) = connector.fetch_orders(FetchRequest(ids=(draft.id,))).records
    assert str(order.total) == "123.45"
    assert order.number == "PEER-0001"
    assert order.tax_applicable is False
    assert order.ship_to is not None
    assert order.ship_to.jurisdiction == "US-TX"
    assert [line.amount for line in order.lines] == [order.total]


def test_products_are_read_and_their_end_is_told(judge: Any, connector: StripeConnector) -> None:
    plan = judge.products.create({"name": "Plan"})
    (page,) = read_all(connector.fetch_products)
    assert [each.name for each in page.records] == ["Plan"]
    judge.products.delete(plan.id)
    assert connector.fetch_products(FetchRequest(cursor=page.checkpoint)).deleted == (plan.id,)


def test_it_passes_its_check(connector: StripeConnector) -> None:
    result = connector.check(CheckRequest())
    assert (result.account, result.problems) == ("Stripe account (acct_peer, test mode)", ())
    assert result.server_time is not None


def test_a_fault_in_between_is_overcome(peer: str, judge: Any, connector: StripeConnector) -> None:
    judge.customers.create({"name": "Acme"})
    fault = {"status": 429, "headers": {"Retry-After": "1"}}
    assert httpx.post(f"{peer}/_config/faults", json=fault).is_success
    assert len(connector.fetch_customers(FetchRequest()).records) == 1


@pytest.fixture
def delivered(peer: str) -> Iterator[queue.Queue[tuple[bytes, dict[str, str]]]]:
    """Bodies and headers of the webhooks that the peer sends."""
    arrived: queue.Queue[tuple[bytes, dict[str, str]]] = queue.Queue()

    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put((body, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Endpoint) as endpoint:
        thread = threading.Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        url = f"http://127.0.0.1:{endpoint.server_port}/"
        hook = {"url": url, "secret": SECRET, "events": ["customer.updated"]}
        assert httpx.post(f"{peer}/_config/webhooks/test", json=hook).is_success
        yield arrived
        endpoint.shutdown()
        thread.join()


def test_a_webhook_names_the_customer_that_changed(
    judge: Any,
    connector: StripeConnector,
    delivered: queue.Queue[tuple[bytes, dict[str, str]]],
) -> None:
    made = judge.customers.create({"name": "Acme"})
    judge.customers.update(made.id, {"name": "Renamed"})
    body, headers = delivered.get(timeout=10)
    while made.id.encode() not in body:  # it also delivers what earlier tests did, a second late
        body, headers = delivered.get(timeout=10)
    request = WebhookRequest(body=body, headers=headers, received_at=dt.datetime.now(dt.UTC))
    (event,) = connector.receive_webhook(request).events
    assert (event.stream, event.external_ids) == (Stream.CUSTOMERS, (made.id,))
    (again,) = connector.fetch_customers(FetchRequest(ids=event.external_ids)).records
    assert again.name == "Renamed"
    with pytest.raises(WebhookRejected):
        connector.receive_webhook(request.model_copy(update={"body": body + b" "}))
