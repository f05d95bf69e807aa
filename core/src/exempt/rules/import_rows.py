"""What a row of a file says: each cell read by its column, and all that is wrong with it named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from exempt.data import jurisdictions
from exempt.model.customer import INVISIBLE, invisible
from exempt.model.imports import Column, Layout, Remark, Side
from exempt.model.tabular import Cell, Line
from exempt.rules.import_cells import (
    LONGEST,
    UNKNOWN_ZONE,
    Reader,
    jurisdiction_of,
    known_state,
    read_text,
    reader_of,
)
from exempt.rules.import_templates import SHIPPING_NUMBER
from exempt.rules.matching import number_key

_US_ZIP = 5

Values = list[str | None]
"""What a part of a row says, in the order of `fields`; None = blank."""


class Said(NamedTuple):
    """What a row says that can go in.

    Attributes:
        billing: Of the billing customer.
        zone: A state that its goods go to.
        shipping: Of its ship-to customer, where that has a number of its own.
    """

    billing: Values
    zone: str | None = None
    shipping: Values | None = None


class StagedRow(NamedTuple):
    """A row as it is kept until the import is over.

    Attributes:
        number_key: The billing customer's; empty where it has no number.
        ship_to_key: The same of the ship-to customer.
        cells: What it says, see `dumped`.
        problems: Why it cannot go in.
        notes: What else is to be said of it.
    """

    row: int
    number_key: str
    ship_to_key: str | None
    cells: str
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()

    def refused(self, *remarks: Remark) -> StagedRow:
        """The row with more problems."""
        return self._replace(problems=tuple(dict.fromkeys((*self.problems, *remarks))))

    def noted(self, *remarks: Remark) -> StagedRow:
        """The row with more notes."""
        return self._replace(notes=tuple(dict.fromkeys((*self.notes, *remarks))))


_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dumped(said: Said) -> str:
    """*said* as text; equal texts say the same."""
    return _dump(said)


def loaded(cells: str) -> Said:
    """What `dumped` made *cells* of."""
    return Said(*json.loads(cells))


def fields(layout: Layout, side: Side) -> tuple[Column, ...]:
    """The columns of one side, as `Values` has them: both parts of a name are one."""
    return tuple(c for c in layout.columns if c.side is side and c.field != "name2")


def by_field(columns: Sequence[Column], values: Values) -> dict[str, str | None]:
    """*values* by the fields of their columns, as `fields` gives these."""
    return dict(zip((column.field for column in columns), values, strict=True))


class RowReader:
    """Reads the rows of a file that has this layout."""

    def __init__(self, layout: Layout) -> None:
        self._billing = _Part(layout, Side.BILLING)
        self._shipping = _Part(layout, Side.SHIPPING)
        self._separate = any(c.title == SHIPPING_NUMBER for c in layout.columns)
        self._only: dict[int, set[str]] = {}
        for at, text in layout.only:
            self._only.setdefault(at, set()).add(text)

    def wanted(self, line: Line) -> bool:
        """Whether the row is one of those that were asked for."""
        return all(
            (line.cells[at].text or "").strip().casefold() in texts
            for at, texts in self._only.items()
        )

    def read(self, line: Line) -> StagedRow:
        """What the row says, and what is wrong with it."""
        problems: list[Remark] = []
        notes: list[Remark] = []
        billing = self._billing.read(line.cells, problems, notes)
        self._billing.check_named(billing, problems)
        key = number_key(self._billing.of(billing, "number")) or ""
        said, ship_to_key = Said(billing), None
        if self._shipping.columns:
            shipping = self._shipping.read(line.cells, problems, notes)
            ship_to_key = number_key(self._shipping.of(shipping, "number"))
            if ship_to_key is None or ship_to_key == key:
                ship_to_key = None
                said = Said(billing, self._zone(billing, shipping, problems, notes))
            else:
                self._shipping.check_named(shipping, problems)
                said = Said(billing, None, shipping)
        return StagedRow(line.row, key, ship_to_key, dumped(said), tuple(problems), tuple(notes))

    def _zone(
        self, billing: Values, shipping: Values, problems: list[Remark], notes: list[Remark]
    ) -> str | None:
        """Where goods go that go to the billing customer itself."""
        part = self._shipping
        number, state = part.of(shipping, "number"), part.of(shipping, "state")
        if self._separate and number is None:
            if any(shipping):
                what = "is blank, and the row has shipping details: give the location its number"
                part.refuse("number", what, problems)
            return None
        if number is not None and self._differs(billing, shipping):
            notes.append(part.remark("number", "is the billing customer's: only the state counts"))
        if state is None:
            return None
        country = part.of(shipping, "country")
        try:
            return jurisdiction_of(state, country)
        except ValueError:
            problems.append(part.remark("state", UNKNOWN_ZONE))
            return None

    def _differs(self, billing: Values, shipping: Values) -> bool:
        """Whether the shipping part says something else of the same customer than a state."""
        return any(
            value not in (None, self._billing.of(billing, field))
            for field, value in by_field(self._shipping.columns, shipping).items()
            if field not in {"number", "state", "country"}
        )


class _Part:
    """The columns of one side, and how each is read."""

    def __init__(self, layout: Layout, side: Side) -> None:
        self.columns = fields(layout, side)
        self._at = {column.field: at for at, column in enumerate(self.columns)}
        self._name2 = next(
            (c for c in layout.columns if c.side is side and c.field == "name2"), None
        )
        self._readers = [
            (
                column,
                column.at,
                reader_of(column.field, layout.custom),
                column.field.startswith("custom."),
            )
            for column in self.columns
        ]

    def of(self, values: Values, field: str) -> str | None:
        at = self._at.get(field)
        return None if at is None else values[at]

    def remark(self, field: str, text: str) -> Remark:
        column = self.columns[self._at[field]]
        return Remark(column.title, column.letter, text)

    def refuse(self, field: str, text: str, problems: list[Remark]) -> None:
        """Add a problem, unless the cell has another that left nothing in it."""
        remark = self.remark(field, text)
        if all(other.title != remark.title for other in problems):
            problems.append(remark)

    def read(self, cells: Sequence[Cell], problems: list[Remark], notes: list[Remark]) -> Values:
        values: Values = []
        for column, at, reader, own in self._readers:
            values.append(_read(cells[at], column, reader, problems, notes, own=own))
        if self._name2:
            self._join_name(self._name2, values, cells, problems, notes)
        if "state" in self._at:
            self._settle_state(values, problems, notes)
        self._look_at_zip(values, cells, notes)
        return values

    def check_named(self, values: Values, problems: list[Remark]) -> None:
        """See that it has a number and a name."""
        for field in ("number", "name"):
            if field in self._at and self.of(values, field) is None:
                self.refuse(field, "is blank: fill it in, or delete the row", problems)
        for field in ("number", "code"):
            if field in self._at and invisible(self.of(values, field) or ""):
                self.refuse(field, f"has {INVISIBLE}", problems)

    def _join_name(
        self,
        column: Column,
        values: Values,
        cells: Sequence[Cell],
        problems: list[Remark],
        notes: list[Remark],
    ) -> None:
        rest = _read(cells[column.at], column, read_text, problems, notes)
        at = self._at["name"]
        name = " ".join(filter(None, (values[at], rest)))
        if len(name) > LONGEST:
            what = f"is longer than {LONGEST} characters together with the first part: shorten it"
            problems.append(Remark(column.title, column.letter, what))
        elif values[at] is not None:
            values[at] = name

    def _settle_state(self, values: Values, problems: list[Remark], notes: list[Remark]) -> None:
        at = self._at["state"]
        if (state := values[at]) is None:
            return
        country = self.of(values, "country")
        try:
            values[at] = state = known_state(state, country)
        except ValueError as error:
            values[at] = None
            problems.append(self.remark("state", str(error)))
            return
        if country is None and "number" in self._at and f"US-{state}" not in jurisdictions():
            what = "is no state of the United States, and no country is named: name it"
            notes.append(self.remark("state", what))

    def _look_at_zip(self, values: Values, cells: Sequence[Cell], notes: list[Remark]) -> None:
        at = self._at.get("postal_code")
        if at is None or (text := values[at]) is None or len(text) >= _US_ZIP:
            return
        number = cells[self.columns[at].at].kind == "number"
        if number and self.of(values, "country") in {None, "US"}:
            what = f"has {len(text)} digits: did the spreadsheet drop a zero before it?"
            notes.append(self.remark("postal_code", what))


def _read(
    cell: Cell,
    column: Column,
    reader: Reader,
    problems: list[Remark],
    notes: list[Remark],
    *,
    own: bool = False,
) -> str | None:
    text, problem, note, kind = cell
    if note is not None:
        notes.append(Remark(column.title, column.letter, note))
    if problem is None:
        if text is None:
            return None
        if kind == "date" and not own:
            problem = _A_DATE
        else:
            try:
                return reader(text)
            except ValueError as error:
                problem = str(error)
    problems.append(Remark(column.title, column.letter, problem))
    return None


_A_DATE = "was turned into a date by the spreadsheet: make it a text, and type it again"


# --- what is said of rows ----------------------------------------------------------------


def dumped_remarks(remarks: Iterable[Remark]) -> str | None:
    """Remarks as text; None for none."""
    found = list(remarks)
    return _dump(found) if found else None


def loaded_remarks(text: str | None) -> tuple[Remark, ...]:
    """What `dumped_remarks` made *text* of."""
    return tuple(Remark(*each) for each in json.loads(text)) if text else ()
