"""Something done to many certificates at once: archived, or new ones asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.errors import NotFoundError, RefusedError
from exempt.model.customer import CustomerCard
from exempt.model.requesting import Way
from exempt.rules.requestable import Offer
from exempt.services import certificates, requesting
from exempt.services.certificates import Act
from exempt.services.ports import Store, Transaction
from exempt.services.post import Post
from exempt.services.requesting import Wish
from exempt.services.rows import CertificateFilter

MOST = 1_000
"""So many certificates at once."""


class Chosen(NamedTuple):
    """Certificates that were chosen, by id; ``more``: there are more than `MOST` of them."""

    ids: list[int]
    more: bool


class Archived(NamedTuple):
    """How many were archived, and open orders decided anew; ``already``: were it before."""

    archived: int
    orders_changed: int
    already: int


class Planned(NamedTuple):
    """A customer that is to be asked, and for which states; or why it is not."""

    card: CustomerCard
    places: tuple[str, ...]
    left_out: str = ""


def chosen(store: Store, filters: CertificateFilter, on: dt.date, soon_days: int) -> Chosen:
    """Those that fit, `MOST` of them at most."""
    with store.reading() as tx:
        found = tx.certificate_lists.portion(filters, 0, MOST + 1, on, soon_days)
    ids = [one.id for one in found.certificates]
    return Chosen(ids[:MOST], len(ids) > MOST)


def archive_all(store: Store, certificate_ids: Collection[int], act: Act) -> Archived:
    """Archive them, each in a transaction of its own."""
    archived = changed = 0
    for each in certificate_ids:
        try:
            done = certificates.archive(store, each, act)
        except (RefusedError, NotFoundError):
            continue
        archived += 1
        changed += done.orders_changed
    return Archived(archived, changed, len(certificate_ids) - archived)


# --- asking for new ones ---------------------------------------------------------------------


def plan(
    store: Store, certificate_ids: Collection[int], act: Act, post: Post, soon_days: int
) -> list[Planned]:
    """Which customers would be asked for new ones, by name, and which not, and why."""
    with store.reading() as tx:
        wanted = _wanted(tx, certificate_ids)
    planned = [_planned(store, each, wanted[each], act, post, soon_days) for each in wanted]
    return sorted(planned, key=lambda one: (one.card.name.casefold(), one.card.id))


def ask_all(
    store: Store, certificate_ids: Collection[int], act: Act, post: Post, soon_days: int
) -> list[Planned]:
    """Ask them; returns what was done, as `plan` tells it.

    Raises:
        RefusedError: Nobody may be asked at all.
    """
    post.refuse_unless_enabled()
    done = []
    for each in plan(store, certificate_ids, act, post, soon_days):
        one = each
        if not one.left_out:
            try:
                requesting.make(
                    store, Wish(one.card.id, one.places), act, post, soon_days=soon_days
                )
            except RefusedError as error:  # somebody else was quicker
                one = one._replace(left_out=str(error))
        done.append(one)
    return done


def _wanted(tx: Transaction, certificate_ids: Collection[int]) -> dict[int, set[str]]:
    """The states of these certificates, by customer."""
    found: dict[int, set[str]] = {}
    for certificate in tx.certificates.find(sorted(certificate_ids)):
        for customer_id in certificate.customer_ids:
            places = found.setdefault(customer_id, set())
            places.update(one.jurisdiction for one in certificate.jurisdictions)
    return found


def _planned(  # noqa: PLR0917 - what it goes by
    store: Store, customer_id: int, wanted: set[str], act: Act, post: Post, soon_days: int
) -> Planned:
    look = requesting.look(store, customer_id, act.at.date(), soon_days, post)
    offers = [each for each in look.offers if each.jurisdiction in wanted]
    places = tuple(each.jurisdiction for each in offers if each.offered)
    if not places:
        return Planned(look.card, (), _why_not(offers))
    with store.reading() as tx:
        against = requesting.against_way(tx, look.card, Way.MAIL, "", post)
    return Planned(look.card, places, against[1] if against else "")


def _why_not(offers: Sequence[Offer]) -> str:
    return " ".join(f"{jurisdiction_name(each.jurisdiction)}: {each.why}" for each in offers)
