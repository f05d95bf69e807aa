"""Where reading goes on: first through what was created, then through what changed.

Stripe lists newest first and has no "changed since". So the history is read by
``created``; from then on the events say what changed. Moments are whole seconds
since 1970, as Stripe counts them.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import NamedTuple

from exempt import CursorExpired

OVERLAP = dt.timedelta(minutes=5)
"""How far each run goes back behind the one before: for clocks that differ, and
for events that Stripe shows late."""

RETENTION = dt.timedelta(days=29)
"""Stripe keeps events for 30 days; a run needs some time of its own."""


class History(NamedTuple):
    """Objects created from ``start`` to before ``end``, newest first.

    Attributes:
        began: The changes after it are read when the history is at its end.
        start: None = since the beginning.
        end: None = what is created meanwhile may come, too.
        after: The last object that was read, None = none yet.
        after_created: When that was created, should it be deleted meanwhile.
        path: Whose history it is; None = that of the stream's first resource.
        alone: This is one of several ranges: no other history follows it.
    """

    began: int
    start: int | None = None
    end: int | None = None
    after: str | None = None
    after_created: int | None = None
    path: str | None = None
    alone: bool | None = None


class Changes(NamedTuple):
    """Events since ``since``, newest first.

    Attributes:
        since: Inclusive: a second may have further events.
        began: Where the next run starts; None = this one has not begun.
        after: The last event that was read.
    """

    since: int
    began: int | None = None
    after: str | None = None


_KINDS: dict[str, type[History | Changes]] = {"history": History, "changes": Changes}


def encode(cursor: History | Changes) -> str:
    """*cursor* as text: its kind and its fields, without empty ones at the end."""
    fields: list[int | str | bool | None] = [type(cursor).__name__.lower(), *cursor]
    while fields[-1] is None:
        fields.pop()
    return json.dumps(fields, separators=(",", ":"))


def decode(text: str) -> History | Changes:
    """The cursor that `encode` made *text* of.

    Raises:
        CursorExpired: Nothing of the kind was.
    """
    try:
        kind, *fields = json.loads(text)
        return _KINDS[kind](*fields)
    except (ValueError, TypeError, KeyError):
        msg = "stored cursor: not one of this connector; the stream is read anew"
        raise CursorExpired(msg) from None


def behind(now: dt.datetime) -> int:
    """The second from which changes are read by a run that begins *now*."""
    return int((now - OVERLAP).timestamp())


def refuse_expired(cursor: Changes, now: dt.datetime) -> None:
    """Make sure that Stripe still has the events since *cursor*.

    Raises:
        CursorExpired: It does not; it would leave them out without a word.
    """
    age = now.timestamp() - cursor.since
    if age > RETENTION.total_seconds():
        msg = (
            f"events: the last reading was {age / 86400:.0f} days ago, and Stripe keeps them for"
            " 30; the stream is read anew"
        )
        raise CursorExpired(msg)
