"""Check a file of sales: all that is wrong with it, or that all looks good."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from exempt.model.backfill import BackfillCounts, BackfillRun, BackfillState, Mistake
from exempt.model.fetching import Stream
from exempt.rules.backfill_sales import product_of
from exempt.services.backfill_ports import Parts, Spool
from exempt.services.backfills import runs
from exempt.services.backfills.reading import Told, by_id, grouped, no_one, read_kept
from exempt.services.backfills.sources import is_file
from exempt.services.job_ports import JobKind
from exempt.services.ports import Clock, Store
from exempt.services.rows import ConnectionRow

GOOD = "All looks good!"
"""What a check without mistakes ends in."""

KEPT = 300
"""How many mistakes are kept with a file; all of them are counted."""

NEW_KEPT = 5_000
"""How many new products are kept with a file, to be given their tax categories."""

_AT_ONCE = 1_000


_TO_CHECK = (BackfillState.DRAFT, BackfillState.CHECKING, BackfillState.CHECKED)

_STEP = 0.05
"""How much of a file is read before it is kept how far that is."""


class Known(NamedTuple):
    """What of a file's sales its source has already.

    Attributes:
        already_there: Shown by the connection itself.
        shrinking: Out of a file, with more lines than this one has of them.
    """

    already_there: int = 0
    shrinking: int = 0


def check(
    store: Store, parts: Parts, run_id: int, clock: Clock, *, told: Told = no_one
) -> BackfillRun:
    """Check a file; without mistakes it is ``checked``, else a draft with its mistakes.

    It may be repeated.

    Raises:
        RefusedError: It is imported already, or another process is at it.
        NotFoundError: There is none, or the kept file is gone.
    """
    with store.reading() as tx:
        run = runs.get(tx, run_id)
    with runs.alone(store, run):
        with store.reading() as tx:
            run = runs.get(tx, run_id)
            source = runs.source_of(tx, run)
        runs.refuse_unless(run, *_TO_CHECK)
        with parts.spool() as spool:
            counts = read_kept(parts, run, clock(), spool, so_far(store, run.id, told))
            mistakes = tuple(itertools.islice(spool.mistakes(), KEPT))
            if not mistakes:
                counts = _with_known(store, source, spool, counts)
                counts = _with_new_products(store, source, spool, counts)
        told(counts.rows, 1.0)
        return found(store, run, counts, mistakes)


def leave_to_daemon(store: Store, run_id: int) -> BackfillRun:
    """Have a file checked by the daemon; see `check`.

    Raises:
        RefusedError: It is imported already.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = runs.get(tx, run_id)
        runs.refuse_unless(run, *_TO_CHECK)
        run = run.model_copy(update={"state": BackfillState.CHECKING, "position": ""})
        tx.backfills.save(run)
        tx.jobs.ask(JobKind.IMPORT)
    return run


def so_far(store: Store, run_id: int, told: Told) -> Told:
    """Tells *told*, and keeps with the file how much of it was read."""
    kept = 0.0

    def tell(rows: int, part: float) -> None:
        nonlocal kept
        told(rows, part)
        if part >= kept + _STEP:
            kept = part
            with store.writing() as tx:
                run = runs.get(tx, run_id)
                counts = run.counts.model_copy(update={"part": part})
                tx.backfills.save(run.model_copy(update={"counts": counts}))

    return tell


def found(
    store: Store, run: BackfillRun, counts: BackfillCounts, mistakes: tuple[Mistake, ...]
) -> BackfillRun:
    """Keep what was found in a file; with mistakes it is a draft."""
    state = BackfillState.DRAFT if mistakes else BackfillState.CHECKED
    moved = {"counts": counts, "mistakes": mistakes, "state": state, "position": ""}
    run = run.model_copy(update=moved)
    with store.writing() as tx:
        tx.backfills.save(run)
    return run


def _with_known(
    store: Store, source: ConnectionRow, spool: Spool, counts: BackfillCounts
) -> BackfillCounts:
    known = Known()
    sales = grouped(spool.sales())
    while batch := list(itertools.islice(sales, _AT_ONCE)):
        with store.reading() as tx:
            lines = {rows[0].transaction_id: len(rows) for rows in batch}
            shown: frozenset[str] = frozenset()
            if not is_file(source):
                shown = tx.backfills.shown(source.id, Stream.ORDERS, lines)
            before = tx.sources.orders_by_id(
                source.id, [each for each in lines if each not in shown]
            )
            fewer = sum(len(o.record.lines) > lines[o.record.external_id] for o in before)
        known = Known(known.already_there + len(shown), known.shrinking + fewer)
    return counts.model_copy(update=known._asdict())


def _with_new_products(
    store: Store, source: ConnectionRow, spool: Spool, counts: BackfillCounts
) -> BackfillCounts:
    number = 0
    first: dict[str, str] = {}
    products = by_id("product_id", spool.products())
    while batch := list(itertools.islice(products, _AT_ONCE)):
        named = {rows[0].product_id: product_of(rows).name for rows in batch}
        with store.reading() as tx:
            new = tx.products.new_in(source.id, named)
        number += len(new)
        for each in new[: max(0, NEW_KEPT - len(first))]:
            first[each] = named[each]
    return counts.model_copy(update={"new_products": number, "first_new": first})


def every_mistake(store: Store, parts: Parts, run_id: int, clock: Clock) -> Iterator[Mistake]:
    """All that is wrong with a file, by row, found anew.

    Raises:
        NotFoundError: There is none, or the kept file is gone.
    """
    with store.reading() as tx:
        run = runs.get(tx, run_id)
    with parts.spool() as spool:
        read_kept(parts, run, clock(), spool)
        yield from spool.mistakes()
