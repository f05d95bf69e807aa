"""What a customer gave us before: one certificate, its files, and taking it back."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.services import submissions
from exempt.services.visits import Visit
from exempt.web.pages import PUBLIC, Call, Pages
from exempt.web.portal import showing
from exempt.web.portal.showing import Given
from exempt.web.portal.visiting import page, visitor

pages = Pages()


@pages.get("/portal/certificates/{id:int}", may=PUBLIC)
@visitor
def look(call: Call, visit: Visit) -> Response:
    """One certificate of the customer's own."""
    return page(call, visit, "given.html", one=_one(call, visit), problem="")


@pages.post("/portal/certificates/{id:int}", may=PUBLIC)
@visitor
def take_back(call: Call, visit: Visit) -> Response:
    """Let it count no more."""
    one = _one(call, visit)
    if not one.can_be_taken_back:
        return call.go("/portal")
    act = call.site.act(visit.by)
    try:
        submissions.take_back(call.site.store, one.id, visit.card.id, act)
    except NotFoundError:
        raise HTTPException(404) from None
    except (ConflictError, RefusedError):
        problem = "We were just looking at it. This is how it stands now."
        return page(call, visit, "given.html", 409, one=one, problem=problem)
    return call.go("/portal")


def _one(call: Call, visit: Visit) -> Given:
    on = call.site.clock().date()
    for each in showing.given(visit, call.site, on):
        if each.id == call.path["id"]:
            return each
    raise HTTPException(404)
