"""The check: each capability is tried out, and each problem comes with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from exempt import CheckRequest, CloseRequest, Severity, TransientError
from peers.erp_build import CUSTOMERS, SECRET, URL, as_json, connector, order_row

GOOD = as_json({"data": [order_row(1)]})
BY_ID = {"path": "orders/{id}"}


@pytest.fixture(autouse=True)
def mocked() -> Iterator[respx.MockRouter]:
    """No call leaves the machine."""
    with respx.mock(assert_all_called=False) as router:
        router.get(f"{URL}/customers").mock(
            return_value=as_json({"data": [{"no": 1, "name": "A"}]})
        )
        yield router


def test_all_is_well(mocked: respx.MockRouter) -> None:
    route = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    mocked.get(f"{URL}/orders/SO-1").mock(return_value=as_json(order_row(1)))
    paging = {"kind": "page", "size_param": "size"}
    erp = connector(customers=CUSTOMERS, orders__paging=paging, orders__by_id=BY_ID)
    result = erp.check(CheckRequest())
    assert (result.account, result.problems) == ("erp.example/api", ())
    assert route.calls[0].request.url.params["size"] == "50"
    erp.close(CloseRequest())


@pytest.mark.parametrize(
    ("answer", "changes", "code", "severity", "words"),
    [
        pytest.param(
            httpx.Response(403), {}, "missing_permission", "error", "answered 403", id="403"
        ),
        pytest.param(
            as_json({"value": []}),
            {},
            "unreadable",
            "error",
            "orders.records: data leads to nothing",
            id="records path that matches nothing",
        ),
        pytest.param(httpx.Response(404), {}, "unreadable", "error", "answered 404", id="404"),
        pytest.param(
            as_json({"data": [order_row(1, total=None)]}),
            {},
            "fields",
            "warning",
            "orders: SO-1: total: there is nothing at total",
            id="a row that cannot be read",
        ),
        pytest.param(
            as_json({"data": []}),
            {},
            "no_records",
            "warning",
            "list of orders is empty",
            id="empty",
        ),
        pytest.param(
            GOOD,
            {"orders__by_id": BY_ID},
            "by_id",
            "error",
            "orders.by_id does not find a record that the list has",
            id="by_id finds nothing",
        ),
    ],
)
def test_a_problem_is_told_with_its_capability(
    mocked: respx.MockRouter, answer: Any, changes: Any, code: str, severity: str, words: str
) -> None:
    mocked.get(f"{URL}/orders").mock(return_value=answer)
    mocked.get(f"{URL}/orders/SO-1").mock(return_value=httpx.Response(404))
    result = connector(customers=CUSTOMERS, **changes).check(CheckRequest())
    (problem,) = result.problems
    assert (problem.code, problem.severity, problem.capability) == (code, severity, "orders")
    assert words in problem.message
    assert problem.help


def test_refused_credentials_are_told_once(mocked: respx.MockRouter) -> None:
    mocked.get(f"{URL}/customers").mock(return_value=httpx.Response(401))
    route = mocked.get(f"{URL}/orders").mock(return_value=httpx.Response(401))
    (problem,) = connector(customers=CUSTOMERS).check(CheckRequest()).problems
    assert (problem.code, problem.capability) == ("credentials", None)
    assert SECRET not in problem.message
    assert route.call_count == 0


def test_a_token_url_without_tls(mocked: respx.MockRouter) -> None:
    mocked.post("http://login.example/token").mock(return_value=as_json({"access_token": "t"}))
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    auth = {
        "kind": "client_credentials",
        "token_url": "http://login.example/token",
        "client_id": "c",
        "client_secret": SECRET,
    }
    (problem,) = connector(auth=auth).check(CheckRequest()).problems
    assert problem.message.startswith("auth.token_url is http")


def test_an_erp_that_cannot_be_reached_is_no_problem_of_the_settings(
    mocked: respx.MockRouter,
) -> None:
    mocked.get(f"{URL}/orders").mock(side_effect=httpx.ConnectError)
    with pytest.raises(TransientError):
        connector().check(CheckRequest())


@pytest.mark.parametrize(
    ("url", "auth", "codes"),
    [
        pytest.param("http://erp.example/api", "bearer", ["plain_http"], id="in the open"),
        pytest.param("http://erp.example/api", "none", [], id="nothing to protect"),
        pytest.param("http://localhost/api", "bearer", [], id="loopback"),
    ],
)
def test_credentials_without_tls(
    mocked: respx.MockRouter, url: str, auth: str, codes: list[str]
) -> None:
    mocked.get(f"{url}/orders").mock(return_value=GOOD)
    given = {"kind": "none"} if auth == "none" else {"kind": "bearer", "token": SECRET}
    problems = connector(base_url=url, auth=given).check(CheckRequest()).problems
    assert [problem.code for problem in problems] == codes
    assert all(problem.severity is Severity.WARNING for problem in problems)
