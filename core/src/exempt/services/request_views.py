"""A request with all that belongs to it: its mails, what was sent in, and who did what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from exempt.model.certificate import Change
from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState, Submission
from exempt.rules.request_states import Step, may, state_of
from exempt.services.listing_ports import Next
from exempt.services.listing_ports import RequestFilter as ListedRequests
from exempt.services.owed_mails import OwedMail
from exempt.services.ports import Store, Transaction
from exempt.services.request_ports import RequestFilter, RequestPage, RequestRow
from exempt.services.request_steps import get
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget, Subject


class MailView(NamedTuple):
    """A mail of a request, and what became of it."""

    delivery_id: int
    purpose: Purpose
    subject: str
    to: str
    state: DeliveryState
    outcome: str | None
    message: str | None
    owed_at: dt.datetime
    done_at: dt.datetime | None


class RequestView(NamedTuple):
    """A request, at one moment.

    Attributes:
        sent: What was sent in, drafts aside, oldest first.
        changes: What staff did with it.
    """

    request: RequestRow
    state: RequestState
    card: CustomerCard
    mails: list[MailView]
    sent: list[Submission]
    changes: list[Change]

    @property
    def may_cancel(self) -> bool:
        """Whether it can be taken back."""
        return may(self.state, Step.CANCEL)

    @property
    def may_resend(self) -> bool:
        """Whether it can be sent again."""
        return may(self.state, Step.RESEND)


def page(tx: Transaction, filters: RequestFilter, at: dt.datetime) -> RequestPage:
    """The requests that fit, the newest first, with how many there are in each state."""
    return tx.requests.page(filters, at)


def following(tx: Transaction, filters: ListedRequests, part: Next, at: dt.datetime) -> list[int]:
    """The ids of the next requests and notices that fit, in the order that *part* asks for."""
    return tx.listing.requests(filters, part, at)


def rows(tx: Transaction, request_ids: Sequence[int]) -> list[RequestRow]:
    """The requests with these ids, as far as there are any, in this order."""
    return tx.requests.find(request_ids)


def every(store: Store, filters: RequestFilter, at: dt.datetime) -> Iterator[RequestRow]:
    """All that fit, read in portions of the filter's limit."""
    with store.reading() as tx:
        filters = filters._replace(offset=0)
        while found := page(tx, filters, at).requests:
            yield from found
            filters = filters._replace(offset=filters.offset + filters.limit)


def view(store: Store, request_id: int, at: dt.datetime) -> RequestView:
    """The request with this id.

    Raises:
        NotFoundError: There is none.
    """
    with store.reading() as tx:
        request = get(tx, request_id)
        (card,) = tx.cards.find([request.customer_id])
        field = f"request {request_id}"
        history = tx.history.of(Subject.CUSTOMER, request.customer_id)
        return RequestView(
            request,
            state_of(request, at),
            card,
            _mails(tx, request_id),
            [each for each in tx.submissions.of_requests([request_id]) if each.submitted_at],
            [change for change in history if change.field == field],
        )


def _mails(tx: Transaction, request_id: int) -> list[MailView]:
    """Its mails, the oldest first."""
    ids = {mail.connection_id for mail in tx.requests.mails([request_id]).get(request_id, ())}
    newest = [
        delivery
        for connection_id in sorted(ids)
        for delivery in tx.deliveries.last(
            connection_id, DeliveryTarget.MAIL, [str(request_id)]
        ).values()
    ]
    views = [view for delivery in newest for view in tx.handling.versions(delivery)]
    views.sort(key=lambda each: each.owed_at)
    return [_mail(each.delivery, each.owed_at) for each in views]


def _mail(delivery: Delivery, owed_at: dt.datetime) -> MailView:
    mail = OwedMail.model_validate_json(delivery.wanted)
    return MailView(
        delivery.id,
        mail.purpose,
        mail.subject,
        ", ".join(mail.to),
        delivery.state,
        delivery.outcome,
        delivery.message,
        owed_at,
        delivery.done_at,
    )
