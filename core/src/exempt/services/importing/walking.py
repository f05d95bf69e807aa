"""Go through the rows of an import, customer by customer, and plan each against the register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from exempt.model.customer import CustomerCard, CustomerDetails
from exempt.model.imports import (
    CellChange,
    ChangeKind,
    Column,
    ImportRun,
    Remark,
    Side,
    Tally,
    Template,
)
from exempt.rules.import_rows import StagedRow, Values, by_field, fields, loaded
from exempt.rules.import_templates import SHIPPING_NUMBER
from exempt.rules.importing import LINKS, Found, PlannedCard, Wanted, compare, gather, plan_card
from exempt.services.importing.runs import CARDS, ROWS
from exempt.services.ports import Transaction


class Step(StrEnum):
    """What is gone through."""

    COMPARE = "compare"
    BILLING = "billing"
    SHIPPING = "shipping"


class Place(NamedTuple):
    """Where to go on: after the customer with this number, in its step."""

    step: Step
    after: str = ""

    def __str__(self) -> str:
        """As it is kept."""
        return f"{self.step.value}:{self.after}"


def place(position: str) -> Place:
    """The place that was kept as *position*."""
    step, _, after = position.partition(":")
    return Place(Step(step), after)


class PlannedLink(NamedTuple):
    """A ship-to customer to be linked.

    Attributes:
        at: Its place among the cards that are planned with it.
        bill_to_id: None = that card is not made yet.
    """

    at: int
    bill_to_id: int | None
    change: CellChange


class Walked(NamedTuple):
    """Some customers, and what becomes of them.

    Attributes:
        rows: How many rows they have.
        then: Where the next ones are; None = these were the last.
    """

    cards: Sequence[PlannedCard]
    links: Sequence[PlannedLink]
    rows: int
    then: Place | None

    def tally(self) -> Tally:
        """What happens to them, counted."""
        good = [card for card in self.cards if not card.conflict]
        kinds = [change.kind for card in good for change in card.changes]
        old = [card for card in good if card.card is not None]
        return Tally(
            new=len(good) - len(old),
            changed=sum(card.acts for card in old),
            unchanged=sum(not card.acts for card in old),
            changes=kinds.count(ChangeKind.CHANGE),
            erasures=kinds.count(ChangeKind.ERASE),
            zones=kinds.count(ChangeKind.ZONE),
            links=len(self.links),
            kept=kinds.count(ChangeKind.KEPT),
            left=len(self.cards) - len(good),
            lacking=sum(bool(card.lacks) for card in good),
        )


def nothing(_before: StagedRow, _after: StagedRow) -> None:
    """What other rows have against one was found by the check already."""


def walk(
    tx: Transaction, run: ImportRun, at: Place, found: Found = nothing, cards: int | None = None
) -> Walked:
    """Plan the next customers, those whose rows can go in; *cards* of them at most."""
    most = CARDS if cards is None else cards
    if at.step is Step.COMPARE:
        return _compare(tx, run, at, found)
    if at.step is Step.BILLING:
        return _billing(tx, run, at, found, most)
    return _shipping(tx, run, at, most)


def first(run: ImportRun) -> Place:
    """Where planning begins."""
    return Place(Step.COMPARE if _separate(run) else Step.BILLING)


def steps(run: ImportRun) -> int:
    """How often the rows are gone through by whoever checks them."""
    return 3 if _separate(run) else 1


def _separate(run: ImportRun) -> bool:
    """Whether ship-to customers have numbers of their own."""
    return run.layout.template is Template.FULL


# --- steps -------------------------------------------------------------------------------


class _Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterable[StagedRow]) -> None:
        self._rows = iter(rows)
        self.count = 0

    def __iter__(self) -> Iterator[StagedRow]:
        for row in self._rows:
            self.count += 1
            yield row


def _compare(tx: Transaction, run: ImportRun, at: Place, found: Found) -> Walked:
    number = _number(fields(run.layout, Side.SHIPPING))
    keys = tx.imports.ship_to_keys(run.id, at.after, CARDS)
    if not keys:
        return Walked((), (), 0, Place(Step.BILLING))
    billed = tx.imports.billed(run.id, keys)
    rows = _Counted(tx.imports.by_ship_to(run.id, at.after))
    for key, same in groupby(rows, key=_ship_to):
        compare(same, billed.get(key), number, found)
        if key == keys[-1]:
            break
    return Walked((), (), rows.count, at._replace(after=keys[-1]))


def _ship_to(row: StagedRow) -> str:
    return row.ship_to_key or ""


def _billing(tx: Transaction, run: ImportRun, at: Place, found: Found, most: int) -> Walked:
    columns = fields(run.layout, Side.BILLING)
    wanted: dict[str, Wanted] = {}
    rows = _Counted(tx.imports.by_number(run.id, at.after))
    over = True
    for key, same in groupby(rows, key=lambda row: row.number_key):
        group = gather(same, columns, found)
        wanted[key] = Wanted.of(group.row, columns, group.values, group.zones)
        if len(wanted) >= most or rows.count >= ROWS:
            over = False
            break
    cards = _planned(tx, run, wanted)
    then = Place(Step.SHIPPING) if _separate(run) else None
    if not over:
        then = at._replace(after=list(wanted)[-1])
    return Walked(cards, (), rows.count, then)


def _shipping(tx: Transaction, run: ImportRun, at: Place, most: int) -> Walked:
    columns = fields(run.layout, Side.SHIPPING)
    firsts: dict[str, tuple[StagedRow, Values]] = {}
    wanted: dict[str, Wanted] = {}
    rows = _Counted(tx.imports.by_ship_to(run.id, at.after))
    over = True
    for key, same in groupby(rows, key=_ship_to):
        row = next(same)
        said = loaded(row.cells)
        firsts[key] = row, said.billing
        wanted[key] = Wanted.of(row.row, columns, said.shipping or [], {})
        if len(wanted) >= most or rows.count >= ROWS:
            over = False
            break
    cards, links = _linked(tx, run, firsts, _planned(tx, run, wanted))
    then = None if over else at._replace(after=list(wanted)[-1])
    return Walked(cards, links, rows.count, then)


# --- the register ------------------------------------------------------------------------


def _planned(tx: Transaction, run: ImportRun, wanted: Mapping[str, Wanted]) -> list[PlannedCard]:
    numbered = tx.cards.numbered(run.company_id, wanted)
    ids = [ids[0] for ids in numbered.values() if len(ids) == 1]
    cards = {card.id: card for card in tx.cards.find(ids)} if ids else {}
    owners = tx.cards.owners(ids) if ids else {}
    planned = []
    for key, each in wanted.items():
        known = numbered.get(key, [])
        if len(known) > 1:
            conflict = _several(known, _number(each.columns))
            nobody = CustomerDetails(name=each.number)
            planned.append(PlannedCard(each.row, each.number, None, nobody, conflict=conflict))
        else:
            card = cards[known[0]] if known else None
            planned.append(plan_card(each, card, owners.get(card.id, {}) if card else {}))
    return planned


def _number(columns: Iterable[Column]) -> Column:
    return next(column for column in columns if column.field == "number")


def _several(known: Sequence[int], number: Column) -> Remark:
    merge = " ".join(f"id:{each}" for each in known[:2])
    what = f"is that of several customers: merge them first: exempt customers merge {merge}"
    return Remark(number.title, number.letter, what)


def _linked(
    tx: Transaction,
    run: ImportRun,
    firsts: Mapping[str, tuple[StagedRow, Values]],
    cards: Sequence[PlannedCard],
) -> tuple[list[PlannedCard], list[PlannedLink]]:
    """The ship-to customers with what stands against linking them, and the links that are new."""
    columns = fields(run.layout, Side.BILLING)
    bill_tos = tx.cards.numbered(run.company_id, {row.number_key for row, _ in firsts.values()})
    planned, links = [], []
    for at, (card, (row, billing)) in enumerate(zip(cards, firsts.values(), strict=True)):
        known = bill_tos.get(row.number_key, [])
        bill_to_id = known[0] if known else None
        conflict = card.conflict or _against(card.card, known, _number(columns))
        planned.append(card._replace(conflict=conflict))
        ship_to = card.card
        if conflict or (ship_to and bill_to_id in ship_to.bill_to_ids):
            continue
        said = by_field(columns, billing)
        links.append(
            PlannedLink(
                at,
                bill_to_id,
                CellChange(
                    row.row,
                    said["number"] or "",
                    said["name"] or "",
                    SHIPPING_NUMBER,
                    ChangeKind.LINK,
                    LINKS,
                    None,
                    card.number,
                ),
            )
        )
    return planned, links


def _against(ship_to: CustomerCard | None, known: Sequence[int], number: Column) -> Remark | None:
    """What stands against linking a ship-to customer to the one whose number these have."""
    if len(known) > 1:
        return _several(known, number)
    if ship_to and known and known[0] in ship_to.ship_to_ids:
        what = (
            "is that of a ship-to customer of the location: unlink it first:"
            f" exempt customers unlink-ship-to id:{ship_to.id} id:{known[0]}"
        )
        return Remark(number.title, number.letter, what)
    return None
