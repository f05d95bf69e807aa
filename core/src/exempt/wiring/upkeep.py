"""Jobs of all of Exempt: imports to go on with, what a new day brings, and tidying up."""

from __future__ import annotations

import datetime as dt
import logging

from exempt.adapters.engine.engine import Engine
from exempt.errors import RefusedError
from exempt.services import daily, events_out, limiting, uploads
from exempt.services.calls_once import KEPT_FOR
from exempt.services.job_ports import JobRow
from exempt.services.reviewers import wake_where_due
from exempt.services.running import OCCUPIED, Ended
from exempt.wiring import Exempt
from exempt.wiring.intake import waiting
from exempt.wiring.mails import remind_daily
from exempt.wiring.nexus_watch import watch_nexus
from exempt.wiring.papers import parts_of

_log = logging.getLogger("exempt.jobs")

KEEP_WORKERS = dt.timedelta(days=7)
KEEP_SESSIONS = dt.timedelta(days=8)
"""Longer than any session may last."""


class _StoppedError(Exception):
    """Raised between two pieces of an import when the worker ends."""


class Upkeep:
    """What is done for all connections together."""

    def __init__(self, exempt: Exempt, engine: Engine) -> None:
        self._exempt = exempt
        self._engine = engine
        self._settings = exempt.settings.file.daemon

    def imports(self, _job: JobRow) -> Ended:
        """Go on with files that wait, and with imports that were confirmed; what nobody is at."""
        occupied = False
        failed: Exception | None = None
        for name, go_on in waiting(self._exempt, self._go_on):
            try:
                go_on()
            except _StoppedError:
                return Ended(again=True)
            except RefusedError as error:  # another process is at it, or has just ended it
                _log.info("%s", error)
                occupied = True
            except Exception as error:  # noqa: BLE001 - the others go on; raised when they are done
                _log.warning("%s: failed with %s", name, type(error).__name__)
                failed = error
        if failed is not None:
            raise failed
        return Ended(next_at=self._exempt.clock() + OCCUPIED if occupied else None)

    def _go_on(self, _rows: int, _part: float) -> None:
        if self._exempt.stopping:
            raise _StoppedError

    def nexus(self, _job: JobRow) -> Ended:
        """Count sales anew where that is asked for, and look who is near a threshold."""
        return Ended(again=not watch_nexus(self._exempt, lambda: self._exempt.stopping))

    def daily(self, _job: JobRow) -> Ended:
        """Carry statuses on to this day, and write to customers where the settings say so."""
        soon_days = self._exempt.settings.file.exempt.expiring_soon_days
        events_out.of_endings(self._exempt.store, self._exempt.clock(), soon_days)
        daily.carry_on(self._exempt.store, self._exempt.policy, self._exempt.clock)
        if self._settings.send_notices:
            owed = remind_daily(self._exempt)
            _log.info("notices and reminders", extra={"owed": len(owed.sent)})
        return Ended()

    def upkeep(self, job: JobRow) -> Ended:
        """Forget what is old, and find work that nobody is on the way to."""
        at = self._exempt.clock()
        old_runs = dt.datetime.now(dt.UTC) - dt.timedelta(days=self._settings.keep_runs)
        self._engine.forget(old_runs.timestamp())
        with self._exempt.store.writing() as tx:
            old_webhooks = at - dt.timedelta(days=self._settings.keep_webhooks)
            tx.webhooks.forget(old_webhooks)
            tx.events.forget(old_webhooks)
            tx.workers.forget(at - KEEP_WORKERS)
            tx.sessions.end_old(at - KEEP_SESSIONS, at - KEEP_SESSIONS)
            tx.attempts.end_old(at - limiting.KEPT)
            tx.calls.forget(at - KEPT_FOR)
            if self._exempt.settings.file.requests.staff_notices:
                wake_where_due(tx)
        uploads.tidy(self._exempt.store, parts_of(self._exempt), at)
        self.find_lost(besides=job.name)
        return Ended()

    def find_lost(self, *, besides: str | None = None) -> list[str]:
        """Ask again for jobs whose runs the engine knows nothing of; their names."""
        before = self._unfinished()
        live = self._engine.live()
        # What is still as it was did not just end while we looked.
        still = [job for job in self._unfinished() & before if job.name != besides]
        lost = [job for job in still if job.run_id not in live]
        for job in lost:
            with self._exempt.store.writing() as tx:
                tx.jobs.lost(job.name)
                tx.jobs.ask(job.kind, job.connection_id)
            _log.warning("%s: its run was lost: asked for again", job.name)
        return sorted(job.name for job in lost)

    def _unfinished(self) -> set[JobRow]:
        with self._exempt.store.reading() as tx:
            return {job for job in tx.jobs.all() if job.queued > job.begun or job.running}
