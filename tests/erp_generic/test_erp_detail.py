"""Lists that give little: one further call a row, and lines that have a list of their own."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import respx

from exempt import FetchRequest, PermanentError, TransientError
from exempt.testing import read_all, records
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import CUSTOMERS, URL, as_json, connector, order_row, table

IDS = [{"id": f"c{n}", "links": []} for n in range(7)]
LIST: dict[str, Any] = CUSTOMERS | {
    "fields": {"external_id": "id", "name": "company.name", "email": "email"},
    "detail": {"path": "customers/{id}", "record": "data", "size": 3},
}


@pytest.fixture
def listed(mocked: respx.MockRouter) -> respx.MockRouter:
    """An ERP that lists identifiers, and tells the rest one by one."""
    mocked.get(f"{URL}/customers").mock(return_value=as_json({"data": IDS}))
    for row in IDS:
        detail = {"company": {"name": f"Company {row['id']}"}, "email": None}
        mocked.get(f"{URL}/customers/{row['id']}").mock(return_value=as_json({"data": detail}))
    return mocked


def test_each_row_gets_its_detail_in_small_pages(listed: respx.MockRouter) -> None:
    pages = read_all(connector(customers=LIST).fetch_customers, page_size=100)
    assert [len(page.records) for page in pages] == [3, 3, 1]
    assert [r.name for r in records(pages)] == [f"Company c{n}" for n in range(7)]


@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_from_every_cursor_the_same_rest(listed: respx.MockRouter, page_size: int) -> None:
    pages = read_all(connector(customers=LIST).fetch_customers, page_size=page_size)
    for number in range(1, len(pages)):
        fresh = connector(customers=LIST).fetch_customers
        rest = read_all(fresh, pages[number - 1].next_cursor, page_size=page_size)
        assert rest == pages[number:]


def test_one_that_is_gone_between_list_and_detail_is_deleted(listed: respx.MockRouter) -> None:
    listed.get(f"{URL}/customers/c1").mock(return_value=httpx.Response(404))
    page = connector(customers=LIST).fetch_customers(FetchRequest())
    assert ([r.external_id for r in page.records], page.deleted) == (["c0", "c2"], ("c1",))


def test_a_detail_that_cannot_be_had_now_costs_the_page_and_no_record(
    listed: respx.MockRouter,
) -> None:
    listed.get(f"{URL}/customers/c1").mock(return_value=httpx.Response(500))
    with pytest.raises(TransientError):
        connector(customers=LIST).fetch_customers(FetchRequest())


def test_single_records_come_by_the_same_call(listed: respx.MockRouter) -> None:
    given = {"data": {"id": "c5", "company": {"name": "Five"}}}
    listed.get(f"{URL}/customers/c5").mock(return_value=as_json(given))
    listed.get(f"{URL}/customers/c9").mock(return_value=httpx.Response(404))
    page = connector(customers=LIST).fetch_customers(FetchRequest(ids=("c5", "c9")))
    assert ([r.name for r in page.records], page.deleted) == (["Five"], ("c9",))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param([{"no": 1}], "has no identifier at id", id="without an identifier"),
        pytest.param(["c1"], "has no identifier at id", id="no table"),
    ],
)
def test_a_row_that_does_not_say_what_to_ask_for(
    mocked: respx.MockRouter, rows: list[Any], words: str
) -> None:
    mocked.get(f"{URL}/customers").mock(return_value=as_json({"data": rows}))
    with pytest.raises(PermanentError, match=words):
        connector(customers=LIST).fetch_customers(FetchRequest())


FIELDS = {"line_id": "id", "amount": "amount"}
EACH = {"path": "orders/{id}/lines", "records": "items", "fields": FIELDS, "size": 2}
TOGETHER = {
    "method": "POST",
    "path": "lines/search",
    "body": {"domain": [["order", "in", "{ids}"]]},
    "order": "order[0]",
    "records": "@",
    "fields": FIELDS,
}
ROWS = [order_row(n) for n in (1, 2, 3)]


@pytest.fixture
def lined(mocked: respx.MockRouter) -> respx.MockRouter:
    """Three orders, with as many lines as their number says."""
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": ROWS}))
    every: list[dict[str, Any]] = [
        {"id": f"{n}{line}", "amount": 10 * line, "order": [f"SO-{n}", "name"]}
        for n in (3, 1, 2)
        for line in range(1, n + 1)
    ]
    for n in (1, 2, 3):
        own = [line for line in every if line["order"][0] == f"SO-{n}"]
        mocked.get(f"{URL}/orders/SO-{n}/lines").mock(return_value=as_json({"items": own}))

    def search(request: httpx.Request) -> httpx.Response:
        ids = json.loads(request.content)["domain"][0][2]
        return as_json([line for line in every if line["order"][0] in ids])

    mocked.post(f"{URL}/lines/search").mock(side_effect=search)
    return mocked


@pytest.mark.parametrize(
    ("lines", "calls"),
    [pytest.param(EACH, 3, id="a call an order"), pytest.param(TOGETHER, 1, id="a call a page")],
)
def test_lines_of_a_list_of_their_own(
    lined: respx.MockRouter, lines: dict[str, Any], calls: int
) -> None:
    pages = read_all(connector(orders__lines=lines, orders__fields__total=None).fetch_orders)
    assert [[line.line_id for line in order.lines] for order in records(pages)] == [
        ["11"],
        ["21", "22"],
        ["31", "32", "33"],
    ]
    assert [order.total for order in records(pages)] == [10, 30, 60]
    assert lined.calls.call_count == calls + len(pages)


def test_an_order_without_lines_has_none(lined: respx.MockRouter) -> None:
    lined.get(f"{URL}/orders/SO-2/lines").mock(return_value=httpx.Response(404))
    order = records(read_all(connector(orders__lines=EACH).fetch_orders))[1]
    assert order.lines == ()


def test_single_orders_have_their_lines_too(lined: respx.MockRouter) -> None:
    lined.get(f"{URL}/orders/SO-2").mock(return_value=as_json(ROWS[1]))
    erp = connector(orders__lines=TOGETHER, orders__by_id={"path": "orders/{id}"})
    (order,) = erp.fetch_orders(FetchRequest(ids=("SO-2",))).records
    assert len(order.lines) == 2


@pytest.mark.parametrize(
    ("answer", "lines", "words"),
    [
        pytest.param({"rows": []}, EACH, "leads to no list", id="no list"),
        pytest.param(
            {"items": [], "nextPage": "https://erp.example/api/x?page=2"},
            EACH,
            "names one in 'nextPage'",
            id="only the first page of the lines",
        ),
    ],
)
def test_half_of_the_lines_is_an_error(
    lined: respx.MockRouter, answer: Any, lines: dict[str, Any], words: str
) -> None:
    lined.get(f"{URL}/orders/SO-1/lines").mock(return_value=as_json(answer))
    with pytest.raises(PermanentError, match=words):
        connector(orders__lines=lines).fetch_orders(FetchRequest())


@pytest.mark.parametrize(
    ("paging", "path"),
    [
        pytest.param(
            {"kind": "offset", "size": 2, "has_more": "more"}, "offset", id="in the query"
        ),
        pytest.param(
            {"kind": "offset", "size": 2, "has_more": "more"}, "offset={offset}", id="in the text"
        ),
    ],
)
def test_lines_of_several_pages(mocked: respx.MockRouter, paging: Any, path: str) -> None:
    every = [{"id": n, "amount": 1} for n in range(5)]

    def page(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("offset") or request.url.params["q"].split("=")[1])
        return as_json({"items": every[start : start + 2], "more": start < 4})

    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": ROWS[:1]}))
    mocked.get(f"{URL}/orders/SO-1/lines").mock(side_effect=page)
    params = {"q": path} if "{" in path else {}
    lines = EACH | {"paging": paging, "params": params}
    (order,) = connector(orders__lines=lines).fetch_orders(FetchRequest()).records
    assert [line.line_id for line in order.lines] == ["0", "1", "2", "3", "4"]


def test_lines_that_never_end_are_an_error(mocked: respx.MockRouter) -> None:
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": ROWS[:1]}))
    answer = as_json({"items": [{"id": 1, "amount": 1}], "next": "same"})
    mocked.get(f"{URL}/orders/SO-1/lines").mock(return_value=answer)
    lines = EACH | {"paging": {"kind": "cursor", "next": "next"}}
    with pytest.raises(PermanentError, match="two pages in a row are the same"):
        connector(orders__lines=lines).fetch_orders(FetchRequest())


def test_a_line_of_another_order_is_an_error(lined: respx.MockRouter) -> None:
    lined.post(f"{URL}/lines/search").mock(return_value=as_json([{"order": ["SO-9"]}]))
    with pytest.raises(PermanentError, match="names no order that was asked for"):
        connector(orders__lines=TOGETHER).fetch_orders(FetchRequest())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param(EACH | {"path": "lines"}, "must name {id}", id="names no order"),
        pytest.param(TOGETHER | {"order": None}, "belong together", id="several, and no order"),
        pytest.param(EACH | {"path": None, "params": {"a": 1}}, "give its path", id="no path"),
        pytest.param(TOGETHER | {"method": "GET"}, "a GET has no body", id="a body with GET"),
    ],
)
def test_lines_that_are_half_described(lines: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ErpSettings.model_validate(table(orders__lines=lines))
