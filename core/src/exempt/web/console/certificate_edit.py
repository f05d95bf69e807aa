"""A certificate entered, and changed, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ConflictError, ExemptError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.certificate import AttachedFile, Certificate, ReviewStatus
from exempt.model.customer import CustomerCard
from exempt.rules.certificate_words import told
from exempt.rules.papers import MAX_BYTES
from exempt.services import cards, certificates, customers, scoped
from exempt.web.console import certificate_view as view
from exempt.web.console.certificate import BASE, check_may_review, decided, found, seen, taken_in
from exempt.web.console.certificate_form import (
    ALL,
    Typed,
    details_from,
    differing,
    typed_in,
    typed_of,
)
from exempt.web.console.entries import AROUND
from exempt.web.console.review_form import FieldsError
from exempt.web.pages import Call, Pages
from exempt.web.typed import numbers_of

pages = Pages()

ADDED = "add_state"
MOST_TOLD = 3


class Wrong(NamedTuple):
    """Why a form was not taken.

    Attributes:
        fields: A sentence by the name of each field that is wrong; "" = of all.
        refusals: What states' rules refuse; it may be insisted on.
    """

    fields: Mapping[str, str]
    refusals: Sequence[str] = ()


NOTHING = Wrong({})


# --- new -------------------------------------------------------------------------------------


@pages.get("/certificates/new", may=Right.EDIT)
def new(call: Call) -> Response:
    """The form of a new certificate."""
    plain = {"form_kind": "single_state", "kind": "blanket", "exempt_percentage": "100"}
    return _new(call, Typed(plain, []), call.query.get("customer", ""))


@pages.post("/certificates/new", may=Right.EDIT, body_max=MAX_BYTES + AROUND, slow=True)
def make(call: Call) -> Response:
    """Enter it."""
    given, words, site = typed_in(call.form), call.text("customer"), call.site
    if call.text("do") == "each":
        return _new(call, given, words, each=True)
    accepted = call.text("review_status") != ReviewStatus.PENDING
    if accepted and not call.by.may(Right.REVIEW):
        raise HTTPException(403)
    act = site.act(call.by.name)
    try:
        card = _card(call, words)
        details = details_from(given, [card.id], site.certificate_fields)
        kept = taken_in(call)
        file = kept and AttachedFile(**kept._asdict(), added_at=act.at, added_by=act.by)
        done = certificates.add(
            site.store,
            details,
            act,
            review_status=ReviewStatus.ACCEPTED if accepted else ReviewStatus.PENDING,
            files=[file] if file else [],
            fill_ends=not call.text("no_end"),
            anyway=bool(call.text("anyway")),
        )
    except ExemptError as error:
        return _new(call, given, words, _of_new(_wrong(error), given))
    said = f"Certificate entered; {decided(done.orders_changed)}."
    return call.go(f"/certificates/{done.certificate.id}", said)


def _card(call: Call, words: str) -> CustomerCard:
    """The customer that was named.

    Raises:
        FieldsError: There is none that the caller sees, or several fit.
    """
    if not words:
        raise FieldsError({"customer": "Say whose certificate it is."})
    try:
        with call.site.store.reading() as tx:
            mine = {row.key for row in scoped.companies(tx, call.by)}
            named = customers.named(tx, words, mine)
            return scoped.customer(tx, named.id, call.by)
    except (NotFoundError, RefusedError) as error:
        said = str(error)
        raise FieldsError({"customer": f"{said[:1].upper()}{said[1:]}."}) from None


def _of_new(wrong: Wrong, given: Typed) -> Wrong:
    """*wrong*, told beside the fields that the form has: those for all states, for most."""
    fields = {}
    for name, sentence in wrong.fields.items():
        place, dot, field = name.partition(".")
        if name == "drop":
            fields["state"] = "Choose at least one state."
        elif dot and not given.values.get(name):
            fields.setdefault(f"{ALL}.{field}", sentence)
        else:
            fields.setdefault(name if not dot or name in given.values else place, sentence)
    return wrong._replace(fields=fields)


def _new(
    call: Call, given: Typed, words: str, wrong: Wrong = NOTHING, *, each: bool = False
) -> Response:
    chosen = given.places
    singly = each or any(
        value for name, value in given.values.items() if name.partition(".")[0] in chosen
    )
    file = call.form.get("file")
    return call.page(
        "certificates/new.html",
        422 if wrong.fields or wrong.refusals else 200,
        words=words,
        customer=_name(call, words),
        each=singly,
        file_again=isinstance(file, UploadFile) and bool(file.filename),
        **_form(call, given, wrong),
    )


def _name(call: Call, words: str) -> str:
    """The name of the customer that is named by its id, to be told beside that."""
    try:
        return _card(call, words).name if words else ""
    except FieldsError:
        return ""


# --- edit ------------------------------------------------------------------------------------


@pages.get(f"{BASE}/edit", may=Right.EDIT)
def form(call: Call) -> Response:
    """The form of a certificate as it stands."""
    certificate = found(call)
    return _edit(call, certificate, typed_of(certificate))


@pages.post(f"{BASE}/edit", may=Right.EDIT)
def edit(call: Call) -> Response:
    """Put what was typed in place of what it says: all of it, or nothing."""
    before, given, site = found(call), typed_in(call.form), call.site
    check_may_review(call, before)
    if call.text("do") == "add":
        return _edit(call, before, _with_state(given, call.text(ADDED)), version=seen(call))
    try:
        ids = _customers(call, before)
        details = details_from(given, ids, site.certificate_fields, before)
        done = certificates.edit(
            site.store,
            before.id,
            details,
            site.act(call.by.name),
            seen=seen(call),
            anyway=bool(call.text("anyway")),
        )
    except ConflictError:
        return _conflict(call, given)
    except ExemptError as error:
        return _edit(call, before, given, _wrong(error), version=seen(call))
    changed = done.certificate.version != before.version
    said = f"Saved; {decided(done.orders_changed)}." if changed else "It says so already."
    return call.go(f"/certificates/{before.id}", said)


def _with_state(given: Typed, place: str) -> Typed:
    """The form with one more state, for the reason and from the day of the first one."""
    if place in given.places or place not in dict(view.places()):
        return given
    first = given.places[0] if given.places else ALL
    like = ("exemption_reason", "effective_date")
    more = {f"{place}.{name}": given.values.get(f"{first}.{name}", "") for name in like}
    return Typed({**given.values, **more}, [*given.places, place], given.dropped)


def _customers(call: Call, before: Certificate) -> list[int]:
    """Whose it is to be.

    Raises:
        FieldsError: It would be nobody's, or there is no customer as the one to be added.
    """
    dropped = numbers_of(call.texts("drop_customer"))
    kept = [each for each in before.customer_ids if each not in dropped]
    if words := call.text("add_customer"):
        try:
            kept.append(_card(call, words).id)
        except FieldsError as error:
            raise FieldsError({"add_customer": error.fields["customer"]}) from None
    if not kept:
        raise FieldsError({"add_customer": "A certificate is somebody's: add another customer."})
    return list(dict.fromkeys(kept))


def _conflict(call: Call, given: Typed) -> Response:
    """The form as it was typed, with what somebody else changed meanwhile."""
    now = found(call)
    with call.site.store.reading() as tx:
        changes = certificates.changes(tx, now.id)
        names = {str(card.id): card.name for card in cards.find(tx, now.customer_ids)}
    last = [f"{each.changed_by}: {each.said}" for each in told(changes, names)[:MOST_TOLD]]
    theirs = differing(given, typed_of(now))
    return _edit(call, now, given, status=409, theirs=theirs, told=last)


def _edit(
    call: Call,
    certificate: Certificate,
    given: Typed,
    wrong: Wrong = NOTHING,
    *,
    status: int = 200,
    version: int | None = None,
    theirs: Mapping[str, str] | None = None,
    told: Sequence[str] = (),
) -> Response:
    check_may_review(call, certificate)
    with call.site.store.reading() as tx:
        holders = cards.find(tx, certificate.customer_ids)
    more = [pair for pair in view.places() if pair[0] not in given.places]
    return call.page(
        "certificates/edit.html",
        422 if wrong.fields or wrong.refusals else status,
        it=certificate,
        cards=holders,
        dropped_customers=call.texts("drop_customer"),
        added_customer=call.text("add_customer"),
        version=certificate.version if version is None else version,
        theirs=theirs or {},
        told=told,
        more_states=more,
        opened=len(given.places) <= 3,
        **_form(call, given, wrong),
    )


# --- both ------------------------------------------------------------------------------------


def _wrong(error: ExemptError) -> Wrong:
    """What a form is told of *error*."""
    if isinstance(error, FieldsError):
        return Wrong(error.fields)
    refusals = [line[4:] for line in str(error).splitlines() if line.startswith("  - ")]
    return Wrong({}, refusals) if refusals else Wrong({"": str(error)})


def _form(call: Call, given: Typed, wrong: Wrong) -> dict[str, Any]:
    return {
        "values": given.values,
        "chosen": given.places,
        "dropped": given.dropped,
        "wrong": wrong.fields,
        "refusals": wrong.refusals,
        "anyway": bool(call.text("anyway")),
        "no_end": bool(call.text("no_end")),
        "review_status": call.text("review_status"),
        "defined": call.site.certificate_fields,
        "places": view.places(),
        "forms_options": view.FORMS,
        "kinds": view.KINDS,
        "numbers": view.NUMBERS,
        "reasons": view.REASONS,
        **view.known(),
    }
