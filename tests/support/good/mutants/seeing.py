"""Mutants that miss what happens at the remote, or show what nobody may see."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from exempt import FetchRequest, Page, PermanentError, SourceRecord, Stream
from support.good.connector import Good
from support.good.mutants.registry import mutant

SET_ASIDE = "test_a_row_that_cannot_be_read_is_set_aside"
SHOWN = "test_no_secret_is_shown"


@mutant(
    "checkpoint exclusive",
    test="test_equal_moments_at_a_page_edge_lose_nothing[customers]",
    says="in the very moment",
)
class Exclusive(Good):
    def checkpoint(self, cursor: str, rows: list[Any]) -> str:
        found = super().checkpoint(cursor, rows)
        return found if found.endswith("~") else f"{found}~"


@mutant(
    "equal moments skipped at an edge",
    test="test_equal_moments_at_a_page_edge_lose_nothing[orders]",
    says="in pages of 2",
)
class SkipsEquals(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        rows, more = super().rows(path)
        return rows, more and f"{more.partition('&after=')[0]}~"


@mutant(
    "an offset as cursor",
    test="test_a_record_changed_between_two_pages_is_not_lost[customers]",
    says="never read: ['C-3']",
)
class Offset(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        if request.ids or (request.cursor or "").startswith("from"):
            return super().page(stream, request, kind)
        rows, _ = self.rows(f"{stream}?from=&limit=1000")
        first = int(request.cursor or 0)
        last = first + request.page_size
        if last < len(rows):
            return self.read(rows[first:last], kind, next_cursor=str(last))
        return self.read(rows[first:], kind, checkpoint=self.checkpoint("", rows))


@mutant(
    "old states kept",
    test="test_the_next_run_reads_what_changed_and_what_is_new[customers]",
    says="its old state last",
)
class Cached(Good):
    cache: ClassVar[dict[str, SourceRecord]] = {}

    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        found = super().record(row, kind)
        return found and self.cache.setdefault(f"{self._http.base_url}{found.external_id}", found)


@mutant(
    "only what is new",
    test="test_the_next_run_reads_what_changed_and_what_is_new[products]",
    says="both: the checkpoint",
)
class OnlyNew(Good):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.known = KNOWN.setdefault(self._http.base_url, set())

    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        found = super().record(row, kind)
        if found is None or (found.external_id, str(found.updated_at)[:10]) in self.known:
            return None
        self.known.add((found.external_id, str(found.updated_at)[:10]))
        return found


KNOWN: dict[str, set[tuple[str, str]]] = {}


@mutant("deletion not told", test="test_a_deletion_is_told[customers]", says="deleted []")
class NoDeletions(Good):
    def read(self, rows: list[Any], kind: type[Any], **more: Any) -> Page[Any]:
        return super().read(rows, kind, **{**more, "deleted": ()})


@mutant("a bad row stops all", test=f"{SET_ASIDE}[orders]", says="a row is bad")
class StopsAtBadRow(Good):
    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        if row.get("spoilt"):
            msg = "a row is bad"
            raise PermanentError(msg)
        return super().record(row, kind)


@mutant("a bad row passed over", test=f"{SET_ASIDE}[customers]", says="rejected: []")
class PassesOver(Good):
    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        return None if row.get("spoilt") else super().record(row, kind)


@mutant("only ASCII", test="test_a_name_beyond_ascii_comes_as_it_is", says="ngstr")
class OnlyAscii(Good):
    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        name = str(row.get("name", "")).encode("ascii", "ignore").decode()
        return super().record({**row, "name": name} if "name" in row else row, kind)


@mutant(
    "a bounce of nothing", test="test_a_bounce_is_read_by_the_next_run", says="bounces of ['lost'"
)
class LostKey(Good):
    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        return super().record({**row, "key": "lost"} if "key" in row else row, kind)


@mutant(
    "the last account for all",
    test="test_two_connections_share_nothing",
    says="other account was called",
)
class Shared(Good):
    last: ClassVar[list[Any]] = []

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.last[:] = [self._http]

    def said(self, path: str, name: str) -> Any:
        own, self._http = self._http, self.last[0]
        try:
            return super().said(path, name)
        finally:
            self._http = own


@mutant(
    "one place in the list for all",
    test="test_two_connections_share_nothing",
    says="a page of each",
)
class SharedPlace(Good):
    place: ClassVar[dict[Stream, str | None]] = {}

    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        if request.cursor:
            request = request.model_copy(update={"cursor": self.place.get(stream)})
        page = super().page(stream, request, kind)
        self.place[stream] = page.next_cursor
        return page


@mutant("secret in its repr", test=SHOWN, says="its repr")
class ShowsItself(Good):
    def __repr__(self) -> str:
        return f"<Good {self._settings.api_key.get_secret_value()}>"


@mutant("secret in an attribute", test=SHOWN, says="its attribute key")
class KeepsPlain(Good):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.key = self._settings.api_key.get_secret_value()


@mutant("secret in the log", test=SHOWN, says="the log")
class LogsSecret(Good):
    def said(self, path: str, name: str) -> Any:
        self._context.log.info("with %s", self._settings.api_key.get_secret_value())
        return super().said(path, name)


@mutant("a person in the log", test="test_no_person_is_in_the_log", says="names or addresses")
class LogsPeople(Good):
    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        logging.getLogger(__name__).debug("read %s", row)
        return super().record(row, kind)
