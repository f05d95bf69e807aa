"""Searches: lists that are asked for by POST, or by a query in a parameter, page by page."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
import respx

from exempt import FetchRequest, PermanentError
from exempt.testing import read_all, records
from peers.erp_build import URL, as_json, connector, order_row

ROWS = [order_row(n) for n in range(1, 6)]
SEARCH: dict[str, Any] = {
    "orders__method": "POST",
    "orders__path": "search",
    "orders__body": {"from": "{offset}", "rows": "{size}", "changed": ["ge", "{since}"]},
    "orders__paging": {"kind": "offset", "size": 2},
    "orders__incremental": {"overlap_seconds": 0},
}


def bodies(route: respx.Route) -> list[Any]:
    """What each call asked."""
    return [json.loads(call.request.content) for call in route.calls]


def searched(request: httpx.Request) -> httpx.Response:
    """What an ERP answers that divides by offset."""
    asked = json.loads(request.content)
    return as_json({"data": ROWS[asked["from"] :][: asked["rows"]]})


def test_the_body_says_which_page(mocked: respx.MockRouter) -> None:
    route = mocked.post(f"{URL}/search").mock(side_effect=searched)
    pages = read_all(connector(**SEARCH).fetch_orders)
    assert [r.external_id for r in records(pages)] == [f"SO-{n}" for n in range(1, 6)]
    assert [asked["from"] for asked in bodies(route)] == [0, 2, 4, 5]
    assert all(call.request.url.query == b"" for call in route.calls)
    assert route.calls[0].request.headers["content-type"] == "application/json"


def test_from_every_cursor_the_same_rest(mocked: respx.MockRouter) -> None:
    mocked.post(f"{URL}/search").mock(side_effect=searched)
    pages = read_all(connector(**SEARCH).fetch_orders, page_size=1)
    for number in range(1, len(pages)):
        rest = read_all(
            connector(**SEARCH).fetch_orders, pages[number - 1].next_cursor, page_size=1
        )
        assert rest == pages[number:]


def test_everything_is_asked_for_since_the_beginning_and_then_changes(
    mocked: respx.MockRouter,
) -> None:
    route = mocked.post(f"{URL}/search").mock(side_effect=searched)
    checkpoint = read_all(connector(**SEARCH).fetch_orders)[-1].checkpoint
    connector(**SEARCH).fetch_orders(FetchRequest(cursor=checkpoint))
    asked = bodies(route)
    assert asked[0]["changed"] == ["ge", "1970-01-01T00:00:00Z"]
    assert asked[-1]["changed"] == ["ge", "2026-11-01T12:05:00Z"]


def test_a_search_is_repeated_like_any_reading(mocked: respx.MockRouter) -> None:
    route = mocked.post(f"{URL}/search").mock(
        side_effect=[httpx.Response(500), httpx.ReadTimeout, as_json({"data": ROWS[:1]})]
    )
    assert len(connector(**SEARCH).fetch_orders(FetchRequest()).records) == 1
    assert route.call_count == 3


def test_a_query_in_a_parameter_counts_from_one(mocked: respx.MockRouter) -> None:
    """As QuickBooks wants it: startposition and maxresults stand in the text."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.params["query"])
        start, size = (int(seen[-1].split()[n]) for n in (-3, -1))
        return as_json({"data": ROWS[start - 1 :][:size]})

    mocked.get(f"{URL}/orders").mock(side_effect=answer)
    erp = connector(
        orders__params={"query": "select * startposition {offset} maxresults {size}", "v": 75},
        orders__paging={"kind": "offset", "start": 1, "size": 3},
    )
    assert len(records(read_all(erp.fetch_orders))) == 5
    assert [text.removeprefix("select * startposition ") for text in seen] == [
        "1 maxresults 3",
        "4 maxresults 3",
        "6 maxresults 3",
    ]


def test_a_token_in_the_body_is_null_on_the_first_page(mocked: respx.MockRouter) -> None:
    answers = [
        as_json({"data": ROWS[:1], "next": "abc"}),
        as_json({"data": ROWS[1:2], "next": None}),
    ]
    route = mocked.post(f"{URL}/search").mock(side_effect=answers)
    erp = connector(
        orders__method="POST",
        orders__path="search",
        orders__body={"query": "{{ orders(first: $n) }}", "variables": {"after": "{cursor}"}},
        orders__paging={"kind": "cursor", "next": "next"},
    )
    read_all(erp.fetch_orders)
    assert [asked["variables"]["after"] for asked in bodies(route)] == [None, "abc"]
    assert bodies(route)[0]["query"] == "{ orders(first: $n) }"


def test_paging_in_the_address_beside_a_body(mocked: respx.MockRouter) -> None:
    """As NetSuite's SuiteQL wants it."""
    route = mocked.post(f"{URL}/suiteql").mock(
        side_effect=[as_json({"items": [ROWS[0]], "hasMore": False})]
    )
    erp = connector(
        orders__method="POST",
        orders__path="suiteql",
        orders__records="items",
        orders__headers={"Prefer": "transient"},
        orders__body={"q": "SELECT * FROM transaction WHERE changed >= '{since}'"},
        orders__paging={"kind": "offset", "size_param": "limit", "has_more": "hasMore"},
        orders__incremental={"format": "date"},
    )
    assert len(records(read_all(erp.fetch_orders))) == 1
    request = route.calls[0].request
    assert dict(request.url.params) == {"offset": "0", "limit": "100"}
    assert request.headers["prefer"] == "transient"
    assert bodies(route) == [{"q": "SELECT * FROM transaction WHERE changed >= '1970-01-01'"}]


def test_changes_may_be_asked_for_by_a_header(mocked: respx.MockRouter) -> None:
    """As Xero wants it; without a moment there is no header."""
    route = mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": ROWS}))
    changes: dict[str, Any] = {
        "orders__incremental": {"header": "If-Modified-Since", "format": "%Y-%m-%dT%H:%M:%S"}
    }
    checkpoint = read_all(connector(**changes).fetch_orders)[-1].checkpoint
    read_all(connector(**changes).fetch_orders, checkpoint)
    assert [call.request.headers.get("if-modified-since") for call in route.calls] == [
        None,
        "2026-11-01T12:00:00",
    ]


def test_a_parameter_may_have_several_values_and_base64url(mocked: respx.MockRouter) -> None:
    """As Tryton wants it: the domain as JSON in base64url, and each field by itself."""
    route = mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": ROWS}))
    erp = connector(
        time_zone="America/Chicago",
        orders__params={"d": '[["write_date", ">=", {since}]]', "f": ["no", "name"], "x": True},
        orders__base64url=["d"],
        orders__incremental={"format": "parts", "time_zone": "UTC"},
    )
    read_all(erp.fetch_orders)
    params = route.calls[0].request.url.params
    assert (params.get_list("f"), params["x"]) == (["no", "name"], "true")
    assert json.loads(base64.urlsafe_b64decode(params["d"])) == [
        [
            "write_date",
            ">=",
            {"__class__": "datetime", "year": 1970, "month": 1, "day": 1}
            | dict.fromkeys(("hour", "minute", "second", "microsecond"), 0),
        ]
    ]


def single(mocked: respx.MockRouter, external_id: str, **by_id: Any) -> Any:
    """What is asked for one order by POST."""
    route = mocked.post(f"{URL}/read").mock(return_value=as_json([]))
    call = {"method": "POST", "path": "read", "record": "[0]"} | by_id
    page = connector(orders__by_id=call).fetch_orders(FetchRequest(ids=(external_id,)))
    assert page.deleted == (external_id,)
    return bodies(route)[0]


def test_one_record_by_post_with_its_identifier_as_a_number(mocked: respx.MockRouter) -> None:
    assert single(mocked, "17", body={"ids": ["{id:number}"]}) == {"ids": [17]}


@pytest.mark.parametrize(
    ("external_id", "body", "words"),
    [
        pytest.param("A-1", {"ids": ["{id:number}"]}, "is no whole number", id="letters"),
        pytest.param("x' or 'a' = 'a", {"q": "no = '{id}'"}, "has a quote", id="single quotes"),
        pytest.param('x", "y', {"q": '["{id}"]'}, "has a quote", id="double quotes"),
        pytest.param("x\\", {"q": "no = '{id}'"}, "has a quote", id="a backslash"),
    ],
)
def test_an_identifier_that_would_ask_for_something_else(
    mocked: respx.MockRouter, external_id: str, body: dict[str, Any], words: str
) -> None:
    with pytest.raises(PermanentError, match=words):
        single(mocked, external_id, body=body)
    assert mocked.calls.call_count == 0


def test_quotes_that_are_no_boundary_are_let_through(mocked: respx.MockRouter) -> None:
    assert single(mocked, "O'Hara", body={"name": "{id}"}) == {"name": "O'Hara"}
