"""History, changes and single records, from Stripe as it documents itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
import respx

from exempt import (
    CursorExpired,
    FetchRequest,
    PermanentError,
    TransientError,
)
from exempt.testing import StillContext, read_all, records
from exempt_billing_stripe.connector import StripeConnector
from exempt_billing_stripe.settings import API_VERSION

Connect = Callable[..., StripeConnector]

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
T = int(NOW.timestamp())
BEGAN = T - 300
TAX_IDS = {"expand[]": "data.tax_ids"}


def customer(number: int, **given: Any) -> dict[str, Any]:
    row = {"id": f"cus_{number}", "name": f"Customer {number}", "created": T - 1000 + number}
    return {**row, "metadata": {}, "tax_exempt": "none", **given}


def event(number: int, about: str, kind: str = "customer.updated") -> dict[str, Any]:
    return {"id": f"evt_{number}", "type": kind, "created": T, "data": {"object": {"id": about}}}


def listed(rows: Sequence[dict[str, Any]], *, more: bool = False) -> httpx.Response:
    return httpx.Response(200, json={"object": "list", "data": list(rows), "has_more": more})


def missing(param: str = "id") -> httpx.Response:
    error = {"type": "invalid_request_error", "code": "resource_missing", "param": param}
    return httpx.Response(404, json={"error": {**error, "message": "No such object"}})


def asked(route: respx.Route, call: int = -1) -> dict[str, str]:
    return dict(route.calls[call].request.url.params)


def test_first_page_asks_for_the_newest(remote: respx.MockRouter, connect: Connect) -> None:
    route = remote.get("/customers").mock(return_value=listed([customer(2), customer(1)]))
    page = connect().fetch_customers(FetchRequest(page_size=1000))
    assert [each.external_id for each in page.records] == ["cus_2", "cus_1"]
    assert asked(route) == {"limit": "100", **TAX_IDS}
    assert route.calls[0].request.headers["Stripe-Version"] == API_VERSION
    assert route.calls[0].request.headers["Authorization"] == "Bearer sk_test_canary"


def test_history_goes_on_behind_the_last_record(remote: respx.MockRouter, connect: Connect) -> None:
    route = remote.get("/customers").mock(
        side_effect=[listed([customer(3), customer(2)], more=True), listed([customer(1)])]
    )
    pages = read_all(connect().fetch_customers, page_size=2)
    assert [each.external_id for each in records(pages)] == ["cus_3", "cus_2", "cus_1"]
    assert asked(route) == {"limit": "2", "starting_after": "cus_2", **TAX_IDS}
    assert json.loads(str(pages[-1].checkpoint)) == ["changes", BEGAN]


def test_a_full_last_page_may_be_empty(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get("/customers").mock(side_effect=[listed([customer(1)], more=True), listed([])])
    pages = read_all(connect().fetch_customers, page_size=1)
    assert [len(page.records) for page in pages] == [1, 0]
    assert pages[-1].checkpoint


def test_an_empty_page_ends_even_if_stripe_says_more(
    remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get("/customers").mock(return_value=listed([], more=True))
    assert connect().fetch_customers(FetchRequest()).next_cursor is None


def test_when_the_last_record_is_deleted_its_second_is_read_again(
    remote: respx.MockRouter, connect: Connect
) -> None:
    second = T - 900
    same = [customer(n, created=second) for n in (3, 2, 1)]
    route = remote.get("/customers").mock(
        side_effect=[listed(same[:1], more=True), missing("starting_after"), listed(same[1:])]
    )
    pages = read_all(connect().fetch_customers, page_size=1 + 1)
    assert [each.external_id for each in records(pages)] == ["cus_3", "cus_2", "cus_1"]
    assert asked(route) == {"limit": "2", "created[lt]": str(second + 1), **TAX_IDS}


def test_invoices_are_read_from_since_and_a_draft_before(
    remote: respx.MockRouter, connect: Connect
) -> None:
    route = remote.get("/invoices").mock(return_value=listed([]))
    connect().fetch_orders(FetchRequest(since=dt.date(2026, 2, 1)))
    january = int(dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp())
    assert asked(route) == {"limit": "100", "created[gte]": str(january)}


@pytest.mark.parametrize("stream", ["customers", "products"])
def test_customers_and_products_of_any_age_are_read(
    stream: str, remote: respx.MockRouter, connect: Connect
) -> None:
    route = remote.get(f"/{stream}").mock(return_value=listed([]))
    getattr(connect(), f"fetch_{stream}")(FetchRequest(since=dt.date(2026, 2, 1)))
    assert asked(route) == {"limit": "100", **(TAX_IDS if stream == "customers" else {})}


def test_changes_are_events_whose_objects_are_read_again(
    remote: respx.MockRouter, connect: Connect
) -> None:
    events = [event(3, "cus_1"), event(2, "cus_2", "customer.deleted"), event(1, "cus_1")]
    listing = remote.get("/events").mock(return_value=listed(events))
    one = remote.get("/customers/cus_1").respond(json=customer(1))
    remote.get("/customers/cus_2").respond(json={"id": "cus_2", "deleted": True})
    page = connect().fetch_customers(FetchRequest(cursor=f'["changes",{BEGAN - 60}]'))
    assert [each.external_id for each in page.records] == ["cus_1"]
    assert page.deleted == ("cus_2",)
    assert one.call_count == 1
    assert listing.calls[0].request.url.params.get_list("types[]") == [
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.tax_id.created",
        "customer.tax_id.updated",
        "customer.tax_id.deleted",
    ]
    assert asked(listing)["created[gte]"] == str(BEGAN - 60)
    assert page.checkpoint == f'["changes",{BEGAN}]'


def test_a_run_over_events_keeps_the_moment_it_began(
    remote: respx.MockRouter, connect: Connect, context: StillContext
) -> None:
    remote.get("/events").mock(
        side_effect=[listed([event(2, "cus_2")], more=True), listed([event(1, "cus_1")])]
    )
    remote.get("/customers/cus_1").respond(json=customer(1))
    remote.get("/customers/cus_2").respond(json=customer(2))
    connector = connect()
    first = connector.fetch_customers(FetchRequest(cursor=f'["changes",{BEGAN}]'))
    context.moment += dt.timedelta(hours=3)
    last = connector.fetch_customers(FetchRequest(cursor=first.next_cursor))
    assert last.checkpoint == f'["changes",{BEGAN}]'


def test_runs_overlap_and_a_second_is_read_whole(
    remote: respx.MockRouter, connect: Connect, context: StillContext
) -> None:
    route = remote.get("/events").mock(return_value=listed([]))
    connector = connect()
    first = connector.fetch_customers(FetchRequest(cursor=f'["changes",{BEGAN}]'))
    context.moment += dt.timedelta(minutes=10)
    connector.fetch_customers(FetchRequest(cursor=first.checkpoint))
    assert int(asked(route)["created[gte]"]) == T - 300


@pytest.mark.parametrize("days", [29.1, 31, 400])
def test_events_older_than_stripe_keeps_are_not_asked_for(
    days: float, remote: respx.MockRouter, connect: Connect
) -> None:
    route = remote.get("/events").mock(return_value=listed([]))
    cursor = f'["changes",{T - int(days * 86400)}]'
    with pytest.raises(CursorExpired, match="read anew"):
        connect().fetch_customers(FetchRequest(cursor=cursor))
    assert not route.called


def test_an_event_that_is_gone_expires_the_cursor(
    remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get("/events").mock(return_value=missing("starting_after"))
    with pytest.raises(CursorExpired, match="read anew"):
        connect().fetch_customers(FetchRequest(cursor=f'["changes",{BEGAN},{BEGAN},"evt_1"]'))


@pytest.mark.parametrize(
    "cursor", ["x", "7", "null", "[]", "{}", '["changes"]', '["other",1]', '[["changes"],1]']
)
def test_a_cursor_of_another_kind_expires(cursor: str, connect: Connect) -> None:
    with pytest.raises(CursorExpired):
        connect().fetch_customers(FetchRequest(cursor=cursor))


def test_just_these(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get("/customers/cus_1").respond(json=customer(1))
    remote.get("/customers/cus_9").mock(return_value=missing())
    page = connect().fetch_customers(FetchRequest(ids=("cus_1", "cus_9")))
    assert [each.external_id for each in page.records] == ["cus_1"]
    assert page.deleted == ("cus_9",)
    assert (page.next_cursor, page.checkpoint) == (None, None)


def test_an_id_cannot_lead_elsewhere(remote: respx.MockRouter, connect: Connect) -> None:
    route = remote.get(url__regex=".*").mock(return_value=missing())
    connect().fetch_products(FetchRequest(ids=("../a?b#c",)))
    assert route.calls[0].request.url.raw_path == b"/v1/products/..%2Fa%3Fb%23c"


def test_a_wrong_address_deletes_nothing(remote: respx.MockRouter, connect: Connect) -> None:
    unknown = {"type": "invalid_request_error", "message": "Unrecognized request URL"}
    remote.get("/customers/cus_1").respond(404, json={"error": unknown})
    with pytest.raises(PermanentError, match="Unrecognized"):
        connect().fetch_customers(FetchRequest(ids=("cus_1",)))


def test_an_answer_that_is_no_list_is_told(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get("/customers").respond(json={"hello": "world"})
    with pytest.raises(PermanentError, match="base_url"):
        connect().fetch_customers(FetchRequest())


def test_a_bad_row_is_set_aside(remote: respx.MockRouter, connect: Connect) -> None:
    bad = customer(2, address={"country": "US", "state": "ZZ"})
    remote.get("/customers").mock(return_value=listed([customer(3), bad, customer(1)]))
    page = connect().fetch_customers(FetchRequest())
    assert len(page.records) == 2
    (rejected,) = page.rejected
    assert (rejected.row, rejected.external_id) == ("customer cus_2", "cus_2")
    assert "state" in rejected.reason


def invoice(lines: Sequence[int], *, more: bool) -> dict[str, Any]:
    return {
        "id": "in_1",
        "created": T,
        "currency": "usd",
        "customer": "cus_1",
        "lines": {"data": [bare_line(n) for n in lines], "has_more": more},
        "status": "open",
        "total_excluding_tax": 100,
    }


def bare_line(number: int) -> dict[str, Any]:
    return {"id": f"il_{number}", "amount": 100}


def test_lines_beyond_the_first_ten_are_fetched(remote: respx.MockRouter, connect: Connect) -> None:
    remote.get("/invoices").mock(return_value=listed([invoice(range(10), more=True)]))
    route = remote.get("/invoices/in_1/lines").mock(
        side_effect=[
            listed([bare_line(n) for n in range(10, 110)], more=True),
            listed([bare_line(110)]),
        ]
    )
    (order,) = connect().fetch_orders(FetchRequest()).records
    assert [line.line_id for line in order.lines] == [f"il_{n}" for n in range(111)]
    assert asked(route, 0)["starting_after"] == "il_9"
    assert asked(route)["starting_after"] == "il_109"


def test_an_invoice_deleted_while_its_lines_are_read_is_left_out(
    remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get("/invoices").mock(return_value=listed([invoice(range(10), more=True)]))
    remote.get("/invoices/in_1/lines").mock(return_value=missing())
    page = connect().fetch_orders(FetchRequest())
    assert (page.records, page.rejected) == ((), ())


def test_a_run_that_is_stopped_ends_between_two_records(
    remote: respx.MockRouter, connect: Connect, context: StillContext
) -> None:
    context.stop = True
    with pytest.raises(TransientError, match="stopped"):
        connect().fetch_customers(FetchRequest(ids=("cus_1",)))


@pytest.mark.parametrize(
    ("path", "cursor"),
    [
        pytest.param("/customers", f'["history",{BEGAN},null,null,"cus_1",{T}]', id="history"),
        pytest.param("/events", f'["changes",{BEGAN}]', id="changes"),
    ],
)
def test_a_list_that_is_not_there_expires_nothing(
    path: str, cursor: str, remote: respx.MockRouter, connect: Connect
) -> None:
    remote.get(path).mock(return_value=missing("something"))
    with pytest.raises(PermanentError, match="404"):
        connect().fetch_customers(FetchRequest(cursor=cursor))
