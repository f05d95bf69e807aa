"""Reads a mailbox page by page for reports on mails of ours.

A cursor is ``UIDVALIDITY:UID``, the last message looked at. Of each message
the headers are read, of what may be a report the first 256 KiB; nothing is
deleted, and marked as read only where the settings say so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from exempt import Bounce, CursorExpired, FetchRequest, Page
from exempt_mail_smtp import notices
from exempt_mail_smtp.imap import Fetched, Mailbox, Mailboxes
from exempt_mail_smtp.notices import Ours
from exempt_mail_smtp.parts import Imap

_HEADERS = (
    "BODY.PEEK[HEADER.FIELDS (FROM TO RETURN-PATH CONTENT-TYPE X-FAILED-RECIPIENTS"
    " DELIVERED-TO X-ORIGINAL-TO)]"
)
_WHOLE = "BODY.PEEK[]<0.262144>"
_AT_ONCE = 200  # messages whose headers are asked for in one page
_WINDOW = 1000  # numbers in one search; twice as many after each that found nothing
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CURSOR = re.compile(r"(\d{1,10}):(\d{1,10})")
_ID = re.compile(r"(\d{1,10})-(\d{1,10})")


class Bounces:
    """The reports in one mailbox.

    Args:
        mailboxes: The account.
        settings: Which of its mailboxes, and whether to mark.
        ours: How our mails are recognised.
    """

    def __init__(self, mailboxes: Mailboxes, settings: Imap, ours: Ours) -> None:
        self._mailboxes = mailboxes
        self._settings = settings
        self._ours = ours

    def fetch(self, request: FetchRequest) -> Page[Bounce]:
        """See `Connector.fetch_bounces`.

        Raises:
            CursorExpired: The mailbox was made anew: its UIDVALIDITY is another.
        """
        name, writable = self._settings.mailbox, self._settings.mark_seen
        with self._mailboxes.open(name, writable=writable) as box:
            if request.ids is not None:
                return self._named(box, request.ids)
            after = _after(request.cursor, box)
            uids, more = _next(box, after, request)
            last = uids[-1] if uids else max(after, (box.next_uid or 1) - 1)
            cursor = f"{box.validity}:{last}"
            page = self._page(
                box, uids, next_cursor=cursor if more else None, checkpoint=None if more else cursor
            )
            if writable:
                box.mark_seen([_uid(record.external_id) for record in page.records])
            return page

    def _named(self, box: Mailbox, ids: Sequence[str]) -> Page[Bounce]:
        uids = [_uid(each) for each in ids if each.startswith(f"{box.validity}-")]
        page = self._page(box, uids)
        found = {record.external_id for record in page.records}
        bad = {row.external_id for row in page.rejected}
        gone = tuple(each for each in ids if each not in found | bad)
        return page.model_copy(update={"deleted": gone})

    def _page(
        self,
        box: Mailbox,
        uids: Sequence[int],
        *,
        next_cursor: str | None = None,
        checkpoint: str | None = None,
    ) -> Page[Bounce]:
        seen = box.fetch(uids, _HEADERS)
        likely = [each.uid for each in seen if notices.may_be(each.content, self._ours)]
        return Page.read(
            (message for uid in likely for message in box.fetch([uid], _WHOLE)),
            lambda message: self._bounce(box, message),
            row_name=lambda _, message: f"message {message.uid} in {self._settings.mailbox}",
            row_id=lambda message: f"{box.validity}-{message.uid}",
            next_cursor=next_cursor,
            checkpoint=checkpoint,
        )

    def _bounce(self, box: Mailbox, message: Fetched) -> Bounce | None:
        notice = notices.read(message.content, self._ours)
        if notice is None:
            return None
        return Bounce(
            external_id=f"{box.validity}-{message.uid}",
            updated_at=_moment(message.internal_date),
            key=notice.key,
            permanent=notice.permanent,
            status=notice.status,
            reason=notice.reason,
        )


def _after(cursor: str | None, box: Mailbox) -> int:
    """The number of the last message that *cursor* has seen.

    Raises:
        CursorExpired: Numbers no longer mean what they did.
    """
    if cursor is None:
        return 0
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        msg = "the cursor is none of a mailbox: it is read anew"
        raise CursorExpired(msg)
    if int(found[1]) != box.validity:
        msg = "the mailbox was made anew (its UIDVALIDITY is another): it is read anew"
        raise CursorExpired(msg)
    return int(found[2])


def _next(box: Mailbox, after: int, request: FetchRequest) -> tuple[list[int], bool]:
    """The numbers of the next messages after *after*, and whether there are more."""
    most, window, begin = min(request.page_size, _AT_ONCE), _WINDOW, after + 1
    since = request.since if request.cursor is None else None
    while box.next_uid is None or begin < box.next_uid:
        end = begin + window - 1 if box.next_uid else "*"
        found = box.search("UID", f"{begin}:{end}", *_since(since))
        found = [uid for uid in found if uid >= begin]  # "7:*" gives the last one even if it is 5
        last = box.next_uid is None or begin + window >= box.next_uid
        if found:
            return found[:most], len(found) > most or not last
        if last:
            break
        begin, window = begin + window, window * 2
    return [], False


def _since(day: dt.date | None) -> list[str]:
    """As IMAP searches for it; months are English whatever the locale."""
    return ["SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"] if day else []


def _uid(external_id: str) -> int:
    found = _ID.fullmatch(external_id)
    return int(found[2]) if found else 0


def _moment(internal_date: str) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(internal_date)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
