"""Run a sync, live on the screen, or rehearse one."""

from __future__ import annotations

import datetime as dt
import signal
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.live import Live
from rich.table import Table

from exempt.cli.output import console, count, print_json, print_table, say
from exempt.errors import ExemptError
from exempt.model.fetching import Stream
from exempt.rules.wanted_words import in_words
from exempt.services.pull import PageStored
from exempt.services.rehearsed import Before
from exempt.services.sync import Synced
from exempt.wiring import Exempt, mails
from exempt.wiring.nexus_watch import watch_nexus


@dataclass
class _Tally:
    pages: int = 0
    rows: int = 0
    new: int = 0
    changed: int = 0
    rejected: int = 0
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    began: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> str:
        seconds = self.last - self.began
        return f"{self.rows / seconds:,.0f}" if seconds > 0.05 else "–"


class Progress:
    """What was read so far, a line a stream; several threads tell it.

    Args:
        days: Whether it shows from which day to which the orders are.
    """

    def __init__(self, *, days: bool = False) -> None:
        self._days = days
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._lock = threading.Lock()

    def told(self, page: PageStored) -> None:
        """Count one page."""
        with self._lock:
            tally = self._tallies.setdefault((page.connection, page.stream.value), _Tally())
            tally.pages += 1
            tally.rows += page.records
            tally.new += page.new
            tally.changed += page.changed
            tally.rejected += page.rejected
            if page.first_day and page.last_day:
                tally.first_day = min(tally.first_day or page.first_day, page.first_day)
                tally.last_day = max(tally.last_day or page.last_day, page.last_day)
            tally.last = time.monotonic()

    def __rich__(self) -> Table:
        """The table as it stands; rich asks for it again and again."""
        table = Table(box=box.SIMPLE_HEAD)
        for head in ("Connection", "Stream"):
            table.add_column(head)
        for head in ("Pages", "Rows", "Rows/s", "New", "Changed", "Rejected"):
            table.add_column(head, justify="right")
        for head in ("From", "To") if self._days else ():
            table.add_column(head, no_wrap=True, min_width=len("2026-11-20"))
        with self._lock:
            for (connection, stream), t in self._tallies.items():
                cells = (t.pages, t.rows, t.rate, t.new, t.changed, t.rejected or "–")
                days = (t.first_day, t.last_day) if self._days else ()
                table.add_row(
                    connection,
                    stream,
                    *(f"{c:,}" if isinstance(c, int) else c for c in cells),
                    *("" if day is None else str(day) for day in days),
                )
        return table

    def anything_of(self, streams: Collection[Stream]) -> bool:
        """Whether anything of these streams is new or was changed."""
        return any(
            t.new or t.changed for (_, stream), t in self._tallies.items() if stream in streams
        )

    def as_dict(self) -> dict[str, dict[str, dict[str, int]]]:
        """The counts by connection and stream."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        for (connection, stream), t in self._tallies.items():
            found.setdefault(connection, {})[stream] = {
                "pages": t.pages,
                "rows": t.rows,
                "new": t.new,
                "changed": t.changed,
                "rejected": t.rejected,
            }
        return found


@contextmanager
def shown(progress: Progress, *, quiet: bool) -> Iterator[None]:
    """Show *progress* live on a terminal, and once at the end elsewhere."""
    if quiet:
        yield
    elif console.is_terminal:
        with Live(progress, console=console, refresh_per_second=8):
            yield
    else:
        yield
        console.print(progress)


@contextmanager
def stopping(exempt: Exempt) -> Iterator[list[int]]:
    """Let the first Ctrl-C or SIGTERM end the run after the page it is at; its number."""
    stopped: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def stop(signal_number: int, _frame: Any) -> None:
        exempt.stop()
        stopped.append(signal_number)
        signal.signal(signal_number, signal.SIG_DFL)

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(exempt: Exempt, names: Sequence[str], *, as_json: bool) -> int:
    """``exempt sync``; 1 when a connection had a problem."""
    progress = Progress()
    with stopping(exempt) as stopped, shown(progress, quiet=as_json):
        results = exempt.sync(names, told=progress.told)
        look_at_nexus(exempt)
    if as_json:
        print_json(
            [
                {
                    "connection": r.connection,
                    "read": progress.as_dict().get(r.connection, {}),
                    "written": r.outcomes,
                    "problem": str(r.problem) if r.problem else None,
                    "unread": r.unread or None,
                    "held_back": r.held_back or None,
                    "stopped": bool(stopped),
                }
                for r in results
            ]
        )
    else:
        report(exempt, results)
        if stopped:
            say("Stopped: what was read stays, and the next run goes on from there.", "yellow")
        elif progress.anything_of({Stream.ORDERS}):
            say("Exposure: exempt nexus")
    return code_of(results, stopped)


def look_at_nexus(exempt: Exempt) -> None:
    """See at once what was read means for nexus, as no daemon may be there to do so."""
    watch_nexus(exempt, lambda: exempt.stopping)
    try:
        mails.send_warnings(exempt)
    except ExemptError as error:
        say(f"Warnings of nexus could not be mailed, and stay owed: {error}", "yellow")


def code_of(results: Sequence[Synced], stopped: Sequence[int]) -> int:
    """What the command ends with: how it was stopped, or 1 when a connection had a problem."""
    if stopped:
        return 128 + stopped[0]
    return 1 if any(r.problem for r in results) else 0


def report(exempt: Exempt, results: Sequence[Synced]) -> None:
    """What was written, what waits, and what went wrong."""
    with exempt.store.reading() as tx:
        owed = {c.name: c.deliveries.get("pending", 0) for c in tx.reports.connections()}
    for result in results:
        if result.outcomes:
            say(f"{result.connection}: wrote {_counted(result.outcomes)}")
        waiting = owed.get(result.connection, 0)
        waits = count(waiting, "change waits", "changes wait")
        if result.held_back:
            say(f"! {result.held_back}", "yellow")
        elif waiting and not exempt.connections[result.connection].write_back:
            say(
                f"{result.connection}: {waits}, because write_back is off:"
                f" see them with exempt sync --dry-run {result.connection}",
                "yellow",
            )
        elif waiting:
            say(f"{result.connection}: {waits} for a later try", "yellow")
        say_trouble(result)


def say_trouble(result: Synced) -> None:
    """What could not be read, and what went wrong."""
    if result.unread:
        say(f"! {result.unread}", "yellow")
    if result.problem:
        say(f"✗ {result.problem}", "red")


def _counted(outcomes: Counter[str]) -> str:
    return ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(outcomes.items()))


# --- rehearsal -------------------------------------------------------------------------


def rehearse(exempt: Exempt, names: Sequence[str], *, as_json: bool) -> int:
    """``exempt sync --dry-run``: record by record, old → new."""
    progress = Progress()
    before = Before(exempt.store)
    with stopping(exempt) as stopped:
        results = exempt.rehearse(names, told=progress.told, seen=before.look)
    if as_json:
        print_json([_rehearsed(r, before) for r in results])
    else:
        console.print(progress)
        for result in results:
            _show_rehearsed(result, before)
        if stopped:
            say("Stopped: this is not all that would be written.", "yellow")
        say("Nothing was written, here or there.", "bold")
    return code_of(results, stopped)


def _rehearsed(result: Synced, before: Before) -> dict[str, Any]:
    return {
        "connection": result.connection,
        "problem": str(result.problem) if result.problem else None,
        "held_back": result.held_back or None,
        "would_write": [
            {
                "target": d.target,
                "external_id": d.external_id,
                "old": before.of(d),
                "new": in_words(item),
                "outcome": answer.outcome,
                "message": answer.message,
            }
            for d, item, answer in result.would_write
        ],
    }


def _show_rehearsed(result: Synced, before: Before) -> None:
    if result.problem:
        say(f"✗ {result.problem}", "red")
    if result.held_back:
        say(f"! {result.held_back}", "yellow")
    if not result.would_write:
        say(f"{result.connection}: nothing to write")
        return
    print_table(
        f"{result.connection}: would write",
        ("What", "Old", "New", "The connector says"),
        [
            (
                f"{d.target} {d.external_id}",
                before.of(d),
                f"→ {in_words(item)}",
                f"{answer.outcome}: {answer.message}".rstrip(": "),
            )
            for d, item, answer in result.would_write
        ],
    )
