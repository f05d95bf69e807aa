"""What an import does to a customer's card: values override, blank cells erase, states are added.

Avalara, "Add Customers to CertCapture": fields of the template override what
is there, blank ones erase it, a deleted column leaves it alone, and a number
that is not known yet makes a record. Exempt adds that a field on which a
connection has the last word stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from exempt.data import jurisdictions
from exempt.model.customer import (
    ADDRESS,
    CustomerCard,
    CustomerDetails,
    lacks_for_engine,
)
from exempt.model.imports import CellChange, ChangeKind, Column, Remark, Side
from exempt.rules.import_cells import YES_NO
from exempt.rules.import_rows import Said, StagedRow, Values, by_field, loaded
from exempt.rules.import_templates import SHIPPING_STATE

ZONES = "ship_to_zones"
LINKS = "ship_to_customers"


class Group(NamedTuple):
    """What the rows of one customer say together.

    Attributes:
        row: The first of them, whose values count.
        zones: By each state, the row that names it first.
    """

    row: int
    values: Values
    zones: Mapping[str, int]


class PlannedCard(NamedTuple):
    """What an import does to one card.

    Attributes:
        card: As it stands; None = it is made.
        after: As it will stand.
        changes: What of it is said in the file, and what is kept against that.
        lacks: What a tax engine still wants to know of it then.
        conflict: Why nothing can be done.
    """

    row: int
    number: str
    card: CustomerCard | None
    after: CustomerDetails
    changes: tuple[CellChange, ...] = ()
    lacks: tuple[str, ...] = ()
    conflict: Remark | None = None

    @property
    def erases(self) -> bool:
        """Whether a field is emptied."""
        return any(change.kind is ChangeKind.ERASE for change in self.changes)

    @property
    def acts(self) -> bool:
        """Whether anything changes."""
        return any(change.kind is not ChangeKind.KEPT for change in self.changes)


# --- rows that belong together -------------------------------------------------------------

Found = Callable[[StagedRow, StagedRow], None]
"""Told of a row as it was, and as it is with what other rows have against it."""


def gather(rows: Iterable[StagedRow], columns: Sequence[Column], found: Found) -> Group:
    """What the rows of one customer say together; *columns* are those of its part.

    Rows are cloned for further ship-to states or customers, so what they say of
    the customer itself must agree.
    """
    first, values = 0, None
    zones: dict[str, int] = {}
    alone: int | None = None
    for row in rows:
        said = loaded(row.cells)
        if values is None:
            first, values = row.row, said.billing
        elif said.billing != values and (wrong := [*_differ(first, values, said, columns)]):
            found(row, row.refused(*wrong))
            continue
        if said.shipping is not None:
            continue
        if said.zone is not None:
            other = zones.setdefault(said.zone, row.row)
        else:
            other = alone = row.row if alone is None else alone
        if other != row.row:
            found(row, row.noted(_repeats(other)))
    return Group(first, values or [], zones)


def compare(rows: Iterable[StagedRow], billed: int | None, number: Column, found: Found) -> None:
    """Hold the rows of one ship-to number against each other.

    *billed* is the first row that has it as billing number, *number* its column.
    """
    first: StagedRow | None = None
    for row in rows:
        if billed is not None:
            what = f"is the billing number of row {billed}: give the location one of its own"
            found(row, row.refused(Remark(number.title, number.letter, what)))
        elif first is None:
            first = row
        elif first.cells == row.cells:
            found(row, row.noted(_repeats(first.row)))
        else:
            what = (
                f"is that of row {first.row}, too: give each location a number of its own, or"
                " let both rows say just the same"
            )
            found(row, row.refused(Remark(number.title, number.letter, what)))


def _differ(first: int, values: Values, said: Said, columns: Sequence[Column]) -> Iterator[Remark]:
    ones, others = by_field(columns, values), by_field(columns, said.billing)
    for column in columns:
        field = column.field
        if ones[field] != others[field] and field != "number":  # that has other capitals only
            what = (
                f"is not what row {first} says, which has the same customer number:"
                " let both say the same"
            )
            yield Remark(column.title, column.letter, what)


def _repeats(row: int) -> Remark:
    return Remark("", "", f"says just what row {row} says: once would do")


# --- a card ------------------------------------------------------------------------------


class Wanted(NamedTuple):
    """What a file says of one card.

    Attributes:
        columns: Of the part that speaks of it.
        zones: By each ship-to state, the row that names it.
    """

    row: int
    number: str
    columns: Sequence[Column]
    values: Values
    zones: Mapping[str, int]

    @classmethod
    def of(
        cls, row: int, columns: Sequence[Column], values: Values, zones: Mapping[str, int]
    ) -> Wanted:
        """The same; its number is among the values."""
        number = by_field(columns, values)["number"]
        return cls(row, number or "", columns, values, zones)


def plan_card(wanted: Wanted, card: CustomerCard | None, owners: Mapping[str, str]) -> PlannedCard:
    """What becomes of *card*, or of a card that is not there yet.

    *owners* are the connections that have the last word on fields, by
    `ownership.OWNABLE`.
    """
    said = _said(wanted, card, owners)
    return _new(wanted, said) if card is None else _changed(wanted, said, card, owners)


def _said(
    wanted: Wanted, card: CustomerCard | None, owners: Mapping[str, str]
) -> dict[str, str | None]:
    """The values by their fields, and the country where a state tells it and no column does."""
    said = by_field(wanted.columns, wanted.values)
    open_to_us = (card is None or card.country is None) and "address" not in owners
    if "country" not in said and open_to_us and f"US-{said.get('state')}" in jurisdictions():
        said["country"] = "US"
    return said


def _new(wanted: Wanted, said: Mapping[str, str | None]) -> PlannedCard:
    shipping = wanted.columns[0].side is Side.SHIPPING
    values: dict[str, Any] = {"ship_to_zones": tuple(wanted.zones), "bill_to": not shipping}
    custom = {}
    for field, value in said.items():
        if field.startswith("custom."):
            if value is not None:
                custom[field.removeprefix("custom.")] = value
        else:
            values[field] = value == "yes" if field in YES_NO else value
    if not values.get("name"):
        what = "is missing, and the number is new: add the column with the names of locations"
        nameless = CustomerDetails(name=wanted.number)
        conflict = Remark("Shipping Customer Name 1", "", what)
        return PlannedCard(wanted.row, wanted.number, None, nameless, conflict=conflict)
    after = CustomerDetails(**values, custom=custom)
    made = CellChange(
        wanted.row, wanted.number, after.name, "", ChangeKind.NEW, "made", None, after.name
    )
    changes = (made, *_zones(wanted, after.name, ()))
    lacks = lacks_for_engine(after)
    return PlannedCard(wanted.row, wanted.number, None, after, changes, lacks)


def _changed(
    wanted: Wanted,
    said: Mapping[str, str | None],
    card: CustomerCard,
    owners: Mapping[str, str],
) -> PlannedCard:
    titles = {column.field: column.title for column in wanted.columns}
    changes: list[CellChange] = []
    update: dict[str, Any] = {}
    for field, value in said.items():
        old, new = text_of(card, field), _no(value) if field in YES_NO else value
        if field == "number" or old == new:
            continue
        owner = owners.get("address" if field in ADDRESS else field)
        kind = ChangeKind.CHANGE if value is not None else ChangeKind.ERASE
        title = titles.get(field) or titles["state"]  # which told the country
        change = CellChange(wanted.row, wanted.number, card.name, title, kind, field, old, new)
        if owner:
            note = f"{owner} has the last word"
            changes.append(change._replace(kind=ChangeKind.KEPT, note=note))
        else:
            changes.append(change)
            put(update, card, field, new)
    changes += _zones(wanted, card.name, card.ship_to_zones)
    if wanted.zones.keys() - set(card.ship_to_zones):
        update[ZONES] = tuple(sorted({*card.ship_to_zones, *wanted.zones}))
    try:
        after = updated(card, update)
    except ValueError as error:
        conflict = Remark(titles.get("state") or titles["country"], "", str(error))
        return PlannedCard(wanted.row, wanted.number, card, card, conflict=conflict)
    lacks = lacks_for_engine(after)
    return PlannedCard(wanted.row, wanted.number, card, after, tuple(changes), lacks)


def _zones(wanted: Wanted, name: str, known: Sequence[str]) -> Iterator[CellChange]:
    for zone, row in wanted.zones.items():
        if zone not in known:
            yield CellChange(
                row, wanted.number, name, SHIPPING_STATE, ChangeKind.ZONE, ZONES, None, zone
            )


# --- fields of a card as texts -----------------------------------------------------------


def text_of(card: CustomerDetails, field: str) -> str | None:
    """What stands in a field that an import can write; custom ones are ``custom.KEY``."""
    if field.startswith("custom."):
        return card.custom.get(field.removeprefix("custom."))
    value = getattr(card, field)
    return _no("yes" if value else None) if field in YES_NO else value


def put(update: dict[str, Any], card: CustomerDetails, field: str, text: str | None) -> None:
    """Let *update* of *card* have *text* in a field, as `text_of` gives it."""
    if field.startswith("custom."):
        custom = dict(update.get("custom", card.custom))
        key = field.removeprefix("custom.")
        if text is None:
            custom.pop(key, None)
        else:
            custom[key] = text
        update["custom"] = custom
    else:
        update[field] = text == "yes" if field in YES_NO else text


def updated(card: CustomerCard, update: Mapping[str, Any]) -> CustomerCard:
    """*card* with these fields changed.

    Raises:
        ValueError: Each is fine by itself, but not together: a state is none
            of the country's.
    """
    if not update:
        return card
    details = {name: getattr(card, name) for name in CustomerDetails.model_fields}
    try:
        after = CustomerDetails.model_validate({**details, **update})
    except ValidationError as error:
        wrong = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise ValueError(wrong) from None
    return card.model_copy(update={name: getattr(after, name) for name in details})


def _no(value: str | None) -> str:
    return value or "no"
