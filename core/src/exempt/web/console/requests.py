"""The pages of requests: the list, one request, and what staff do with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ExemptError, NotFoundError
from exempt.model.access import Right
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState, Way
from exempt.rules.request_states import state_of
from exempt.services import request_steps, request_views, resending, scoped
from exempt.services.ports import Store, Transaction
from exempt.services.request_ports import RequestFilter, RequestRow
from exempt.services.request_views import RequestView
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.console.requests_made import made_page
from exempt.web.pages import Call, Pages

pages = Pages()

AT_ONCE = 1_000

COLOURS = {
    RequestState.NOT_OPENED: "grey",
    RequestState.OPENED: "blue",
    RequestState.SUBMITTED: "yellow",
    RequestState.ACCEPTED: "green",
    RequestState.REJECTED: "red",
    RequestState.EXPIRED: "red",
    RequestState.CANCELLED: "grey",
    RequestState.WITHDRAWN: "grey",
}
"""Of the dot beside the word."""

PURPOSES = {
    Purpose.REQUEST: "Request",
    Purpose.REMINDER: "Reminder",
    Purpose.EXPIRY: "Expiry notice",
    Purpose.REJECTION: "Rejection",
    Purpose.RECEIPT: "Receipt",
}
"""What mails are called."""


LIST = Lister(
    "/requests",
    columns=(
        Column("customer", "Customer", fixed=True),
        Column("states", "States"),
        Column("to", "Sent to"),
        Column("made", "Made"),
        Column("until", "Link works until"),
        Column("status", "Status"),
    ),
    filters=("state", "company"),
)
HEADS = ("Request", "Customer", "Company", "States", "Sent to", "Made", "By", "Until", "Status")


@pages.get("/requests", may=Right.READ)
def list_(call: Call) -> Response:
    """All requests, the newest first."""
    asked = LIST.read(call)
    state = _state(asked.filter("state"))
    with call.site.store.reading() as tx:
        companies = scoped.companies(tx, call.by)
        found = request_views.page(tx, _filter(call, tx, asked), call.site.clock())
    counts = found.counts
    total = counts.get(state, 0) if state else sum(counts.values())
    return call.page(
        "requests/list.html",
        listing=LIST.shown(call, asked, total=total),
        found=found,
        states={row.id: state_of(row, call.site.clock()) for row in found.requests},
        tabs=_tabs(asked, counts),
        here=1 + list(RequestState).index(state) if state else 0,
        companies=companies,
        **_known(call),
    )


@pages.get("/requests/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All requests that fit, as a file."""
    with call.site.store.reading() as tx:
        wanted = _filter(call, tx, LIST.read(call))._replace(limit=AT_ONCE)
    rows = _rows(call.site.store, wanted, call.site.clock())
    return exports.send(call, Sheet("Requests", HEADS, rows), "requests")


def _filter(call: Call, tx: Transaction, asked: Asked) -> RequestFilter:
    """What the address asks; a company that is not theirs to see is not there."""
    state, key = _state(asked.filter("state")), asked.filter("company")
    try:
        ids = scoped.company_ids(tx, [key], call.by) if key else call.scope
    except NotFoundError:
        raise HTTPException(404) from None
    return RequestFilter(
        states=(state,) if state else (),
        company_ids=ids,
        words=asked.words,
        offset=asked.offset,
        limit=asked.limit,
    )


def _rows(store: Store, wanted: RequestFilter, at: dt.datetime) -> Iterator[Row]:
    return (_row(row, at) for row in request_views.every(store, wanted, at))


def _row(row: RequestRow, at: dt.datetime) -> Row:
    return (
        *(row.id, row.customer_name, row.company, " ".join(row.jurisdictions), row.recipient),
        *(row.created_at, row.made_by, row.expires_at, spoken(state_of(row, at))),
    )


def _tabs(asked: Asked, counts: dict[RequestState, int]) -> list[tuple[str, str, int]]:
    return [
        (asked.address(state=None), "All", sum(counts.values())),
        *(
            (asked.address(state=state.value), spoken(state), counts.get(state, 0))
            for state in RequestState
        ),
    ]


def _state(text: str) -> RequestState | None:
    return RequestState(text) if text in set(RequestState) else None


def spoken(state: RequestState) -> str:
    """``Not opened``."""
    return state.value.replace("_", " ").capitalize()


@pages.get("/requests/{request_id:int}", may=Right.READ)
def one(call: Call) -> Response:
    """One request, with all that belongs to it."""
    return _page(call, _seen(call))


@pages.post("/requests/{request_id:int}/cancel", may=Right.REQUEST)
def cancel(call: Call) -> Response:
    """Take it back."""
    seen = _seen(call)
    try:
        request_steps.cancelled(call.site.store, seen.request.id, call.site.act(call.by.name))
    except ExemptError as error:
        return _page(call, seen, wrong=str(error))
    return call.go(f"/requests/{seen.request.id}", "The request is cancelled.")


@pages.post("/requests/{request_id:int}/resend", may=Right.REQUEST)
def resend(call: Call) -> Response:
    """Send it again, or make another link of it."""
    if not call.site.requests_enabled:
        raise HTTPException(403)
    seen, site = _seen(call), call.site
    way = Way(call.text("way")) if call.text("way") in set(Way) else Way.MAIL
    try:
        made = resending.resend(
            site.store,
            seen.request.id,
            site.act(call.by.name),
            site.post,
            way=way,
            recipient=call.text("recipient"),
            only_this=bool(call.text("only_this")),
        )
    except ExemptError as error:
        return _page(call, seen, wrong=str(error))
    if made.link:
        return made_page(call, made, way)
    said = f"The request goes to {made.request.recipient} once more."
    return call.go(f"/requests/{made.request.id}", said)


@pages.post("/requests/{request_id:int}/revoke", may=Right.REQUEST)
def revoke(call: Call) -> Response:
    """Let its links work no more."""
    seen = _seen(call)
    resending.revoke_links(call.site.store, seen.request.id, call.site.act(call.by.name))
    return call.go(f"/requests/{seen.request.id}", "No link of this request works any more.")


def _seen(call: Call) -> RequestView:
    """The request that the path names, if the caller may see it."""
    request_id = call.path["request_id"]
    try:
        with call.site.store.reading() as tx:
            request = scoped.request(tx, request_id, call.by)
        return request_views.view(call.site.store, request.id, call.site.clock())
    except NotFoundError:
        raise HTTPException(404) from None


def _page(call: Call, seen: RequestView, wrong: str = "") -> Response:
    return call.page(
        "requests/one.html",
        400 if wrong else 200,
        seen=seen,
        row=seen.request,
        wrong=wrong,
        purposes=PURPOSES,
        ways=_ways(call),
        **_known(call),
    )


def _ways(call: Call) -> list[tuple[str, str]]:
    """How a link may leave the house here."""
    found = [(Way.MAIL.value, "By mail")]
    if call.site.post.url:
        found.append((Way.LINK.value, "As a link to pass on"))
        if call.site.letter_printer:
            found.append((Way.LETTER.value, "As a letter"))
    return found


def _known(call: Call) -> dict[str, Any]:
    """What every page of requests knows."""
    may_ask = call.site.requests_enabled and call.by.may(Right.REQUEST)
    return {"spoken": spoken, "colours": COLOURS, "may_ask": may_ask}
