"""One certificate: what it says and covers, what happened to it; its documents, and archiving."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.certificate import Certificate, ReviewStatus
from exempt.rules.papers import MAX_BYTES
from exempt.rules.requestable import Offer
from exempt.rules.status import HINTS, coverage_status
from exempt.services import certificate_files, certificates, papers, requesting, scoped
from exempt.services.certificate_look import CertificateLook, look
from exempt.services.files import Kept
from exempt.services.requesting import Look
from exempt.services.rows import Subject
from exempt.web.console.certificate_view import known
from exempt.web.console.entries import AROUND, NOTHING, Owner, Typed, add_pages
from exempt.web.console.order_view import known as known_of_orders
from exempt.web.console.paper_view import Papers, file_view, look_into
from exempt.web.pages import Call, Pages
from exempt.web.typed import number_of

pages = Pages()

BASE = "/certificates/{certificate_id:int}"
DIALOGS = ("request", "file")


class Asking(NamedTuple):
    """What a customer can be asked for, of the states of a certificate."""

    look: Look
    offers: list[Offer]

    @property
    def offered(self) -> list[Offer]:
        """Those for which asking is offered."""
        return [each for each in self.offers if each.offered]


def found(call: Call) -> Certificate:
    """The certificate that the path names, if the caller sees it; else 404."""
    try:
        with call.site.store.reading() as tx:
            return scoped.certificate(tx, call.path["certificate_id"], call.by)
    except NotFoundError:
        raise HTTPException(404) from None


def seen(call: Call) -> int:
    """The version that was looked at; one that is no number was never there."""
    return number_of(call.text("seen")) or 0


@pages.get(BASE, may=Right.READ)
def one(call: Call) -> Response:
    """All that is known of it."""
    return page(call, found(call).id)


def page(
    call: Call, certificate_id: int, typed: Typed = NOTHING, *, status: int = 200, **more: Any
) -> Response:
    """The same, with what was *typed* or sent and could not be kept."""
    looked = _look(call, certificate_id)
    if look_into(call, looked.files):
        looked = _look(call, certificate_id)
    certificate, site = looked.certificate, call.site
    asking = _asking(call, looked)
    shown = {"wrong": "", "wrong_file": "", "doing": call.query.get("do", "")} | more
    return call.page(
        "certificates/one.html",
        422 if typed.wrong else status,
        seen=looked,
        it=certificate,
        hint=HINTS[looked.status],
        view=Papers([file_view(each) for each in looked.files]),
        status_in={
            each.jurisdiction: coverage_status(
                certificate, each, site.clock().date(), site.expiring_soon_days
            )
            for each in certificate.jurisdictions
        },
        asking=asking,
        defined=site.certificate_fields,
        typed=typed,
        may_edit=call.by.may(Right.EDIT),
        may_ask=site.requests_enabled and call.by.may(Right.REQUEST),
        may_review=call.by.may(Right.REVIEW),
        prints=site.printer is not None,
        days=_days(call, certificate),
        **shown,
        **known_of_orders(),
        **known(),
    )


def _look(call: Call, certificate_id: int) -> CertificateLook:
    site = call.site
    try:
        return look(
            site.store,
            certificate_id,
            call.by,
            site.act(call.by.name),
            soon_days=site.expiring_soon_days,
            fields=site.certificate_fields,
        )
    except NotFoundError:
        raise HTTPException(404) from None


def _days(call: Call, certificate: Certificate) -> int | None:
    """How many days there are until the first of its states ends."""
    end = certificate.first_expiration
    return (end - call.site.clock().date()).days if end else None


def _asking(call: Call, looked: CertificateLook) -> list[Asking]:
    """What each of its customers can be asked for in its states; of those who are still there."""
    site = call.site
    if not (site.requests_enabled and call.by.may(Right.REQUEST)):
        return []
    places = {one.jurisdiction for one in looked.certificate.jurisdictions}
    looks = [
        requesting.look(
            site.store, card.id, site.clock().date(), site.expiring_soon_days, site.post
        )
        for card in looked.cards
        if not card.gone
    ]
    return [Asking(each, [o for o in each.offers if o.jurisdiction in places]) for each in looks]


# --- archiving -------------------------------------------------------------------------------


@pages.post(f"{BASE}/archive", may=Right.EDIT)
def archive(call: Call) -> Response:
    """Archive it: it covers no order of today or later."""
    return _archived(call, archived=True)


@pages.post(f"{BASE}/take-back", may=Right.EDIT)
def take_back(call: Call) -> Response:
    """Take it out of the archive."""
    check_may_review(call, found(call))
    return _archived(call, archived=False)


def check_may_review(call: Call, certificate: Certificate) -> None:
    """Refuse whoever may not accept what would cover orders from then on."""
    accepted = certificate.review_status is ReviewStatus.ACCEPTED
    if accepted and not call.by.may(Right.REVIEW):
        raise HTTPException(403)


def _archived(call: Call, *, archived: bool) -> Response:
    certificate = found(call)
    act = call.site.act(call.by.name)
    try:
        done = certificates.archive(
            call.site.store, certificate.id, act, archived=archived, seen=seen(call)
        )
    except ConflictError as error:
        return page(call, certificate.id, status=409, wrong=_sentence(error))
    except RefusedError as error:
        return page(call, certificate.id, status=422, wrong=_sentence(error))
    said = "Archived: it covers no order from today on" if archived else "Taken out of the archive"
    return call.go(f"/certificates/{certificate.id}", f"{said}; {decided(done.orders_changed)}.")


def decided(changed: int) -> str:
    """``2 open orders decided anew``."""
    return f"{changed or 'no'} open order{'' if changed == 1 else 's'} decided anew"


def _sentence(error: Exception) -> str:
    said = str(error).partition(": ")[2] or str(error)
    return f"{said[:1].upper()}{said[1:]}."


# --- files -----------------------------------------------------------------------------------


@pages.post(f"{BASE}/files", may=Right.EDIT, body_max=MAX_BYTES + AROUND, slow=True)
def keep_file(call: Call) -> Response:
    """Put a document to it, or in place of one that it has."""
    certificate, site = found(call), call.site
    act, old = site.act(call.by.name), call.text("replaces")
    try:
        kept = taken_in(call)
        if kept is None:
            sentence = "Choose a file first."
            return page(call, certificate.id, status=422, wrong_file=sentence, doing="file")
        if old:
            certificate_files.replace_file(site.store, certificate.id, old, kept, act)
        else:
            certificates.attach_kept(site.store, certificate.id, kept, act)
    except (ConflictError, RefusedError) as error:
        status = 409 if isinstance(error, ConflictError) else 422
        said = str(error).partition(f"certificate {certificate.id}: ")[2] or str(error)
        told = f"{said[:1].upper()}{said[1:]}"
        return page(call, certificate.id, status=status, wrong_file=told, doing="file")
    done = "replaced; the old one stays stored" if old else "added"
    return call.go(f"/certificates/{certificate.id}", f"File {done}.")


def taken_in(call: Call) -> Kept | None:
    """The file that was chosen, looked into and kept; None where none was.

    Raises:
        RefusedError: It is not to be taken; the message says why.
    """
    given, site = call.form.get("file"), call.site
    if not isinstance(given, UploadFile) or not given.filename:
        return None
    return papers.take_in(
        *(site.store, site.documents, site.inspector, given.filename, given.file, site.clock())
    )


# --- comments and files ----------------------------------------------------------------------


add_pages(
    pages,
    BASE,
    Owner(
        Subject.CERTIFICATE,
        lambda call: found(call).id,
        lambda certificate_id: f"/certificates/{certificate_id}#comments",
        page,
    ),
)
