"""What may be tried only so often: each try is remembered before it is known how it ends."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from collections.abc import Mapping

from exempt.errors import TooOftenError
from exempt.rules.limiting import Limit, wait
from exempt.services.ports import Store, Transaction

KEPT = dt.timedelta(days=30)
"""No try is remembered for longer."""


def attempt(store: Store, limits: Mapping[str, Limit], at: dt.datetime) -> None:
    """Remember a try under each name of *limits*, unless one of them has to wait.

    Who is refused is not remembered: otherwise waiting would never end.

    Raises:
        TooOftenError: It has to.
    """
    with store.writing() as tx:
        longest = dt.timedelta()
        for name, limit in sorted(limits.items()):  # in one order, so that nobody waits in a ring
            tx.attempts.alone(name)
            longest = max(longest, waits(tx, name, limit, at))
        if not longest:
            for name in limits:
                tx.attempts.add(name, at)
    if longest:
        msg = f"it was tried too often: try again in {in_words(longest)}"
        raise TooOftenError(msg, retry_after=longest)


def waits(tx: Transaction, name: str, limit: Limit, at: dt.datetime) -> dt.timedelta:
    """How long whoever has this name must wait now."""
    return wait(tx.attempts.since(name, at - limit.memory), limit, at)


def named(kind: str, *parts: str) -> str:
    """A name to remember tries under; what was typed does not stand in the database."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{kind}:{digest[:32]}"


def network(address: str) -> str:
    """The part of an *address* that one household has: of IPv6 the first half."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return address


def in_words(time: dt.timedelta) -> str:
    """A wait for people: ``40 seconds``, ``3 minutes``."""
    seconds = max(1, -(-time // dt.timedelta(seconds=1)))
    if seconds < 90:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"
