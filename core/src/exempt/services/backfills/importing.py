"""Store the sales of a checked file, some hundred in each transaction, just as a connector's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from exempt.model.backfill import BackfillCounts, BackfillRun, BackfillState
from exempt.model.fetching import Stream
from exempt.model.record import SourceRecord
from exempt.rules.backfill_rows import SaleRow
from exempt.rules.backfill_sales import customer_of, order_of, product_of
from exempt.services.backfill_ports import Parts, Spool
from exempt.services.backfills import checking, runs
from exempt.services.backfills.reading import Told, by_id, grouped, no_one, read_kept
from exempt.services.backfills.sources import is_file
from exempt.services.certificates import Act
from exempt.services.job_ports import JobKind
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.pull import save_records
from exempt.services.rows import ConnectionRow

_AT_ONCE = 1_000
_IN_ORDER = (Stream.CUSTOMERS, Stream.PRODUCTS, Stream.ORDERS)
"""An order is decided better when its customer is known."""


@dataclass(frozen=True)
class Importing:
    """What an import of a file needs.

    Attributes:
        told: Told after each transaction; what it raises ends the import there.
    """

    store: Store
    parts: Parts
    policy: Policy
    clock: Clock
    told: Told = field(default=no_one)


def begin(store: Store, run_id: int, act: Act) -> BackfillRun:
    """Let a checked file be imported; the daemon is asked to do it.

    Raises:
        RefusedError: It is not checked, or imported already.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = runs.get(tx, run_id)
        if run.state is BackfillState.IMPORTING:
            return run
        runs.refuse_unless(run, BackfillState.CHECKED)
        counts = run.counts.model_copy(update={"remembers": True})
        begun = {"state": BackfillState.IMPORTING, "position": "", "imported_by": act.by}
        run = run.model_copy(update={**begun, "counts": counts})
        tx.backfills.save(run)
        tx.jobs.ask(JobKind.IMPORT)
    return run


def go_on(importing: Importing, run_id: int) -> BackfillRun:
    """Import a file from where that stopped, to its end.

    Returns:
        The file, ``imported``; or a draft, should it have mistakes by now.

    Raises:
        RefusedError: It is not being imported, or another process is at it.
        NotFoundError: There is none, or the kept file is gone.
    """
    store = importing.store
    with store.reading() as tx:
        run = runs.get(tx, run_id)
    with runs.alone(store, run), importing.parts.spool() as spool:
        with store.reading() as tx:
            run = runs.get(tx, run_id)
            source = runs.source_of(tx, run)
        runs.refuse_unless(run, BackfillState.IMPORTING)
        read = checking.so_far(store, run.id, _no_rows(importing))
        counts = read_kept(importing.parts, run, importing.clock(), spool, read)
        mistakes = tuple(itertools.islice(spool.mistakes(), checking.KEPT))
        if mistakes:
            return checking.found(store, run, counts, mistakes)
        return _store_all(importing, run, source, spool)


def _no_rows(importing: Importing) -> Told:
    """Tell that something goes on, though nothing is stored."""
    return lambda _rows, _part: importing.told(0, 0.0)


def _store_all(
    importing: Importing, run: BackfillRun, source: ConnectionRow, spool: Spool
) -> BackfillRun:
    stream, after = _place(run.position)
    for each in _IN_ORDER[_IN_ORDER.index(stream) :]:
        pages = _pages(each, source, spool, after if each is stream else "")
        for page in pages:
            with importing.store.writing() as tx:
                run = _store_page(tx, importing, run, source, page)
            rows = run.counts.stored
            importing.told(rows, min(1.0, rows / max(1, run.counts.rows)))
    with importing.store.writing() as tx:
        moved = {"state": BackfillState.IMPORTED, "imported_at": importing.clock()}
        run = runs.get(tx, run.id).model_copy(update={**moved, "position": ""})
        tx.backfills.save(run)
        tx.jobs.ask(JobKind.NEXUS)
    importing.told(run.counts.rows, 1.0)
    return run


class _Page(NamedTuple):
    """Records of one stream, and how many rows they are, by id."""

    stream: Stream
    records: Sequence[SourceRecord]
    rows: dict[str, int]


def _place(position: str) -> tuple[Stream, str]:
    """Where an import stopped: the stream, and the last id of it that was stored."""
    stream, _, after = position.partition(":")
    return (Stream(stream), after) if stream else (_IN_ORDER[0], "")


def _pages(stream: Stream, source: ConnectionRow, spool: Spool, after: str) -> Iterator[_Page]:
    def customer(rows: Sequence[SaleRow]) -> SourceRecord:
        return customer_of(rows, numbered=is_file(source))

    groups: Iterator[list[SaleRow]]
    make: Callable[[Sequence[SaleRow]], SourceRecord]
    if stream is Stream.CUSTOMERS:
        groups, make = by_id("customer_id", spool.customers(after)), customer
    elif stream is Stream.PRODUCTS:
        groups, make = by_id("product_id", spool.products(after)), product_of
    else:
        groups, make = grouped(spool.sales(after)), order_of
    while batch := list(itertools.islice(groups, _AT_ONCE)):
        records = [make(rows) for rows in batch]
        count = {r.external_id: len(rows) for r, rows in zip(records, batch, strict=True)}
        yield _Page(stream, records, count)


def _store_page(
    tx: Transaction, importing: Importing, run: BackfillRun, source: ConnectionRow, page: _Page
) -> BackfillRun:
    """Store a page, and how far the import is, in one transaction."""
    at = importing.clock()
    tx.alone([source.company_id])
    shown: frozenset[str] = frozenset()
    tracked = not is_file(source)
    if tracked:
        shown = tx.backfills.shown(source.id, page.stream, page.rows)
    mine = [record for record in page.records if record.external_id not in shown]
    ids = [record.external_id for record in mine]
    before = tx.brought.standing(source.id, page.stream, ids)
    new, changed = save_records(tx, source, page.stream, mine, importing.policy, at)
    if run.counts.remembers:
        tx.brought.keep(run.id, source.id, page.stream, ids, before, at=at)
    if tracked:
        tx.backfills.brought(source.id, page.stream, ids, at)
    last = page.records[-1].external_id
    update: dict[str, object] = {"position": f"{page.stream.value}:{last}"}
    if page.stream is Stream.ORDERS:
        update["counts"] = _counted(run.counts, page, len(mine), new, changed)
    run = runs.get(tx, run.id).model_copy(update=update)
    tx.backfills.save(run)
    return run


def _counted(
    before: BackfillCounts, page: _Page, mine: int, new: int, changed: int
) -> BackfillCounts:
    first = not before.stored  # what the check found is counted anew
    there = len(page.records) - mine
    return before.model_copy(
        update={
            "new": before.new + new,
            "changed": before.changed + changed,
            "unchanged": before.unchanged + mine - new - changed,
            "already_there": there if first else before.already_there + there,
            "stored": before.stored + sum(page.rows.values()),
        }
    )
