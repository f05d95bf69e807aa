"""Change the register as the rows of an import say, some customers in each transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.customer import ADDRESS, CustomerCard, CustomerOrigin
from exempt.model.imports import (
    ChangeKind,
    ImportRun,
    ImportState,
    Remark,
    Tally,
)
from exempt.rules.history import FieldChange, card_changes
from exempt.rules.importing import ZONES, PlannedCard
from exempt.services.cards import follow_up
from exempt.services.certificates import Act
from exempt.services.import_ports import ImportChange
from exempt.services.importing import runs
from exempt.services.importing.staging import Told, no_one
from exempt.services.importing.walking import Place, Step, Walked, place, walk
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction

DECIDING = {"exempt", "exemption_number", "exemption_code", ZONES, *ADDRESS}
"""The fields of a card that decisions, and what sources are told, may hang on."""

_CLEAN = "clean"


def apply(
    store: Store,
    import_id: int,
    act: Act,
    *,
    erase: bool = False,
    skip_bad_rows: bool = False,
    told: Told = no_one,
) -> ImportRun:
    """Change the register as a checked import says.

    Every customer is planned anew in the transaction that changes it. What
    cannot be done by then is left, with its reason in place of the row; what
    would erase something is left, too, unless *erase* is set.

    Raises:
        RefusedError: It is not checked, rows of it cannot go in and are not to
            be skipped, or it would erase something and *erase* is not set.
        NotFoundError: There is no such import.
    """
    with store.reading() as tx:
        run = runs.get(tx, import_id)
    with runs.alone(store, run.company_id):
        run = _confirmed(store, run, act, erase=erase, skip_bad_rows=skip_bad_rows)
        return _go_on(store, run, act, told)


def leave_to_daemon(
    store: Store, import_id: int, act: Act, *, erase: bool = False, skip_bad_rows: bool = False
) -> ImportRun:
    """Confirm a checked import, which the daemon then applies; see `apply`."""
    with store.reading() as tx:
        run = runs.get(tx, import_id)
    with runs.alone(store, run.company_id):
        return _confirmed(store, run, act, erase=erase, skip_bad_rows=skip_bad_rows, to_daemon=True)


def _confirmed(
    store: Store,
    run: ImportRun,
    act: Act,
    *,
    erase: bool,
    skip_bad_rows: bool,
    to_daemon: bool = False,
) -> ImportRun:
    with store.writing() as tx:
        run = runs.get(tx, run.id)
        _check_ready(run, erase=erase, skip_bad_rows=skip_bad_rows)
        run = run.model_copy(
            update={
                "state": ImportState.APPLYING,
                "position": str(Place(Step.BILLING)),
                "counts": run.counts.model_copy(update={"erase": erase}),
                "applied_at": act.at,
                "applied_by": act.by,
            }
        )
        tx.imports.save(run)
        if to_daemon:
            tx.jobs.ask(JobKind.IMPORT)
    return run


def resume(store: Store, import_id: int, act: Act, *, told: Told = no_one) -> ImportRun:
    """Go on with `apply` where it was interrupted; it counts as whoever began it confirmed.

    Raises:
        RefusedError: It is not being applied.
        NotFoundError: There is no such import.
    """
    with store.reading() as tx:
        run = runs.get(tx, import_id)
    with runs.alone(store, run.company_id):
        with store.reading() as tx:
            run = runs.get(tx, import_id)
        if run.state is not ImportState.APPLYING:
            msg = f"import {run.id}: is {run.state.value}: there is nothing to go on with"
            raise RefusedError(msg)
        return _go_on(store, run, act, told)


def _check_ready(run: ImportRun, *, erase: bool, skip_bad_rows: bool) -> None:
    if run.state is not ImportState.CHECKED:
        mend = "check it first"
        if run.state is ImportState.APPLYING:
            mend = f"go on with exempt imports resume {run.id}"
        elif run.state not in {ImportState.STAGING, ImportState.STAGED}:
            mend = "import the file again"
        msg = f"import {run.id}: is {run.state.value}: {mend}"
        raise RefusedError(msg)
    if run.counts.stuck and not skip_bad_rows:
        msg = (
            f"import {run.id}: {run.counts.stuck} cannot go in: mend that and import the file"
            " again, or leave them out with --skip-bad-rows"
        )
        raise RefusedError(msg)
    erasures = run.counts.planned.erasures
    if erasures and not erase:
        fields = f"{erasures:,} field{'s' if erasures > 1 else ''}"
        msg = (
            f"import {run.id}: blank cells would erase {fields}: see"
            f" them with exempt imports changes {run.id} --kind erase, then confirm with --erase,"
            " or delete those columns"
        )
        raise RefusedError(msg)


def _go_on(store: Store, run: ImportRun, act: Act, told: Told) -> ImportRun:
    rows = 0
    while run.position != _CLEAN:
        with store.writing() as tx:
            tx.alone([run.company_id])
            run, walked = _apply_some(tx, run, act)
        rows += walked.rows
        told(rows, min(1.0, rows / run.counts.rows))
    told(run.counts.rows, 1.0)
    return runs.clear(store, run, ImportState.APPLIED)


def _apply_some(tx: Transaction, run: ImportRun, act: Act) -> tuple[ImportRun, Walked]:
    walked = _with_reservations(walk(tx, run, place(run.position)), erase=run.counts.erase)
    orders = _write(tx, run, walked, act)
    tally = walked.tally()
    counts = run.counts.model_copy(
        update={
            "bad": run.counts.bad + tally.left,
            "done": run.counts.done.plus(tally).plus(Tally(orders=orders)),
        }
    )
    then = _CLEAN if walked.then is None else str(walked.then)
    run = run.model_copy(update={"counts": counts, "position": then})
    tx.imports.save(run)
    return run, walked


_UNCONFIRMED = Remark("", "", "would erase something by now: check the file again, with --erase")
_ALONE = Remark("", "", "its billing customer is gone by now: import the row again")


def _with_reservations(walked: Walked, *, erase: bool) -> Walked:
    """The same without what came up since the check, and nobody confirmed."""
    cards = [
        card._replace(conflict=_UNCONFIRMED)
        if card.erases and not erase and not card.conflict
        else card
        for card in walked.cards
    ]
    for link in walked.links:
        if link.bill_to_id is None:
            cards[link.at] = cards[link.at]._replace(conflict=_ALONE)
    links = [link for link in walked.links if not cards[link.at].conflict]
    return walked._replace(cards=cards, links=links)


# --- writing -----------------------------------------------------------------------------


class _Written(NamedTuple):
    """What was done to customers, for the records of it."""

    changes: list[ImportChange]
    history: list[tuple[int, FieldChange]]


def _write(tx: Transaction, run: ImportRun, walked: Walked, act: Act) -> int:
    """Carry out what is planned; returns how many decisions of orders changed."""
    written = _Written([], [])
    cards = walked.cards
    new = [at for at, card in enumerate(cards) if card.card is None and not card.conflict]
    details = [cards[at].after for at in new]
    made = tx.cards.make(run.company_id, details, act.at, by=act.by, origin=CustomerOrigin.IMPORT)
    ids = {at: card.card.id for at, card in enumerate(cards) if card.card is not None}
    ids.update(zip(new, made, strict=True))
    for at in new:
        said = f"import {run.id} row {cards[at].row}"
        written.changes.append(
            ImportChange(cards[at].row, ids[at], ChangeKind.NEW, "made", None, None)
        )
        written.history.append((ids[at], FieldChange("made", None, said)))
    concerned = _save(tx, [card for card in cards if not card.conflict], act, written)
    concerned |= _link(tx, walked, ids, act, written)
    tx.imports.keep(run.id, written.changes, written.history, act.at, by=act.by)
    _leave(tx, run, cards)
    return follow_up(tx, concerned, act) if concerned else 0


def _save(tx: Transaction, cards: Sequence[PlannedCard], act: Act, written: _Written) -> set[int]:
    """Save cards that change; returns those on which decisions may hang."""
    concerned, unflagged = set(), set()
    saved: list[CustomerCard] = []
    for card in cards:
        before, after = card.card, card.after
        if before is None or not isinstance(after, CustomerCard):
            continue
        written.changes.extend(
            ImportChange(c.row, before.id, c.kind, c.field, c.old, c.new, c.note)
            for c in card.changes
        )
        if not card.acts:
            continue
        saved.append(after)
        written.history.extend((before.id, change) for change in card_changes(before, after))
        if any(c.field in DECIDING and c.kind is not ChangeKind.KEPT for c in card.changes):
            concerned.add(before.id)
        if before.flagged and not after.flagged:
            unflagged.add(before.id)
    if saved:
        tx.cards.save(saved, act.at, by=act.by)
    if unflagged:
        tx.cards.recount(unflagged, act.at, by=act.by, anew=True)
    return concerned


def _link(
    tx: Transaction, walked: Walked, ids: dict[int, int], act: Act, written: _Written
) -> set[int]:
    """Link ship-to customers; returns all that are linked."""
    if not walked.links:
        return set()
    pairs = {(link.bill_to_id or 0, ids[link.at]): link for link in walked.links}
    new = tx.cards.link_ship_tos(pairs, act.at, by=act.by)
    for bill_to_id, ship_to_id in new:
        link = pairs[bill_to_id, ship_to_id]
        change = link.change
        ship_to = walked.cards[link.at]
        written.changes.append(
            ImportChange(
                change.row, bill_to_id, change.kind, change.field, change.old, str(ship_to_id)
            )
        )
        below = _named(ship_to.number, ship_to.after.name, ship_to_id)
        above = _named(change.number, change.name, bill_to_id)
        written.history.extend(
            (
                (bill_to_id, FieldChange("ship_to_customers", None, below)),
                (ship_to_id, FieldChange("bill_to_customers", None, above)),
            )
        )
    return {each for pair in new for each in pair}


def _named(number: str, name: str, customer_id: int) -> str:
    return f"{number} {name} (id:{customer_id})"


def _leave(tx: Transaction, run: ImportRun, cards: Sequence[PlannedCard]) -> None:
    """Let the rows of customers that are left say why."""
    left = {card.row: card.conflict for card in cards if card.conflict}
    if left:
        rows = tx.imports.rows(run.id, left)
        tx.imports.mark(run.id, [row.refused(left[row.row]) for row in rows])
