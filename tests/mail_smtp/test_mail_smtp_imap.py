"""IMAP servers that refuse, break off, or talk nonsense."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exempt import (
    AuthError,
    Capability,
    CheckRequest,
    CloseRequest,
    ConfigError,
    ConnectorError,
    FetchRequest,
    TransientError,
)
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.oauth import xoauth2
from exempt_mail_smtp.replies import without_login
from exempt_mail_smtp.sandbox.imap import Mailbox
from support.imap_server import imap_server, imap_settings

Connect = Callable[..., MailSmtp]

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
NOTICE = Path(__file__).parent / "notices" / "postfix.eml"


@pytest.fixture
def inbox() -> Mailbox:
    box = Mailbox()
    box.add(NOTICE.read_bytes().replace(b"\n", b"\r\n"), NOON)
    return box


@pytest.mark.parametrize(
    ("command", "fault", "error", "message"),
    [
        pytest.param("AUTHENTICATE", "no", AuthError, "refuses the login", id="login, refused"),
        pytest.param(
            "AUTHENTICATE", "unavailable", TransientError, "come later", id="login, not now"
        ),
        pytest.param("AUTHENTICATE", "bye", TransientError, "closed", id="login, bye"),
        pytest.param("AUTHENTICATE", "cut", TransientError, "closed", id="login, cut line"),
        pytest.param("CAPABILITY", "cut", TransientError, "closed", id="greeting, cut line"),
        pytest.param("EXAMINE", "no", ConfigError, "does not open INBOX", id="mailbox, refused"),
        pytest.param(
            "EXAMINE", "unavailable", TransientError, "being moved", id="mailbox, not now"
        ),
        pytest.param("EXAMINE", "bye", TransientError, "going down", id="mailbox, bye"),
        pytest.param("SEARCH", "no", TransientError, "answers NO to SEARCH", id="search, refused"),
        pytest.param("SEARCH", "bad", TransientError, "BAD", id="search, not understood"),
        pytest.param("SEARCH", "nonsense", TransientError, "is no IMAP", id="search, nonsense"),
        pytest.param("SEARCH", "silent", TransientError, "timed out", id="search, silence"),
        pytest.param("FETCH", "no", TransientError, "answers NO to FETCH", id="message, refused"),
        pytest.param("FETCH", "bye", TransientError, "going down", id="message, bye"),
        pytest.param("FETCH", "cut", TransientError, "closed", id="message, cut line"),
        pytest.param("FETCH", "huge", TransientError, "is no IMAP", id="message, without an end"),
        pytest.param("FETCH", "half", TransientError, "closed", id="message, half of it"),
    ],
)
def test_a_server_that_fails(
    inbox: Mailbox,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    command: str,
    fault: str,
    error: type[ConnectorError],
    message: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    with imap_server({command: fault}, INBOX=inbox) as server:
        settings = imap_settings(server, timeout=0.5 if fault == "silent" else 5)
        mail = connect(1, imap=settings)
        with pytest.raises(error, match=message) as caught:
            mail.fetch_bounces(FetchRequest())
        assert type(caught.value) is error
        server.faults.clear()
        assert len(mail.fetch_bounces(FetchRequest()).records) == 1, "the next try is a new one"
    for shown in (str(caught.value), repr(vars(mail)), caplog.text):
        assert "canary" not in shown
        assert "lones" not in shown


def test_a_server_that_is_not_there(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    imap = {"host": "127.0.0.1", "port": port, "security": "none", "user": "a", "password": "b"}
    with pytest.raises(TransientError, match="cannot be reached: Connection refused"):
        connect(1, imap=imap).fetch_bounces(FetchRequest())


def test_a_kept_connection_that_the_server_closed_is_made_anew(
    inbox: Mailbox, connect: Connect
) -> None:
    with imap_server(INBOX=inbox) as server:
        mail = connect(1, imap=imap_settings(server))
        mail.fetch_bounces(FetchRequest())
        server.faults["NOOP"] = "bye"
        assert len(mail.fetch_bounces(FetchRequest()).records) == 1
        mail.close(CloseRequest())
        mail.close(CloseRequest())
        assert server.logins == 2
        assert server.said[-1] == "LOGOUT"


@pytest.mark.parametrize(
    ("capabilities", "asked"),
    [
        pytest.param("IMAP4rev1 AUTH=PLAIN", "AUTHENTICATE PLAIN", id="with SASL"),
        pytest.param("IMAP4rev1", 'LOGIN desk "pa55-canary"', id="without"),
    ],
)
def test_a_password_is_shown_as_the_server_likes_it(
    inbox: Mailbox, connect: Connect, capabilities: str, asked: str
) -> None:
    with imap_server(INBOX=inbox, capabilities=capabilities) as server:
        mail = connect(1, imap=imap_settings(server))
        assert len(mail.fetch_bounces(FetchRequest()).records) == 1
        assert asked in server.said


def test_a_password_does_not_stay_in_the_connection(connect: Connect) -> None:
    with imap_server(capabilities="IMAP4rev1") as server:
        mailboxes = connect(1, imap=imap_settings(server))._mailboxes
        assert mailboxes
        with mailboxes.open("INBOX") as box:
            assert "canary" not in repr(vars(box._imap))
        assert server.logins == 1


@pytest.mark.parametrize(
    ("capabilities", "changes", "error", "message"),
    [
        pytest.param(
            "IMAP4rev1 LOGINDISABLED", {}, ConfigError, "takes no password", id="no password here"
        ),
        pytest.param(
            "IMAP4rev1",
            {"security": "starttls"},
            ConfigError,
            "has no STARTTLS",
            id="no encryption",
        ),
        pytest.param(
            "IMAP4rev1 AUTH=PLAIN",
            {"password": "wr0ng-canary"},
            AuthError,
            r"refuses the login: \[AUTHENTICATIONFAILED\] not known",
            id="a wrong password",
        ),
        pytest.param(
            "IMAP4rev1",
            {"user": 'a "b"', "password": "wr0ng-canary"},
            AuthError,
            "refuses the login",
            id="a name with quotes",
        ),
        pytest.param(
            "IMAP4rev1",
            {"security": "tls"},
            ConnectorError,
            "does not speak our TLS|closed the connection",
            id="encrypted from the start",
        ),
    ],
)
def test_what_a_person_must_mend(
    connect: Connect,
    capabilities: str,
    changes: dict[str, Any],
    error: type[ConnectorError],
    message: str,
) -> None:
    with imap_server(capabilities=capabilities) as server:
        mail = connect(1, imap=imap_settings(server, **changes))
        with pytest.raises(error, match=message) as caught:
            mail.fetch_bounces(FetchRequest())
        assert "canary" not in str(caught.value)


def test_a_server_that_repeats_the_password_is_not_quoted(connect: Connect) -> None:
    with imap_server({"LOGIN": "no"}, capabilities="IMAP4rev1") as server:
        settings = imap_settings(server, password="not for")
        with pytest.raises(AuthError, match="refuses the login: …") as caught:
            connect(1, imap=settings).fetch_bounces(FetchRequest())
        assert "not for" not in str(caught.value)


@pytest.mark.parametrize(
    "repeated",
    [
        pytest.param(b"pa55-canary", id="in clear"),
        pytest.param(base64.b64encode(b"pa55-canary"), id="AUTH LOGIN"),
        pytest.param(base64.b64encode(b"\0desk\0pa55-canary"), id="AUTH PLAIN"),
        pytest.param(base64.b64encode(xoauth2("desk", SecretStr("pa55-canary"))), id="XOAUTH2"),
    ],
)
def test_no_form_of_a_secret_that_a_server_repeats_is_quoted(repeated: bytes) -> None:
    said = f"BAD what is {repeated.decode()}?"
    assert without_login(said, "desk", "pa55-canary") == "BAD what is …?"


@pytest.mark.parametrize(
    ("command", "fault", "code"),
    [
        ("AUTHENTICATE", "no", "mailbox_login_refused"),
        ("EXAMINE", "no", "mailbox_not_opened"),
        ("EXAMINE", "bye", "mailbox_not_reached"),
    ],
)
def test_check_tells_bounces_from_sending(
    scripted: Callable[..., int], connect: Connect, command: str, fault: str, code: str
) -> None:
    with imap_server({command: fault}) as server:
        port = scripted("220 hello", "250 hello", "250 ok")
        (problem,) = connect(port, imap=imap_settings(server)).check(CheckRequest()).problems
    assert (problem.code, problem.capability) == (code, Capability.BOUNCES)


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        pytest.param({"STORE": "no"}, TransientError, "answers NO to STORE", id="not now"),
        pytest.param(
            {"SELECT": "readonly"}, ConfigError, r"set imap\.mark_seen = false", id="never"
        ),
    ],
)
def test_a_mailbox_that_may_not_be_marked(
    inbox: Mailbox,
    connect: Connect,
    fault: dict[str, str],
    error: type[ConnectorError],
    message: str,
) -> None:
    with imap_server(fault, INBOX=inbox) as server:
        mail = connect(1, imap=imap_settings(server, mark_seen=True))
        with pytest.raises(error, match=message):
            mail.fetch_bounces(FetchRequest())


@pytest.mark.parametrize(
    ("security", "capabilities"),
    [("tls", "IMAP4rev1 AUTH=PLAIN"), ("starttls", "IMAP4rev1 STARTTLS AUTH=PLAIN")],
)
def test_encrypted_and_logged_in(
    inbox: Mailbox, connect: Connect, authority: Path, security: str, capabilities: str
) -> None:
    certificate = authority.with_name("localhost.pem")
    with imap_server(INBOX=inbox, capabilities=capabilities, certificate=certificate) as server:
        settings = imap_settings(server, security=security, host="localhost", ca_file=authority)
        assert len(connect(1, imap=settings).fetch_bounces(FetchRequest()).records) == 1
        for changes, message in (
            ({"ca_file": None}, r"imap\.host: .* is not trusted: unable to get local issuer"),
            ({"host": "127.0.0.1"}, "is not trusted: IP address mismatch"),
            ({"ca_file": "none.pem"}, r"imap\.ca_file: none\.pem holds no certificates"),
        ):
            mail = connect(1, imap={**settings, **changes})
            with pytest.raises(ConfigError, match=message):
                mail.fetch_bounces(FetchRequest())
        assert [said for said in server.said if "canary" in said] == []
