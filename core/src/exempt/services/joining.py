"""Records of sources put on other cards by hand, and cards merged; nothing is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from exempt.errors import NotFoundError, RefusedError
from exempt.model.customer import ADDRESS, CustomerCard, CustomerDetails, CustomerOrigin
from exempt.rules.history import FieldChange, card_changes
from exempt.rules.ownership import OWNABLE
from exempt.services.cards import CardDone, follow_up, get, named, owned_as
from exempt.services.certificates import Act
from exempt.services.ports import Store, Transaction
from exempt.services.rows import CustomerRecord, Subject


def link(store: Store, connection: str, external_id: str, customer_id: int, act: Act) -> CardDone:
    """Put a record of a source on a card; matching leaves it there from now on.

    The card that it leaves gives up what it has of that record alone. One that
    a source made, and on which nothing else hangs, leads to the other card then.

    Raises:
        RefusedError: It is there already, or belongs to another company.
        NotFoundError: There is no such record or card.
    """
    with store.writing() as tx:
        tx.alone([get(tx, customer_id).company_id])
        card = get(tx, customer_id)  # as it is once nobody else moves anything
        record, was_on = _record(tx, connection, external_id)
        if was_on.id == card.id:
            msg = f"{connection} {external_id}: is on the card id:{card.id} already"
            raise RefusedError(msg)
        if was_on.company_id != card.company_id:
            msg = f"{connection} {external_id}: belongs to another company than id:{card.id}"
            raise RefusedError(msg)
        return _move(tx, record, was_on, card, act)


def split(store: Store, connection: str, external_id: str, act: Act) -> CardDone:
    """Give a record of a source a card of its own; what else is on its card stays there.

    What the card has of that record alone goes with it.

    Raises:
        RefusedError: It is alone on its card.
        NotFoundError: There is no such record.
    """
    with store.writing() as tx:
        tx.alone([_record(tx, connection, external_id)[1].company_id])
        record, was_on = _record(tx, connection, external_id)
        others = [one for one in tx.cards.records([was_on.id]) if one.id != record.id]
        if not others and was_on.origin is CustomerOrigin.SOURCE:
            msg = f"{connection} {external_id}: is alone on its card id:{was_on.id} already"
            raise RefusedError(msg)
        details = tx.cards.as_details(record.id)
        (new,) = tx.cards.make(
            was_on.company_id, [details], act.at, by=act.by, origin=CustomerOrigin.SOURCE
        )
        made = FieldChange("made", None, f"split off {named(was_on)}")
        tx.history.add(Subject.CUSTOMER, new, [made], act.at, act.by)
        return _move(tx, record, was_on, get(tx, new), act)


def merge(store: Store, keep_id: int, other_id: int, act: Act) -> CardDone:
    """Let one card stand for another, too; what it lacks it takes from that one.

    Records of sources, certificates, requests, ship-tos, comments and files go
    to *keep_id*. The other card stays, with its history, and leads to it, as
    does its number. What it says otherwise is in the history of *keep_id*.

    Raises:
        RefusedError: It is the same card, they belong to two companies, or a
            third one is a ship-to customer of the one and has the other as its own.
        NotFoundError: There is no such card.
    """
    with store.writing() as tx:
        keep, other = get(tx, keep_id), get(tx, other_id)
        tx.alone({keep.company_id, other.company_id})
        keep, other = get(tx, keep_id), get(tx, other_id)
        if keep.id == other.id:
            msg = f"id:{other_id}: is the same card as id:{keep_id}: name two"
            raise RefusedError(msg)
        check_pair(keep, other)
        shared = _certificates_of(tx, other.id)
        tx.cards.merge(keep.id, other.id, act.at, by=act.by)
        merged = both(keep, other)
        current = get(tx, keep.id)
        update = {name: getattr(merged, name) for name in CustomerDetails.model_fields}
        tx.cards.save([current.model_copy(update=update)], act.at, by=act.by)
        into = FieldChange("merged", None, f"into {named(keep)}")
        changes = [*_took(other, merged), *card_changes(keep, merged)]
        tx.history.add(Subject.CUSTOMER, other.id, [into], act.at, act.by)
        tx.history.add(Subject.CUSTOMER, keep.id, changes, act.at, act.by)
        tx.cards.refill([keep.id], act.at, by=act.by)  # a source has the last word on what it owns
        for certificate_id in shared:
            change = FieldChange("customer_ids", str(other.id), str(keep.id))
            tx.history.add(Subject.CERTIFICATE, certificate_id, [change], act.at, act.by)
        changed = follow_up(tx, {keep.id}, act)
        return CardDone(get(tx, keep.id), changed)


def not_same(store: Store, one_id: int, other_id: int, act: Act) -> None:
    """Remember that two cards that look alike are two customers; they are not listed again.

    Raises:
        RefusedError: It is the same card.
        NotFoundError: There is no such card.
    """
    with store.writing() as tx:
        one, other = get(tx, one_id), get(tx, other_id)
        if one.id == other.id:
            msg = f"id:{other_id}: is the same card as id:{one_id}: name two"
            raise RefusedError(msg)
        tx.cards.set_not_same((one.id, other.id), act.at, by=act.by)


def _move(
    tx: Transaction, record: CustomerRecord, was_on: CustomerCard, card: CustomerCard, act: Act
) -> CardDone:
    by_hand = _by_hand(tx, was_on)
    tx.cards.move_records([record.id], card.id, act.at, by=act.by)
    said = f"{record.connection} {record.external_id} {record.name}"
    for one, change in (
        (was_on, FieldChange("sources", said, None)),
        (card, FieldChange("sources", None, said)),
    ):
        tx.history.add(Subject.CUSTOMER, one.id, [change], act.at, act.by)
    tx.cards.refill([card.id], act.at, by=act.by)
    if not (_is_empty(tx, was_on, by_hand) and _retired(tx, was_on, card.id, act)):
        tx.cards.give_up(was_on.id, record.id, by_hand, act.at, by=act.by)
    changed = follow_up(tx, {was_on.id, card.id}, act)
    return CardDone(get(tx, card.id), changed)


def _by_hand(tx: Transaction, card: CustomerCard) -> set[str]:
    """The fields that a card shares with sources, and that somebody entered on it.

    What came with a merge counts as entered if it was on the card merged, and
    what came with a record does not, although somebody moved it.
    """
    into_it = tx.cards.find(tx.cards.merged_into(card.id))
    merged = [one for one in into_it if one.merged_into_id == card.id]
    entered = {field for one in merged for field in _by_hand(tx, one)}
    sources = {connection.name for connection in tx.connections.all()}
    found = dict.fromkeys(OWNABLE, card.origin is not CustomerOrigin.SOURCE)
    moved = None
    for change in tx.history.of(Subject.CUSTOMER, card.id):
        field, act = owned_as(change.field), (change.changed_at, change.changed_by)
        if change.field in {"sources", "merged"}:
            moved = act
        elif field in found:
            person = change.changed_by not in sources
            found[field] = person and (act != moved or field in entered)
    return {field for field, is_so in found.items() if is_so}


def _is_empty(tx: Transaction, card: CustomerCard, by_hand: Collection[str]) -> bool:
    """Whether a source made it, no record is on it, and nobody entered more than its name."""
    if card.origin is not CustomerOrigin.SOURCE or tx.cards.records([card.id]):
        return False
    blank = CustomerDetails(name=card.name)
    said = {
        owned_as(name)
        for name in CustomerDetails.model_fields
        if getattr(card, name) != getattr(blank, name)
    }
    return not (said - set(OWNABLE)) and said.isdisjoint(by_hand)


def _retired(tx: Transaction, card: CustomerCard, into_id: int, act: Act) -> bool:
    """Let a card lead to another one, unless something hangs on it; whether it does now."""
    if tx.cards.retire([card.id], act.at, into=into_id):
        return False
    into = get(tx, into_id)
    change = FieldChange("merged", None, f"into {named(into)}")
    tx.history.add(Subject.CUSTOMER, card.id, [change], act.at, act.by)
    tx.history.add(Subject.CUSTOMER, into.id, list(_took(card, into)), act.at, act.by)
    return True


def _record(
    tx: Transaction, connection: str, external_id: str
) -> tuple[CustomerRecord, CustomerCard]:
    """A record of a source, and the card that it is on."""
    record = tx.cards.record(connection, external_id)
    if record is None:
        msg = (
            f"{connection} {external_id}: no customer of that source: see its id with exempt"
            " customers show"
        )
        raise NotFoundError(msg)
    return record, get(tx, record.customer_id)


def check_pair(keep: CustomerCard, other: CustomerCard) -> None:
    """Refuse to merge two cards that cannot be one.

    Raises:
        RefusedError: They belong to two companies, or a third one stands between them.
    """
    if keep.company_id != other.company_id:
        msg = f"id:{other.id}: belongs to another company than id:{keep.id}"
        raise RefusedError(msg)
    above, below = {*keep.bill_to_ids, *other.bill_to_ids}, {*keep.ship_to_ids, *other.ship_to_ids}
    for third in sorted(above & below - {keep.id, other.id}):
        msg = (
            f"id:{third}: is a ship-to customer of one of id:{keep.id} and id:{other.id}, and the"
            " other is one of its own: unlink one of the two first"
        )
        raise RefusedError(msg)


def _certificates_of(tx: Transaction, customer_id: int) -> list[int]:
    found = tx.certificates.held_by_each([customer_id]).get(customer_id, [])
    return sorted({one.certificate_id for one in found if one.customer_id == customer_id})


def both(keep: CustomerCard, other: CustomerCard) -> CustomerDetails:
    """What *keep* says, its blanks filled from *other*; the whole address of one or the other."""
    values = {name: getattr(keep, name) for name in CustomerDetails.model_fields}
    has_address = any(values[name] for name in ADDRESS)
    for name, value in values.items():
        if value is None and not (name in ADDRESS and has_address):
            values[name] = getattr(other, name)
    values["custom"] = {**other.custom, **keep.custom}
    values["contacts"] = tuple(dict.fromkeys((*keep.contacts, *other.contacts)))
    values["ship_to_zones"] = (*keep.ship_to_zones, *other.ship_to_zones)
    for flag in ("bill_to", "ship_to", "exempt", "excluded_from_mailings"):
        values[flag] = values[flag] or getattr(other, flag)
    return CustomerDetails(**values)


def _took(other: CustomerCard, merged: CustomerDetails) -> Iterator[FieldChange]:
    """That a card was merged into one that says *merged*, and what it said that this does not."""
    parts = (named(other), other.email, other.tax_id, other.code)
    yield FieldChange("merged", None, ", ".join(filter(None, parts)))
    for change in card_changes(other.details, merged):
        if change.old is not None and change.field not in {"contacts", "ship_to_zones"}:
            yield FieldChange(f"merged.{change.field}", change.old, change.new)
