"""Reading a mailbox: pages, cursors, and what is left alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exempt import Bounce, Capability, ConfigError, CursorExpired, FetchRequest
from exempt.testing import read_all, records
from exempt_mail_smtp import exempt_connectors
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.sandbox.imap import Mailbox
from support.imap_server import FaultyServer, imap_server, imap_settings

Connect = Callable[..., MailSmtp]

FOLDER = Path(__file__).parent / "notices"
KEY = "exempt-4af2c09e11d87b6a53f0e8d94c17a2b0e95d3f68"
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
NOISE = ("answer", "holiday", "another_mail")


def put(box: Mailbox, *names: str, at: dt.datetime = NOON) -> list[str]:
    """Put notices into *box*, and return their identifiers."""
    contents = [(FOLDER / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n") for name in names]
    return [f"{box.validity}-{box.add(content, at)}" for content in contents]


@pytest.fixture
def inbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(inbox: Mailbox) -> Iterator[FaultyServer]:
    with imap_server(INBOX=inbox, Archive=Mailbox(7)) as running:
        yield running


def test_a_bounce_says_when_it_came_and_of_which_message_it_is(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    (first,) = put(inbox, "postfix")
    page = connect(1, imap=imap_settings(server)).fetch_bounces(FetchRequest())
    assert page.records == (
        Bounce(
            external_id=first,
            updated_at=NOON,
            key=KEY,
            permanent=True,
            status="5.1.1",
            reason="550 5.1.1 (address): Recipient address rejected: User (address) unknown",
        ),
    )


@pytest.mark.parametrize("page_size", [1, 2, 3, 100])
def test_every_cursor_leads_to_the_rest_in_a_connector_of_its_own(
    server: FaultyServer, inbox: Mailbox, connect: Connect, page_size: int
) -> None:
    wanted = []
    for name in ("postfix", "exchange", "gmail", "qmail"):
        put(inbox, *NOISE)
        wanted += put(inbox, name)
    put(inbox, "answer")
    pages = read_all(connect(1, imap=imap_settings(server)).fetch_bounces, page_size=page_size)
    assert [record.external_id for record in records(pages)] == wanted
    seen = 0
    for page in pages:
        seen += len(page.records)
        anew = connect(1, imap=imap_settings(server))
        cursor = page.next_cursor or page.checkpoint
        rest = records(read_all(anew.fetch_bounces, cursor, page_size=page_size))
        assert [record.external_id for record in rest] == wanted[seen:]


def test_the_next_run_reads_what_came_since(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    mail = connect(1, imap=imap_settings(server))
    empty = mail.fetch_bounces(FetchRequest())
    assert (empty.records, empty.checkpoint) == ((), f"{inbox.validity}:0")
    put(inbox, "postfix")
    first = mail.fetch_bounces(FetchRequest(cursor=empty.checkpoint))
    nothing = mail.fetch_bounces(FetchRequest(cursor=first.checkpoint))
    assert (nothing.records, nothing.checkpoint) == ((), first.checkpoint)
    (late,) = put(inbox, "gmail")
    second = mail.fetch_bounces(FetchRequest(cursor=nothing.checkpoint))
    assert [record.external_id for record in second.records] == [late]
    assert server.logins == 1


def test_a_server_that_does_not_say_which_number_is_next(inbox: Mailbox, connect: Connect) -> None:
    wanted = put(inbox, "postfix", "answer", "gmail", "answer")
    with imap_server({"EXAMINE": "forgetful"}, INBOX=inbox) as server:
        mail = connect(1, imap=imap_settings(server))
        pages = read_all(mail.fetch_bounces, page_size=1)
        assert [record.external_id for record in records(pages)] == [wanted[0], wanted[2]]
        again = mail.fetch_bounces(FetchRequest(cursor=pages[-1].checkpoint))
        assert (again.records, again.checkpoint) == ((), pages[-1].checkpoint)
        assert len([said for said in server.said if said.startswith("FETCH")]) == 6


def test_a_message_deleted_meanwhile_leaves_no_gap(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    put(inbox, "postfix", "gmail", "exchange")
    first = connect(1, imap=imap_settings(server)).fetch_bounces(FetchRequest(page_size=1))
    del inbox.messages[1], inbox.messages[2]
    rest = connect(1, imap=imap_settings(server)).fetch_bounces(
        FetchRequest(cursor=first.next_cursor)
    )
    assert [record.external_id for record in rest.records] == [f"{inbox.validity}-3"]


def test_numbers_far_apart_are_found(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    wanted = put(inbox, "postfix")
    inbox.next_uid = 3_000_000
    wanted += put(inbox, "gmail")
    pages = read_all(connect(1, imap=imap_settings(server)).fetch_bounces)
    assert [record.external_id for record in records(pages)] == wanted


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("7:1", id="a mailbox made anew"),
        pytest.param("2026-11-20", id="a cursor of something else"),
    ],
)
def test_a_cursor_of_another_mailbox_has_expired(
    server: FaultyServer, inbox: Mailbox, connect: Connect, cursor: str
) -> None:
    put(inbox, "postfix")
    with pytest.raises(CursorExpired):
        connect(1, imap=imap_settings(server)).fetch_bounces(FetchRequest(cursor=cursor))


def test_what_is_older_than_asked_for_is_left_out(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    put(inbox, "postfix", at=NOON - dt.timedelta(days=30))
    wanted = put(inbox, "gmail")
    page = connect(1, imap=imap_settings(server)).fetch_bounces(FetchRequest(since=NOON.date()))
    assert [record.external_id for record in page.records] == wanted


def test_bounces_by_their_identifiers_and_those_that_are_gone(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    first, bad, _ = put(inbox, "postfix", "illegible", "gmail")
    gone = (f"{inbox.validity}-99", "7-1", "nonsense")
    page = connect(1, imap=imap_settings(server)).fetch_bounces(
        FetchRequest(ids=(first, bad, *gone))
    )
    assert [record.external_id for record in page.records] == [first]
    assert [row.external_id for row in page.rejected] == [bad]
    assert page.deleted == gone
    assert (page.next_cursor, page.checkpoint) == (None, None)


def test_an_illegible_report_costs_nothing_but_itself(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    _, bad, _ = put(inbox, "postfix", "illegible", "gmail")
    page = connect(1, imap=imap_settings(server)).fetch_bounces(FetchRequest())
    assert len(page.records) == 2
    (row,) = page.rejected
    assert (row.row, row.external_id) == ("message 2 in INBOX", bad)
    assert row.reason == "a delivery report without Action: look at it in the mailbox"


def test_nothing_is_marked_or_deleted_unless_told(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    put(inbox, "postfix", "answer")
    connect(1, imap=imap_settings(server)).fetch_bounces(FetchRequest())
    assert [message.seen for message in inbox.messages.values()] == [False, False]
    assert not [said for said in server.said if said.startswith(("SELECT", "STORE"))]
    connect(1, imap=imap_settings(server, mark_seen=True)).fetch_bounces(FetchRequest())
    assert [message.seen for message in inbox.messages.values()] == [True, False]


def test_only_reports_are_read_whole_and_only_their_beginning(
    server: FaultyServer, inbox: Mailbox, connect: Connect
) -> None:
    put(inbox, "answer", "postfix", "answer")
    connect(1, imap=imap_settings(server)).fetch_bounces(FetchRequest())
    whole = [said for said in server.said if "BODY.PEEK[]" in said]
    assert whole == ["FETCH 2 (UID INTERNALDATE BODY.PEEK[]<0.262144>)"]


def test_a_server_that_tells_news_in_between_and_the_number_last(
    inbox: Mailbox, connect: Connect
) -> None:
    put(inbox, "postfix", "gmail")
    with imap_server({"FETCH": "chatter"}, INBOX=inbox) as server:
        page = connect(1, imap=imap_settings(server)).fetch_bounces(FetchRequest())
    assert [record.key for record in page.records] == [KEY, KEY]


def test_a_mailbox_whose_name_is_beyond_ascii(connect: Connect) -> None:
    box = Mailbox()
    put(box, "postfix")
    with imap_server() as server:
        server.mailboxes["R&APw-ckl&AOQ-ufer &- &U,BTFw-"] = box
        mail = connect(1, imap=imap_settings(server, mailbox="Rückläufer & 台北"))
        assert len(mail.fetch_bounces(FetchRequest()).records) == 1


def test_a_mailbox_that_is_not_there_is_named(server: FaultyServer, connect: Connect) -> None:
    mail = connect(1, imap=imap_settings(server, mailbox="Returns"))
    with pytest.raises(ConfigError, match=r"imap\.mailbox: .* does not open Returns"):
        mail.fetch_bounces(FetchRequest())


def test_bounces_are_declared_only_where_a_mailbox_is_named(
    server: FaultyServer, connect: Connect
) -> None:
    (info,) = exempt_connectors()
    assert info.capabilities
    without, with_ = connect(1), connect(1, imap=imap_settings(server))
    assert set(info.capabilities(without._settings)) == {Capability.REQUESTS}
    assert set(info.capabilities(with_._settings)) == {Capability.REQUESTS, Capability.BOUNCES}
    assert without.fetch_bounces(FetchRequest()).records == ()
