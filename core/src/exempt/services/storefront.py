"""A shop starts a certificate before the first order: the customer, a request, and its link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exempt.model.certificate import ExemptionReason
from exempt.model.customer import CustomerCard, CustomerDetails
from exempt.model.requesting import Way
from exempt.rules.request_states import Step, may, state_of
from exempt.services import requesting, resending, upserting
from exempt.services.cards import get
from exempt.services.certificates import Act
from exempt.services.ports import Store, Transaction
from exempt.services.post import Post
from exempt.services.request_ports import RequestRow
from exempt.services.requesting import Made, Wish


class Shopper(NamedTuple):
    """A customer of a shop, and what is asked of them.

    Attributes:
        details: Used only where no customer of the company has their number.
    """

    company_id: int
    details: CustomerDetails
    jurisdictions: Sequence[str]
    reasons: Sequence[ExemptionReason] = ()


class Started(NamedTuple):
    """A request whose link the shop passes on; it is told here, and never again."""

    customer: CustomerCard
    customer_made: bool
    made: Made

    def __repr__(self) -> str:
        """Without the link."""
        return f"Started(request={self.made.request.id})"


def start(store: Store, shopper: Shopper, act: Act, post: Post, *, soon_days: int = 30) -> Started:
    """Let a customer of a shop hand in a certificate for these states, for one of these reasons.

    The customer with this number is used as it is; it is made where there is none.
    One who was asked for the same already gets another link of that request.

    Raises:
        UnfitError: There are no links, or a state is not to be asked for now.
        RefusedError: Nobody may be asked at all, or no card can be made of it.
    """
    post.refuse_unless_enabled()
    details, company_id = shopper.details, shopper.company_id
    with store.reading() as tx:
        ids = list(tx.cards.numbered(company_id, [details.number or ""]).values())
        card = get(tx, ids[0][0]) if ids else None
        standing = _standing(tx, card.id, shopper.jurisdictions, act) if card else None
    made_now = card is None
    if card is None:
        told = {name: getattr(details, name) for name in details.model_fields_set}
        card = upserting.upsert(store, company_id, told, act).card
    if standing is not None:
        made = resending.resend(store, standing.id, act, post, way=Way.LINK)
    else:
        wish = Wish(card.id, shopper.jurisdictions, shopper.reasons, way=Way.LINK)
        made = requesting.make(store, wish, act, post, soon_days=soon_days)
    return Started(card, made_now, made)


def _standing(
    tx: Transaction, customer_id: int, jurisdictions: Sequence[str], act: Act
) -> RequestRow | None:
    """The newest request for all of these states that can still be answered."""
    fits = [
        row
        for row in tx.requests.of([customer_id])
        if row.asks
        and may(state_of(row, act.at), Step.RESEND)
        and set(jurisdictions) <= set(row.jurisdictions)
    ]
    return max(fits, key=lambda row: row.id, default=None)
