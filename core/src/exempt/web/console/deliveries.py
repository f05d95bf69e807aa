"""The pages of deliveries: what is owed to other systems, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ConflictError, ExemptError, NotFoundError
from exempt.model.access import Right
from exempt.services import deliveries, owed, scoped
from exempt.services.delivery_ports import DeliveryView
from exempt.services.owed_ports import OwedFilter, OwedState
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister, Picked
from exempt.web.pages import Call, Pages

pages = Pages()

TABS: Mapping[OwedState | None, str] = {
    None: "All",
    OwedState.DEAD: "Failed",
    OwedState.MAYBE_SENT: "May have been sent",
    OwedState.PENDING: "On their way",
    OwedState.SENT: "Done",
    OwedState.DROPPED: "Given up",
    OwedState.SUPERSEDED: "Overtaken",
}
STATES: Mapping[DeliveryState, tuple[str, str]] = {
    DeliveryState.PENDING: ("On its way", "blue"),
    DeliveryState.SENT: ("Done", "green"),
    DeliveryState.DEAD: ("Failed", "red"),
    DeliveryState.DROPPED: ("Given up", "grey"),
    DeliveryState.SUPERSEDED: ("Overtaken", "grey"),
}
TARGETS: Mapping[DeliveryTarget, str] = {
    DeliveryTarget.ORDER: "Order",
    DeliveryTarget.CUSTOMER: "Customer",
    DeliveryTarget.MAIL: "Mail to",
    DeliveryTarget.NOTICE: "Notice of",
    DeliveryTarget.WARNING: "Warning of",
}

LIST = Lister(
    "/deliveries",
    columns=(
        Column("what", "What", fixed=True),
        Column("to", "Connection"),
        Column("state", "State"),
        Column("tries", "Tries", end=True),
        Column("since", "Since"),
        Column("why", "Result"),
    ),
    filters=("state", "target", "connection"),
)


@pages.get(LIST.path, may=Right.READ)
def list_(call: Call) -> Response:
    """Deliveries, the newest first."""
    asked = LIST.read(call)
    wanted = filters_of(call, asked)
    with call.site.store.reading() as tx:
        found = owed.page(tx, wanted)
        counts = owed.counts(tx, call.scope)
        names = [row.name for row in scoped.connections(tx, call.by)]
    many: dict[OwedState | None, int] = {
        OwedState.DEAD: counts.dead,
        OwedState.MAYBE_SENT: counts.maybe_sent,
        OwedState.PENDING: counts.pending,
    }
    return call.page(
        "deliveries/list.html",
        rows=found.deliveries,
        listing=LIST.shown(call, asked, total=found.total, capped=found.capped),
        wanted=wanted,
        tabs=[
            (asked.address(state=state.value if state else None), title, many.get(state))
            for state, title in TABS.items()
        ],
        here=list(TABS).index(wanted.state),
        connections=[(name, name) for name in names],
        targets=[(target.value, title.partition(" ")[0]) for target, title in TARGETS.items()],
        **known(call),
    )


@pages.get(f"{LIST.path}/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All that fits, as a file."""
    first = ("Id", "Connection", "Kind", "Id there", "Name", "State", "Outcome", "Message")
    heads = (*first, "Tries", "Since", "Done")
    sheet = Sheet("Deliveries", heads, _rows(call, filters_of(call, LIST.read(call))))
    return exports.send(call, sheet, "deliveries")


def _rows(call: Call, wanted: OwedFilter) -> Iterator[Row]:
    for view in owed.every(call.site.store, wanted):
        one = view.delivery
        yield (
            one.id,
            view.connection,
            one.target.value,
            one.external_id,
            view.name,
            one.state.value,
            one.outcome,
            one.message,
            one.attempts,
            view.owed_at,
            one.done_at,
        )


@pages.post(f"{LIST.path}/bulk", may=Right.EDIT)
def bulk(call: Call) -> Response:
    """Try those that are ticked again, or ask why they are to be given up."""
    picked = LIST.picked(call)
    there, ids = picked.asked.address(), _ids(call, picked)
    if not ids:
        return call.go(there, "Nothing was ticked.")
    if picked.do == "drop":
        return _drop_page(call, picked, ids)
    even, act = picked.do == "retry-sent", call.site.act(call.by.name)
    done = deliveries.retry_each(call.site.store, ids, act, even_if_sent=even)
    return call.go(there, _said(done.again, len(done.left)))


@pages.post(f"{LIST.path}/drop", may=Right.EDIT)
def drop(call: Call) -> Response:
    """Give up several, for a reason."""
    picked, act = LIST.picked(call), call.site.act(call.by.name)
    ids = _ids(call, picked)
    if not ids:
        return call.go(picked.asked.address(), "Nothing was ticked.")
    done = 0
    try:
        for at in range(0, len(ids), deliveries.AT_ONCE):
            part = ids[at : at + deliveries.AT_ONCE]
            done += len(deliveries.drop(call.site.store, part, call.text("reason"), act))
    except ExemptError as error:
        return _drop_page(call, picked, ids, error)
    return call.go(picked.asked.address(), f"{_deliveries(done)} given up.")


def _ids(call: Call, picked: Picked) -> list[int]:
    """What is ticked, as far as the caller sees it; or all that fits."""
    if picked.everything:
        return owed.ids_of(call.site.store, filters_of(call, picked.asked))
    with call.site.store.reading() as tx:
        return owed.seen(tx, picked.ids, call.by)


def _drop_page(
    call: Call, picked: Picked, ids: list[int], error: ExemptError | None = None
) -> Response:
    return call.page(
        "deliveries/drop.html",
        200 if error is None else 409 if isinstance(error, ConflictError) else 422,
        many=len(ids),
        ids=() if picked.everything else ids,
        everything=picked.everything,
        query=call.text("query"),
        reason=call.text("reason"),
        wrong=plain(error) if error else "",
    )


def filters_of(call: Call, asked: Asked) -> OwedFilter:
    """What an address asks; what makes no sense is as if it were not there."""
    state, target = asked.filter("state"), asked.filter("target")
    return OwedFilter(
        words=asked.words,
        company_ids=call.scope,
        state=OwedState(state) if state in set(OwedState) else None,
        targets=(DeliveryTarget(target),) if target in set(DeliveryTarget) else (),
        connection=asked.filter("connection"),
        limit=asked.limit,
        offset=asked.offset,
    )


def known(call: Call) -> dict[str, Any]:
    """What all pages of deliveries know."""
    return {
        "may_edit": call.by.may(Right.EDIT),
        "states": STATES,
        "what": what,
        "stands": stands,
        "said_of": owed.said_of,
    }


def what(view: DeliveryView) -> str:
    """``Order S-1``, ``Mail to Acme``."""
    one = view.delivery
    return f"{TARGETS[one.target]} {view.name or one.external_id}"


def stands(delivery: Delivery) -> tuple[str, str]:
    """How it stands: a word, and a colour."""
    if delivery.state is DeliveryState.DEAD and deliveries.maybe_sent(delivery):
        return "May have been sent", "orange"
    return STATES[delivery.state]


def plain(error: ExemptError) -> str:
    """What is wrong, without the command that the command line names."""
    return str(error).partition(": see exempt")[0].partition(": --")[0]


def found(call: Call) -> DeliveryView:
    """The delivery that the path names, if the caller sees it."""
    try:
        with call.site.store.reading() as tx:
            return owed.get(tx, call.path["delivery_id"], call.by)
    except NotFoundError:
        raise HTTPException(404) from None


def _said(again: int, left: int) -> str:
    said = f"{_deliveries(again)} owed again."
    if left:
        said += f" {left:,} left as they are: done, overtaken, or mails that may have gone out."
    return said


def _deliveries(many: int) -> str:
    return f"{many:,} {'delivery is' if many == 1 else 'deliveries are'}"
