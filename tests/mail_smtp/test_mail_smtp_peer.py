"""Against a real SMTP server in a process of its own, which fails on demand."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exempt import (
    Attachment,
    AuthError,
    CheckRequest,
    CloseRequest,
    ConfigError,
    ConnectorError,
    ItemResult,
    Outcome,
    Purpose,
    SendRequest,
)
from exempt_mail_smtp.connector import MailSmtp
from peers.smtp_peer import SIZE_MAX, Peer, run_peer

pytestmark = pytest.mark.peer

Connect = Callable[..., MailSmtp]

KEYS = (f"peer-{number}" for number in itertools.count())
LOGIN = {"user": "desk", "password": "pa55-canary"}


def request(*to: str, **changes: Any) -> SendRequest:
    ordinary = {
        "key": next(KEYS),
        "purpose": Purpose.REQUEST,
        "to": tuple(f"{name}@customer.example" for name in to),
        "subject": "Ihre Bescheinigung für Größe ✓",
        "text": "Bitte senden.\n.\n..\nDanke\n",
    }
    return SendRequest.model_validate({**ordinary, **changes})


def large() -> tuple[Attachment, ...]:
    return (Attachment(name="a.pdf", media_type="application/pdf", content=bytes(SIZE_MAX)),)


def arrived(peer: Peer, result: ItemResult) -> int:
    return [mail["Message-ID"] for mail in peer.mails()].count(result.remote_id)


def test_a_mail_arrives_as_it_was_sent(peer: Peer, connect: Connect) -> None:
    pdf = Attachment(name="Förmular.pdf", media_type="application/pdf", content=b"%PDF\r\n.\r\n\0")
    sent = request("ana", html="<p>Bitte</p>\n", attachments=(pdf,))
    result = connect(peer.port).send_request(sent)
    assert (result.key, result.outcome, result.message) == (sent.key, "applied", "250 2.0.0 kept")
    mail = peer.mail(result.remote_id)
    assert mail["Subject"] == sent.subject
    assert mail["From"] == "Northwind Steuern & Täx <tax@northwind.example>"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert html
    assert text.get_content().splitlines() == sent.text.splitlines()
    assert html.get_content().splitlines() == ["<p>Bitte</p>"]
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_payload(decode=True)) == (pdf.name, pdf.content)


@pytest.mark.parametrize(
    ("name", "outcome", "message", "copies"),
    [
        pytest.param("ana", "applied", "250 2.0.0 kept", 1, id="taken"),
        pytest.param("full", "retry", "452 4.2.2 (address): mailbox full", 0, id="mailbox full"),
        pytest.param("tmp", "retry", "451 4.3.0 try again", 0, id="not now, after DATA"),
        pytest.param("shutdown", "retry", "421 4.3.2 shutting down", 0, id="server goes down"),
        pytest.param("drop", "retry", "closed the connection before", 0, id="cut before DATA"),
        pytest.param(
            "nouser", "rejected", "550 5.1.1 (address): no such user", 0, id="nobody there"
        ),
        pytest.param("spam", "rejected", "554 5.7.1 looks like spam", 0, id="taken for spam"),
        pytest.param("dropdata", "unknown", "did not confirm", 1, id="taken, then cut"),
        pytest.param("garbled", "unknown", "did not confirm", 1, id="taken, then nonsense"),
    ],
)
def test_what_becomes_of_a_mail_and_of_the_next_one(
    peer: Peer, connect: Connect, name: str, outcome: str, message: str, copies: int
) -> None:
    mail = connect(peer.port)
    before = mail.send_request(request("before"))
    result = mail.send_request(request(name))
    after = mail.send_request(request("after"))
    assert (result.outcome, arrived(peer, result)) == (outcome, copies)
    assert message in result.message
    assert "customer.example" not in result.message
    assert [arrived(peer, other) for other in (before, after)] == [1, 1]


def test_no_answer_in_time_after_the_mail_is_unknown(peer: Peer, connect: Connect) -> None:
    result = connect(peer.port, timeout=0.5).send_request(request("slow"))
    assert (result.outcome, arrived(peer, result)) == (Outcome.UNKNOWN, 1)


def test_a_greylisted_mail_is_taken_the_second_time(peer: Peer, connect: Connect) -> None:
    mail, sent = connect(peer.port), request("grey")
    first, second = mail.send_request(sent), mail.send_request(sent)
    assert [first.outcome, second.outcome] == [Outcome.RETRY, Outcome.APPLIED]
    assert first.message == "450 4.7.1 (address): greylisted"
    assert first.remote_id == second.remote_id
    assert arrived(peer, second) == 1


@pytest.mark.parametrize(
    ("names", "outcome", "copies"),
    [
        pytest.param(("ana", "nouser"), "applied", 1, id="the others get it"),
        pytest.param(("ana", "nouser", "full"), "retry", 0, id="nobody before all can"),
        pytest.param(("nouser", "nouser"), "rejected", 0, id="nobody is there"),
    ],
)
def test_some_addresses_are_refused(
    peer: Peer, connect: Connect, names: tuple[str, ...], outcome: str, copies: int
) -> None:
    result = connect(peer.port).send_request(request(*names))
    assert (result.outcome, arrived(peer, result)) == (outcome, copies)
    assert "5.1.1" in result.message or outcome == "retry"


def test_a_connection_that_the_server_closed_is_made_anew(peer: Peer, connect: Connect) -> None:
    mail = connect(peer.port)
    results = [mail.send_request(request(name)) for name in ("hangup", "hangup", "ana")]
    assert [(r.outcome, arrived(peer, r)) for r in results] == [("applied", 1)] * 3


def test_an_address_beyond_ascii_is_for_servers_that_know_it(peer: Peer, connect: Connect) -> None:
    result = connect(peer.port).send_request(request("zoë"))
    assert result.outcome == Outcome.APPLIED
    assert peer.mail(result.remote_id)["To"] == "zoë@customer.example"


def test_an_address_beyond_ascii_is_refused_by_others(connect: Connect, tmp_path: Path) -> None:
    with run_peer(tmp_path, "--ascii") as peer:
        result = connect(peer.port).send_request(request("zoë"))
    assert (result.outcome, result.message) == (
        "rejected",
        "the server takes no address with letters beyond ASCII",
    )


def test_a_mail_over_the_announced_size_is_not_even_sent(peer: Peer, connect: Connect) -> None:
    result = connect(peer.port).send_request(request("ana", attachments=large()))
    assert (result.outcome, arrived(peer, result)) == (Outcome.REJECTED, 0)
    assert result.message == "the server takes at most 1,000,000 bytes a mail: send smaller files"


def test_a_mail_over_a_silent_limit_is_rejected(connect: Connect, tmp_path: Path) -> None:
    with run_peer(tmp_path, "--hide-size") as peer:
        mail = connect(peer.port)
        result = mail.send_request(request("ana", attachments=large()))
        assert mail.check(CheckRequest()).account.endswith("not encrypted, no limit stated")
    assert (result.outcome, result.message) == ("rejected", "552 Error: Too much mail data")


@pytest.mark.parametrize(
    ("sender", "error", "message"),
    [
        pytest.param(
            "forbidden", ConfigError, "sender: the server takes no mail from it", id="never"
        ),
        pytest.param("later", None, "451 4.3.0 come back later", id="not now"),
    ],
)
def test_a_sender_that_the_server_refuses(
    peer: Peer, connect: Connect, sender: str, error: type[ConnectorError] | None, message: str
) -> None:
    mail = connect(peer.port, sender=f"{sender}@northwind.example")
    (problem,) = mail.check(CheckRequest()).problems
    assert message in problem.message
    if error is None:
        assert mail.send_request(request("ana")).outcome == Outcome.RETRY
    else:
        with pytest.raises(error, match=message) as caught:
            mail.send_request(request("ana"))
        assert "northwind.example" not in str(caught.value)


def test_a_server_that_wants_a_login_first(peer: Peer, connect: Connect) -> None:
    with pytest.raises(AuthError, match=r"the server wants a login: 530 5\.7\.0"):
        connect(peer.port).send_request(request("locked"))


@pytest.fixture(scope="session", params=["starttls", "tls"])
def private(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authority: Path
) -> Iterator[tuple[Peer, dict[str, Any]]]:
    """A server that wants encryption and a login, and the settings that it wants."""
    certificate = authority.with_name("localhost.pem")
    options = ["--tls", request.param, "--certificate", str(certificate)]
    login = [text for pair in LOGIN.items() for text in (f"--{pair[0]}", pair[1])]
    with run_peer(tmp_path_factory.mktemp("private"), *options, *login) as running:
        yield (
            running,
            {
                "host": "localhost",
                "security": request.param,
                "ca_file": authority,
                **LOGIN,
            },
        )


Private = tuple[Peer, dict[str, Any]]


def test_encrypted_and_logged_in(private: Private, connect: Connect) -> None:
    peer, settings = private
    mail = connect(peer.port, **settings)
    result = mail.send_request(request("ana"))
    assert (result.outcome, arrived(peer, result)) == (Outcome.APPLIED, 1)
    check = mail.check(CheckRequest())
    assert check.account == (
        "Northwind Steuern & Täx <tax@northwind.example>"
        f" by localhost:{peer.port}, TLSv1.3, 1,000,000 bytes a mail"
    )
    assert check.problems == ()
    assert LOGIN["password"] not in repr(vars(mail._session._kept))


@pytest.mark.parametrize(
    ("changes", "error", "code", "message"),
    [
        pytest.param(
            {"password": "wr0ng-canary"},
            AuthError,
            "login_refused",
            "refuses the login: 535 5.7.8",
            id="a wrong password",
        ),
        pytest.param(
            {"user": None, "password": None},
            AuthError,
            "login_refused",
            "the server wants a login: 530 5.7.0",
            id="no login",
        ),
        pytest.param(
            {"ca_file": None},
            ConfigError,
            "not_accepted",
            "is not trusted: unable to get local issuer certificate",
            id="an unknown authority",
        ),
        pytest.param(
            {"host": "127.0.0.1"},
            ConfigError,
            "not_accepted",
            "is not trusted: IP address mismatch",
            id="a certificate for another name",
        ),
        pytest.param(
            {"ca_file": Path("none.pem")},
            ConfigError,
            "not_accepted",
            "ca_file: none.pem holds no certificates",
            id="no file of certificates",
        ),
    ],
)
def test_what_a_person_must_mend(
    private: Private,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, Any],
    error: type[ConfigError],
    code: str,
    message: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    peer, settings = private
    mail = connect(peer.port, **{**settings, **changes})
    with pytest.raises(error) as caught:
        mail.send_request(request("ana"))
    (problem,) = mail.check(CheckRequest()).problems
    assert problem.code == code
    assert message in problem.message
    for shown in (str(caught.value), problem.message, repr(mail), repr(vars(mail)), caplog.text):
        assert "canary" not in shown


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"security": "tls"}, "does not speak our TLS", id="encrypted from the start"),
        pytest.param(
            {"security": "starttls"}, "STARTTLS extension not supported", id="encrypted later"
        ),
    ],
)
def test_what_the_server_cannot_do_is_said(
    peer: Peer, connect: Connect, changes: dict[str, Any], message: str
) -> None:
    mail = connect(peer.port, **changes)
    with pytest.raises(ConfigError, match=message):
        mail.send_request(request("ana"))


def test_the_server_stays_usable_after_close(peer: Peer, connect: Connect) -> None:
    mail = connect(peer.port)
    mail.close(CloseRequest())
    assert mail.send_request(request("ana")).outcome == Outcome.APPLIED
    mail.close(CloseRequest())
    mail.close(CloseRequest())
