"""The files of certificates, customers and submissions, for staff; and by a link that ends soon."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.model.access import Right
from exempt.services import handing_out, printing
from exempt.services.submission_ports import FileUse
from exempt.web import handing_out as out
from exempt.web.pages import PUBLIC, Call, Pages

pages = Pages()


@pages.get("/files/{sha256}", may=Right.READ, slow=True)
def original(call: Call) -> Response:
    """A file as it came."""
    with out.answered():
        return out.original(call.site, *_seen(call))


@pages.get("/files/{sha256}/copy", may=Right.READ, slow=True)
def copy(call: Call) -> Response:
    """Its copy, in which nothing can run."""
    with out.answered():
        return out.copy(call.site, *_seen(call))


@pages.get("/files/{sha256}/pages/{page:int}", may=Right.READ, slow=True)
def page(call: Call) -> Response:
    """A page of it as a picture."""
    return _page(call, small=False)


@pages.get("/files/{sha256}/pages/{page:int}/small", may=Right.READ, slow=True)
def small_page(call: Call) -> Response:
    """The same as a thumbnail."""
    return _page(call, small=True)


def _page(call: Call, *, small: bool) -> Response:
    with out.answered():
        _, sha256 = _seen(call)
        return out.page(call.site, sha256, call.path["page"], small=small)


def _seen(call: Call) -> tuple[FileUse, str]:
    out.check_context(call.request)
    sha256 = call.path["sha256"]
    return handing_out.for_staff(call.site.store, call.by, sha256), sha256


@pages.get("/certificates/{certificate_id:int}/print", may=Right.READ, slow=True)
def printed(call: Call) -> Response:
    """A certificate on paper, as a PDF."""
    out.check_context(call.request)
    certificate_id = call.path["certificate_id"]
    with out.answered():
        content = printing.printed(call.site.press, certificate_id, call.site.clock(), call.by)
    return out.pdf(content, f"certificate-{certificate_id}.pdf")


@pages.get("/file-links/{token}", may=PUBLIC, slow=True)
def by_link(call: Call) -> Response:
    """A file by a signed link; the same is said of one that is old and one that never was."""
    site = call.site
    link = handing_out.follow_link(site.keys, call.path["token"], site.clock())
    if link is None:
        raise HTTPException(410, "This link works no more: ask for a new one.")
    with out.answered():
        use = handing_out.for_anybody(site.store, link)
        return (out.copy if link.copy else out.original)(site, use, link.sha256)
