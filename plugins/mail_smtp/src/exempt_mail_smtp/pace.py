"""How many mails a minute go to one domain: big mailbox providers defer who sends more."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Collection

_MINUTE = dt.timedelta(minutes=1)
_HOUR = dt.timedelta(hours=1)


class Pace:
    """At most *per_minute* mails in any minute to one domain.

    Nobody waits here: a mail that must wait is told how long. Those waiting
    for one domain are told different moments, so that each is asked for once more.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._sent: dict[str, deque[dt.datetime]] = {}
        self._promised: dict[str, dt.datetime] = {}

    def wait(self, key: str, domains: Collection[str], now: dt.datetime) -> dt.timedelta | None:
        """How long the mail with *key* must wait; None = send it now, it is counted."""
        for domain in domains:
            self._forget(domain, now)
        self._promised = {k: at for k, at in self._promised.items() if now - _HOUR < at}
        full = [self._sent[d] for d in domains if len(self._sent[d]) >= self._per_minute]
        if not full:
            self._promised.pop(key, None)
            for domain in domains:
                self._sent[domain].append(now)
            return None
        promised = self._promised.get(key)
        if promised is None or promised <= now:
            self._promised.pop(key, None)
            ahead = sum(now < moment for moment in self._promised.values())
            round_, place = divmod(ahead, self._per_minute)
            first = max(sent[min(place, len(sent) - 1)] for sent in full)
            promised = self._promised[key] = first + (round_ + 1) * _MINUTE
        return promised - now

    def _forget(self, domain: str, now: dt.datetime) -> None:
        """Drop what is a minute old, or, after a clock was set back, yet to come."""
        sent = self._sent.get(domain, ())
        self._sent[domain] = deque(each for each in sent if now - _MINUTE < each <= now)


_SHARED: dict[tuple[str, str, int], Pace] = {}


def shared(connection: str, sender: str, per_minute: int) -> Pace:
    """The pace of a connection, kept from run to run of this process."""
    return _SHARED.setdefault((connection, sender, per_minute), Pace(per_minute))
