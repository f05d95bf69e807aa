"""Tokens in place of passwords: had, kept, renewed, refused; shown to real servers."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from exempt import (
    AuthError,
    CheckRequest,
    CloseRequest,
    ConfigError,
    ConnectorError,
    FetchRequest,
    Outcome,
    Purpose,
    SendRequest,
    TransientError,
)
from exempt.testing import StillContext
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.oauth import Tokens, xoauth2
from exempt_mail_smtp.parts import ClientCredentials, RefreshToken
from peers.smtp_peer import Peer, run_peer
from support.imap_server import PASSWORD, imap_server, imap_settings
from support.token_server import TokenServer, token, token_server

Connect = Callable[..., MailSmtp]

REQUEST = SendRequest(
    key="k", purpose=Purpose.NOTICE, to=("ana@customer.example",), subject="Hello", text="Hello\n"
)
HELLO = ("220 hello", "250-hello\r\n250 AUTH PLAIN XOAUTH2")
CHALLENGE = "334 eyJzdGF0dXMiOiI0MDEifQ=="


def application(server: TokenServer, **changes: Any) -> dict[str, Any]:
    ordinary = {
        "grant": "client_credentials",
        "token_url": server.url,
        "client_id": "app",
        "client_secret": "app-secret-canary",
        "scope": "https://outlook.office365.com/.default",
    }
    return {**ordinary, **changes}


def user(server: TokenServer, **changes: Any) -> dict[str, Any]:
    ordinary = {
        "grant": "refresh_token",
        "token_url": server.url,
        "client_id": "app",
        "refresh_token": "refresh-canary-1",
    }
    return {**ordinary, **changes}


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """A real server that takes one token."""
    folder = tmp_path_factory.mktemp("oauth")
    with run_peer(folder, "--user", "tax@northwind.example", "--token", "good-token") as running:
        yield running


LOGIN = {"user": "tax@northwind.example"}


def test_the_string_is_that_of_the_documentation() -> None:
    shown = xoauth2(
        "someuser@example.com", SecretStr("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")
    )
    assert shown == (
        b"user=someuser@example.com\x01"
        b"auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01"
    )


def test_a_token_is_asked_for_as_an_application_and_shown_to_the_server(
    peer: Peer, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with token_server(token("good-token")) as server:
        mail = connect(peer.port, **LOGIN, oauth2=application(server))
        assert mail.check(CheckRequest()).problems == ()
        assert mail.send_request(REQUEST).outcome == Outcome.APPLIED
        mail.close(CloseRequest())
        assert mail.send_request(REQUEST).outcome == Outcome.APPLIED
    assert server.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "app",
            "client_secret": "app-secret-canary",
            "scope": "https://outlook.office365.com/.default",
        }
    ]
    for shown in (repr(vars(mail)), repr(vars(mail._session)), caplog.text):
        assert "canary" not in shown
        assert "good-token" not in shown


def test_an_expired_token_is_had_anew_before_it_is_shown(peer: Peer, connect: Connect) -> None:
    with token_server(token("good-token")) as server:
        mail = connect(peer.port, **LOGIN, oauth2=application(server))
        mail.send_request(REQUEST)
        context = mail._context
        assert isinstance(context, StillContext)
        for minutes, asked in ((57, 1), (2, 2)):
            context.moment += dt.timedelta(minutes=minutes)
            mail.close(CloseRequest())
            assert mail.send_request(REQUEST).outcome == Outcome.APPLIED
            assert len(server.asked) == asked


def test_a_token_that_is_refused_too_early_is_had_anew_once(peer: Peer, connect: Connect) -> None:
    with token_server(token("good-token"), token("good-token"), token("bad-token")) as server:
        mail = connect(peer.port, **LOGIN, oauth2=application(server))
        mail.send_request(REQUEST)
        mail.close(CloseRequest())
        tokens = mail._session._tokens
        assert tokens
        tokens._kept.token = SecretStr("revoked")
        assert mail.send_request(REQUEST).outcome == Outcome.APPLIED
        assert len(server.asked) == 2
        tokens._kept.token = SecretStr("revoked")
        mail.close(CloseRequest())
        with pytest.raises(AuthError, match=r"refuses the login: 535 5\.7\.8") as caught:
            mail.send_request(REQUEST)
        assert len(server.asked) == 3
    assert "token" not in str(caught.value)


def test_a_new_token_that_is_refused_is_not_asked_for_again(peer: Peer, connect: Connect) -> None:
    with token_server(token("bad-token")) as server:
        mail = connect(peer.port, **LOGIN, oauth2=application(server))
        (problem,) = mail.check(CheckRequest()).problems
        assert problem.code == "login_refused"
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("replies", "error", "message"),
    [
        pytest.param(
            (CHALLENGE, "535 5.7.8 no"), AuthError, "535", id="refused, after its reasons"
        ),
        pytest.param(("535 5.7.139 no",), AuthError, "535", id="refused at once"),
        pytest.param(("454 4.7.0 later",), TransientError, "454", id="not now"),
        pytest.param((CHALLENGE,), TransientError, "closed", id="gone after its reasons"),
    ],
)
def test_what_the_server_says_to_a_token(
    scripted: Callable[..., int],
    connect: Connect,
    replies: tuple[str, ...],
    error: type[ConnectorError],
    message: str,
) -> None:
    with token_server(token("any")) as server:
        mail = connect(scripted(*HELLO, *replies), **LOGIN, oauth2=application(server))
        with pytest.raises(error, match=message):
            mail.send_request(REQUEST)


def test_a_server_that_takes_no_tokens(scripted: Callable[..., int], connect: Connect) -> None:
    with token_server(token("any")) as server:
        port = scripted("220 hello", "250-hello\r\n250 AUTH PLAIN")
        mail = connect(port, **LOGIN, oauth2=application(server))
        with pytest.raises(ConfigError, match="does not take tokens"):
            mail.send_request(REQUEST)
        assert server.asked == []


# --- the token server --------------------------------------------------------------------


def tokens(settings: dict[str, Any]) -> tuple[Tokens, StillContext]:
    context = StillContext()
    kind = RefreshToken if "refresh_token" in settings else ClientCredentials
    return Tokens(kind.model_validate(settings), context, "oauth2", 5), context


def test_a_new_refresh_token_is_kept_before_the_access_token_is_used() -> None:
    first = token("one", refresh_token="refresh-canary-2")
    with token_server(first, token("two", refresh_token="refresh-canary-2")) as server:
        had, context = tokens(user(server))
        assert had.get().get_secret_value() == "one"
        had.forget()
        assert had.get().get_secret_value() == "two"
    assert [form["refresh_token"] for form in server.asked] == [
        "refresh-canary-1",
        "refresh-canary-2",
    ]
    ((setting, old, new),) = context.rotated
    assert setting == "oauth2.refresh_token"
    assert (old.get_secret_value(), new.get_secret_value()) == (
        "refresh-canary-1",
        "refresh-canary-2",
    )


def test_a_refresh_token_that_cannot_be_kept_stops_before_the_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with token_server(token("one", refresh_token="refresh-canary-2")) as server:
        had, context = tokens(user(server))

        def refuse(*_: Any) -> None:
            msg = "refer to a file"
            raise ConfigError(msg)

        monkeypatch.setattr(context, "rotate_secret", refuse)
        with pytest.raises(ConfigError, match="refer to a file"):
            had.get()
        assert not had.kept


@pytest.mark.parametrize(
    "expires_in", ["3600", 3600, None, "soon"], ids=["text", "number", "not said", "nonsense"]
)
def test_how_long_a_token_is_good(expires_in: Any) -> None:
    with token_server(token("one", expires_in=expires_in)) as server:
        had, context = tokens(application(server))
        had.get()
        context.moment += dt.timedelta(minutes=50)
        assert had.kept
        context.moment += dt.timedelta(minutes=9)
        assert not had.kept


def told(error: str, description: str = "") -> Any:
    return {"error": error, "error_description": f"{description} app-secret-canary"}


@pytest.mark.parametrize(
    ("answer", "error", "message", "calls"),
    [
        pytest.param(
            (400, told("invalid_grant", "AADSTS700082: expired")),
            AuthError,
            r"\(invalid_grant, AADSTS700082\).*have the user agree again",
            1,
            id="the grant is over",
        ),
        pytest.param(
            (401, told("invalid_client", "AADSTS7000215: wrong")),
            AuthError,
            r"\(invalid_client, AADSTS7000215\): check `client_id` and `client_secret`",
            1,
            id="a wrong secret",
        ),
        pytest.param(
            (400, told("invalid_scope")), ConfigError, "check `token_url`, `scope`", 1, id="scope"
        ),
        pytest.param((200, {}), ConfigError, r"\(status 200\)", 1, id="no token"),
        pytest.param((200, []), ConfigError, r"\(status 200\)", 1, id="a list"),
        pytest.param(token("a\x01b"), ConfigError, "no token that can be sent", 1, id="odd token"),
        pytest.param((200, "<html>"), TransientError, "no JSON", 1, id="a login page"),
        pytest.param((410, ""), ConfigError, "mend the address", 1, id="no such page any more"),
        pytest.param((404, ""), ConfigError, "mend the address", 1, id="no such page"),
        pytest.param((302, ""), ConfigError, "mend the address", 1, id="led elsewhere"),
        pytest.param((500, ""), TransientError, "500", 1, id="broken"),
        pytest.param((503, ""), TransientError, "503", 4, id="busy"),
        pytest.param((429, ""), TransientError, "429", 4, id="asked too often"),
    ],
)
def test_a_token_server_that(
    answer: Any,
    error: type[ConnectorError],
    message: str,
    calls: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with token_server(answer) as server:
        had, _ = tokens(application(server))
        with pytest.raises(error, match=message) as caught:
            had.get()
        assert len(server.asked) == calls
    assert not getattr(caught.value, "maybe_applied", False), "no mail was sent"
    for shown in (str(caught.value), repr(had), repr(vars(had)), caplog.text):
        assert "canary" not in shown


# --- IMAP --------------------------------------------------------------------------------


def test_the_mailbox_takes_the_same_tokens(connect: Connect) -> None:
    with token_server(token(PASSWORD)) as server, imap_server() as imap:
        settings = imap_settings(imap)
        del settings["user"], settings["password"]
        mail = connect(1, user="desk", oauth2=application(server), imap=settings)
        mail.fetch_bounces(FetchRequest())
        assert imap.said[1] == "AUTHENTICATE XOAUTH2"
        assert len(server.asked) == 1


def test_another_mailbox_is_read_with_the_same_tokens(connect: Connect) -> None:
    with token_server(token(PASSWORD)) as server, imap_server() as imap:
        settings = imap_settings(imap)
        del settings["password"]
        mail = connect(1, user="sender", oauth2=application(server), imap=settings)
        mail.fetch_bounces(FetchRequest())


def test_the_mailbox_may_have_tokens_of_its_own(connect: Connect) -> None:
    new = token(PASSWORD, refresh_token="refresh-canary-2")
    with token_server(new) as server, imap_server() as imap:
        settings = imap_settings(imap, oauth2=user(server))
        del settings["password"]
        mail = connect(1, imap=settings)
        mail.fetch_bounces(FetchRequest())
        context = mail._context
        assert isinstance(context, StillContext)
        assert [setting for setting, _, _ in context.rotated] == ["imap.oauth2.refresh_token"]


def test_a_token_that_the_mailbox_refuses_is_had_anew_once(connect: Connect) -> None:
    answers = (token("revoked"), token(PASSWORD), token("bad"))
    with token_server(*answers) as server, imap_server() as imap:
        settings = imap_settings(imap, oauth2=application(server))
        del settings["password"]
        mail = connect(1, imap=settings)
        with pytest.raises(AuthError, match="AUTHENTICATIONFAILED"):
            mail.fetch_bounces(FetchRequest())
        assert len(server.asked) == 1
        mail.fetch_bounces(FetchRequest())
        assert len(server.asked) == 2


def test_a_mailbox_that_takes_no_tokens(connect: Connect) -> None:
    with token_server(token("any")) as server, imap_server(capabilities="IMAP4rev1") as imap:
        settings = imap_settings(imap, oauth2=application(server))
        del settings["password"]
        with pytest.raises(ConfigError, match="takes no tokens"):
            connect(1, imap=settings).fetch_bounces(FetchRequest())
