"""Reading: what is asked of a stream, and the page that comes back.

Fields are added to requests and results over time, and within a major version
of the specification never renamed or removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import partial
from typing import Annotated, Generic, TypeVar

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from exempt.model.record import Day, ExternalId, Record, SourceRecord, Text
from exempt.model.watching import watch

S = TypeVar("S", bound=SourceRecord)
Row = TypeVar("Row")


Cursor = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]
"""Where to go on reading; only the connector understands it. At most 4,096
characters, and never a secret: it is stored and shown."""


class Stream(StrEnum):
    """What can be fetched."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"
    EMPLOYEES = "employees"
    BOUNCES = "bounces"


class RangesRequest(Record):
    """Asks how a stream's history can be read in independent parts."""

    stream: Stream
    since: Day | None = None


class RangesResult(Record):
    """Start cursors of ranges that together cover the history, oldest first.

    Each is read by itself, several at once, each through a connector of its
    own. The checkpoint at the end of the last range starts the next run, so
    that range must promise to see whatever changes while the others are read.
    """

    cursors: tuple[Cursor, ...]


class FetchRequest(Record):
    """Asks for one page.

    Attributes:
        cursor: Where to go on: the ``next_cursor`` or ``checkpoint`` of an
            earlier page, or a range's start. None = from the beginning.
        since: With ``cursor=None``: nothing older is of interest.
        ids: Ask for just these records; the page then has no cursor at all.
        page_size: The most records to return.
    """

    cursor: Cursor | None = None
    since: Day | None = None
    ids: tuple[ExternalId, ...] | None = None
    page_size: Annotated[int, Field(ge=1, le=10_000)] = 1000


_ROW_ERRORS = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError),
    RecursionError,
)


class Rejected(Record):
    """A row that could not be read.

    Attributes:
        row: Which row, in words the remote's own people understand
            (``row 17``, ``invoice in_123``).
        reason: What is wrong and how to mend it, without the value itself.
        external_id: Its identifier, where that much was legible.
    """

    row: Text
    reason: Annotated[str, StringConstraints(max_length=2000)]
    external_id: ExternalId | None = None


class Page(Record, Generic[S]):
    """One page of a stream: the unit of retry, storage and progress.

    Attributes:
        records: In the stream's order. The same record may come again.
        deleted: Identifiers that the remote no longer has.
        rejected: Rows that could not be read; they never cost the page.
        next_cursor: Go on there; None = this was the last page.
        checkpoint: On the last page: where the next run starts, inclusive.
        snapshot: The run reads the whole stream from its beginning, so that at
            its end the records which no page of it named are gone; but that
            all are gone is not believed. All pages of a run say the same.
            Since version 1.1.
    """

    # Instances made by the connector are trusted to have been validated when they were made.
    model_config = ConfigDict(revalidate_instances="never")

    records: tuple[S, ...] = ()
    deleted: tuple[ExternalId, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    next_cursor: Cursor | None = None
    checkpoint: Cursor | None = None
    snapshot: bool = False

    @classmethod
    def read(
        cls,
        rows: Iterable[Row],
        translate: Callable[[Row], S | None],
        *,
        row_name: Callable[[int, Row], str] = lambda number, _row: f"row {number}",
        row_id: Callable[[Row], str | None] = lambda _row: None,
        deleted: Iterable[str] = (),
        next_cursor: str | None = None,
        checkpoint: str | None = None,
        snapshot: bool = False,
    ) -> Page[S]:
        """Translate *rows* one by one; a bad row is set aside with its reason.

        Args:
            rows: As the remote gave them.
            translate: Makes a record of a row, or None to leave the row out.
                A ``ValueError`` (pydantic's too), ``LookupError``, ``TypeError``,
                ``AttributeError``, ``ArithmeticError`` or ``RecursionError``
                rejects that row alone.
            row_name: Words for a row, from its position (counted from 1) and itself.
            row_id: A row's identifier, if it can be read.
            deleted: See the class.
            next_cursor: See the class.
            checkpoint: See the class.
            snapshot: See the class.
        """
        records: list[S] = []
        rejected: list[Rejected] = []
        for number, row in enumerate(rows, start=1):
            try:
                record = translate(row)
            except _ROW_ERRORS as error:
                watch(row, None, rejected=True)
                rejected.append(
                    Rejected(
                        row=_legible(partial(row_name, number), row, 500) or f"row {number}",
                        reason=storable(reason_of(error)),
                        external_id=_legible(row_id, row, 255),
                    )
                )
            else:
                watch(row, record)
                if record is not None:
                    records.append(record)
        return cls(
            records=tuple(records),
            deleted=tuple(deleted),
            rejected=tuple(rejected),
            next_cursor=next_cursor,
            checkpoint=checkpoint,
            snapshot=snapshot,
        )


def _legible(read: Callable[[Row], str | None], row: Row, longest: int) -> str | None:
    """What *read* finds in a bad row; None when it finds nothing there either."""
    try:
        found = read(row)
    except _ROW_ERRORS:
        return None
    return None if found is None else storable(str(found))[:longest] or None


def storable(text: str) -> str:
    """*text* without what no database keeps: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def reason_of(error: Exception) -> str:
    """One line that says what is wrong with a row, without quoting the row."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'row'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False, include_url=False, include_context=False)
        )[:2000]
    if isinstance(error, ArithmeticError):
        return "an amount that cannot be read: write 1234.50"
    if isinstance(error, KeyError):
        return _what_is_missing(error)[:2000]
    said = str(error) or type(error).__name__
    if found := _NO_MEMBER.fullmatch(said):
        return f"a value that {found['kind']} does not have: add it to the translation"
    for begins, instead in _QUOTING:
        if said.startswith(begins):
            return instead
    return said[:2000]


def _what_is_missing(error: KeyError) -> str:
    """The key, if the code names it; else it may be a value of the row."""
    key = error.args[0] if error.args else "a field"
    frame = error.__traceback__
    named = frame is None  # an error that nobody raised was made by hand
    while frame is not None:
        named = named or key in _constants(frame.tb_frame.f_code.co_consts)
        frame = frame.tb_next
    if named:
        return f"{key}: missing"
    return "a value, or a field, that the translation does not know: add it there"


def _constants(constants: Iterable[object]) -> Iterator[object]:
    """All that code names, what stands in its tuples and sets too."""
    for each in constants:
        if isinstance(each, tuple | frozenset):
            yield from _constants(each)
        else:
            yield each


_NO_MEMBER = re.compile(r".* is not a valid (?P<kind>\w+)", re.DOTALL)
_QUOTING = (
    ("maximum recursion depth exceeded", "tables that lie too deep in one another"),
    ("invalid literal for int()", "a whole number that cannot be read"),
    ("could not convert string to float", "a number that cannot be read"),
    ("Invalid isoformat string", "a date that cannot be read: write it as YYYY-MM-DD"),
    ("time data ", "a date that does not have the format asked for"),
)
"""What Python itself says of a value, quoting it, and what is said instead."""
