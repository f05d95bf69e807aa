"""An engine that carries nothing by itself: runs stand in a table until a test does them."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from exempt.adapters.store.store import SqlStore
from support.stores import rows


class ByHand:
    """Carries what a store asks for; as with a real one, runs go with their transaction."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._begun: set[str] = set()
        with store.database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE run (number INTEGER, id TEXT, job TEXT)")
        store.enqueue = self.enqueue

    @staticmethod
    def enqueue(connection: sa.Connection, run_id: str, job: str) -> None:
        """What a store calls."""
        sql = (
            "INSERT INTO run SELECT coalesce(max(number), 0) + 1, CAST(:id AS TEXT),"
            " CAST(:job AS TEXT) FROM run"
        )
        connection.execute(sa.text(sql), {"id": run_id, "job": job})

    def waiting(self) -> list[str]:
        """The jobs whose runs wait, in the order they were enqueued."""
        return [job for job, _ in self._all()]

    def run_ids(self) -> list[str]:
        """The ids of the runs that wait."""
        return [run_id for _, run_id in self._all()]

    def work(self, run: Callable[[str], object]) -> list[str]:
        """Do all runs that wait, and those that they lead to; of which jobs they were."""
        done = []
        while waiting := self._all():
            job, run_id = waiting[0]
            with self._store.database.writing() as connection:
                sql = "DELETE FROM run WHERE number = (SELECT min(number) FROM run)"
                connection.exec_driver_sql(sql)
            self._begun = {run_id}
            run(job)
            self._begun.clear()
            done.append(job)
        return done

    def live(self) -> set[str]:
        """The runs that wait, and the one that is being done."""
        return {*self.run_ids(), *self._begun}

    def forget(self, before: float) -> int:
        """What ended is forgotten at once."""
        return 0

    def lose(self) -> None:
        """Forget all runs, as an engine does whose tables are gone."""
        with self._store.database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM run")

    def _all(self) -> list[tuple[str, str]]:
        return [
            (row[0], row[1]) for row in rows(self._store, "SELECT job, id FROM run ORDER BY number")
        ]
