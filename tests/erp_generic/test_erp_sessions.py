"""Logins: cookies and session values are taken from one answer and go with the calls after it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import httpx
import pytest
import respx

from exempt import (
    AuthError,
    CheckRequest,
    CloseRequest,
    ConfigError,
    FetchRequest,
    TransientError,
)
from exempt.testing import StillContext
from peers.erp_build import SECRET, URL, as_json, connector, order_row

LOGIN = f"{URL}/Login"
GOOD = as_json({"data": [order_row(1)]})
COOKIE = {
    "kind": "session",
    "path": "Login",
    "user": "manager",
    "password": SECRET,
    "body": {"CompanyDB": "SBODEMOUS", "UserName": "{user}", "Password": "{password}"},
    "cookies": ["B1SESSION", "ROUTEID"],
}
VALUE = {
    "kind": "session",
    "path": "Login",
    "password": SECRET,
    "body": {"key": "{password}"},
    "keep": {"session": "result.session", "number": "result.user"},
    "send": {"X-Session": "{kept.number}:{kept.session}"},
}


def cookies(number: int, route: str = "ROUTEID=.node1; path=/") -> httpx.Response:
    """An answer as the service layer gives it: two cookies, one of them with a date."""
    session = f"B1SESSION=s-{number}; Expires=Fri, 20 Nov 2026 13:00:00 GMT; HttpOnly"
    headers = [("set-cookie", session), ("set-cookie", route)]
    return httpx.Response(200, headers=headers, json={"SessionId": f"s-{number}"})


def session(number: int) -> httpx.Response:
    """An answer with a session in the body."""
    return as_json({"result": {"user": 7, "session": f"s-{number}"}})


def test_the_cookies_of_the_login_go_with_each_call(mocked: respx.MockRouter) -> None:
    asked = mocked.post(LOGIN).mock(return_value=cookies(1))
    orders = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    erp = connector(auth=COOKIE)
    for _ in range(2):
        erp.fetch_orders(FetchRequest())
    assert [c.request.headers["cookie"] for c in orders.calls] == [
        "B1SESSION=s-1; ROUTEID=.node1"
    ] * 2
    assert asked.call_count == 1
    assert json.loads(asked.calls[0].request.content) == {
        "CompanyDB": "SBODEMOUS",
        "UserName": "manager",
        "Password": SECRET,
    }


def test_a_cookie_beside_the_first_may_be_missing(mocked: respx.MockRouter) -> None:
    """Without a load balancer there is no route."""
    mocked.post(LOGIN).mock(return_value=cookies(1, route="lang=en"))
    orders = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    connector(auth=COOKIE).fetch_orders(FetchRequest())
    assert orders.calls[0].request.headers["cookie"] == "B1SESSION=s-1"


def test_values_of_the_answer_go_into_headers(mocked: respx.MockRouter) -> None:
    mocked.post(LOGIN).mock(return_value=session(1))
    orders = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    connector(auth=VALUE).fetch_orders(FetchRequest())
    assert orders.calls[0].request.headers["x-session"] == "7:s-1"


def test_a_session_that_ended_is_renewed_once(mocked: respx.MockRouter) -> None:
    mocked.post(LOGIN).mock(side_effect=[cookies(1), cookies(2)])
    orders = mocked.get(f"{URL}/orders").mock(side_effect=[httpx.Response(401), GOOD])
    connector(auth=COOKIE).fetch_orders(FetchRequest())
    assert orders.calls[1].request.headers["cookie"].startswith("B1SESSION=s-2")


OVER = as_json({"error": {"code": 100, "message": "Session expired"}})
RENEW = {"when": "error.code == `100`", "verdict": "renew"}


def test_a_session_that_ended_may_be_told_in_a_200(mocked: respx.MockRouter) -> None:
    mocked.post(LOGIN).mock(side_effect=[session(1), session(2)])
    orders = mocked.get(f"{URL}/orders").mock(side_effect=[OVER, GOOD])
    assert connector(auth=VALUE, errors=[RENEW]).fetch_orders(FetchRequest()).records
    assert orders.calls[1].request.headers["x-session"] == "7:s-2"


def test_a_session_that_ends_at_once_is_a_matter_for_a_person(mocked: respx.MockRouter) -> None:
    asked = mocked.post(LOGIN).mock(side_effect=[session(1), session(2), session(3)])
    mocked.get(f"{URL}/orders").mock(return_value=OVER)
    with pytest.raises(AuthError, match=r"by errors\.0"):
        connector(auth=VALUE, errors=[RENEW]).fetch_orders(FetchRequest())
    assert asked.call_count == 2


def test_a_401_about_which_no_rule_says_anything_renews_too(mocked: respx.MockRouter) -> None:
    mocked.post(LOGIN).mock(side_effect=[session(1), session(2)])
    mocked.get(f"{URL}/orders").mock(side_effect=[httpx.Response(401), GOOD])
    rule = {"status": 401, "when": "error == 'locked'", "verdict": "config"}
    assert connector(auth=VALUE, errors=[rule]).fetch_orders(FetchRequest()).records


def test_a_session_may_have_a_known_life(mocked: respx.MockRouter) -> None:
    asked = mocked.post(LOGIN).mock(side_effect=[session(1), session(2)])
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    context = StillContext()
    erp = connector(context, auth=VALUE | {"minutes": 25})
    for minutes in (0, 24, 1):
        context.moment += dt.timedelta(minutes=minutes)
        erp.fetch_orders(FetchRequest())
    assert asked.call_count == 2


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        pytest.param(httpx.Response(401), AuthError, "auth.path: answered 401", id="401"),
        pytest.param(as_json({"result": None}), AuthError, "auth.keep.session", id="no session"),
        pytest.param(httpx.Response(200, html="x"), AuthError, "auth.keep", id="a page"),
        pytest.param(httpx.Response(404), ConfigError, "auth.path: ", id="404"),
        pytest.param(httpx.Response(503), TransientError, "503", id="503"),
    ],
)
def test_a_login_that_fails(
    mocked: respx.MockRouter, answer: Any, error: type[Exception], words: str
) -> None:
    mocked.post(LOGIN).mock(return_value=answer)
    with pytest.raises(error) as caught:
        connector(auth=VALUE).fetch_orders(FetchRequest())
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_login_without_its_cookie_was_refused(mocked: respx.MockRouter) -> None:
    mocked.post(LOGIN).mock(return_value=as_json({}))
    erp = connector(auth=COOKIE)
    (problem,) = erp.check(CheckRequest()).problems
    assert problem.code == "credentials"
    assert "sets no cookie B1SESSION" in problem.message


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(204), id="as it should"),
        pytest.param(httpx.Response(500), id="which fails, and does no harm"),
        pytest.param(httpx.ConnectError, id="to nobody, and does no harm"),
    ],
)
def test_the_last_connector_logs_out(mocked: respx.MockRouter, answer: Any) -> None:
    mocked.post(LOGIN).mock(return_value=cookies(1))
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    logout = mocked.post(f"{URL}/Logout").mock(side_effect=[answer] * 5)
    erps = [connector(auth=COOKIE | {"logout": "Logout"}) for _ in range(2)]
    for erp in erps:
        erp.fetch_orders(FetchRequest())
    erps[0].close(CloseRequest())
    assert logout.call_count == 0
    erps[1].close(CloseRequest())
    erps[1].close(CloseRequest())
    assert logout.calls[0].request.headers["cookie"].startswith("B1SESSION=s-1")


def test_nobody_logs_out_who_never_logged_in(mocked: respx.MockRouter) -> None:
    logout = mocked.post(f"{URL}/Logout").mock(return_value=httpx.Response(204))
    connector(auth=COOKIE | {"logout": "Logout"}).close(CloseRequest())
    assert logout.call_count == 0
