"""The standing jobs that there are for the connections of the settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from exempt.errors import ExemptError
from exempt.services.duties import kinds_of
from exempt.services.job_ports import OF_ALL, JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow


def make_jobs(
    store: Store,
    configured: Collection[str],
    broken: Mapping[str, ExemptError],
    at: dt.datetime,
) -> None:
    """Make the jobs of these connections, and forget those of others.

    A new job is asked for at once. A connection that cannot be opened is
    paused, and what was paused by an error is looked at again.
    """
    with store.writing() as tx:
        tx.jobs.alone()
        known = {job.name for job in tx.jobs.all()}
        for kind in OF_ALL:
            if kind not in known:
                tx.jobs.ask(kind)
        wanted = set(map(str, OF_ALL))
        for row in tx.connections.all():
            if row.name in configured:
                wanted |= _of_connection(tx, row, known)
                _look_at_paused(tx, row, broken.get(row.name), at)
        tx.jobs.remove(known - wanted)


def _of_connection(tx: Transaction, row: ConnectionRow, known: Collection[str]) -> set[str]:
    kinds = kinds_of(row.capabilities)
    for kind in kinds:
        if f"{kind}:{row.name}" not in known:
            tx.jobs.ask(kind, row.id)
    return {f"{kind}:{row.name}" for kind in (*kinds, JobKind.PROBE)}


def _look_at_paused(
    tx: Transaction, row: ConnectionRow, error: ExemptError | None, at: dt.datetime
) -> None:
    if error is not None and not row.paused_reason:
        tx.connections.pause(row.id, str(error), at)
    if not row.paused_by and (error is not None or row.paused_reason):
        tx.jobs.ask(JobKind.PROBE, row.id)  # it may be mended
