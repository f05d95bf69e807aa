"""Follow webhooks at once, where they come in and jobs are done in one process.

The job that is asked for with each webhook would follow it, too, at the next
look at the queue: that takes up to a second. It stays asked for, and finds
nothing left to do; what fails here is left to it, which tries again.
"""

from __future__ import annotations

import logging
import threading

from exempt.adapters.observing import watched
from exempt.services import duties
from exempt.services.job_ports import JobKind
from exempt.services.telling import about
from exempt.wiring import Exempt

_log = logging.getLogger("exempt.jobs")

PATIENCE = 10.0
"""Seconds that a connector may take for an answer here; the job waits longer."""


class Express:
    """A thread that follows the webhooks of whatever connection it is told of."""

    def __init__(self, exempt: Exempt) -> None:
        self._exempt = exempt
        self._told = threading.Condition()
        self._names: set[str] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="express", daemon=True)
        self._thread.start()

    def follow(self, name: str) -> None:
        """Follow what the webhooks of a connection speak of, soon."""
        with self._told:
            self._names.add(name)
            self._told.notify()

    def close(self) -> None:
        """End after what it is at."""
        with self._told:
            self._closed = True
            self._told.notify()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while True:
            with self._told:
                self._told.wait_for(lambda: self._names or self._closed)
                if self._closed:
                    return
                name = self._names.pop()
            with about(job=f"webhook:{name}", connection=name):
                try:
                    self._follow(name)
                except Exception as error:  # noqa: BLE001 - the job that was asked for will tell
                    _log.info("left to the job: %s", type(error).__name__)

    def _follow(self, name: str) -> None:
        with self._exempt.store.reading() as tx:
            row = next((row for row in tx.connections.all() if row.name == name), None)
            job = tx.jobs.get(f"{JobKind.WEBHOOK}:{name}")
        if row is None or row.paused_reason is not None or (job and job.failures):
            return  # whoever fails is left alone for a while
        connection = self._exempt.open(name, patience=PATIENCE)
        try:
            with watched("job", kind="webhook", connection=name):
                duties.webhook(self._exempt.job(row, connection))
        finally:
            connection.close()
