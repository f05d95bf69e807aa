"""Requests for certificates: made, found, cancelled and sent again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Body as JsonBody
from fastapi import Query
from pydantic import Field, StringConstraints

from exempt.model.access import Right
from exempt.model.address import Jurisdiction
from exempt.model.certificate import ExemptionReason
from exempt.model.customer import Email
from exempt.model.record import ExternalId
from exempt.model.requesting import RequestState, Way
from exempt.rules.request_states import state_of
from exempt.services import (
    cards,
    companies,
    request_steps,
    request_views,
    requesting,
    resending,
    scoped,
)
from exempt.services.listing_ports import RequestFilter
from exempt.services.ports import Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.requesting import Made, UnfitError, Wish
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Call, Called
from exempt.web.api.operations import Id, Operations
from exempt.web.api.paging import Listed, Part, listed
from exempt.web.problems import Kind, Problem, Wrong, invalid

operations = Operations("Requests", "Customers asked for certificates.")

EXAMPLE = {"customer_id": 7, "jurisdictions": ["US-TX"], "reasons": ["resale"], "way": "link"}
States = Annotated[tuple[Jurisdiction, ...], Field(min_length=1, max_length=60)]
Message = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00]*$")
]


class NewRequest(Body):
    """Whom to ask, for what, and how.

    Attributes:
        jurisdictions: The states.
        reasons: Those that the portal proposes.
        way: `mail` sends a mail; `link` answers the link at once, to be passed on.
        recipient: Another address than the one on file, for this request.
        save_recipient: Keep it on file, too.
        message: What is added to the mail.
    """

    customer_id: Annotated[int, Field(ge=1, le=2**53)]
    jurisdictions: States
    reasons: Annotated[tuple[ExemptionReason, ...], Field(max_length=20)] = ()
    way: Way = Way.MAIL
    recipient: Email | None = None
    save_recipient: bool = False
    message: Message = ""


class Resend(Body):
    """How a request is sent again.

    Attributes:
        recipient: Another address, from now on.
        only_this: Let all older links of it work no more.
    """

    way: Way = Way.MAIL
    recipient: Email | None = None
    only_this: bool = False


class Request(Body):
    """A request, or a notice that certificates end.

    Attributes:
        purpose: `request`, or `expiry` for a notice.
        state: Where it stands now.
        mails: How many mails of it went out, or may have.
        expires_at: Until when its links work; null = it has none.
        bounce: What a mail server said of a mail that it could not deliver.
        made_by: Who asked; "" = Exempt by itself.
    """

    id: int
    customer_id: int
    customer_name: str
    company: str
    purpose: str
    state: RequestState
    way: Way
    jurisdictions: tuple[str, ...]
    reasons: tuple[str, ...]
    recipient: str
    message: str
    mails: int
    bounce: str | None
    made_by: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    opened_at: dt.datetime | None
    submitted_at: dt.datetime | None
    closed_at: dt.datetime | None
    closed_by: str | None


class MadeRequest(Request):
    """A request that was just made, or sent again.

    Attributes:
        link: What to pass on to the customer, told this once; null = it is in the mail.
    """

    link: str | None


class RequestList(Listed[Request]):
    """A part of a list of requests, in the order of their ids."""


class RequestQuery(Part):
    """Which requests are wanted; what is left out does not matter."""

    company: ExternalId | None = Field(None, description="Of this company, by its key.")
    customer_id: Annotated[int, Field(ge=1, le=2**53)] | None = Field(
        None, description="To this customer."
    )
    state: RequestState | None = Field(None, description="Where it stands now.")


@operations.get("/requests", Right.READ, 404)
def list_requests(call: Called, query: Annotated[RequestQuery, Query()]) -> RequestList:
    """List requests and notices."""
    at = call.act.at
    with call.store.reading() as tx:
        keys = [query.company] if query.company else []
        filters = RequestFilter(
            company_ids=scoped.company_ids(tx, keys, call.caller),
            customer_id=query.customer_id,
            state=query.state,
        )
        ids = request_views.following(tx, filters, query.wanted, at)
        return RequestList(**listed(call, query, ids, int, lambda ids: _all(tx, ids, at)))


def _all(tx: Transaction, ids: Sequence[int], at: dt.datetime) -> list[Request]:
    rows = request_views.rows(tx, ids)
    keys = companies.keys(tx)
    return [Request(**_fields(row, keys[row.company_id], at)) for row in rows]


def _fields(row: RequestRow, company: str, at: dt.datetime) -> dict[str, Any]:
    same = set(Request.model_fields) - {"company", "state"}
    return {name: getattr(row, name) for name in same} | {
        "company": company,
        "state": state_of(row, at),
    }


def _made(call: Call, made: Made) -> MadeRequest:
    with call.store.reading() as tx:
        keys = companies.keys(tx)
    fields = _fields(made.request, keys[made.request.company_id], call.act.at)
    return MadeRequest(**fields, link=made.link)


@operations.post("/requests", Right.REQUEST, status_code=201)
def create_request(
    call: Called,
    new: Annotated[NewRequest, JsonBody(openapi_examples={"by a link": {"value": EXAMPLE}})],
) -> MadeRequest:
    """Ask a customer for certificates.

    By mail it is sent at once; as a link it is answered at once, and never again.
    """
    refuse_unless_enabled(call)
    with call.store.reading() as tx:
        if not cards.find(tx, [new.customer_id]) or not scoped.sees_all(
            tx, [new.customer_id], call.caller
        ):
            raise invalid([Wrong("pointer", "/customer_id", "there is no such customer")])
    wish = Wish(
        customer_id=new.customer_id,
        jurisdictions=new.jurisdictions,
        reasons=new.reasons,
        recipient=new.recipient or "",
        save_recipient=new.save_recipient,
        message=new.message,
        way=new.way,
    )
    site = call.site
    try:
        made = requesting.make(
            call.store, wish, call.act, site.post, soon_days=site.expiring_soon_days
        )
    except UnfitError as error:
        raise unfit(error) from None
    call.made(f"/requests/{made.request.id}")
    return _made(call, made)


def refuse_unless_enabled(call: Call) -> None:
    """Ask nobody where that is switched off (A04).

    Raises:
        Problem: It is.
    """
    if not (call.site.post.enabled and call.site.requests_enabled):
        msg = "nobody is asked for certificates here: set requests.enabled = true to ask customers"
        raise Problem(Kind.REQUESTS_DISABLED, msg)


def unfit(error: UnfitError) -> Problem:
    """The fields by which somebody cannot be asked."""
    return invalid([Wrong("pointer", f"/{name}", said) for name, said in error.problems.items()])


@operations.get("/requests/{request_id}", Right.READ, 404)
def get_request(call: Called, request_id: Id) -> Request:
    """One request, and where it stands."""
    with call.store.reading() as tx:
        scoped.request(tx, request_id, call.caller)
        return _all(tx, [request_id], call.act.at)[0]


@operations.post("/requests/{request_id}/cancel", Right.REQUEST, 404)
def cancel_request(call: Called, request_id: Id) -> Request:
    """Take a request back: its links work no more, and its mails do not go out."""
    with call.store.reading() as tx:
        scoped.request(tx, request_id, call.caller)
    request_steps.cancelled(call.store, request_id, call.act)
    return get_request(call, request_id)


@operations.post("/requests/{request_id}/resend", Right.REQUEST, 404)
def resend_request(call: Called, request_id: Id, told: Resend) -> MadeRequest:
    """Send a request again, or make another link of it."""
    refuse_unless_enabled(call)
    with call.store.reading() as tx:
        scoped.request(tx, request_id, call.caller)
    try:
        made = resending.resend(
            call.store,
            request_id,
            call.act,
            call.site.post,
            way=told.way,
            recipient=told.recipient or "",
            only_this=told.only_this,
        )
    except UnfitError as error:
        raise unfit(error) from None
    return _made(call, made)
