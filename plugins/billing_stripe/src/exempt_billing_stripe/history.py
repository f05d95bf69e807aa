"""Divides a history into parts of a like size, which are read side by side.

Stripe counts nothing. But a page of what was created before some moment tells
how much was made in that time, and a few such probes, more where more was made,
tell nearly enough where the tenth and the twentieth part of all of it ends. Where
they are mistaken, one part takes longer than the others; nothing is lost.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from exempt_billing_stripe.api import PAGE_MAX, Json

_STRIPE_BEGAN = int(dt.datetime(2010, 1, 1, tzinfo=dt.UTC).timestamp())

_FIRST_PROBES = 8
_MORE_PROBES = 16
_ZOOM_PROBES = 48
_ROUNDS = 8
_AT_ONCE = 8

_PAGES_A_PROBE = 8
"""Probing goes on only while it costs no more than one call for so many pages."""

_PAGES_A_PART = 2
"""A part that is smaller is not worth a connection of its own."""

Before = Callable[[int], list[Json]]
"""Gives the newest page of what was created before a moment."""


class Probe(NamedTuple):
    """What was created last before a moment, and how often at that time.

    Attributes:
        created: The seconds at which it was, newest first.
    """

    created: tuple[int, ...] = ()

    @property
    def a_second(self) -> float:
        """How many were created a second."""
        if not self.created:
            return 0.0
        return len(self.created) / (self.created[0] - self.created[-1] + 1)


class Span(NamedTuple):
    """The seconds from *start* to before *end*, and a probe at either end."""

    start: int
    end: int
    at_start: Probe
    at_end: Probe

    @property
    def exact(self) -> bool:
        """Whether the probe saw all that was created in it."""
        return len(self.at_end.created) < PAGE_MAX or self.at_end.created[-1] < self.start

    @property
    def size(self) -> float:
        """How many were created in it; a guess, unless it is exact."""
        seen = [second for second in self.at_end.created if second >= self.start]
        if self.exact:
            return len(seen)
        often = (self.at_start.a_second + self.at_end.a_second) / 2
        return len(seen) + often * (seen[-1] - self.start)

    def cut(self, pieces: int) -> list[int]:
        """The moments that cut it into so many pieces of equal time, or fewer if it is short."""
        length = self.end - self.start
        moments = (self.start + length * n // pieces for n in range(1, pieces))
        return [moment for moment in dict.fromkeys(moments) if self.start < moment < self.end]


def edges(before: Before, start: int | None, until: int, parts: int) -> list[int]:
    """The moments at which a history falls into at most *parts* of a like size.

    Args:
        before: Asks Stripe; called from several threads.
        start: Where the history begins; None = with Stripe itself.
        until: Now.
        parts: How many are wanted; a small history gets fewer.
    """
    first = _STRIPE_BEGAN if start is None else start
    newest = _probe(before(until + 1)) if first <= until else Probe()
    if len(newest.created) < PAGE_MAX:
        return []
    spans = _explore(before, Span(first, until + 1, Probe(), newest), parts)
    total = sum(span.size for span in spans)
    parts = min(parts, math.ceil(total / PAGE_MAX / _PAGES_A_PART))
    cuts = [_moment(spans, total * n / parts) for n in range(1, parts)]
    return sorted({cut for cut in cuts if first < cut <= until})


def _explore(before: Before, whole: Span, parts: int) -> list[Span]:
    """*whole* in spans, none of which holds more than a part, if a few probes will do."""
    spans, made = [whole], 0
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="stripe-ranges") as pool:
        for _ in range(_ROUNDS):
            pages = sum(span.size for span in spans) / PAGE_MAX
            affordable = made + _MORE_PROBES <= pages / _PAGES_A_PROBE
            pieces = _shares(spans, parts) if affordable or not made else {}
            if made <= _ZOOM_PROBES and (oldest := _oldest(spans)):
                pieces[oldest] = max(pieces.get(oldest, 1), _FIRST_PROBES)
            moments = [moment for span, count in pieces.items() for moment in span.cut(count)]
            if not moments:
                break
            probes = dict(zip(moments, map(_probe, pool.map(before, moments)), strict=True))
            spans = list(itertools.chain.from_iterable(_split(span, probes) for span in spans))
            made += len(moments)
    return spans


def _shares(spans: Sequence[Span], parts: int) -> dict[Span, int]:
    """Into how many pieces to cut those that hold more than a part, the largest into most."""
    total = sum(span.size for span in spans)
    large = [span for span in spans if span.size > total / parts]
    of_large = sum(span.size for span in large)
    return {span: 1 + max(1, round(_MORE_PROBES * span.size / of_large)) for span in large}


def _oldest(spans: Sequence[Span]) -> Span | None:
    """The span in which the history begins; None once it is known to the object.

    It is looked at closely, because many a history begins with an import: a
    night in which more was created than in the year that follows.
    """
    first = next(span for span in spans if span.size)
    return None if first.exact or first.at_start.created else first


def _split(span: Span, probes: dict[int, Probe]) -> Iterable[Span]:
    inside = sorted(moment for moment in probes if span.start < moment < span.end)
    known = {span.start: span.at_start, span.end: span.at_end, **probes}
    for start, end in itertools.pairwise([span.start, *inside, span.end]):
        yield Span(start, end, known[start], known[end])


def _moment(spans: Sequence[Span], wanted: float) -> int:
    """The moment before which *wanted* were created."""
    passed = 0.0
    for span in spans:
        if passed + span.size >= wanted:
            # Behind what the probe saw last there is nothing more in this span.
            length = span.at_end.created[0] + 1 - span.start
            return span.start + math.ceil(length * (wanted - passed) / span.size)
        passed += span.size
    return spans[-1].end


def _probe(rows: list[Json]) -> Probe:
    return Probe(tuple(row["created"] for row in rows))
