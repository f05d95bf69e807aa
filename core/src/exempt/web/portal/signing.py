"""Filling in a form on-line and signing it: its questions, a preview, the signature."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import NamedTuple

from starlette.responses import JSONResponse, Response

from exempt.errors import ConflictError
from exempt.model.address import Address
from exempt.model.formdata import Form
from exempt.model.requesting import Answers, Signature, Submission, SubmissionState, SubmissionWay
from exempt.rules.answers import Amiss, blocking, unanswered
from exempt.rules.form_choice import FormOption, options
from exempt.services import papers, submissions
from exempt.services.files import Kept
from exempt.services.form_ports import Parties, Party, address_lines
from exempt.services.submissions import ClosedError, NotYetError
from exempt.services.visits import Visit
from exempt.web.addresses import address_of
from exempt.web.pages import PUBLIC, Call, Pages
from exempt.web.portal import showing, words
from exempt.web.portal.answering import Shown, Typed, read, shown
from exempt.web.portal.certificate import again, kept, save, sent_page
from exempt.web.portal.visiting import page, visitor

pages = Pages()

FORM_KEY = "form"
"""Under which `Answers.fields` has the form that was chosen; no question has this key."""


class Filling(NamedTuple):
    """A draft that is filled in on-line, and the form for it."""

    draft: Submission
    options: Sequence[FormOption]
    form: Form | None


def _filling(call: Call, visit: Visit, answers: Answers | None = None) -> Filling | None:
    draft, site = visit.draft, call.site
    if not visit.may_send or draft is None or site.form_printer is None:
        return None
    said = answers or draft.answers
    found = options(site.forms, site.policy.pack, said.jurisdictions, said.exemption_reason)
    possible = [each.form for each in found if each.possible]
    chosen = [form for form in possible if form.key == said.fields.get(FORM_KEY)]
    return Filling(draft, found, next(iter(chosen or possible), None))


# --- what the form asks ------------------------------------------------------------------


@pages.get("/portal/form", may=PUBLIC)
@visitor
def ask(call: Call, visit: Visit) -> Response:
    """What the form asks beside states and reason."""
    filling = _filling(call, visit)
    if filling is None:
        return call.go("/portal")
    answers, on = filling.draft.answers, call.site.clock().date()
    if not answers.jurisdictions or answers.exemption_reason is None:
        return call.go("/portal?way=form")
    buyer = _buyer(visit, answers)
    known = {"buyer_name": buyer.name, "buyer_address": "\n".join(buyer.address)}
    proposed = answers.model_copy(
        update={
            "effective_date": answers.effective_date or on,
            "fields": {**known, **answers.fields},
        }
    )
    return _questions(call, visit, filling, Shown(proposed))


def _questions(
    call: Call, visit: Visit, filling: Filling, filled: Shown, status: int = 200
) -> Response:
    site, on = call.site, call.site.clock().date()
    places = filled.answers.jurisdictions
    asked = filling.form.asks(filled.answers.exemption_reason) if filling.form else ()
    return page(
        call,
        visit,
        "form.html",
        status,
        draft=filling.draft,
        way=SubmissionWay.FORM.value,
        form=filled,
        kind=filling.form,
        options=filling.options,
        questions=asked,
        choices={each.key: [(c.value, c.label) for c in each.choices] for each in asked},
        number_places=places,
        hints=words.number_hints(site.policy.pack, places),
        ends=showing.ends(filled.answers, site.policy, on),
        number_kinds=words.NUMBERS,
        all_states=showing.other_states(()),
        listed=showing.listed(places),
        reason=words.REASONS[filled.answers.exemption_reason]
        if filled.answers.exemption_reason
        else "",
    )


@pages.post("/portal/form", may=PUBLIC)
@visitor
def fill_in(call: Call, visit: Visit) -> Response:
    """Save what was filled in, and go on to the signature once nothing is missing."""
    draft = visit.draft
    if not visit.may_send or draft is None:
        return call.go("/portal")
    typed = read(call.form, draft.answers)
    filling = _filling(call, visit, typed.answers)
    if filling is None:
        return call.go("/portal")
    typed.answers = _of_form(typed.answers, filling.form)
    try:
        save(call, visit, SubmissionWay.FORM, typed)
    except ConflictError:
        return _conflict(call, visit, typed)
    except ClosedError:
        return call.go("/portal")
    return _answer(call, again(call, visit), typed, filling)


def _answer(call: Call, visit: Visit, typed: Typed, filling: Filling) -> Response:
    """What follows on the draft's being saved."""
    action = call.text("action")
    if action == "keep" and visit.draft is not None:
        return kept(visit.draft, typed)
    filling = _filling(call, visit) or filling
    found = _amiss(call, visit, filling.form) if action == "sign" else ()
    if typed.wrong or blocking(found):
        return _questions(call, visit, filling, shown(typed, found), 422)
    return call.go(_NEXT.get(action, "/portal/form?saved=1"))


_NEXT = {"sign": "/portal/sign", "back": "/portal?way=form", "choose": "/portal/form"}


def _of_form(answers: Answers, form: Form | None) -> Answers:
    if form is None:
        return answers
    fields = {**answers.fields, FORM_KEY: form.key}
    return answers.model_copy(update={"form_kind": form.kind, "fields": fields})


def _amiss(call: Call, visit: Visit, form: Form | None) -> tuple[Amiss, ...]:
    """What is amiss with a draft, but for its signature."""
    draft = visit.draft
    if draft is None or form is None:
        return (Amiss("form_kind", words.NO_FORM),)
    found = submissions.lacking(draft, call.site.act(visit.by), signed=True)
    return (*found, *unanswered(draft.answers, form))


def _conflict(call: Call, visit: Visit, typed: Typed) -> Response:
    visit = again(call, visit)
    filling = _filling(call, visit)
    for each in visit.sent:
        if each.id == typed.seen.id and each.state is SubmissionState.WAITING:
            return call.go(sent_page(each))
    if call.text("action") == "keep":
        return JSONResponse({"conflict": True}, 409)
    if filling is None:
        return call.go("/portal")
    filled = dataclasses.replace(shown(typed), errors={"": words.CONFLICT})
    return _questions(call, visit, filling, filled, 409)


# --- the signature -----------------------------------------------------------------------


@pages.get("/portal/sign", may=PUBLIC)
@visitor
def show_signature(call: Call, visit: Visit) -> Response:
    """All that was filled in, to be signed."""
    filling = _filling(call, visit)
    if filling is None or filling.form is None:
        return call.go("/portal")
    if blocking(_amiss(call, visit, filling.form)):
        return call.go("/portal/form")
    return _signature(call, visit, filling)


def _signature(
    call: Call,
    visit: Visit,
    filling: Filling,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    answers = filling.draft.answers
    form = filling.form
    return page(
        call,
        visit,
        "sign.html",
        status,
        draft=filling.draft,
        kind=form,
        answers=answers,
        buyer=_buyer_said(visit, answers, form),
        filled=_said(answers, form),
        reason=words.REASONS[answers.exemption_reason] if answers.exemption_reason else "",
        listed=showing.listed(answers.jurisdictions),
        today=call.site.clock().date(),
        digest=submissions.digest(answers),
        consent=words.CONSENT_TEXT,
        typed={name: call.text(name) for name in ("name", "title", "consent")},
        errors=errors or {},
    )


def _buyer_said(visit: Visit, answers: Answers, form: Form | None) -> str:
    """The buyer as the form will name it; "" where the form asks for it."""
    if form is not None and any(each.key == "buyer_name" for each in form.questions):
        return ""
    buyer = _buyer(visit, answers)
    return "\n".join((buyer.name, *buyer.address))


def _said(answers: Answers, form: Form | None) -> list[tuple[str, str]]:
    """The questions of the form with their answers."""
    asked = form.asks(answers.exemption_reason) if form else ()
    given = [(each.label, each.says(answers.fields.get(each.key, ""))) for each in asked]
    return [(label, value) for label, value in given if value]


@pages.get("/portal/preview", may=PUBLIC, slow=True)
@visitor
def preview(call: Call, visit: Visit) -> Response:
    """The PDF as it will be, without a signature."""
    filling = _filling(call, visit)
    if filling is None or filling.form is None:
        return call.go("/portal")
    made = _print(call, visit, filling.form, filling.draft.answers, None)
    headers = {
        "Content-Disposition": 'inline; filename="certificate-preview.pdf"',
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(made, media_type="application/pdf", headers=headers)


@pages.post("/portal/sign", may=PUBLIC, slow=True)
@visitor
def sign(call: Call, visit: Visit) -> Response:
    """Sign what was seen, make the PDF of it, and send it in."""
    for each in visit.sent:
        if str(each.id) == call.text("draft") and each.state is SubmissionState.WAITING:
            return call.go(sent_page(each))  # a doubled click
    filling = _filling(call, visit)
    if filling is None or filling.form is None:
        return call.go("/portal")
    draft = filling.draft
    seen = (str(draft.id), str(draft.version), submissions.digest(draft.answers))
    if seen != (call.text("draft"), call.text("version"), call.text("digest")):
        return _signature(call, visit, filling, {"": words.CONFLICT_SIGNED}, 409)
    errors = _unsigned(call)
    if errors:
        return _signature(call, visit, filling, errors, 422)
    return _send(call, visit, draft, filling.form)


def _unsigned(call: Call) -> dict[str, str]:
    errors = {}
    if not call.text("name"):
        errors["name"] = "Type your full name: it counts as your signature."
    elif len(call.text("name")) > 200 or len(call.text("title")) > 200:
        errors["name"] = words.TOO_LONG
    if call.text("consent") != "yes":
        errors["consent"] = "Tick that you agree to sign electronically."
    return errors


def _send(call: Call, visit: Visit, draft: Submission, form: Form) -> Response:
    signature = _signed(call, draft)
    try:
        made = _print(call, visit, form, draft.answers, signature)
        sent = submissions.submit(
            call.site.store,
            draft.id,
            call.site.act(visit.by),
            seen=draft.version,
            signature=signature,
            form=_keep(call, form, made),
        )
    except NotYetError:
        return call.go("/portal/form")
    except (ConflictError, ClosedError):
        return call.go("/portal")
    return call.go(sent_page(sent))


def _signed(call: Call, draft: Submission) -> Signature:
    site, agent = call.site, call.request.headers.get("user-agent", "")
    return Signature(
        name=words.clean(call.text("name")),
        title=words.clean(call.text("title")),
        consent=words.CONSENT,
        data_sha256=submissions.digest(draft.answers),
        signed_at=site.clock(),
        address=address_of(site, call.request),
        agent=words.clean(agent)[:500],
    )


def _keep(call: Call, form: Form, made: bytes) -> Kept:
    site = call.site
    name = f"{form.number or form.title} signed {site.clock().date()}.pdf"
    return papers.take_in(
        site.store, site.documents, site.inspector, name, io.BytesIO(made), site.clock()
    )


def _print(
    call: Call, visit: Visit, form: Form, answers: Answers, signature: Signature | None
) -> bytes:
    printer = call.site.form_printer
    assert printer is not None  # noqa: S101 - `_filling` saw to it
    buyer = _buyer(visit, answers)
    parties = Parties(Party(visit.company.name), buyer)
    return printer(form, answers, parties, signature)


def _buyer(visit: Visit, answers: Answers) -> Party:
    """The buyer as they have written it, else as we know them."""
    card = visit.card
    lines = tuple(answers.fields.get("buyer_address", "").splitlines())
    known = Address(
        country=card.country or "US",
        state=card.state,
        line1=card.line1,
        line2=card.line2,
        city=card.city,
        postal_code=card.postal_code,
    )
    return Party(
        answers.fields.get("buyer_name") or card.name,
        lines or address_lines(known),
    )
