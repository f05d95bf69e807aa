"""What customers gave, shown and handed back to them and to nobody else."""

from __future__ import annotations

from starlette.responses import Response

from exempt.services import handing_out
from exempt.services.submission_ports import FileUse
from exempt.services.visits import Visit
from exempt.web import handing_out as out
from exempt.web.pages import PUBLIC, Call, Pages
from exempt.web.portal.visiting import visitor

pages = Pages()


@pages.get("/portal/files/{sha256}", may=PUBLIC, slow=True)
@visitor
def original(call: Call, visit: Visit) -> Response:
    """A file as it came."""
    with out.answered():
        return out.original(call.site, *_given(call, visit))


@pages.get("/portal/files/{sha256}/copy", may=PUBLIC, slow=True)
@visitor
def copy(call: Call, visit: Visit) -> Response:
    """Its copy, in which nothing can run."""
    with out.answered():
        return out.copy(call.site, *_given(call, visit))


@pages.get("/portal/files/{sha256}/pages/{page:int}", may=PUBLIC, slow=True)
@visitor
def page(call: Call, visit: Visit) -> Response:
    """A page of it as a picture."""
    return _page(call, visit, small=False)


@pages.get("/portal/files/{sha256}/pages/{page:int}/small", may=PUBLIC, slow=True)
@visitor
def small_page(call: Call, visit: Visit) -> Response:
    """The same as a thumbnail."""
    return _page(call, visit, small=True)


def _page(call: Call, visit: Visit, *, small: bool) -> Response:
    with out.answered():
        _, sha256 = _given(call, visit)
        return out.page(call.site, sha256, call.path["page"], small=small)


def _given(call: Call, visit: Visit) -> tuple[FileUse, str]:
    out.check_context(call.request)
    sha256 = call.path["sha256"]
    return handing_out.for_customer(call.site.store, visit.card.id, sha256), sha256
