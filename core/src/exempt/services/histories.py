"""How far back the orders of connections are read, and what of it is wanted and not there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.model.nexus import Counts
from exempt.rules.lookback import (
    EVERYTHING,
    Lack,
    Lookback,
    SourceStart,
    Wanted,
    is_earlier,
    lacks,
    start,
)
from exempt.services.history_ports import HistoryRow, OrdersOnFile, ReadSoFar
from exempt.services.job_ports import JobKind
from exempt.services.policy import NexusPolicy, Policy
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow


def lookback(nexus: NexusPolicy) -> Lookback:
    """How far back sales are wanted, as the settings say."""
    return Lookback(nexus.lookback_years, nexus.lookback)


def start_of(
    kept: HistoryRow, nexus: NexusPolicy, on: dt.date, *, since: dt.date | None, anew: bool
) -> dt.date | None:
    """The day from which a connection's orders are read, see `rules.lookback.start`."""
    earliest = lookback(nexus).earliest(on)
    begun = kept.begun_at is not None
    return start(kept.reads_from, earliest, since=since, begun=begun, anew=anew)


# --- further back ----------------------------------------------------------------------


class Reached(NamedTuple):
    """From which day on orders are to be read; None = all that there are.

    Attributes:
        further: Whether that is further back than before, so that they are read anew.
        is_read: Whether they were read from there, so that nothing is to be done.
    """

    reads_from: dt.date | None
    further: bool
    is_read: bool


class Asked(NamedTuple):
    """What somebody wants of a connection's orders.

    Attributes:
        day: From which day on they are to be read; `EVERYTHING` for all that there
            are, None for as far back as `policy` wants.
        since: What the settings say of it.
        at: Now.
        ask: Whether the daemon is to read it.
    """

    day: dt.date | None
    since: dt.date | None
    policy: Policy
    at: dt.datetime
    ask: bool = False


def reads_orders(row: ConnectionRow) -> bool:
    """Whether a connection has orders to read."""
    return Capability.ORDERS in row.capabilities


def reach_back(store: Store, row: ConnectionRow, asked: Asked) -> Reached:
    """Have a connection's orders read further back, if they are not read from so early a day.

    What was never read is read for so many years as are wanted at least. A run
    that is going on begins anew by itself, from there.

    Raises:
        RefusedError: It has no orders, is paused, or the settings say from which
            day on it is read.
    """
    earliest = lookback(asked.policy.nexus).earliest(asked.at.date())
    day = earliest if asked.day is None else asked.day
    _refuse(row, asked.since, day)
    wanted = None if EVERYTHING in {day, asked.since} else day
    with store.writing() as tx:
        kept = tx.histories.get(row.id)
        if kept.begun_at is None and wanted is not None:
            wanted = min(wanted, asked.since or earliest)
        if further := kept.begun_at is None or is_earlier(wanted, kept.reads_from):
            tx.histories.begin(row.id, wanted, asked.at)
            tx.cursors.forget(row.id, Stream.ORDERS)
            kept = tx.histories.get(row.id)
        if asked.ask and kept.read_at is None:
            tx.jobs.ask(JobKind.PULL, row.id, at_once=True)
    return Reached(kept.reads_from, further, kept.read_at is not None)


def _refuse(row: ConnectionRow, since: dt.date | None, day: dt.date) -> None:
    if not reads_orders(row):
        msg = f"{row.name}: has no orders to read"
        raise RefusedError(msg)
    if row.paused_reason is not None:
        who = f" by {row.paused_by}" if row.paused_by else ""
        msg = (
            f"{row.name}: is paused{who} ({row.paused_reason}): mend that, then"
            f" exempt connections resume {row.name}"
        )
        raise RefusedError(msg)
    if since is not None and since != EVERYTHING and day < since:
        other = '"all"' if day == EVERYTHING else str(day)
        msg = (
            f"{row.name}: is read from {since} on, as the settings say: write since = {other}"
            f" for connections.{row.name}, or take since out, and run this again"
        )
        raise RefusedError(msg)


# --- what is known of them -------------------------------------------------------------


class HistoryStart(NamedTuple):
    """From which day on the sales of a company are known, and who wants more.

    Attributes:
        sources: Each connection whose orders count, by name.
        first_sale: The day of the first sale that counts; None = there is none.
    """

    company_id: int
    sources: Sequence[SourceStart]
    first_sale: dt.date | None
    lookback: Lookback
    on: dt.date

    @property
    def known_from(self) -> dt.date | None:
        """From which day on all sources are known, once they are read; None = all of it."""
        days = [source.known_from for source in self.sources if source.known_from is not None]
        return max(days, default=None)

    def lacks(self, jurisdiction: str) -> list[Lack]:
        """What may not be known of the sales that a jurisdiction wants."""
        return lacks(self.sources, self.first_sale, self.lookback.wanted_by(jurisdiction, self.on))

    def all_lacks(self) -> list[tuple[Wanted, list[Lack]]]:
        """The same of all, together where they want as much; who lacks nothing is left out."""
        found = [
            (wanted, lacks(self.sources, self.first_sale, wanted))
            for wanted in self.lookback.wanted(self.on)
        ]
        return [(wanted, lacking) for wanted, lacking in found if lacking]


def starts(
    tx: Transaction, company_ids: Collection[int], policy: Policy, on: dt.date
) -> list[HistoryStart]:
    """From which day on the sales of each company are known that has a source of orders."""
    files = tx.histories.files_from()
    sources: dict[int, list[SourceStart]] = {}
    for row in tx.histories.all(company_ids):
        if policy.nexus.counts.get(row.connection, Counts.ALL) is Counts.NONE:
            continue
        if row.reads_orders:
            mine = sources.setdefault(row.company_id, [])
            mine.append(_source(row, files.get(row.connection_id)))
        elif row.connection_id in files:
            sources.setdefault(row.company_id, [])
    wanted = lookback(policy.nexus)
    return [
        HistoryStart(company_id, mine, tx.sales.first_day([company_id]), wanted, on)
        for company_id, mine in sorted(sources.items())
    ]


def _source(row: HistoryRow, files_from: dt.date | None) -> SourceStart:
    return SourceStart(row.connection, row.reads_from, row.read_at is not None, files_from)


# --- how far it is ---------------------------------------------------------------------


class HistoryView(NamedTuple):
    """How far back the orders of a connection are read, for a person.

    Attributes:
        so_far: How far the reading is that goes on, or the last one was; None =
            no page was asked for yet.
        on_file: None = no order is.
        rejected: How many orders could not be read.
    """

    row: HistoryRow
    paused_reason: str | None
    so_far: ReadSoFar | None
    on_file: OrdersOnFile | None
    files_from: dt.date | None
    rejected: int


def look(tx: Transaction, company_ids: Collection[int] | None = None) -> list[HistoryView]:
    """Every connection that has orders, from itself or from files, by name."""
    so_far, files = tx.histories.so_far(), tx.histories.files_from()
    on_file = tx.histories.on_file()
    connections = {row.id: row for row in tx.connections.all()}
    return [
        HistoryView(
            row,
            connections[row.connection_id].paused_reason,
            so_far.get(row.connection_id),
            on_file.get(row.connection_id),
            files.get(row.connection_id),
            sum(stream == Stream.ORDERS for stream, _ in tx.sources.rejected(row.connection_id)),
        )
        for row in tx.histories.all(company_ids)
        if row.reads_orders or row.connection_id in on_file
    ]
