"""Mutants that lose what happens while they read, or between two runs; and one that does not."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar
from urllib.parse import quote

from exempt import FetchRequest, Page, Stream
from support.good.connector import NOTHING, Good
from support.good.mutants.registry import mutant

NEXT_RUN = "test_the_next_run_reads_what_changed_and_what_is_new"
CHANGED = "test_a_record_changed_between_two_pages_is_not_lost"
DELETED = "test_a_record_deleted_between_two_pages_is_told"


class ByIdentifier(Good):
    """Reads by identifier, as many must: what is behind changes unseen. A good one, too.

    A cursor is when the run began, since when it reads, and the last identifier.
    """

    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        if request.ids is not None or (request.cursor and "|" not in request.cursor):
            return super().page(stream, request, kind)
        began, since, last = (request.cursor or "||").split("|")
        began = began or self._context.now().isoformat()
        found, _ = self.rows(f"{stream}?from={quote(since, safe='')}&limit=1000")
        left = sorted((row for row in found if row["external_id"] > last), key=_identifier)
        rows, more = left[: request.page_size], len(left) > request.page_size
        return self.read(
            rows,
            kind,
            deleted=[row["external_id"] for row in rows if self.tells(row, began)],
            next_cursor=f"{began}|{since}|{rows[-1]['external_id']}" if more else None,
            checkpoint=None if more else f"|{self.ended(began)}|",
        )

    def tells(self, row: Any, began: str) -> bool:
        """Whether a row is told as deleted."""
        return bool(row.get("deleted"))

    def ended(self, began: str) -> str:
        """The moment from which the next run reads."""
        return began


def _identifier(row: Any) -> str:
    return str(row["external_id"])


@mutant("the last minutes only", test=f"{NEXT_RUN}[customers]", says="both: the checkpoint")
class LastMinutes(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        if request.cursor and "&" not in request.cursor and request.cursor != NOTHING:
            since = (self._context.now() - dt.timedelta(minutes=5)).isoformat()
            request = request.model_copy(update={"cursor": f"from={quote(since, safe='')}"})
        return super().page(stream, request, kind)


@mutant("checkpoint at the end of the run", test=f"{CHANGED}[orders]", says="its old state last")
class EndOfRun(ByIdentifier):
    overlap: ClassVar = dt.timedelta()

    def ended(self, began: str) -> str:
        return (self._context.now() - self.overlap).isoformat()


@mutant("a minute before the end", test=f"{CHANGED}[customers]", says="its old state last")
class AlmostEndOfRun(EndOfRun):
    overlap = dt.timedelta(minutes=1)


@mutant("deletion after its page lost", test=f"{DELETED}[customers]", says="deleted [], then []")
class EndOfRunDeleted(EndOfRun):
    pass


@mutant("deletions of this run only", test="test_a_deletion_is_told[products]", says="deleted []")
class DeletedMeanwhile(ByIdentifier):
    def tells(self, row: Any, began: str) -> bool:
        return super().tells(row, began) and row["changed"] >= began


@mutant(
    "everything each time", test="test_the_next_run_leaves_out_what_is_old[orders]", says="all 5"
)
class FromTheBeginning(ByIdentifier):
    def ended(self, began: str) -> str:
        return ""
