"""The check asks for changes once, as every later run will; and tells one thing once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from exempt import CheckRequest, FetchRequest, RateLimited, TransientError
from exempt.testing import StillContext
from exempt_erp_generic.cursor import Place
from peers.erp_build import URL, as_json, connector, order_row
from support.records import NOW

OLD = order_row(1)
NEW = order_row(2, changed=NOW.isoformat())


@pytest.fixture
def erp(mocked: respx.MockRouter) -> Any:
    """An ERP that answers who asks for changes as a test says, else with an old order."""

    def make(answer: Any, **incremental: Any) -> tuple[list[str], Any]:
        asked: list[str] = []

        def serve(request: httpx.Request) -> httpx.Response:
            if "since" not in request.url.params:
                return as_json({"data": [OLD]})
            asked.append(request.url.params["since"])
            if isinstance(answer, Exception):
                raise answer
            assert isinstance(answer, httpx.Response)
            return answer

        mocked.get(f"{URL}/orders").mock(side_effect=serve)
        told = {"param": "since"} | incremental
        return asked, connector(StillContext(), orders__incremental=told)

    return make


@pytest.mark.parametrize(
    "rows",
    [pytest.param([], id="nothing changed"), pytest.param([NEW], id="changed just now")],
)
def test_an_erp_that_understands_is_no_problem(erp: Any, rows: list[Any]) -> None:
    asked, connection = erp(as_json({"data": rows}))
    assert connection.check(CheckRequest()).problems == ()
    assert len(asked) == 1


def test_a_parameter_that_the_erp_does_not_know_is_told(erp: Any) -> None:
    _, connection = erp(as_json({"data": [OLD, NEW]}))
    (problem,) = connection.check(CheckRequest()).problems
    assert (problem.code, problem.severity) == ("incremental", "warning")
    assert "the ERP gave 1 older rows" in problem.message


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.RemoteProtocolError("gone"), id="the connection breaks"),
        pytest.param(httpx.Response(400), id="400"),
        pytest.param(httpx.Response(500), id="500"),
    ],
)
def test_a_form_that_the_erp_cannot_read_is_an_error(erp: Any, answer: Any) -> None:
    asked, connection = erp(answer)
    (problem,) = connection.check(CheckRequest()).problems
    assert (problem.code, problem.severity) == ("incremental", "error")
    assert "the whole list can be read, but changes cannot" in problem.message
    assert asked


def test_an_erp_that_asks_for_fewer_calls_says_nothing_of_the_settings(erp: Any) -> None:
    _, connection = erp(httpx.Response(429))
    with pytest.raises(RateLimited):
        connection.check(CheckRequest())


def test_a_broken_connection_tells_what_was_asked(erp: Any) -> None:
    _, connection = erp(httpx.RemoteProtocolError("gone"), overlap_seconds=0)
    request = FetchRequest(cursor=Place(since=NOW).cursor())
    with pytest.raises(TransientError, match=r"asked for changes since .*by orders\.incremental"):
        connection.fetch_orders(request)


def test_rows_that_lack_the_same_are_told_once(mocked: respx.MockRouter) -> None:
    rows = [order_row(n, total=None if n < 6 else 1.5) for n in range(50)]
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": rows}))
    (problem,) = connector().check(CheckRequest()).problems
    assert problem.message.startswith("orders: 6 of 50 rows: total: there is nothing at total")
    assert "SO-0" in problem.message


@pytest.mark.parametrize(
    "paging",
    [
        pytest.param({"kind": "page", "total_pages": "pagse"}, id="pages"),
        pytest.param({"kind": "page", "has_more": "more"}, id="more"),
        pytest.param({"kind": "offset", "total": "totl"}, id="total"),
    ],
)
def test_a_wrong_path_in_paging_tells_the_names_of_the_answer(
    mocked: respx.MockRouter, paging: dict[str, str]
) -> None:
    answer = {"data": [order_row(1)], "pages": 1, "total": 1}
    mocked.get(f"{URL}/orders").mock(return_value=as_json(answer))
    (problem,) = connector(orders__paging=paging).check(CheckRequest()).problems
    assert problem.message.endswith("; the answer has 'data', 'pages', 'total'")


def test_a_page_of_which_a_filter_leaves_nothing_is_not_the_end(mocked: respx.MockRouter) -> None:
    kinds = {"1": "AN", "2": "AN", "3": "AB"}

    def serve(request: httpx.Request) -> httpx.Response:
        number = request.url.params["page"]
        return as_json({"data": [order_row(int(number), type=kinds[number])], "pages": 3})

    mocked.get(f"{URL}/orders").mock(side_effect=serve)
    connection = connector(
        orders__records="data[?type != 'AN']",
        orders__paging={"kind": "page", "total_pages": "pages"},
    )
    found, cursor = [], None
    while True:
        page = connection.fetch_orders(FetchRequest(cursor=cursor))
        found += [order.external_id for order in page.records]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == ["SO-3"]


def test_half_a_list_stays_refused_where_the_rest_would_be_deleted(
    mocked: respx.MockRouter,
) -> None:
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": [], "pages": 3}))
    connection = connector(
        orders__gone="deleted", orders__paging={"kind": "page", "total_pages": "pages"}
    )
    with pytest.raises(TransientError, match="a page was empty although the ERP tells of more"):
        connection.fetch_orders(FetchRequest())
