"""The page of one delivery: what is owed, why it waits, and what people do about it."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ConflictError, ExemptError, NotFoundError
from exempt.model.access import Right
from exempt.services import deliveries, owed
from exempt.services.delivery_ports import DeliveryView
from exempt.services.rows import DeliveryState, DeliveryTarget
from exempt.web.console.deliveries import found, known, plain
from exempt.web.pages import Call, Pages

pages = Pages()

ABOUT = {
    DeliveryTarget.ORDER: "/orders/{}",
    DeliveryTarget.CUSTOMER: "/customers/{}",
    DeliveryTarget.MAIL: "/customers/{}",
    DeliveryTarget.NOTICE: "/certificates/{}",
    DeliveryTarget.WARNING: "/warnings/{}",
}
_OPEN = (DeliveryState.PENDING, DeliveryState.DEAD)


@pages.get("/deliveries/{delivery_id:int}", may=Right.READ)
def one(call: Call) -> Response:
    """One delivery, with all that was owed to the same thing."""
    return _page(call)


@pages.post("/deliveries/{delivery_id:int}/retry", may=Right.EDIT)
def retry(call: Call) -> Response:
    """Let it be due now."""
    view = found(call)
    number = view.delivery.id
    act, even = call.site.act(call.by.name), bool(call.text("even_if_sent"))
    try:
        deliveries.retry(call.site.store, [number], act, even_if_sent=even)
    except ExemptError as error:
        return _page(call, error)
    return call.go(f"/deliveries/{number}", "It is owed again, and is tried at once.")


@pages.post("/deliveries/{delivery_id:int}/drop", may=Right.EDIT)
def drop(call: Call) -> Response:
    """Give it up, for a reason."""
    number = found(call).delivery.id
    reason = call.text("reason")
    try:
        deliveries.drop(call.site.store, [number], reason, call.site.act(call.by.name))
    except ExemptError as error:
        return _page(call, error, reason=reason)
    return call.go(f"/deliveries/{number}", "It is given up: nobody tries it any more.")


def _page(call: Call, error: ExemptError | None = None, reason: str = "") -> Response:
    try:
        with call.site.store.reading() as tx:
            looked = owed.look(tx, call.path["delivery_id"], call.by)
    except NotFoundError:
        raise HTTPException(404) from None
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    view = looked.view
    mail = view.delivery.target.mailed
    there = ABOUT[view.delivery.target].format(looked.about_id) if looked.about_id else ""
    paths = {getattr(route, "path", "") for route in call.request.app.routes}
    exists = any(path.startswith(there.rpartition("/")[0] + "/{") for path in paths)
    context: dict[str, Any] = {
        "looked": looked,
        "view": view,
        "about": there if there and exists else "",
        "wrong": plain(error) if error else "",
        "reason": reason,
        "maybe_sent": deliveries.maybe_sent(view.delivery),
        "may_retry": looked.is_newest
        and view.delivery.state in {*_OPEN, DeliveryState.DROPPED}
        and not (mail and view.delivery.state is DeliveryState.PENDING and _sending(view)),
        "may_drop": view.delivery.state in _OPEN,
        "waits": view.delivery.state is DeliveryState.PENDING
        and view.delivery.due_at > call.site.clock(),
    }
    return call.page("deliveries/one.html", status, **context, **known(call))


def _sending(view: DeliveryView) -> bool:
    """Whether it is being sent at this moment, or was when its process ended."""
    return deliveries.maybe_sent(view.delivery)
