"""The sandbox, and the connector against it over a real socket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from exempt import (
    AuthError,
    CheckRequest,
    FetchRequest,
    JurisdictionStatus,
    Outcome,
    PushItem,
    PushRequest,
    Target,
)
from exempt.testing import StillContext, read_all, records, sample
from exempt_billing_stripe import StripeSettings, exempt_connectors
from exempt_billing_stripe.connector import StripeConnector
from exempt_billing_stripe.sandbox import API_KEY, Running, serve
from exempt_billing_stripe.sandbox.books import Clock

Connect = Callable[..., StripeConnector]


def ids(page: Any) -> list[str]:
    return [each.external_id for each in page.records]


def exempt_in(state: str, key: str = "k1", external_id: str = "cus_C1007") -> PushItem:
    return PushItem(
        key=key,
        target=Target.CUSTOMER,
        external_id=external_id,
        version=1,
        jurisdictions=(JurisdictionStatus(jurisdiction=state, exempt=True),),
    )


def call(account: Running, method: str, path: str, **options: Any) -> httpx.Response:
    options = {"headers": {}, **options}
    headers = {"Authorization": f"Bearer {API_KEY}", **options.pop("headers")}
    return httpx.request(method, f"{account.base_url}/v1/{path}", headers=headers, **options)


def test_it_shows_the_sample_company(connector: StripeConnector) -> None:
    customers = records(read_all(connector.fetch_customers, page_size=3))
    assert {each.number for each in customers} == set(sample.BUYER)
    assert {each.number for each in customers if each.exempt} == {
        buyer.number for buyer in sample.BUYERS if buyer.exempt
    }
    orders = records(read_all(connector.fetch_orders, page_size=2))
    assert {(each.number, each.total, each.order_date) for each in orders} == {
        (sale.number, sale.total, sale.day) for sale in sample.BILLING_SALES
    }
    products = records(read_all(connector.fetch_products))
    assert {each.name for each in products} == {item.name for item in sample.ITEMS}


def test_lines_add_up_to_their_invoice(connector: StripeConnector) -> None:
    for order in records(read_all(connector.fetch_orders)):
        assert sum(line.amount for line in order.lines) == order.total
        assert sum((line.tax or Decimal(0) for line in order.lines), Decimal(0)) == order.tax
        assert {line.not_taxed_reason for line in order.lines} == {None}


def test_it_passes_its_check(connector: StripeConnector) -> None:
    result = connector.check(CheckRequest())
    assert result.problems == ()
    assert sample.COMPANY in result.account


def test_it_starts_with_references_to_its_secrets(tmp_path: Path) -> None:
    (info,) = exempt_connectors()
    assert info.sandbox is not None
    with info.sandbox(tmp_path) as started:
        assert API_KEY not in repr(started.settings)
        resolved = {
            **started.settings,
            "api_key": started.environment["EXEMPT_SANDBOX_STRIPE_KEY"],
            "webhook_secrets": [started.environment["EXEMPT_SANDBOX_STRIPE_WEBHOOK_SECRET"]],
        }
        assert len(StripeSettings.model_validate(resolved).webhook_secrets) == 1
        assert started.writes() == {}


def test_another_key_is_refused(account: Running, connect: Connect) -> None:
    with pytest.raises(AuthError):
        connect(base_url=account.base_url).fetch_customers(FetchRequest())


def test_a_push_is_seen_by_the_next_run(account: Running, connector: StripeConnector) -> None:
    checkpoint = read_all(connector.fetch_customers)[-1].checkpoint
    assert ids(connector.fetch_customers(FetchRequest(cursor=checkpoint))) == []
    (result,) = connector.push_exemption_status(PushRequest(items=(exempt_in("US-IL"),))).results
    assert result.outcome is Outcome.APPLIED
    assert account.books.writes() == {
        "cus_C1007": "tax_exempt exempt; customer_number C-1007; exempt_states IL"
    }
    page = connector.fetch_customers(FetchRequest(cursor=checkpoint))
    assert [(each.number, each.exempt) for each in page.records] == [("C-1007", True)]


def test_a_push_twice_is_one_write(account: Running, connector: StripeConnector) -> None:
    request = PushRequest(items=(exempt_in("US-IL"),))
    outcomes = [connector.push_exemption_status(request).results[0].outcome for _ in range(2)]
    assert outcomes == [Outcome.APPLIED, Outcome.UNCHANGED]


def test_what_changes_while_the_history_is_read_comes_with_the_next_run(
    account: Running, connector: StripeConnector
) -> None:
    first = connector.fetch_customers(FetchRequest(page_size=4))
    account.books.change("customer", "cus_C1010", {"name": "Renamed"})  # on the page just read
    account.books.create("customer", {"id": "cus_new", "object": "customer", "name": "New"})
    account.books.delete("customer", first.records[-1].external_id)  # where reading goes on
    rest = read_all(connector.fetch_customers, first.next_cursor, page_size=4)
    assert {each.number for each in (*first.records, *records(rest))} == set(sample.BUYER)
    changes = read_all(connector.fetch_customers, rest[-1].checkpoint, page_size=1)
    assert {each.name for each in records(changes)} == {"Renamed", "New"}
    assert [gone for page in changes for gone in page.deleted] == [first.records[-1].external_id]


def test_equal_seconds_at_the_edge_of_a_page_lose_nothing(
    account: Running, connector: StripeConnector
) -> None:
    for number in range(7):
        row = {"id": f"cus_tie{number}", "object": "customer", "created": 1_700_000_000}
        account.books.load("customer", {**row, "name": "Tie", "tax_exempt": "none"})
    for size in (1, 2, 3, 100):
        found = records(read_all(connector.fetch_customers, page_size=size))
        names = [each.external_id for each in found]
        assert len(names) == len(set(names)) == len(sample.BUYERS) + 7


@pytest.mark.parametrize("size", [1, 7, 100])
def test_many_events_of_one_second_lose_nothing_at_the_edge_of_a_page(
    size: int, account: Running, connector: StripeConnector
) -> None:
    checkpoint = read_all(connector.fetch_customers)[-1].checkpoint
    moment = account.books.clock()
    account.books.clock = lambda: moment
    for number in range(30):
        row = {"id": f"cus_new{number}", "object": "customer", "name": "New"}
        account.books.create("customer", {**row, "tax_exempt": "none"})
    pages = read_all(connector.fetch_customers, checkpoint, page_size=size)
    assert {each.external_id for each in records(pages)} == {f"cus_new{n}" for n in range(30)}


def test_what_happens_in_the_second_of_the_checkpoint_comes_with_the_next_run(
    account: Running, connector: StripeConnector, context: StillContext
) -> None:
    checkpoint = read_all(connector.fetch_customers)[-1].checkpoint
    second = int(context.moment.timestamp()) - 300
    account.books.clock = lambda: float(second)
    account.books.create("customer", {"id": "cus_then", "object": "customer", "name": "Then"})
    page = connector.fetch_customers(FetchRequest(cursor=checkpoint))
    assert ids(page) == ["cus_then"]


def test_reading_goes_on_from_every_cursor(account: Running, connect: Connect) -> None:
    def fresh() -> StripeConnector:
        return connect(api_key=SecretStr(API_KEY), base_url=account.base_url)

    pages = read_all(fresh().fetch_customers, page_size=3)
    everything = [each.external_id for each in records(pages)]
    for number, page in enumerate(pages[:-1], start=1):
        rest = read_all(fresh().fetch_customers, page.next_cursor, page_size=3)
        assert [each.external_id for each in records(rest)] == everything[number * 3 :]


def test_copies_are_distinct(connect: Connect) -> None:
    with serve(copies=3) as large:
        connector = connect(api_key=SecretStr(API_KEY), base_url=large.base_url)
        customers = records(read_all(connector.fetch_customers))
        assert len({each.external_id for each in customers}) == 30
        assert len({each.number for each in customers}) == 30
        assert len({each.email for each in customers if each.email}) == 27
        known = {each.external_id for each in customers}
        assert {
            each.customer_external_id for each in records(read_all(connector.fetch_orders))
        } <= (known)


def test_a_month_without_a_run_reads_anew(
    connector: StripeConnector, context: StillContext
) -> None:
    checkpoint = read_all(connector.fetch_products)[-1].checkpoint
    context.moment += dt.timedelta(days=28)
    connector.fetch_products(FetchRequest(cursor=checkpoint))
    context.moment += dt.timedelta(days=3)
    with pytest.raises(Exception, match="read anew"):
        connector.fetch_products(FetchRequest(cursor=checkpoint))


def test_many_lines_come_with_their_invoice(account: Running, connector: StripeConnector) -> None:
    lines = account.books.get("invoice", "in_9001")["lines"]["data"]
    lines += [{**lines[0], "id": f"il_more{n}"} for n in range(250)]
    (order,) = connector.fetch_orders(FetchRequest(ids=("in_9001",))).records
    assert len(order.lines) == 251


def test_the_same_key_gives_the_same_answer(account: Running) -> None:
    headers = {"Idempotency-Key": "a"}
    first = call(account, "POST", "customers/cus_C1001", data={"name": "A"}, headers=headers)
    call(account, "POST", "customers/cus_C1001", data={"name": "B"})
    again = call(account, "POST", "customers/cus_C1001", data={"name": "A"}, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    other = call(account, "POST", "customers/cus_C1001", data={"name": "C"}, headers=headers)
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "code"),
    [
        ("GET", "customers/cus_x", None, 404, "resource_missing"),
        ("GET", "customers?starting_after=cus_x", None, 400, "resource_missing"),
        ("GET", "customers?limit=101", None, 400, "parameter_invalid_integer"),
        ("GET", "customers?limit=x", None, 400, "parameter_invalid_integer"),
        ("GET", "customers?sort=name", None, 400, "parameter_unknown"),
        ("GET", "nothing", None, 404, None),
        ("POST", "products/prod_PLANPRO", {"name": "x"}, 404, None),
        ("POST", "customers/cus_x", {"tax_exempt": "none"}, 404, "resource_missing"),
        ("POST", "customers/cus_C1001", {"colour": "red"}, 400, "parameter_unknown"),
        ("POST", "customers/cus_C1001", {"tax_exempt": "perhaps"}, 400, None),
        ("POST", "customers/cus_C1001", {"metadata[a]": "x" * 501}, 400, None),
        ("POST", "customers/cus_C1001", {f"metadata[{n}]": "x" for n in range(50)}, 400, None),
    ],
)
def test_it_refuses_what_stripe_refuses(
    method: str,
    path: str,
    data: dict[str, str] | None,
    status: int,
    code: str | None,
    account: Running,
) -> None:
    answer = call(account, method, path, data=data)
    assert (answer.status_code, answer.json()["error"].get("code")) == (status, code)


def test_a_deleted_customer_leaves_a_trace_and_a_product_none(account: Running) -> None:
    call(account, "DELETE", "customers/cus_C1001")
    assert call(account, "GET", "customers/cus_C1001").json()["deleted"] is True
    assert call(account, "POST", "customers/cus_C1001", data={"name": "x"}).status_code == 404
    call(account, "DELETE", "products/prod_PLANPRO")
    assert call(account, "GET", "products/prod_PLANPRO").status_code == 404


def test_lists_go_both_ways(account: Running) -> None:
    newest = call(account, "GET", "customers?limit=4").json()["data"]
    older = call(account, "GET", f"customers?limit=2&starting_after={newest[1]['id']}").json()
    assert older["data"] == newest[2:4]
    newer = call(account, "GET", f"customers?limit=2&ending_before={newest[3]['id']}").json()
    assert newer["data"] == newest[1:3]
    assert newer["has_more"] is True


def test_a_customer_of_a_test_clock_is_told_of_by_events_only(
    account: Running, connect: Connect
) -> None:
    key = {"api_key": SecretStr(API_KEY), "base_url": account.base_url}
    plain, curious = connect(**key), connect(**key, include_test_clocks=True)
    checkpoint = read_all(plain.fetch_customers)[-1].checkpoint
    row = {"id": "cus_clock", "object": "customer", "name": "Tick", "test_clock": "clock_1"}
    account.books.create("customer", row)
    assert "cus_clock" not in ids(curious.fetch_customers(FetchRequest()))
    assert ids(plain.fetch_customers(FetchRequest(cursor=checkpoint))) == []
    (read,) = curious.fetch_customers(FetchRequest(cursor=checkpoint)).records
    assert read.name == "Tick (test clock)"


def test_the_clock_runs_until_it_is_taken_in_hand() -> None:
    moments = iter(range(100, 200))
    clock = Clock(lambda: float(next(moments)))
    assert clock() < clock()
    clock.stand_still()
    stands = clock()
    assert clock() == stands
    clock.advance(dt.timedelta(minutes=1))
    assert clock() == clock() == stands + 60
