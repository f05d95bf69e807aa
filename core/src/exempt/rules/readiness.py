"""Whether Exempt does its work: its database fits, and somebody does its jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

SILENT_AFTER = dt.timedelta(seconds=30)
"""A worker that gave no sign of life for so long counts as gone; it gives one every 5 s."""


def silent(ticked_at: dt.datetime, at: dt.datetime) -> bool:
    """Whether a worker that last gave a sign of life then counts as gone.

    One that lies ahead counts by its distance, too: a clock was put back, and
    whoever lives has given another one by now.
    """
    return abs(at - ticked_at) > SILENT_AFTER


def lacking(
    version: str | None, needs: str, ticks: Iterable[dt.datetime], at: dt.datetime
) -> tuple[str, ...]:
    """What keeps Exempt from its work, in sentences for staff; nothing when it is ready.

    Args:
        version: What the database is at; None when it is empty.
        needs: What this Exempt needs.
        ticks: When each worker that was not stopped last gave a sign of life.
    """
    found = []
    if version != needs:
        found.append(
            f"the database is at version {version or 'none'}, and this Exempt needs {needs}:"
            " run exempt migrate, or the Exempt that fits"
        )
    last = max(ticks, default=None, key=lambda tick: -abs(at - tick))
    if last is None:
        found.append("no worker runs: start exempt run, or exempt worker")
    elif silent(last, at):
        seconds = round(abs(at - last).total_seconds())
        found.append(f"no worker gave a sign of life for {seconds} s: see its log")
    return tuple(found)
