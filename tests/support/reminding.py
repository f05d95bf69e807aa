"""An installation whose customers are written to day by day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from exempt.model.messages import SendRequest
from exempt.services.mailing import mail_due
from exempt.services.reminding import Notices, Reminded, remind
from exempt.services.request_ports import RequestRow
from support.fake_connector import MAILS
from support.world import Source, World

NOTICES = Notices((30, 7, 0), (7, 21))


def a_mailbox(world: World, **changes: Any) -> Source:
    """A connection that sends mail."""
    return world.connect("mail", MAILS, **changes)


def reminding(mail: Source, notices: Notices = NOTICES) -> Reminded:
    """Owe what is due now."""
    world = mail.world
    return remind(world.store, {mail.row.company_id: mail.row}, world.now, notices)


def on(mail: Source, day: dt.date, notices: Notices = NOTICES) -> list[SendRequest]:
    """What goes out on a day."""
    mail.world.now = dt.datetime.combine(day, dt.time(12), dt.UTC)
    before = len(mail.remote.sent)
    reminding(mail, notices)
    mail_due(mail.reading(post=notices.post))
    return mail.remote.sent[before:]


def all_requests(world: World) -> list[RequestRow]:
    """Requests and notices, in the order they were made."""
    with world.store.reading() as tx:
        return tx.requests.all()


def lines(message: SendRequest) -> list[str]:
    """What a mail is about."""
    found = [line for line in message.text.splitlines() if line.startswith("  - ")]
    return [line.removeprefix("  - ") for line in found]
