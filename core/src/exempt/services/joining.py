"""Records of sources put on other cards by hand, and cards merged; nothing is lost."""

from __future__ import annotations

from exempt.errors import NotFoundError, RefusedError
from exempt.model.customer import ADDRESS, CustomerCard, CustomerDetails, CustomerOrigin
from exempt.rules.history import FieldChange, card_changes
from exempt.services.cards import CardDone, follow_up, get, named
from exempt.services.certificates import Act
from exempt.services.ports import Store, Transaction
from exempt.services.rows import CustomerRecord, Subject


def link(store: Store, connection: str, external_id: str, customer_id: int, act: Act) -> CardDone:
    """Put a record of a source on a card; matching leaves it there from now on.

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
    to *keep_id*. The other card stays, with its history, and leads to it.

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
        if keep.company_id != other.company_id:
            msg = f"id:{other.id}: belongs to another company than id:{keep.id}"
            raise RefusedError(msg)
        _check_circle(keep, other)
        shared = _certificates_of(tx, other.id)
        tx.cards.merge(keep.id, other.id, act.at, by=act.by)
        merged = _both(keep, other)
        current = get(tx, keep.id)
        update = {name: getattr(merged, name) for name in CustomerDetails.model_fields}
        tx.cards.save([current.model_copy(update=update)], act.at, by=act.by)
        into = FieldChange("merged", None, f"into {named(keep)}")
        took = FieldChange("merged", None, _said(other))
        changes = [took, *card_changes(keep, merged)]
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
    tx.cards.move_records([record.id], card.id, act.at, by=act.by)
    said = f"{record.connection} {record.external_id} {record.name}"
    for one, change in (
        (was_on, FieldChange("sources", said, None)),
        (card, FieldChange("sources", None, said)),
    ):
        tx.history.add(Subject.CUSTOMER, one.id, [change], act.at, act.by)
    tx.cards.refill([card.id], act.at, by=act.by)
    changed = follow_up(tx, {was_on.id, card.id}, act)
    return CardDone(get(tx, card.id), changed)


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


def _check_circle(keep: CustomerCard, other: CustomerCard) -> None:
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


def _both(keep: CustomerCard, other: CustomerCard) -> CustomerDetails:
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


def _said(other: CustomerCard) -> str:
    parts = (named(other), other.email, other.tax_id, other.code)
    return ", ".join(filter(None, parts))
