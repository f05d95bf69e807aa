"""The words of mails that go out by themselves, as plain text: notices and reminders.

What a mail is about stands in it line by line, so that a line can be left out
when the mail has waited and it is true no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose, SendRequest

_NOTICE = """\
Hello {name},

please note how long the exemption certificates that we hold from you are valid:

{lines}

Please send us a new one, completed and signed, for each of them. You can answer
this mail and attach it as a PDF or a photo.
{link}
To orders after that day we must add sales tax. If you have sent us a new one
already, there is nothing left for you to do.

Thank you,
{company}
"""

_REMINDER = """\
Hello {name},

on {day} we asked you for exemption certificates, and have received none that
is valid for:

{lines}

Please send us a completed and signed certificate for each of them. You can
answer this mail and attach the certificate as a PDF or a photo.
{link}
Until we have it, we must add sales tax to your orders there. If you have sent
it already, there is nothing left for you to do.

Thank you,
{company}
"""

_ITEM = "  - "


class Ending(NamedTuple):
    """An exemption that comes to its end.

    Attributes:
        day: Its last one.
        number: The certificate's, or the exemption's, if it has one.
        holder: The ship-to customer that holds it, if it is not the one who is written to.
    """

    place: str
    day: dt.date
    number: str | None = None
    holder: str | None = None

    @property
    def pair(self) -> tuple[str, dt.date]:
        """What it is known by: the jurisdiction and the day."""
        return self.place, self.day


class Envelope(NamedTuple):
    """What any mail to a customer needs; ``portal_url`` is where it may answer beside by mail."""

    key: str
    card: CustomerCard
    company: str
    portal_url: str | None


def notice(envelope: Envelope, endings: Sequence[Ending], on: dt.date) -> SendRequest:
    """The mail that tells of *endings*, written on the day *on*."""
    first = min(ending.day for ending in endings)
    by = f" by {long_date(first)}" if on <= first else ""
    subject = f"please renew your exemption certificate{by}"
    lines = [_ending_line(ending) for ending in endings]
    return _mail(envelope, Purpose.EXPIRY, subject, _NOTICE, lines)


def reminder(envelope: Envelope, places: Sequence[str], asked: dt.date) -> SendRequest:
    """The mail that reminds of a request of the day *asked*."""
    subject = "reminder: we need your exemption certificate"
    lines = [_place_line(place) for place in places]
    text = _REMINDER.replace("{day}", long_date(asked))
    return _mail(envelope, Purpose.REMINDER, subject, text, lines)


def only_endings(text: str, pairs: Collection[tuple[str, dt.date]]) -> str:
    """The *text* of a notice without what ends elsewhere, or on other days, than these *pairs*."""
    return _only(text, [_until(*pair) for pair in pairs])


def only_places(text: str, places: Iterable[str]) -> str:
    """The *text* of a reminder without other states than these."""
    return _only(text, [_place_line(place) for place in places])


def long_date(day: dt.date) -> str:
    """``December 20, 2026``."""
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def _only(text: str, wanted: Collection[str]) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(
        line
        for line in lines
        if not line.startswith(_ITEM) or line.partition(" (")[0].rstrip("\n") in wanted
    )


def _ending_line(ending: Ending) -> str:
    details = (
        f"certificate {ending.number}" if ending.number else "",
        f"for {ending.holder}" if ending.holder else "",
    )
    said = ", ".join(_one_line(detail) for detail in details if detail)
    return f"{_until(*ending.pair)} ({said})" if said else _until(*ending.pair)


def _until(place: str, day: dt.date) -> str:
    return f"{_ITEM}{jurisdiction_name(place)}: until {long_date(day)}"


def _place_line(place: str) -> str:
    return f"{_ITEM}{jurisdiction_name(place)}"


def _mail(
    envelope: Envelope, purpose: Purpose, subject: str, text: str, lines: Sequence[str]
) -> SendRequest:
    url = envelope.portal_url
    return SendRequest(
        key=envelope.key,
        purpose=purpose,
        to=(envelope.card.email or "",),
        subject=_one_line(f"{envelope.company}: {subject}"),
        text=text.format(
            name=_one_line(envelope.card.name),
            lines="\n".join(lines),
            link=f"You can also upload it at {url}.\n" if url else "",
            company=envelope.company,
        ),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
