"""Mutants of pages, cursors and ranges."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from exempt import (
    CursorExpired,
    Customer,
    FetchRequest,
    Order,
    Page,
    RangesRequest,
    RangesResult,
    Stream,
    hookimpl,
)
from support.good.connector import NOTHING, Good
from support.good.mutants.registry import mutant

SHARED: dict[Stream, str] = {}
KINDS = "test_a_stream_gives_records_of_its_kind"
FRESH = "test_every_cursor_goes_on_in_a_fresh_connector[customers]"
JUST_THESE = "test_ids_ask_for_just_these[customers]"


@mutant("wrong record type", test=f"{KINDS}[orders]", says="record of Customer where Order")
class WrongType(Good):
    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        return self.page(Stream.CUSTOMERS, request, Customer)


@mutant("empty source", test=f"{KINDS}[customers]", says="0 records")
class Empty(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        return [], None


@mutant("same cursor again", test=f"{KINDS}[customers]", says="a page before it had given")
class SameCursor(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        return super().rows(path)[0], "from=here"


@mutant("never ends", test=f"{KINDS}[products]", says="no end after")
class NeverEnds(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        return Page(next_cursor=str(int(request.cursor or 0) + 1))


@mutant(
    "page size ignored",
    test="test_a_page_is_no_larger_than_asked_for[2-customers]",
    says="a page of 5 records",
)
class TooLarge(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        return super().page(stream, request.model_copy(update={"page_size": 50}), kind)


@mutant(
    "duplicate ids",
    test="test_no_record_stands_twice_on_a_page[orders]",
    says="two records of external_id",
)
class Duplicates(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        rows, more = super().rows(path)
        return [*rows, *rows[:1]], more


@mutant(
    "no checkpoint",
    test="test_the_last_page_has_a_checkpoint[customers]",
    says="without checkpoint",
)
class NoCheckpoint(Good):
    def checkpoint(self, cursor: str, rows: list[Any]) -> Any:
        return None


@mutant(
    "a record lost at each edge",
    test="test_the_size_of_pages_changes_nothing[customers]",
    says="missing:",
)
class LostAtEdge(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        rows, more = super().rows(path)
        return (rows[:-1] if more and len(rows) > 1 else rows), more


@mutant(
    "since taken for the only day",
    test="test_since_leaves_out_nothing_newer[customers]",
    says="missing: C-1",
)
class OnlyThatDay(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        page = super().page(stream, request, kind)
        return page.model_copy(update={"records": ()}) if request.since else page


@mutant(
    "nothing since then has no end",
    test="test_since_leaves_out_nothing_newer[orders]",
    says="though nothing is that new",
)
class NoEndOfSince(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        if request.since and request.since > self._context.now().date():
            return Page()
        return super().page(stream, request, kind)


@mutant("cursor ignored", test=f"{KINDS}[employees]", says="a page before it had given")
class IgnoresCursor(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        small = request.model_copy(update={"cursor": None, "page_size": 2})
        return super().page(stream, small, kind)


@mutant(
    "another answer each time",
    test="test_the_same_request_gives_the_same_page[customers]",
    says="the second time",
)
class Moody(Good):
    calls = 0

    def rows(self, path: str) -> tuple[list[Any], str | None]:
        rows, more = super().rows(path)
        self.calls += 1
        return (rows[::-1] if self.calls % 2 else rows), more


@mutant("ids ignored", test=JUST_THESE, says="asked for the customers")
class IdsIgnored(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        return super().page(stream, request.model_copy(update={"ids": None}), kind)


@mutant("ids with a cursor", test=JUST_THESE, says="a cursor")
class IdsWithCursor(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        page = super().page(stream, request, kind)
        return page.model_copy(update={"checkpoint": "from=here"})


@mutant(
    "missing id not told",
    test="test_an_id_that_is_not_there_is_named_deleted[orders]",
    says="deleted []",
)
class MissingNotTold(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        return super().page(stream, request, kind).model_copy(update={"deleted": ()})


@mutant(
    "empty source without end",
    test="test_an_empty_source_has_an_end[customers]",
    says="checkpoint None",
)
class NoEndOfNothing(Good):
    def checkpoint(self, cursor: str, rows: list[Any]) -> Any:
        return super().checkpoint(cursor, rows) if rows else None


class _Kept(Good):
    """Gives a number as cursor, and keeps in *kept* what it stands for."""

    kept: dict[Stream, str]

    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        real = self.kept.get(stream, NOTHING) if request.cursor else NOTHING
        page = super().page(stream, request.model_copy(update={"cursor": real}), kind)
        if page.next_cursor is None:
            return page
        self.kept[stream] = page.next_cursor
        number = int(request.cursor or 0) + 1
        return page.model_copy(update={"next_cursor": str(number)})


@mutant("state in the object", test=FRESH, says="the same rest")
class InObject(_Kept):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.kept = {}


@mutant("state in the module", test=FRESH, says="the same rest")
class InModule(_Kept):
    kept = SHARED


@mutant("skips on resume", test=FRESH, says="the same rest")
class SkipsOnResume(Good):
    begun = False

    def rows(self, path: str) -> tuple[list[Any], str | None]:
        rows, more = super().rows(path)
        skip = 0 if self.begun or NOTHING + "&" in path else 1
        self.begun = True
        return rows[skip:], more


@mutant("secret in the cursor", test="test_a_cursor_is_no_secret[customers]", says="in clear or")
class SecretCursor(Good):
    def checkpoint(self, cursor: str, rows: list[Any]) -> str:
        key = self._settings.api_key.get_secret_value()
        return f"{super().checkpoint(cursor, rows)}&key={key}"


@mutant("secret as base64", test="test_a_cursor_is_no_secret[orders]", says="in clear or")
class PackedCursor(Good):
    def checkpoint(self, cursor: str, rows: list[Any]) -> str:
        pair = f"user:{self._settings.api_key.get_secret_value()}".encode()
        return f"{super().checkpoint(cursor, rows)}&auth={base64.b64encode(pair).decode()}"


@mutant(
    "checkpoint not understood",
    test="test_the_checkpoint_starts_the_next_run[customers]",
    says="CursorExpired",
)
class ForgetsCheckpoint(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        if request.cursor and "after=" not in request.cursor:
            msg = "what was that?"
            raise CursorExpired(msg)
        return super().page(stream, request, kind)


@mutant(
    "a range left out",
    test="test_ranges_together_give_everything[customers]",
    says="0 of 5 records",
)
class HalfTheRanges(Good):
    @hookimpl
    def ranges(self, request: RangesRequest) -> RangesResult:
        return RangesResult(cursors=(f"{NOTHING}&to=2020", "from=2030"))


@mutant(
    "last range closed",
    test="test_the_last_range_sees_what_changes_meanwhile[customers]",
    says="the change was not seen",
)
class ClosedRange(Good):
    @hookimpl
    def ranges(self, request: RangesRequest) -> RangesResult:
        soon = quote(f"{self._context.now().isoformat()}~", safe="")
        return RangesResult(cursors=(f"{NOTHING}&to={soon}",))

    def checkpoint(self, cursor: str, rows: list[Any]) -> str:
        return "from=2030" if "to=" in cursor else super().checkpoint(cursor, rows)
