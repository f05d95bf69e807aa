"""Customer cards: entered and edited by staff, each change with who made it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.certificate import Change, Coverage
from exempt.model.custom import CustomField
from exempt.model.customer import (
    ADDRESS,
    INVISIBLE,
    CustomerCard,
    CustomerDetails,
    CustomerOrigin,
    card_title,
    invisible,
    usable_email,
)
from exempt.rules.history import FieldChange, card_changes
from exempt.rules.matching import number_key
from exempt.rules.ownership import OWNABLE
from exempt.services.arrivals import customers_changed
from exempt.services.certificates import Act
from exempt.services.owing import owe_customers
from exempt.services.ports import Store, Transaction
from exempt.services.rows import Subject

_PLAIN = ("number", "code")
"""The fields that people compare and type, so that each character of them is to be seen."""


class CardDone(NamedTuple):
    """A card after something was done to it, and how many decisions of orders that changed."""

    card: CustomerCard
    orders_changed: int


class Unlinked(NamedTuple):
    """How many decisions changed, and which source says still that two cards are linked."""

    orders_changed: int
    said_by: str | None


def add(store: Store, company_id: int, details: CustomerDetails, act: Act) -> CardDone:
    """Make a card by hand; the exception, since sources make theirs by themselves.

    Raises:
        RefusedError: Another card of the company has the number, no mail could be
            sent to the e-mail, or something in the number or code cannot be seen.
    """
    details = _on_one_line(details)
    with store.writing() as tx:
        tx.alone([company_id])
        _check_email(details)
        _check_seen(details, _PLAIN)
        _check_number(tx, company_id, details)
        (customer_id,) = tx.cards.make(
            company_id, [details], act.at, by=act.by, origin=CustomerOrigin.STAFF
        )
        made = FieldChange("made", None, CustomerOrigin.STAFF.value)
        changes = [made, *card_changes(None, details)]
        tx.history.add(Subject.CUSTOMER, customer_id, changes, act.at, act.by)
        changed = follow_up(tx, {customer_id}, act)
        return CardDone(get(tx, customer_id), changed)


def edit(
    store: Store, customer_id: int, details: CustomerDetails, act: Act, *, seen: int | None = None
) -> CardDone:
    """Put *details* in place of what a card says, all of it or nothing.

    *seen* is the version that whoever edits has looked at.

    Raises:
        ConflictError: Somebody changed it since.
        RefusedError: A field belongs to a source, another card has the number,
            no mail could be sent to the e-mail, or something in the number or code
            cannot be seen.
        NotFoundError: There is no such card.
    """
    with store.writing() as tx:
        before = get(tx, customer_id)
        tx.alone([before.company_id])
        before = get(tx, customer_id)  # as it is once nobody else edits it
        if seen is not None and seen != before.version:
            raise _conflict(tx, before, seen)
        if details.name != before.name:
            details = _on_one_line(details)
        changes = card_changes(before, details)
        if not changes:
            return CardDone(before, 0)
        fields = {change.field for change in changes}
        _check_owned(tx, before, fields)
        if "email" in fields:
            _check_email(details)
        _check_seen(details, fields.intersection(_PLAIN))
        if number_key(details.number) != number_key(before.number):
            _check_number(tx, before.company_id, details, own=before.id)
        after = before.model_copy(
            update={name: getattr(details, name) for name in CustomerDetails.model_fields}
        )
        tx.cards.save([after], act.at, by=act.by)
        tx.history.add(Subject.CUSTOMER, customer_id, changes, act.at, act.by)
        if before.flagged and not details.flagged:
            tx.cards.recount({customer_id}, act.at, by=act.by, anew=True)
        changed = follow_up(tx, {customer_id}, act)
        return CardDone(get(tx, customer_id), changed)


def unclaim(store: Store, customer_id: int, act: Act) -> CardDone:
    """Take back a claim of exemption that nobody makes any more.

    A claim stays when a source shows "not exempt" after we told it so; only a
    person can tell that it was meant. What the card or a source claims, stays.

    Raises:
        NotFoundError: There is no such card.
    """
    with store.writing() as tx:
        card = get(tx, customer_id)
        tx.alone([card.company_id])
        ended = tx.cards.recount({card.id}, act.at, by=act.by, anew=True)
        changed = follow_up(tx, {card.id}, act) if ended else 0
        return CardDone(get(tx, card.id), changed)


def link_ship_to(store: Store, bill_to_id: int, ship_to_id: int, act: Act) -> int:
    """Let one card be a ship-to customer of another; returns how many decisions changed.

    Certificates of the billing customer cover it, by the states it is in.

    Raises:
        RefusedError: They are linked so already, it is the same card, they
            belong to two companies, or each would be the other's ship-to.
        NotFoundError: There is no such card.
    """
    with store.writing() as tx:
        bill_to, ship_to = _pair(tx, bill_to_id, ship_to_id)
        if bill_to.id in ship_to.bill_to_ids:
            msg = f"id:{ship_to.id}: is a ship-to customer of id:{bill_to.id} already"
            raise RefusedError(msg)
        if ship_to.id in bill_to.bill_to_ids:
            msg = f"id:{bill_to.id}: is a ship-to customer of id:{ship_to.id}: unlink that first"
            raise RefusedError(msg)
        tx.cards.link_ship_tos([(bill_to.id, ship_to.id)], act.at, by=act.by)
        _note_link(tx, bill_to, ship_to, act, linked=True)
        return follow_up(tx, {bill_to.id, ship_to.id}, act)


def unlink_ship_to(store: Store, bill_to_id: int, ship_to_id: int, act: Act) -> Unlinked:
    """Undo `link_ship_to`; where a source says so too, its link stays.

    Raises:
        RefusedError: They are not linked, or only a source says that they are.
        NotFoundError: There is no such card.
    """
    with store.writing() as tx:
        bill_to, ship_to = _pair(tx, bill_to_id, ship_to_id)
        undone = tx.cards.unlink_ship_tos([(bill_to.id, ship_to.id)])
        links = tx.cards.ship_tos([bill_to.id])
        sources = [
            link.connection for link in links if link.ship_to_id == ship_to.id and link.connection
        ]
        if not undone:
            why = f"{sources[0]} says so: change it there" if sources else "is not linked to it"
            msg = f"id:{ship_to.id}: ship-to customer of id:{bill_to.id}: {why}"
            raise RefusedError(msg)
        said_by = sources[0] if sources else None
        _note_link(tx, bill_to, ship_to, act, linked=False, said_by=said_by)
        return Unlinked(follow_up(tx, {bill_to.id, ship_to.id}, act), said_by)


# --- what others do, too -------------------------------------------------------------------


def get(tx: Transaction, customer_id: int) -> CustomerCard:
    """The card with this id, or the one that it was merged into.

    Raises:
        NotFoundError: There is none, or its making was undone.
    """
    card: CustomerCard | None = None
    wanted: int | None = customer_id
    while wanted is not None:
        card = next(iter(tx.cards.find([wanted])), None)
        wanted = card.merged_into_id if card else None
    if card is None or card.gone:
        msg = f"customer id:{customer_id}: there is none: see exempt customers list"
        raise NotFoundError(msg)
    return card


def find(tx: Transaction, customer_ids: Collection[int]) -> list[CustomerCard]:
    """The cards with these ids, as far as there are any, by id."""
    return tx.cards.find(customer_ids)


def owners(tx: Transaction, customer_id: int) -> Mapping[str, str]:
    """The fields of a card that a source has the last word on, and the source's name."""
    return tx.cards.owners([customer_id]).get(customer_id, {})


def coverages(tx: Transaction, customer_id: int) -> Sequence[Coverage]:
    """What covers orders of a customer: of its own certificates, and of its billing customers'."""
    return tx.certificates.coverages([customer_id]).get(customer_id, [])


def active_certificates(
    tx: Transaction, customer_ids: Collection[int], on: dt.date
) -> dict[int, int]:
    """How many in force on a day each customer holds itself; who holds none is absent."""
    return tx.listing.active_certificates(customer_ids, on)


def changes(tx: Transaction, customer_id: int) -> Sequence[Change]:
    """What became of a card, the oldest change first."""
    return tx.history.of(Subject.CUSTOMER, customer_id)


def follow_up(tx: Transaction, customer_ids: Collection[int], act: Act) -> int:
    """Decide open orders anew after cards changed, and owe sources what follows.

    Returns:
        How many decisions changed.
    """
    tx.cards.recount(customer_ids, act.at, by=act.by)
    changed = customers_changed(tx, set(customer_ids), act.policy, act.at)
    companies = tx.sources.companies_of(customer_ids)
    for connection in tx.connections.all():
        if connection.company_id in companies:
            owe_customers(tx, connection, act.at.date(), act.at, customer_ids)
    return changed


def read_custom(
    fields: Mapping[str, CustomField], typed: Mapping[str, str], before: Mapping[str, str]
) -> dict[str, str]:
    """The values of custom fields: *before*, with what was *typed* in their place.

    An empty text empties a field.

    Raises:
        RefusedError: There is no such field, or it does not take the value. One
            that is defined no more can still be emptied.
    """
    values = dict(before)
    for key, text in typed.items():
        if key in before and not text.strip():
            del values[key]
            continue
        if key not in fields:
            known = ", ".join(sorted(fields)) or "none is defined in the settings"
            msg = f"{key}: no such custom field: one of {known}"
            raise RefusedError(msg)
        try:
            value = fields[key].read(text)
        except ValueError as error:
            msg = f"{key}: {error}"
            raise RefusedError(msg) from None
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
    return values


def owned_as(field: str) -> str:
    """The name in `OWNABLE` that a field of a card goes by; itself if none."""
    return "address" if field in ADDRESS and "address" in OWNABLE else field


def _check_owned(tx: Transaction, card: CustomerCard, fields: Collection[str]) -> None:
    owners = tx.cards.owners([card.id]).get(card.id, {})
    for field in sorted(fields):
        if owner := owners.get(owned_as(field)):
            msg = (
                f"{card_title(field)}: {owner} has the last word on it: change it"
                f" there, or take it out of connections.{owner}.owns"
            )
            raise RefusedError(msg)


def _check_email(details: CustomerDetails) -> None:
    if details.email and not usable_email(details.email):
        msg = "A/P e-mail: no address that mail could be sent to: write one, such as ap@example.com"
        raise RefusedError(msg)


def _check_seen(details: CustomerDetails, fields: Collection[str]) -> None:
    for field in sorted(fields):
        if invisible(getattr(details, field) or ""):
            msg = f"{card_title(field)}: has {INVISIBLE}"
            raise RefusedError(msg)


def _on_one_line(details: CustomerDetails) -> CustomerDetails:
    """*details* with one blank between the words of the name."""
    return details.model_copy(update={"name": " ".join(details.name.split())})


def _check_number(
    tx: Transaction, company_id: int, details: CustomerDetails, own: int | None = None
) -> None:
    if not details.number:
        return
    for ids in tx.cards.numbered(company_id, [details.number]).values():
        if ids == [own]:  # it was that of a card merged into this one
            continue
        msg = (
            f"customer number {details.number}: is that of id:{ids[0]} already: edit that one, or"
            " give another number"
        )
        raise RefusedError(msg)


def _conflict(tx: Transaction, card: CustomerCard, seen: int) -> ConflictError:
    # What belongs to a card stands in its history, too, and raises no version.
    last = next(
        (
            change
            for change in reversed(tx.history.of(Subject.CUSTOMER, card.id))
            if change.field in CustomerDetails.model_fields
            or change.field.startswith(("custom.", "merged"))
        ),
        None,
    )
    who = f"{last.changed_by} changed {card_title(last.field)}" if last else "somebody changed it"
    return ConflictError(
        f"customer id:{card.id}: is at version {card.version} by now, not {seen}: {who}: look at"
        " it again, then repeat your change"
    )


def _pair(tx: Transaction, bill_to_id: int, ship_to_id: int) -> tuple[CustomerCard, CustomerCard]:
    bill_to, ship_to = get(tx, bill_to_id), get(tx, ship_to_id)
    tx.alone({bill_to.company_id, ship_to.company_id})
    if bill_to.id == ship_to.id:
        msg = f"id:{bill_to.id}: cannot be its own ship-to customer: name another one"
        raise RefusedError(msg)
    if bill_to.company_id != ship_to.company_id:
        msg = f"id:{ship_to.id}: belongs to another company than id:{bill_to.id}"
        raise RefusedError(msg)
    return get(tx, bill_to.id), get(tx, ship_to.id)


def _note_link(
    tx: Transaction,
    bill_to: CustomerCard,
    ship_to: CustomerCard,
    act: Act,
    *,
    linked: bool,
    said_by: str | None = None,
) -> None:
    """Note on both cards that they are linked, or no more; or just by a source still."""
    for card, field, other in (
        (bill_to, "ship_to_customers", ship_to),
        (ship_to, "bill_to_customers", bill_to),
    ):
        said = named(other)
        left = f"{said}, as {said_by} says" if said_by else None
        change = FieldChange(field, *((None, said) if linked else (said, left)))
        tx.history.add(Subject.CUSTOMER, card.id, [change], act.at, act.by)


def named(card: CustomerCard) -> str:
    """A card in a history: ``1001 Acme Hotel (id:7)``."""
    return " ".join(filter(None, (card.number, card.name, f"(id:{card.id})")))
