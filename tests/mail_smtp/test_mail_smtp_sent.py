"""Never twice: what is looked up where the server keeps what it sent, and what is not known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from exempt import ConfigError, Outcome, Purpose, SendRequest, TransientError
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.sandbox.imap import Kept, Mailbox
from peers.smtp_peer import Peer
from support.imap_server import FaultyServer, imap_server, imap_settings

pytestmark = pytest.mark.peer

Connect = Callable[..., MailSmtp]

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


class SentMails(Mailbox):
    """What the mail server kept, as its mailbox of sent mails shows it."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        super().__init__()

    @property
    def messages(self) -> dict[int, Kept]:
        raw = enumerate(self._peer.raw_mails(), 1)
        return {uid: Kept(uid, NOON, content) for uid, content in raw}

    @messages.setter
    def messages(self, _: dict[int, Kept]) -> None:
        """It is the server that fills it."""


@pytest.fixture
def server(peer: Peer) -> Iterator[FaultyServer]:
    with imap_server(INBOX=Mailbox(), Sent=SentMails(peer), Empty=Mailbox()) as running:
        yield running


def request(key: str, name: str) -> SendRequest:
    return SendRequest(
        key=key, purpose=Purpose.NOTICE, to=(f"{name}@customer.example",), subject="s", text="t\n"
    )


def copies(peer: Peer, message_id: str | None) -> int:
    return [mail["Message-ID"] for mail in peer.mails()].count(message_id)


def connected(connect: Connect, peer: Peer, server: FaultyServer, **changes: Any) -> MailSmtp:
    return connect(peer.port, imap=imap_settings(server, sent_mailbox="Sent", **changes))


def test_a_mail_that_was_taken_and_not_confirmed_is_found(
    peer: Peer, server: FaultyServer, connect: Connect
) -> None:
    result = connected(connect, peer, server).send_request(request("sent-1", "dropdata"))
    assert (result.outcome, copies(peer, result.remote_id)) == (Outcome.APPLIED, 1)
    assert result.message == "it is in Sent, though the server did not confirm it"


def test_a_mail_that_is_not_found_may_still_have_gone_out(
    peer: Peer, server: FaultyServer, connect: Connect
) -> None:
    mail = connect(peer.port, imap=imap_settings(server, sent_mailbox="Empty"))
    result = mail.send_request(request("sent-2", "dropdata"))
    assert (result.outcome, copies(peer, result.remote_id)) == (Outcome.UNKNOWN, 1)
    assert result.message.endswith("it is not in Empty so far")


@pytest.mark.parametrize("fault", ["no", "bye", "cut", "silent"])
def test_a_mail_that_cannot_be_looked_up_is_not_known(
    peer: Peer, server: FaultyServer, connect: Connect, fault: str
) -> None:
    server.faults["SEARCH"] = fault
    mail = connected(connect, peer, server, timeout=0.5)
    result = mail.send_request(request(f"sent-3-{fault}", "dropdata"))
    assert result.outcome == Outcome.UNKNOWN
    assert "did not confirm it" in result.message
    assert "imap: " in result.message


def test_nobody_is_asked_about_a_mail_that_was_confirmed_or_refused(
    peer: Peer, server: FaultyServer, connect: Connect
) -> None:
    mail = connected(connect, peer, server)
    for key, name, outcome in (("sent-4", "ana", "applied"), ("sent-5", "nouser", "rejected")):
        assert mail.send_request(request(key, name)).outcome == outcome
    assert server.said == []


def test_a_person_who_sends_an_unknown_mail_again_sends_it_once(
    peer: Peer, server: FaultyServer, connect: Connect
) -> None:
    unlooked = connect(peer.port).send_request(request("sent-6", "dropdata"))
    assert unlooked.outcome == Outcome.UNKNOWN
    mail = connected(connect, peer, server, look_first=True)
    again = mail.send_request(request("sent-6", "dropdata"))
    assert (again.outcome, again.remote_id) == (Outcome.UNCHANGED, unlooked.remote_id)
    assert copies(peer, again.remote_id) == 1
    new = mail.send_request(request("sent-7", "ana"))
    assert (new.outcome, copies(peer, new.remote_id)) == (Outcome.APPLIED, 1)


def test_a_mail_is_not_sent_where_it_must_be_looked_up_first_and_cannot(
    peer: Peer, server: FaultyServer, connect: Connect
) -> None:
    before = len(peer.mails())
    server.faults["SEARCH"] = "no"
    with pytest.raises(TransientError) as caught:
        connected(connect, peer, server, look_first=True).send_request(request("sent-8", "ana"))
    assert not caught.value.maybe_applied
    absent = imap_settings(server, sent_mailbox="Gone", look_first=True)
    with pytest.raises(ConfigError, match=r"imap\.sent_mailbox: .* does not open Gone"):
        connect(peer.port, imap=absent).send_request(request("sent-8", "ana"))
    assert len(peer.mails()) == before
