"""What people steer: connections paused, let go on, and run now."""

from __future__ import annotations

from exempt.errors import RefusedError
from exempt.services import duties
from exempt.services.certificates import Act
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store
from exempt.services.rows import ConnectionRow

LONGEST_REASON = 500


def pause(store: Store, row: ConnectionRow, reason: str, act: Act) -> None:
    """Let nothing be read from a connection, nor written to it, until a person says so.

    A run that is going on ends after the page or batch it is at.

    Raises:
        RefusedError: No reason is given, or somebody paused it already.
    """
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        msg = f"{row.name}: a pause has a reason: say why, in {LONGEST_REASON} characters at most"
        raise RefusedError(msg)
    if row.paused_by is not None:
        msg = f"{row.name}: is paused by {row.paused_by} already: {row.paused_reason}"
        raise RefusedError(msg)
    with store.writing() as tx:
        tx.connections.pause(row.id, reason, act.at, act.by)


def resume(store: Store, row: ConnectionRow, act: Act) -> None:
    """Let a connection go on, whoever or whatever paused it, and do at once what waited.

    Raises:
        RefusedError: It is not paused.
    """
    if row.paused_reason is None:
        msg = f"{row.name}: is not paused"
        raise RefusedError(msg)
    duties.resume(store, row, act.at, by=act.by)


def run_now(store: Store, row: ConnectionRow) -> list[JobKind]:
    """Ask for all jobs of a connection, whatever its schedule says; which they are.

    Raises:
        RefusedError: It is paused.
    """
    if row.paused_reason is not None:
        who = f" by {row.paused_by}" if row.paused_by else ""
        msg = (
            f"{row.name}: is paused{who} ({row.paused_reason}): mend that, then"
            f" exempt connections resume {row.name}"
        )
        raise RefusedError(msg)
    kinds = duties.kinds_of(row.capabilities)
    with store.writing() as tx:
        for kind in kinds:
            tx.jobs.ask(kind, row.id, at_once=True)
    return kinds
