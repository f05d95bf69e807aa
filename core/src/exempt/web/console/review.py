"""The pages of review: what waits, one of it beside its document, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ConflictError, ExemptError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.certificate import Rejection, RejectionCode, ReviewStatus
from exempt.rules.rejections import sentence
from exempt.rules.review_checks import TITLES, suggested
from exempt.services import certificates, reviewing
from exempt.services.reading import read_paper
from exempt.services.review_look import Looked, look
from exempt.services.review_ports import QueueFilter
from exempt.services.review_preview import Preview, preview
from exempt.services.reviewing import Reviewed
from exempt.web.console.certificate_view import spoken
from exempt.web.console.paper_view import look_into
from exempt.web.console.review_form import (
    ADDED,
    DROPPED,
    FieldsError,
    details_from,
    typed,
    values_of,
)
from exempt.web.console.review_view import view_of
from exempt.web.pages import Call, Pages
from exempt.web.typed import number_of

pages = Pages()

A_PAGE = 50


@pages.get("/review", may=Right.READ)
def queue(call: Call) -> Response:
    """What waits for review, oldest first."""
    number = number_of(call.query.get("page")) or 1
    wanted = _filters(call)._replace(limit=A_PAGE, offset=(number - 1) * A_PAGE)
    found = reviewing.queue(call.site.store, wanted, call.site.act(call.by.name))
    return call.page(
        "review/queue.html",
        queue=found,
        wanted=wanted,
        asked=_asked(call),
        number=number,
        last=max(1, -(-found.page.total // A_PAGE)),
        titles=TITLES,
        first=found.items[0].row.certificate_id if found.items else None,
    )


@pages.get("/review/next", may=Right.READ)
def next_(call: Call) -> Response:
    """On to what waits behind the one that was looked at."""
    return _on(call, number_of(call.query.get("after")))


@pages.get("/review/{certificate_id:int}", may=Right.READ)
def one(call: Call) -> Response:
    """One certificate, beside its document."""
    return _page(call, _looked(call))


@pages.post("/review/{certificate_id:int}/accept", may=Right.REVIEW)
def accept(call: Call) -> Response:
    """Accept it, as its fields are filled in."""
    looked = _looked(call)
    try:
        done = reviewing.accept(
            call.site.store,
            looked.certificate.id,
            call.site.act(call.by.name),
            seen=_seen(call),
            details=details_from(call.form, looked.certificate),
            anyway=bool(call.text("anyway")),
            company_ids=call.by.company_ids,
        )
    except ExemptError as error:
        return _refused(call, looked, error)
    changed = done.done.orders_changed
    orders = f"{changed:,} open order{'' if changed == 1 else 's'} decided anew"
    return _on(call, looked.certificate.id, f"{looked.title}: accepted; {orders}.")


@pages.post("/review/{certificate_id:int}/save", may=Right.REVIEW)
def save(call: Call) -> Response:
    """Keep what was changed; it goes on waiting."""
    looked = _looked(call)
    try:
        details = details_from(call.form, looked.certificate)
        if details is not None:
            certificates.edit(
                call.site.store,
                looked.certificate.id,
                details,
                call.site.act(call.by.name),
                seen=_seen(call),
            )
    except ExemptError as error:
        return _refused(call, looked, error)
    return call.go(_address(call, looked.certificate.id), "Saved. It still waits for review.")


@pages.post("/review/{certificate_id:int}/reject", may=Right.REVIEW)
def reject(call: Call) -> Response:
    """Reject it, and tell the customer why."""
    looked = _looked(call)
    try:
        done = reviewing.reject(
            call.site.store,
            looked.certificate.id,
            _rejections(call),
            call.site.act(call.by.name),
            seen=_seen(call),
            tell=bool(call.text("tell")),
            company_ids=call.by.company_ids,
        )
    except ExemptError as error:
        return _refused(call, looked, error)
    return _on(call, looked.certificate.id, f"{looked.title}: rejected; {_told(call, done)}.")


@pages.post("/review/{certificate_id:int}/told", may=Right.REVIEW)
def told(call: Call) -> Response:
    """What the customer would be told."""
    looked = _looked(call)
    try:
        rejections = _rejections(call)
        reviewing.check_rejections(rejections)
    except RefusedError as error:
        return _mail(call, Preview(why_not=f"{str(error).capitalize()}."))
    site = call.site
    with site.store.reading() as tx:
        mail = preview(tx, looked.certificate, rejections, site.clock(), site.post)
    return _mail(call, mail)


def _mail(call: Call, mail: Preview) -> Response:
    """The mail as a part of the page, or as one of its own for a browser without scripts."""
    part = call.request.headers.get("x-part") == "yes"
    return call.page("review/told.html" if part else "review/told_page.html", mail=mail)


@pages.post("/review/{certificate_id:int}/read", may=Right.REVIEW, slow=True)
def read(call: Call) -> Response:
    """Read its documents now, those that nobody has read yet."""
    looked, site = _looked(call), call.site
    places = [each.jurisdiction for each in looked.certificate.jurisdictions]
    for each in looked.files:
        if each.paper is not None and each.reading is None and site.reader is not None:
            read_paper(site.store, site.documents, site.reader, each.file.sha256, places)
    return call.go(_address(call, looked.certificate.id))


# --- how -------------------------------------------------------------------------------------


def _filters(call: Call) -> QueueFilter:
    return QueueFilter(
        company_ids=call.scope,
        company_id=number_of(call.query.get("company")),
        jurisdiction=call.query.get("state") or None,
        customer_id=number_of(call.query.get("customer")),
        words=(call.query.get("words") or "").strip() or None,
    )


def _asked(call: Call) -> str:
    """The filters as an address has them, so that they last while somebody reviews."""
    names = ("state", "company", "customer", "words")
    return urlencode({each: call.query[each] for each in names if call.query.get(each)})


def _address(call: Call, certificate_id: int) -> str:
    asked = _asked(call)
    return f"/review/{certificate_id}" + (f"?{asked}" if asked else "")


def _on(call: Call, after: int | None, said: str = "") -> Response:
    """Go on to the next one that waits, or back to the queue."""
    found = reviewing.next_after(call.site.store, after, _filters(call))
    asked = _asked(call)
    if found is None or found == after:
        return call.go("/review" + (f"?{asked}" if asked else ""), said)
    return call.go(_address(call, found), said)


def _looked(call: Call) -> Looked:
    """The certificate with all about it; its files are looked into, if nobody did yet."""
    certificate_id = call.path["certificate_id"]
    try:
        looked = _look(call, certificate_id)
        if look_into(call, looked.files):
            looked = _look(call, certificate_id)
    except NotFoundError:
        raise HTTPException(404) from None
    return looked


def _look(call: Call, certificate_id: int) -> Looked:
    site = call.site
    return look(
        site.store,
        certificate_id,
        site.act(call.by.name),
        company_ids=call.by.company_ids,
        soon_days=site.expiring_soon_days,
    )


_NOTHING_WRONG: Mapping[str, Any] = {
    "errors": {},
    "problems": (),
    "may_insist": False,
    "conflict": "",
    "rejecting": False,
}


def _page(
    call: Call,
    looked: Looked,
    status: int = 200,
    *,
    values: Mapping[str, str] | None = None,
    **told_so: Any,
) -> Response:
    shown: dict[str, Any] = {**_NOTHING_WRONG, **told_so}
    chosen = call.texts("because") or [each.value for each in suggested(looked.checks)]
    waits = looked.certificate.review_status is ReviewStatus.PENDING
    return call.page(
        "review/one.html",
        status,
        looked=looked,
        certificate=looked.certificate,
        view=view_of(looked, values or values_of(looked.certificate), shown["errors"]),
        waits=waits and looked.certificate.archived_date is None,
        may_review=call.by.may(Right.REVIEW),
        may_read=call.site.reader is not None,
        asked=_asked(call),
        codes=[(code.value, sentence(Rejection(code=code))) for code in RejectionCode],
        chosen=chosen,
        typed=typed(call.form),
        dropped=call.texts(DROPPED),
        added=call.text(ADDED),
        spoken=spoken,
        **shown,
    )


def _refused(call: Call, looked: Looked, error: ExemptError) -> Response:
    """The page once more, with what was typed and why nothing was done."""
    if isinstance(error, NotFoundError):
        raise HTTPException(404) from None
    values = {**values_of(looked.certificate), **typed(call.form)}
    if isinstance(error, ConflictError):
        return _page(call, _looked(call), 409, values=values, conflict=str(error))
    if isinstance(error, FieldsError):
        problem = error.fields.get("", str(error))
        return _page(call, looked, 422, values=values, errors=error.fields, problems=(problem,))
    refusals = [line[4:] for line in str(error).splitlines() if line.startswith("  - ")]
    return _page(
        call,
        looked,
        422,
        values=values,
        problems=refusals or (str(error),),
        may_insist=bool(refusals),
        rejecting=call.request.url.path.endswith("/reject"),
    )


def _seen(call: Call) -> int:
    """The version that was looked at; one that is no number was never there."""
    return number_of(call.text("seen")) or 0


def _rejections(call: Call) -> list[Rejection]:
    """What is wrong with it, as the form says.

    Raises:
        RefusedError: There is no such reason, or its words are too many.
    """
    try:
        return [
            Rejection(code=RejectionCode(code), text=call.text(f"text-{code}"))
            for code in call.texts("because")
        ]
    except ValidationError:
        msg = "what you add to a reason may have 500 characters"
        raise RefusedError(msg) from None
    except ValueError:
        msg = "choose from the reasons of the list"
        raise RefusedError(msg) from None


def _told(call: Call, done: Reviewed) -> str:
    if done.told_by is not None:
        return "the customer is told by mail"
    return "nobody was written to" if not call.text("tell") else "no mail reaches the customer"
