"""How far a mail came when the server stopped, by servers that say what they are told."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from exempt import (
    Attachment,
    AuthError,
    CheckRequest,
    ConfigError,
    ConnectorError,
    Outcome,
    Purpose,
    SendRequest,
    TransientError,
)
from exempt_mail_smtp.connector import MailSmtp

Connect = Callable[..., MailSmtp]
Scripted = Callable[..., int]

REQUEST = SendRequest(
    key="k", purpose=Purpose.NOTICE, to=("ana@customer.example",), subject="Hello", text="Hello\n"
)
HELLO = ("220 hello", "250 hello")
LOGIN = {"user": "desk", "password": "secret"}


@pytest.mark.parametrize(
    ("replies", "error", "message"),
    [
        pytest.param(("554 no",), ConfigError, "does not serve us: 554 no", id="refuses at once"),
        pytest.param(("421 full",), TransientError, "asks to come later: 421 full", id="is busy"),
        pytest.param((), TransientError, "closed the connection", id="hangs up at once"),
        pytest.param(("220 hello", ""), TransientError, "closed", id="hangs up at the greeting"),
        pytest.param(HELLO, ConfigError, "AUTH extension not supported", id="knows no login"),
        pytest.param(
            ("220 hello", "250-hello\r\n250 AUTH GSSAPI"),
            ConfigError,
            "No suitable authentication method found",
            id="knows other logins only",
        ),
        pytest.param(
            ("220 hello", "250-hello\r\n250 AUTH PLAIN", "454 4.7.0 try later"),
            TransientError,
            "asks to come later: 454",
            id="cannot look up the login now",
        ),
        pytest.param(
            ("220 hello", "250-hello\r\n250 AUTH PLAIN", "535 5.7.8 no, desk@northwind.example"),
            AuthError,
            r"refuses the login: 535 5\.7\.8 no, \(address\)",
            id="refuses the login",
        ),
    ],
)
def test_a_server_that(
    scripted: Scripted,
    connect: Connect,
    replies: tuple[str, ...],
    error: type[ConnectorError],
    message: str,
) -> None:
    with pytest.raises(error, match=message) as caught:
        connect(scripted(*replies), **LOGIN).send_request(REQUEST)
    assert type(caught.value) is error


def test_a_server_that_is_not_there(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    mail = connect(port)
    with pytest.raises(TransientError, match="cannot be reached: Connection refused"):
        mail.send_request(REQUEST)
    (problem,) = mail.check(CheckRequest()).problems
    assert (problem.code, problem.help) == (
        "not_reached",
        "Check `host` and `port`, or try again later.",
    )


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        pytest.param((), "retry", id="MAIL, gone"),
        pytest.param(("451 later",), "retry", id="MAIL, not now"),
        pytest.param(("552 5.3.4 too big",), "rejected", id="MAIL, too large"),
        pytest.param(("250 ok",), "retry", id="RCPT, gone"),
        pytest.param(("250 ok", "552 5.2.2 over quota"), "rejected", id="RCPT, over quota"),
        pytest.param(("250 ok", "ok"), "retry", id="RCPT, nonsense"),
        pytest.param(("250 ok", "250 ok"), "retry", id="DATA, gone"),
        pytest.param(("250 ok", "250 ok", "451 later"), "retry", id="DATA, not now"),
        pytest.param(("250 ok", "250 ok", "554 no"), "rejected", id="DATA, never"),
        pytest.param(("250 ok", "250 ok", "354 go", ""), "unknown", id="mail, gone"),
        pytest.param(("250 ok", "250 ok", "354 go", "100 what"), "unknown", id="mail, nonsense"),
        pytest.param(("250 ok", "250 ok", "354 go", "421 bye"), "retry", id="mail, not now"),
        pytest.param(("250 ok", "250 ok", "354 go", "554 no"), "rejected", id="mail, never"),
        pytest.param(("250 ok", "250 ok", "354 go", "250 ok"), "applied", id="mail, taken"),
    ],
)
def test_the_last_reply(
    scripted: Scripted, connect: Connect, replies: tuple[str, ...], outcome: str
) -> None:
    result = connect(scripted(*HELLO, *replies)).send_request(REQUEST)
    assert result.outcome == outcome


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("450 4.2.0 (address): Recipient address rejected: Greylisted, see http://x.example", 300),
        ("451 4.7.1 Graylisting in action, please come back later", 300),
        ("450 4.2.0 Greylisted for 180 seconds", 180),
        ("451 4.7.650 try again in 10 minutes", 600),
        ("421 4.7.0 Try again after 45s", 45),
        ("450 4.2.2 mailbox full, in 3 months it is emptied", None),
        ("451 4.3.0 try again", None),
    ],
)
def test_how_long_a_server_asks_to_wait(
    scripted: Scripted, connect: Connect, said: str, seconds: int | None
) -> None:
    result = connect(scripted(*HELLO, "250 ok", said)).send_request(REQUEST)
    wait = result.retry_after and result.retry_after.total_seconds()
    assert (result.outcome, wait) == (Outcome.RETRY, seconds)


def test_a_connection_lost_within_the_mail_is_no_mail(scripted: Scripted, connect: Connect) -> None:
    file = Attachment(name="a.pdf", media_type="application/pdf", content=bytes(6_000_000))
    port = scripted(*HELLO, "250 ok", "250 ok", "354 cut")
    result = connect(port).send_request(REQUEST.model_copy(update={"attachments": (file,)}))
    assert result.outcome == Outcome.RETRY


@pytest.mark.parametrize("farewell", ["421 idle too long", ""])
def test_an_idle_connection_that_was_closed_is_made_anew_before_the_mail(
    scripted: Scripted, connect: Connect, monkeypatch: pytest.MonkeyPatch, farewell: str
) -> None:
    taken = ("250 ok", "250 ok", "354 go", "250 ok")
    first, second = scripted(*HELLO, *taken, farewell), scripted(*HELLO, *taken)
    mail = connect(first)
    assert mail.send_request(REQUEST).outcome == Outcome.APPLIED
    monkeypatch.setattr(type(mail._settings), "server_port", second)
    assert mail.send_request(REQUEST).outcome == Outcome.APPLIED


def test_a_connection_is_used_for_so_many_mails(
    scripted: Scripted, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = ("250 ok", "250 ok", "354 go", "250 ok")
    first = scripted(*HELLO, *taken, "250 reset", *taken, "221 bye")
    second = scripted(*HELLO, *taken)
    mail = connect(first, mails_per_connection=2)
    assert [mail.send_request(REQUEST).outcome for _ in range(2)] == [Outcome.APPLIED] * 2
    monkeypatch.setattr(type(mail._settings), "server_port", second)
    assert mail.send_request(REQUEST).outcome == Outcome.APPLIED


def test_check_names_the_kind_of_address_that_mails_are_sent_from(
    scripted: Scripted, connect: Connect
) -> None:
    port = scripted(*HELLO, "550 5.7.60 not as tax+check@northwind.example")
    (problem,) = connect(port, verp=True).check(CheckRequest()).problems
    assert "550 5.7.60 not as (address); mend `sender`, `envelope_sender`, `verp`" in (
        problem.message
    )


def test_a_size_limit_that_the_server_told_is_shown_with_its_refusal(
    scripted: Scripted, connect: Connect
) -> None:
    port = scripted("220 hello", "250-hello\r\n250 SIZE 9000", "552 5.3.4 too big")
    result = connect(port).send_request(REQUEST)
    assert (result.outcome, result.message) == (
        "rejected",
        "552 5.3.4 too big; the server takes at most 9,000 bytes a mail: send smaller files",
    )


def test_check_of_a_server_that_hangs_up_on_the_sender(
    scripted: Scripted, connect: Connect
) -> None:
    (problem,) = connect(scripted(*HELLO)).check(CheckRequest()).problems
    assert problem.code == "not_reached"


def test_a_mail_is_not_made_of_what_is_no_address(connect: Connect) -> None:
    request = REQUEST.model_copy(update={"to": ("nobody",)})
    result = connect(1).send_request(request)
    assert (result.outcome, result.remote_id) == (Outcome.REJECTED, None)
    assert result.message.startswith("address 1 of `to` is no e-mail address")
