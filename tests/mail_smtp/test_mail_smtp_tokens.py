"""Tokens that several connectors share, and token servers that say anything at all."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exempt import AuthError, Context, Purpose, SendRequest
from exempt.testing import StillContext
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.oauth import Tokens, xoauth2
from exempt_mail_smtp.parts import RefreshToken
from support.token_server import TokenServer, token, token_server

REQUEST = SendRequest(
    key="k", purpose=Purpose.NOTICE, to=("ana@customer.example",), subject="Hello", text="Hello\n"
)


def user(server: TokenServer, **changes: Any) -> dict[str, Any]:
    """The settings of somebody who agreed once."""
    ordinary = {
        "grant": "refresh_token",
        "token_url": server.url,
        "client_id": "app",
        "refresh_token": "refresh-canary-1",
    }
    return {**ordinary, **changes}


def tokens(settings: dict[str, Any]) -> tuple[Tokens, StillContext]:
    """What a connector has of them, at a clock that a test moves."""
    context = StillContext()
    return Tokens(RefreshToken.model_validate(settings), context, "oauth2", 5), context


@pytest.mark.parametrize("life", ["1e999999999", "-1e999999999", "1" * 4000, "[]"])
def test_a_token_may_say_anything_of_its_life(life: str) -> None:
    answer = f'{{"access_token": "one", "expires_in": {life}}}'
    with token_server((200, answer)) as server:
        had, context = tokens(user(server))
        assert had.get().get_secret_value() == "one"
        context.moment += dt.timedelta(days=1)
        assert not had.kept


def test_a_server_that_repeats_a_token_is_not_quoted(
    scripted: Callable[..., int], connect: Callable[..., MailSmtp]
) -> None:
    secret = "tok-" + "canary" * 50
    shown = base64.b64encode(xoauth2("desk", SecretStr(secret))).decode()
    with token_server(token(secret)) as server:
        port = scripted(
            "220 hello",
            "250-hello\r\n250 AUTH XOAUTH2",
            f"535 5.5.1 no such command: AUTH XOAUTH2 {shown}",
        )
        mail = connect(port, security="none", user="desk", oauth2=user(server))
        with pytest.raises(AuthError, match="XOAUTH2 …") as caught:
            mail.send_request(REQUEST)
        assert shown[:20] not in str(caught.value)


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Context, Path]:
    """The core's own context, as `exempt` runs it, and the file of the refresh token."""
    from exempt.adapters.connections.context import CoreContext

    path = tmp_path / "refresh"
    path.write_text("refresh-canary-1")
    context = CoreContext(
        "mail",
        tmp_path,
        clock=lambda: dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
        stop=lambda: False,
        references={"connections.mail.settings.oauth2.refresh_token": "file:refresh"},
        redact=str,
    )
    return context, path


def test_a_new_refresh_token_reaches_its_file(kept: tuple[Context, Path]) -> None:
    context, path = kept
    with token_server(token("one", refresh_token="refresh-canary-2")) as server:
        Tokens(RefreshToken.model_validate(user(server)), context, "oauth2", 5).get()
    assert path.read_text() == "refresh-canary-2"


def test_connectors_side_by_side_use_a_refresh_token_once(kept: tuple[Context, Path]) -> None:
    context, path = kept
    answers = [token(str(number), refresh_token=f"refresh-canary-{number}") for number in (2, 3)]
    with token_server(*answers) as server:
        settings = RefreshToken.model_validate(user(server))
        sending, reading = (Tokens(settings, context, "oauth2", 5) for _ in range(2))
        with ThreadPoolExecutor(2) as both:
            had = [each.result() for each in [both.submit(t.get) for t in (sending, reading)]]
        assert {token.get_secret_value() for token in had} == {"2"}
        reading.forget()
        assert sending.get().get_secret_value() == "3"
    asked = [form["refresh_token"] for form in server.asked]
    assert asked == ["refresh-canary-1", "refresh-canary-2"]
    assert path.read_text() == "refresh-canary-3"


def test_a_person_who_agrees_again_begins_anew() -> None:
    with token_server(token("one"), token("two")) as server:
        assert tokens(user(server))[0].get().get_secret_value() == "one"
        assert tokens(user(server))[0].get().get_secret_value() == "one"
        anew = user(server, refresh_token="refresh-canary-9")
        assert tokens(anew)[0].get().get_secret_value() == "two"
    assert [form["refresh_token"] for form in server.asked] == [
        "refresh-canary-1",
        "refresh-canary-9",
    ]
