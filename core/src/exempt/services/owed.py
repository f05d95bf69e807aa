"""Deliveries as one who sees just some companies handles them: one, several, all that fit."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from exempt.errors import NotFoundError
from exempt.model.access import Caller
from exempt.model.certificate import Change
from exempt.rules import wanted
from exempt.rules.wanted_words import in_words
from exempt.services import deliveries
from exempt.services.delivery_ports import DeliveryView
from exempt.services.owed_mails import OwedMail
from exempt.services.owed_ports import MOST, OwedCounts, OwedFilter, OwedPage
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow, Delivery, DeliveryTarget
from exempt.services.scoped import none_such

AT_ONCE = 2_000


class Looked(NamedTuple):
    """A delivery with all that hangs on it.

    Attributes:
        versions: All that was ever owed to the same thing, oldest first.
        changes: What people did with these.
        about_id: Our own id of the order, card, certificate or warning; None = it is gone.
    """

    view: DeliveryView
    connection: ConnectionRow
    versions: list[DeliveryView]
    changes: list[Change]
    about_id: int | None

    @property
    def is_newest(self) -> bool:
        """Whether nothing took its place."""
        return self.versions[-1].delivery.id == self.view.delivery.id


def get(tx: Transaction, delivery_id: int, caller: Caller) -> DeliveryView:
    """The delivery with this id.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    found = tx.handling.get(delivery_id)
    if found is None or not caller.sees(found.company_id):
        raise none_such(f"delivery {delivery_id}")
    return found


def look(tx: Transaction, delivery_id: int, caller: Caller) -> Looked:
    """The same, with all that hangs on it."""
    view = get(tx, delivery_id, caller)
    delivery = view.delivery
    versions = tx.handling.versions(delivery)
    target, external_id = delivery.target, delivery.external_id
    ids = deliveries.subjects(tx, delivery.connection_id, target, [external_id])
    about_id = ids.get(external_id)
    changes = []
    if about_id is not None:
        mine = {f"delivery {each.delivery.id} to" for each in versions}
        changes = [
            change
            for change in tx.history.of(deliveries.SUBJECTS[target], about_id)
            if any(change.field.startswith(f"{one} ") for one in mine)
        ]
    (connection,) = [row for row in tx.connections.all() if row.id == delivery.connection_id]
    return Looked(view, connection, versions, changes, about_id)


def seen(tx: Transaction, delivery_ids: Collection[int], caller: Caller) -> list[int]:
    """Those of these that the caller sees."""
    found = []
    for each in delivery_ids:
        try:
            found.append(get(tx, each, caller).delivery.id)
        except NotFoundError:
            continue
    return found


def page(tx: Transaction, filters: OwedFilter) -> OwedPage:
    """A part of a list, the newest first."""
    return tx.owed_lists.page(filters)


def counts(tx: Transaction, company_ids: Collection[int] | None) -> OwedCounts:
    """How many there are that are not done; None = of all companies."""
    return tx.owed_lists.counts(company_ids)


def ids_of(store: Store, filters: OwedFilter) -> list[int]:
    """The ids of all that fit, at most `MOST`."""
    found: list[int] = []
    for view in every(store, filters):
        found.append(view.delivery.id)
        if len(found) == MOST:
            break
    return found


def every(store: Store, filters: OwedFilter) -> Iterator[DeliveryView]:
    """All that fit; a portion a transaction, so that no writer waits for whoever reads."""
    before: int | None = None
    while True:
        with store.reading() as tx:
            rows = tx.owed_lists.portion(filters, before, AT_ONCE)
        yield from rows
        if len(rows) < AT_ONCE:
            return
        before = rows[-1].delivery.id


def said_of(delivery: Delivery) -> str:
    """What is owed, in a few words."""
    if delivery.target is DeliveryTarget.MAIL:
        mail = OwedMail.model_validate_json(delivery.wanted)
        return f"{mail.subject} (to {', '.join(mail.to)})"
    if delivery.target is DeliveryTarget.NOTICE:
        return f"tell reviewers that certificate {delivery.external_id} waits"
    if delivery.target is DeliveryTarget.WARNING:
        return f"tell staff of warning {delivery.external_id}"
    return in_words(wanted.load(delivery.wanted)) or "no state to tell of"
