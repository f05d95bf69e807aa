"""OAuth 2.0: tokens are asked for once, renewed in time, kept before use, and shown nowhere."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import threading
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from pydantic import SecretStr

from exempt import (
    AuthError,
    CloseRequest,
    ConfigError,
    FetchRequest,
    Outcome,
    PushRequest,
    TransientError,
)
from exempt.testing import StillContext
from peers.erp_build import ORDER, PUSH_ORDER, SECRET, URL, as_json, connector, item, order_row

TOKEN = "https://login.example/oauth/token"
GOOD = as_json({"data": [order_row(1)]})
CLIENT = {
    "kind": "client_credentials",
    "token_url": TOKEN,
    "client_id": "exempt",
    "client_secret": SECRET,
}
REFRESH = CLIENT | {"kind": "refresh_token", "refresh_token": "old-refresh"}


def token(number: int, **changes: Any) -> httpx.Response:
    """An answer with a token that holds an hour."""
    return as_json({"access_token": f"access-{number}", "expires_in": 3600} | changes)


def sent(route: respx.Route, number: int = 0) -> dict[str, str]:
    """The form of a call."""
    form = parse_qs(route.calls[number].request.content.decode())
    return {name: values[0] for name, values in form.items()}


def authorizations(route: respx.Route) -> list[str]:
    """What each call carried."""
    return [call.request.headers["authorization"] for call in route.calls]


def test_a_token_is_asked_for_once_and_goes_with_each_call(mocked: respx.MockRouter) -> None:
    asked = mocked.post(TOKEN).mock(side_effect=[token(1)])
    orders = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    erp = connector(auth=CLIENT | {"scope": "read write", "fields": {"audience": "erp"}})
    for _ in range(2):
        assert len(erp.fetch_orders(FetchRequest()).records) == 1
    assert authorizations(orders) == ["Bearer access-1"] * 2
    assert sent(asked) == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "audience": "erp",
    }
    pair = base64.b64encode(f"exempt:{SECRET}".encode()).decode()
    assert asked.calls[0].request.headers["authorization"] == f"Basic {pair}"


def test_the_client_may_prove_itself_in_the_form(mocked: respx.MockRouter) -> None:
    asked = mocked.post(TOKEN).mock(return_value=token(1))
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    connector(auth=CLIENT | {"client_auth": "body"}).fetch_orders(FetchRequest())
    assert (sent(asked)["client_id"], sent(asked)["client_secret"]) == ("exempt", SECRET)
    assert "authorization" not in asked.calls[0].request.headers


def test_the_token_goes_where_the_erp_wants_it(mocked: respx.MockRouter) -> None:
    mocked.post(TOKEN).mock(return_value=token(1))
    orders = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    place = {"header": "X-Shop-Access-Token", "scheme": ""}
    connector(auth=CLIENT | place).fetch_orders(FetchRequest())
    assert orders.calls[0].request.headers["x-shop-access-token"] == "access-1"


@pytest.mark.parametrize(
    ("seconds", "calls"),
    [
        pytest.param(3569, 1, id="while it holds"),
        pytest.param(3570, 2, id="half a minute before its end"),
    ],
)
def test_a_token_is_renewed_early(mocked: respx.MockRouter, seconds: int, calls: int) -> None:
    asked = mocked.post(TOKEN).mock(side_effect=[token(1), token(2)])
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    context = StillContext()
    erp = connector(context, auth=CLIENT)
    erp.fetch_orders(FetchRequest())
    context.moment += dt.timedelta(seconds=seconds)
    erp.fetch_orders(FetchRequest())
    assert asked.call_count == calls


def test_a_refused_token_is_renewed_once_and_the_call_made_again(
    mocked: respx.MockRouter,
) -> None:
    mocked.post(TOKEN).mock(side_effect=[token(1), token(2)])
    orders = mocked.get(f"{URL}/orders").mock(side_effect=[httpx.Response(401), GOOD])
    assert len(connector(auth=CLIENT).fetch_orders(FetchRequest()).records) == 1
    assert authorizations(orders) == ["Bearer access-1", "Bearer access-2"]


def test_a_token_that_is_refused_twice_is_a_matter_for_a_person(mocked: respx.MockRouter) -> None:
    asked = mocked.post(TOKEN).mock(side_effect=[token(1), token(2), token(3)])
    mocked.get(f"{URL}/orders").mock(return_value=httpx.Response(401))
    with pytest.raises(AuthError):
        connector(auth=CLIENT).fetch_orders(FetchRequest())
    assert asked.call_count == 2


def test_a_write_is_made_again_with_the_new_token(mocked: respx.MockRouter) -> None:
    mocked.post(TOKEN).mock(side_effect=[token(1), token(2)])
    write = mocked.patch(ORDER).mock(side_effect=[httpx.Response(401), httpx.Response(204)])
    erp = connector(auth=CLIENT, push__orders=PUSH_ORDER)
    (result,) = erp.push_exemption_status(PushRequest(items=(item(),))).results
    assert (result.outcome, write.call_count) == (Outcome.APPLIED, 2)


def test_a_new_refresh_token_is_kept_before_it_is_used(mocked: respx.MockRouter) -> None:
    asked = mocked.post(TOKEN).mock(
        side_effect=[token(1, refresh_token="new-refresh"), token(2, refresh_token="newer")]
    )
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    context = StillContext()
    erp = connector(context, auth=REFRESH)
    erp.fetch_orders(FetchRequest())
    context.moment += dt.timedelta(hours=1)
    erp.fetch_orders(FetchRequest())
    assert [sent(asked, n)["refresh_token"] for n in (0, 1)] == ["old-refresh", "new-refresh"]
    assert context.rotated == [
        ("auth.refresh_token", SecretStr("old-refresh"), SecretStr("new-refresh")),
        ("auth.refresh_token", SecretStr("new-refresh"), SecretStr("newer")),
    ]


def test_a_refresh_token_that_stays_is_not_written_again(mocked: respx.MockRouter) -> None:
    mocked.post(TOKEN).mock(return_value=token(1, refresh_token="old-refresh"))
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    context = StillContext()
    connector(context, auth=REFRESH).fetch_orders(FetchRequest())
    assert context.rotated == []


class Unkept(StillContext):
    """A context that cannot keep a new secret."""

    def rotate_secret(self, setting: str, old: SecretStr, new: SecretStr) -> None:
        """Refuse."""
        raise ConfigError(setting)


def test_a_token_whose_refresh_token_cannot_be_kept_is_not_used(mocked: respx.MockRouter) -> None:
    mocked.post(TOKEN).mock(return_value=token(1, refresh_token="new-refresh"))
    orders = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    with pytest.raises(ConfigError, match=r"auth\.refresh_token"):
        connector(Unkept(), auth=REFRESH).fetch_orders(FetchRequest())
    assert orders.call_count == 0


def test_connectors_of_one_connection_refresh_one_at_a_time(mocked: respx.MockRouter) -> None:
    """A refresh token that is used twice may be refused for good."""
    asked = mocked.post(TOKEN).mock(side_effect=[token(1, refresh_token="new-refresh")])
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    context = StillContext()
    erps = [connector(context, auth=REFRESH) for _ in range(6)]
    threads = [threading.Thread(target=erp.fetch_orders, args=(FetchRequest(),)) for erp in erps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked.call_count == 1
    assert len(context.rotated) == 1


def test_a_connector_opened_with_the_old_refresh_token_uses_the_new_one(
    mocked: respx.MockRouter,
) -> None:
    asked = mocked.post(TOKEN).mock(side_effect=[token(1, refresh_token="new-refresh"), token(2)])
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    context = StillContext()
    first, second = (connector(context, auth=REFRESH) for _ in range(2))
    first.fetch_orders(FetchRequest())
    context.moment += dt.timedelta(hours=2)
    second.fetch_orders(FetchRequest())
    assert sent(asked, 1)["refresh_token"] == "new-refresh"


def test_the_next_run_uses_the_token_that_still_holds(mocked: respx.MockRouter) -> None:
    asked = mocked.post(TOKEN).mock(side_effect=[token(1), token(2)])
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    for _ in range(2):
        erp = connector(auth=CLIENT)
        erp.fetch_orders(FetchRequest())
        erp.close(CloseRequest())
    assert asked.call_count == 1
    connector(auth=CLIENT | {"client_secret": "another"}).fetch_orders(FetchRequest())
    assert asked.call_count == 2


def test_two_connections_share_no_token(mocked: respx.MockRouter) -> None:
    asked = mocked.post(TOKEN).mock(side_effect=[token(1), token(2)])
    mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    erps = [connector(StillContext(connection_id=name), auth=CLIENT) for name in ("a", "b")]
    for erp in erps:
        erp.fetch_orders(FetchRequest())
    assert asked.call_count == 2


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        pytest.param(
            as_json({"error": "invalid_grant", "error_description": SECRET}, 400),
            AuthError,
            "auth.token_url: answered 400 (invalid_grant): the credentials were refused",
            id="refused with a code",
        ),
        pytest.param(httpx.Response(401, html="no"), AuthError, "answered 401", id="401 in HTML"),
        pytest.param(
            as_json({"error": SECRET + " is wrong"}, 400),
            AuthError,
            "answered 400: the credentials",
            id="words that are no code are not passed on",
        ),
        pytest.param(httpx.Response(500), TransientError, "answered 500", id="500"),
        pytest.param(httpx.ConnectError, TransientError, "cannot connect", id="no connection"),
        pytest.param(
            httpx.Response(200, html="Sign in"), TransientError, "no JSON", id="a login page"
        ),
        pytest.param(
            as_json({"token": "x"}), ConfigError, "without an access_token", id="no token"
        ),
        pytest.param(
            as_json({"access_token": "a\nb"}), AuthError, "cannot be sent", id="a line break"
        ),
        pytest.param(
            httpx.Response(302, headers={"Location": "https://else.example"}),
            ConfigError,
            "302",
            id="a redirect is not followed",
        ),
    ],
)
def test_what_the_token_url_may_answer(
    mocked: respx.MockRouter, answer: Any, error: type[Exception], words: str
) -> None:
    mocked.post(TOKEN).mock(side_effect=[answer] * 5)
    orders = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    with pytest.raises(error) as caught:
        connector(auth=CLIENT).fetch_orders(FetchRequest())
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
    assert orders.call_count == 0


def test_a_refresh_whose_answer_was_lost_is_not_repeated_by_itself(
    mocked: respx.MockRouter,
) -> None:
    asked = mocked.post(TOKEN).mock(side_effect=[httpx.ReadTimeout] * 5)
    with pytest.raises(TransientError) as caught:
        connector(auth=REFRESH).fetch_orders(FetchRequest())
    assert asked.call_count == 1
    assert not caught.value.maybe_applied


def test_secrets_go_to_their_own_host_only(mocked: respx.MockRouter) -> None:
    asked = mocked.post(TOKEN).mock(return_value=token(1))
    orders = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    connector(auth=CLIENT).fetch_orders(FetchRequest())
    assert SECRET not in str(orders.calls[0].request.headers)
    assert "access-1" not in str(asked.calls[0].request.headers)


def test_no_token_shows(mocked: respx.MockRouter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mocked.post(TOKEN).mock(return_value=token(1, refresh_token="new-refresh"))
    paging = {"kind": "page"}
    rows = [order_row(n) for n in range(1)]
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": rows}))
    erp = connector(auth=REFRESH, orders__paging=paging)
    page = erp.fetch_orders(FetchRequest())
    login = erp._remote._login  # type: ignore[attr-defined]
    shown = f"{erp!r} {vars(erp)} {vars(login)} {page.next_cursor} {caplog.text}"
    for secret in ("access-1", "old-refresh", "new-refresh", SECRET):
        assert secret not in shown
    erp.close(CloseRequest())
