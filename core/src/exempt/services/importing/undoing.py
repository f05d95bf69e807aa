"""Put back what an import changed, the newest change first, as far as nobody changed it since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from exempt.errors import RefusedError
from exempt.model.customer import ADDRESS, CustomerCard
from exempt.model.imports import ChangeKind, ImportRun, ImportState, Tally
from exempt.rules.history import FieldChange, card_changes
from exempt.rules.importing import ZONES, put, text_of, updated
from exempt.services.cards import follow_up, named, owned_as
from exempt.services.certificates import Act
from exempt.services.import_ports import ImportChange, KeptChange
from exempt.services.importing import runs
from exempt.services.importing.applying import DECIDING
from exempt.services.importing.staging import Told, no_one
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.putting_back import only_looked
from exempt.services.rows import Subject

_NEWEST = 2**62


def undo(store: Store, import_id: int, act: Act, *, told: Told = no_one) -> ImportRun:
    """Put back what an import changed; one that was interrupted goes on where it stopped.

    A field is put back while it holds what the import wrote. Ship-to states
    and links that it made are taken away, and so are customers that it made,
    unless something hangs on them by now. What is left is among its changes,
    as ``left``, with the reason.

    Raises:
        RefusedError: It is not applied, or undone already.
        NotFoundError: There is no such import.
    """
    with store.reading() as tx:
        run = runs.get(tx, import_id)
    with runs.alone(store, run.company_id):
        with store.writing() as tx:
            run = _begun(tx, runs.get(tx, import_id), act)
        changes = 0
        whole = run.counts.done
        total = whole.new + whole.changes + whole.erasures + whole.zones + whole.links
        while run.state is ImportState.UNDOING:
            with store.writing() as tx:
                tx.alone([run.company_id])
                run, done = _put_some_back(tx, run, act)
            changes += done
            told(changes, min(1.0, changes / max(1, total)))
        return run


def leave_to_daemon(store: Store, import_id: int, act: Act) -> ImportRun:
    """Have what an import changed put back by the daemon; see `undo`.

    Raises:
        RefusedError: It is not applied, or undone already.
        NotFoundError: There is no such import.
    """
    with store.writing() as tx:
        run = _begun(tx, runs.get(tx, import_id), act)
        tx.jobs.ask(JobKind.IMPORT)
    return run


class UndoPreview(NamedTuple):
    """What undoing an import would do.

    Attributes:
        run: The import, still applied.
        tally: Of the changes that were looked at, what would be put back and left.
        left: The first that would stay, with the reason.
        looked: How many changes were looked at, the newest first.
        whole: That these are all there are.
    """

    run: ImportRun
    tally: Tally
    left: list[KeptChange]
    looked: int
    whole: bool


def preview(store: Store, import_id: int, act: Act, most: int = 2_000) -> UndoPreview:
    """Undo the newest *most* changes of an import, tell of it, and take all of that back.

    Raises:
        RefusedError: It is not applied, or undone already.
        NotFoundError: There is no such import.
    """
    with only_looked(store) as tx:
        run = runs.get(tx, import_id)
        begun = _begun(tx, run, act)
        tx.alone([run.company_id])
        looked = 0
        while looked < most and begun.state is ImportState.UNDOING:
            begun, done = _put_some_back(tx, begun, act)
            looked += done
        left = tx.imports.changes(import_id, 0, 100, ChangeKind.LEFT)
    whole = begun.state is ImportState.UNDONE
    return UndoPreview(run, begun.counts.undone, left, looked, whole)


def _begun(tx: Transaction, run: ImportRun, act: Act) -> ImportRun:
    if run.state is ImportState.UNDOING:
        return run
    if run.state is not ImportState.APPLIED:
        mend = {
            ImportState.APPLYING: f"go on with exempt imports resume {run.id} first",
            ImportState.UNDONE: "import its file again to have it back",
        }.get(run.state, "it changed nothing that could be undone")
        msg = f"import {run.id}: is {run.state.value}: {mend}"
        raise RefusedError(msg)
    begun = {
        "state": ImportState.UNDOING,
        "position": str(_NEWEST),
        "undone_at": act.at,
        "undone_by": act.by,
    }
    run = run.model_copy(update=begun)
    tx.imports.save(run)
    return run


def _put_some_back(tx: Transaction, run: ImportRun, act: Act) -> tuple[ImportRun, int]:
    changes = tx.imports.changes_back(run.id, int(run.position), runs.CARDS)
    if not changes:
        run = run.model_copy(update={"state": ImportState.UNDONE, "position": ""})
    else:
        tally = _Undoing(tx, run, act).put_back([each.change for each in changes])
        counts = run.counts.model_copy(update={"undone": run.counts.undone.plus(tally)})
        run = run.model_copy(update={"position": str(changes[-1].id), "counts": counts})
    tx.imports.save(run)
    return run, len(changes)


class _Undoing:
    """Some changes of an import, put back in one transaction."""

    def __init__(self, tx: Transaction, run: ImportRun, act: Act) -> None:
        self._tx = tx
        self._act = act
        self._import = f"import {run.id}"
        self._id = run.id
        self._put_back: Counter[ChangeKind] = Counter()
        self._left: list[ImportChange] = []
        self._history: list[tuple[int, FieldChange]] = []
        self._concerned: set[int] = set()

    def put_back(self, changes: Sequence[ImportChange]) -> Tally:
        """Put back what can be, newest first; what was put back is counted, and what was left."""
        tx, act = self._tx, self._act
        self._unlink([change for change in changes if change.kind is ChangeKind.LINK])
        self._restore([change for change in changes if change.kind in _FIELDS])
        self._retire({c.customer_id: c for c in changes if c.kind is ChangeKind.NEW})
        tx.imports.keep(self._id, self._left, self._history, act.at, by=act.by)
        orders = follow_up(tx, self._concerned, act) if self._concerned else 0
        return Tally(
            new=self._put_back[ChangeKind.NEW],
            changes=self._put_back[ChangeKind.CHANGE],
            erasures=self._put_back[ChangeKind.ERASE],
            zones=self._put_back[ChangeKind.ZONE],
            links=self._put_back[ChangeKind.LINK],
            left=len(self._left),
            orders=orders,
        )

    def _leave(self, change: ImportChange, note: str, stands: str | None = None) -> None:
        self._left.append(change._replace(kind=ChangeKind.LEFT, old=stands, note=note))

    # --- links ---------------------------------------------------------------------------

    def _unlink(self, links: Sequence[ImportChange]) -> None:
        pairs = {(change.customer_id, int(change.new or 0)): change for change in links}
        undone = self._tx.cards.unlink_ship_tos(pairs) if pairs else []
        cards = self._cards({each for pair in undone for each in pair})
        for bill_to_id, ship_to_id in undone:
            above, below = named(cards[bill_to_id]), named(cards[ship_to_id])
            self._history += [
                (bill_to_id, FieldChange("ship_to_customers", below, None)),
                (ship_to_id, FieldChange("bill_to_customers", above, None)),
            ]
            self._concerned |= {bill_to_id, ship_to_id}
            self._put_back[ChangeKind.LINK] += 1
        for pair in pairs.keys() - set(undone):
            self._leave(pairs[pair], "is not linked by hand any more")

    # --- fields --------------------------------------------------------------------------

    def _restore(self, changes: Sequence[ImportChange]) -> None:
        of_cards: dict[int, list[ImportChange]] = {}
        for change in changes:
            of_cards.setdefault(change.customer_id, []).append(change)
        cards = self._cards(of_cards)
        owners = self._tx.cards.owners(of_cards) if of_cards else {}
        after = []
        for customer_id, mine in of_cards.items():
            card = cards[customer_id]
            restored = self._restored(card, mine, owners.get(customer_id, {}))
            differ = card_changes(card, restored)
            if differ:
                after.append(restored)
                said = FieldChange("undo", None, f"undo of {self._import}")
                self._history += [(card.id, change) for change in (said, *differ)]
            if DECIDING & {change.field for change in differ}:
                self._concerned.add(card.id)
        if after:
            self._tx.cards.save(after, self._act.at, by=self._act.by)
        unflagged = {card.id for card in after if cards[card.id].flagged and not card.flagged}
        if unflagged:
            self._tx.cards.recount(unflagged, self._act.at, by=self._act.by, anew=True)

    def _restored(
        self, card: CustomerCard, changes: Sequence[ImportChange], owners: Mapping[str, str]
    ) -> CustomerCard:
        update: dict[str, Any] = {}
        mine = []
        for change in changes:
            if not self._stands(card, change, owners):
                continue
            mine.append(change)
            if change.kind is ChangeKind.ZONE:
                zones = update.get(ZONES, card.ship_to_zones)
                update[ZONES] = tuple(zone for zone in zones if zone != change.new)
            else:
                put(update, card, change.field, change.old)
        try:
            after = updated(card, update)
        except ValueError as error:
            for change in [each for each in mine if each.field in ADDRESS]:
                self._leave(change, str(error), text_of(card, change.field))
                mine.remove(change)
            rest = {field: value for field, value in update.items() if field not in ADDRESS}
            after = updated(card, rest)
        self._put_back.update(change.kind for change in mine)
        return after

    def _stands(self, card: CustomerCard, change: ImportChange, owners: Mapping[str, str]) -> bool:
        """Whether a card still has what the import wrote, and staff have the last word on it."""
        if change.kind is ChangeKind.ZONE:
            stands, same = None, change.new in card.ship_to_zones
        else:
            stands = text_of(card, change.field)
            same = stands == change.new
        owner = owners.get(owned_as(change.field))
        note = ""
        if card.gone:
            note = _GONE
        elif not same:
            note = f"changed since{self._by_whom(change)}"
        elif owner:
            note = f"{owner} has the last word"
        if note:
            self._leave(change, note, stands)
        return not note

    def _by_whom(self, change: ImportChange) -> str:
        known = self._tx.history.of(Subject.CUSTOMER, change.customer_id)
        who = [each.changed_by for each in known if each.field == change.field]
        return f" by {who[-1]}" if who else ""

    # --- cards ---------------------------------------------------------------------------

    def _retire(self, made: Mapping[int, ImportChange]) -> None:
        if not made:
            return
        gone = {card.id for card in self._cards(made).values() if card.gone}
        kept = set(self._tx.cards.retire(made.keys() - gone, self._act.at))
        for customer_id, change in made.items():
            if customer_id in gone:
                self._leave(change, _GONE)
            elif customer_id in kept:
                self._leave(change, _IN_USE)
            else:
                said = FieldChange(
                    "made", f"{self._import} row {change.row}", f"undo of {self._import}"
                )
                self._history.append((customer_id, said))
                self._put_back[ChangeKind.NEW] += 1

    def _cards(self, customer_ids: Iterable[int]) -> dict[int, CustomerCard]:
        ids = list(customer_ids)
        return {card.id: card for card in self._tx.cards.find(ids)} if ids else {}


_FIELDS = (ChangeKind.CHANGE, ChangeKind.ERASE, ChangeKind.ZONE)
_GONE = "was merged, or taken away, since"
_IN_USE = "has something hanging on it by now, such as a certificate or a record of a source"
