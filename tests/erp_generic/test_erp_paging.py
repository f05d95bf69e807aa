"""Paging: all rows, from every cursor; and what would lose rows, or never end, is an error."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import respx

from exempt import FetchRequest, PermanentError
from exempt.testing import read_all, records
from peers.erp_build import SECRET, URL, as_json, connector, order_row
from peers.erp_list import PagedList

NEXT = {"kind": "next_url", "next": '"@odata.nextLink"'}
SIZED = {"size_param": "size", "size": 7}
WAYS = [
    pytest.param({"kind": "none"}, id="none"),
    pytest.param({"kind": "page", **SIZED}, id="page, ends with an empty one"),
    pytest.param({"kind": "page", **SIZED, "has_more": "more"}, id="page, has_more"),
    pytest.param({"kind": "page", **SIZED, "total": "total"}, id="page, total"),
    pytest.param({"kind": "page", **SIZED, "total_pages": "pages"}, id="page, total_pages"),
    pytest.param({"kind": "offset", **SIZED}, id="offset, ends with an empty one"),
    pytest.param({"kind": "offset", **SIZED, "has_more": "more"}, id="offset, has_more"),
    pytest.param({"kind": "offset", **SIZED, "total": "total"}, id="offset, total"),
    pytest.param({"kind": "cursor", **SIZED, "next": "next"}, id="cursor"),
    pytest.param(
        {"kind": "cursor", **SIZED, "next": "next", "has_more": "more"}, id="cursor, has_more"
    ),
    pytest.param({"kind": "link_header", **SIZED}, id="Link header"),
    pytest.param({**NEXT, **SIZED}, id="next URL, relative"),
]


def serve(router: respx.MockRouter, paging: dict[str, Any], count: int, **how: Any) -> PagedList:
    """An ERP with *count* orders, paged as *paging* says."""
    remote = PagedList(paging["kind"], [order_row(n) for n in range(count)], **how)
    router.get(url__startswith=f"{URL}/orders").mock(side_effect=remote)
    return remote


@pytest.mark.parametrize("paging", WAYS)
@pytest.mark.parametrize("count", [0, 1, 7, 8, 21, 30])
@pytest.mark.parametrize("page_size", [3, 7, 100])
def test_from_every_cursor_a_fresh_connector_gives_the_same_rest(
    mocked: respx.MockRouter, paging: dict[str, Any], count: int, page_size: int
) -> None:
    serve(mocked, paging, count)
    pages = read_all(connector(orders__paging=paging).fetch_orders, page_size=page_size)
    read = [record.external_id for record in records(pages)]
    assert read == [f"SO-{n}" for n in range(count)]
    assert pages[-1].checkpoint
    for number, page in enumerate(pages[:-1], start=1):
        fresh = connector(orders__paging=paging)
        rest = read_all(fresh.fetch_orders, page.next_cursor, page_size=page_size)
        assert rest == pages[number:]


@pytest.mark.parametrize("paging", [*WAYS[1:4], *WAYS[5:]])
def test_a_page_that_is_smaller_than_asked_for_is_not_the_last(
    mocked: respx.MockRouter, paging: dict[str, Any]
) -> None:
    if paging["kind"] == "page":
        paging = paging | {"size": 5}
    serve(mocked, paging, 30, cap=5)
    assert len(records(read_all(connector(orders__paging=paging).fetch_orders))) == 30


def test_a_page_that_is_larger_than_asked_for_is_returned_in_parts(
    mocked: respx.MockRouter,
) -> None:
    remote = serve(mocked, {"kind": "none"}, 10)
    pages = read_all(connector().fetch_orders, page_size=4)
    assert [len(page.records) for page in pages] == [4, 4, 2]
    assert len(remote.asked) == 3


def test_the_size_of_a_page_stays_the_same_in_a_run(mocked: respx.MockRouter) -> None:
    remote = serve(mocked, {"kind": "page"}, 20)
    erp = connector(orders__paging={"kind": "page", **SIZED})
    first = erp.fetch_orders(FetchRequest(page_size=5))
    rest = records(read_all(erp.fetch_orders, first.next_cursor, page_size=100))
    assert [query["size"] for query in remote.asked[:3]] == ["5", "5", "5"]
    assert len(rest) == 15


def test_pages_may_start_at_zero_and_have_names_of_their_own(mocked: respx.MockRouter) -> None:
    route = mocked.get(f"{URL}/orders", params={"p": "0", "n": "100", "open": "true"})
    route.mock(return_value=as_json({"data": [], "more": False}))
    paging = {"kind": "page", "param": "p", "start": 0, "size_param": "n"}
    read_all(connector(orders__paging=paging, orders__params={"open": True}).fetch_orders)
    assert route.call_count == 1


def answers(router: respx.MockRouter, *bodies: Any) -> respx.Route:
    """The ERP gives these answers, the last for ever."""
    replies = [body if isinstance(body, httpx.Response) else as_json(body) for body in bodies]
    route = router.get(url__startswith=f"{URL}/orders")
    return route.mock(side_effect=[*replies, *[replies[-1]] * 5])


ROWS = {"data": [order_row(1)]}


@pytest.mark.parametrize(
    ("paging", "bodies", "calls", "words"),
    [
        pytest.param(
            {"kind": "page"},
            [ROWS],
            2,
            "two pages in a row are the same",
            id="the page parameter is ignored",
        ),
        pytest.param(
            {"kind": "offset"},
            [ROWS],
            2,
            "two pages in a row are the same",
            id="the offset parameter is ignored",
        ),
        pytest.param(
            {"kind": "cursor", "next": "next"},
            [ROWS | {"next": "a"}, {"data": [order_row(2)], "next": "a"}],
            2,
            "two pages in a row are the same",
            id="the token is the same",
        ),
        pytest.param(
            NEXT, [ROWS | {"@odata.nextLink": "orders"}], 1, "leads to itself", id="link to itself"
        ),
        pytest.param(
            NEXT,
            [ROWS | {"@odata.nextLink": "https://evil.example/orders?p=2"}],
            1,
            "links to another host (https://evil.example:443)",
            id="link to another host",
        ),
        pytest.param(
            {"kind": "link_header"},
            [as_json(ROWS, Link='<http://erp.example/api/orders?p=2>; rel="next"')],
            1,
            "links to another host",
            id="Link header without TLS",
        ),
        pytest.param(
            NEXT | {"next": "nextLink"},
            [ROWS | {"@odata.nextLink": "orders?p=2"}],
            1,
            "the answer names one in '@odata.nextLink'",
            id="the wrong path to the link",
        ),
        pytest.param(
            {"kind": "none"},
            [ROWS | {"links": {"next": f"{URL}/orders?p=2"}}],
            1,
            "the answer names one in 'next'",
            id="no paging, but a link",
        ),
        pytest.param(
            {"kind": "none"},
            [as_json(ROWS, Link='<orders?p=2>; rel="next"')],
            1,
            "the answer names one in the Link header",
            id="no paging, but a Link header",
        ),
        pytest.param(
            {"kind": "cursor", "next": "token", "has_more": "more"},
            [ROWS | {"more": True}],
            1,
            "the answer names one in has_more",
            id="more, but no token",
        ),
        pytest.param(
            {"kind": "cursor", "next": "next"},
            [ROWS | {"next": {"id": 1}}],
            1,
            "leads to no token but to a dict",
            id="a token that is none",
        ),
        pytest.param(
            NEXT | {"next": "next"},
            [ROWS | {"next": 17}],
            1,
            "leads to no address but to a int",
            id="a link that is none",
        ),
        pytest.param(
            {"kind": "page", "has_more": "more"},
            [ROWS],
            1,
            "paging.has_more: more leads to no true or false",
            id="has_more is nowhere",
        ),
        pytest.param(
            {"kind": "offset", "total": "count"},
            [ROWS],
            1,
            "count leads to no number",
            id="total is nowhere",
        ),
        pytest.param(
            {"kind": "cursor", "next": "sort(data)"},
            [ROWS],
            1,
            "paging: 'sort(data)' cannot be applied",
            id="a path that does not apply",
        ),
        pytest.param(
            NEXT,
            [ROWS | {"@odata.nextLink": "orders?t=" + "x" * 5000}],
            1,
            "link to the next page has more than 4,096 characters",
            id="a link without end",
        ),
    ],
)
def test_what_would_lose_rows_or_never_end_is_an_error(
    mocked: respx.MockRouter, paging: dict[str, Any], bodies: list[Any], calls: int, words: str
) -> None:
    route = answers(mocked, *bodies)
    with pytest.raises(PermanentError) as caught:
        read_all(connector(orders__paging=paging).fetch_orders, pages_max=10)
    assert words in str(caught.value)
    assert route.call_count == calls


@pytest.mark.parametrize(
    ("records_", "body", "words"),
    [
        pytest.param("value", {"data": []}, "value leads to nothing", id="misspelt"),
        pytest.param("value", {"data": []}, "the answer has 'data'", id="names what there is"),
        pytest.param("data", {"data": {"a": 1}}, "data leads to a dict, not to a list", id="dict"),
        pytest.param("@", {"data": []}, "@ leads to a dict, not to a list", id="not the body"),
    ],
)
def test_a_path_that_leads_to_no_list_is_an_error(
    mocked: respx.MockRouter, records_: str, body: Any, words: str
) -> None:
    answers(mocked, body)
    with pytest.raises(PermanentError) as caught:
        connector(orders__records=records_).fetch_orders(FetchRequest())
    assert words in str(caught.value)


def test_the_body_itself_may_be_the_list(mocked: respx.MockRouter) -> None:
    answers(mocked, [order_row(1)])
    assert len(connector(orders__records="@").fetch_orders(FetchRequest()).records) == 1


@pytest.mark.parametrize(
    "last",
    [
        pytest.param({"data": []}, id="no link"),
        pytest.param({"data": [], "@odata.nextLink": None}, id="null"),
        pytest.param({"data": [], "@odata.nextLink": ""}, id="empty text"),
    ],
)
def test_the_last_page_may_be_empty(mocked: respx.MockRouter, last: Any) -> None:
    answers(mocked, ROWS | {"@odata.nextLink": "orders?p=2"}, last)
    assert [len(p.records) for p in read_all(connector(orders__paging=NEXT).fetch_orders)] == [1, 0]


def test_an_api_key_that_the_link_repeats_is_not_in_the_cursor(mocked: respx.MockRouter) -> None:
    link = f"{URL}/orders?api%5Fkey={SECRET}&%24skiptoken=a%2Cb"
    route = answers(mocked, ROWS | {"@odata.nextLink": link}, {"data": []})
    auth = {"kind": "api_key", "place": "query", "name": "api_key", "value": SECRET}
    pages = read_all(connector(orders__paging=NEXT, auth=auth).fetch_orders)
    cursor = json.loads(pages[0].next_cursor or "")
    assert cursor["at"] == f"{URL}/orders?%24skiptoken=a%2Cb"
    asked = route.calls[1].request.url
    assert asked.params.get_list("api_key") == [SECRET]
    assert asked.params["$skiptoken"] == "a,b"


def test_an_absolute_path_is_resolved_and_not_appended(mocked: respx.MockRouter) -> None:
    answers(mocked, ROWS | {"@odata.nextLink": "/api/orders?p=2"}, {"data": []})
    pages = read_all(connector(orders__paging=NEXT).fetch_orders)
    assert json.loads(pages[0].next_cursor or "")["at"] == f"{URL}/orders?p=2"
