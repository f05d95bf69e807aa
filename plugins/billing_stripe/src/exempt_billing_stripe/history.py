"""Divides a history into parts that are read side by side."""

from __future__ import annotations

import datetime as dt
import itertools

from exempt_billing_stripe.api import Stripe
from exempt_billing_stripe.cursors import History
from exempt_billing_stripe.reading import Window
from exempt_billing_stripe.streams import Resource

_STRIPE_BEGAN = int(dt.datetime(2010, 1, 1, tzinfo=dt.UTC).timestamp())
_FINE_ENOUGH = int(dt.timedelta(weeks=1).total_seconds())


def divide(
    stripe: Stripe, resource: Resource, window: Window, now: dt.datetime, parts: int
) -> tuple[History, ...]:
    """At most *parts* equal spans of creation time, oldest first.

    The first has no start beside the window's, and the last no end, so that
    nothing lies outside. What fits on one page is not divided.
    """
    whole = History(window.began, window.start)
    if not stripe.list(resource.path, start=window.start).has_more:
        return (whole,)
    until = int(now.timestamp())
    first = window.start if window.start is not None else _oldest(stripe, resource, until)
    span = (until - first) // parts
    if span <= 0:
        return (whole,)
    edges = [window.start, *(first + span * n for n in range(1, parts)), None]
    return tuple(History(window.began, start, end) for start, end in itertools.pairwise(edges))


def _oldest(stripe: Stripe, resource: Resource, until: int) -> int:
    """When the first object was created, to the week; found by halving, in ten calls."""
    earliest, latest = _STRIPE_BEGAN, until
    while latest - earliest > _FINE_ENOUGH:
        middle = (earliest + latest) // 2
        if stripe.list(resource.path, limit=1, end=middle).rows:
            latest = middle
        else:
            earliest = middle
    return earliest
