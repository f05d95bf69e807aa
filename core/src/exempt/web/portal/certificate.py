"""The portal's first page: who asks for what, and the certificate that is being sent in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from exempt.errors import ConflictError, RefusedError
from exempt.model.certificate import ExemptionReason
from exempt.model.requesting import (
    Answers,
    RequestState,
    Submission,
    SubmissionState,
    SubmissionWay,
)
from exempt.rules.answers import Amiss, blocking
from exempt.rules.day_words import with_short_dates
from exempt.rules.papers import MAX_BYTES
from exempt.services import papers, submissions, visits
from exempt.services.papers import PaperRefused
from exempt.services.submissions import ClosedError, NotYetError
from exempt.services.visits import Visit
from exempt.web.arriving import BODY_MAX
from exempt.web.pages import PUBLIC, Call, Pages
from exempt.web.portal import showing, words
from exempt.web.portal.answering import Shown, Typed, read, shown
from exempt.web.portal.visiting import is_known, page, visitor

pages = Pages()


class Refused(NamedTuple):
    """A file that is not taken, and why."""

    name: str
    sentence: str


@pages.get("/portal", may=PUBLIC)
@visitor
def look(call: Call, visit: Visit) -> Response:
    """Who asks, for which states, and the form."""
    draft = visit.draft
    if not visit.may_send or (_all_sent(call, visit) and "add" not in call.query):
        return _overview(call, visit)
    answers = _filled(call, visit)
    way = _way(call.query.get("way"), draft)
    notice = words.SAVED if "saved" in call.query else ""
    return _form(call, visit, Shown(answers), way, notice=notice)


def _all_sent(call: Call, visit: Visit) -> bool:
    found = visit.holdings(call.site.clock().date(), call.site.expiring_soon_days)
    return (
        visit.state is RequestState.SUBMITTED
        and visit.draft is None
        and not any(each.wanted for each in found)
    )


def _way(given: object, draft: Submission | None) -> SubmissionWay:
    known = [each for each in SubmissionWay if each.value == given]
    return known[0] if known else draft.way if draft else SubmissionWay.UPLOAD


def _filled(call: Call, visit: Visit) -> Answers:
    """What is filled in; at first the states that lack one, and the reason if it is known."""
    if visit.draft is not None and visit.draft.answers != Answers():
        return visit.draft.answers
    found = visit.holdings(call.site.clock().date(), call.site.expiring_soon_days)
    places = tuple(each.jurisdiction for each in found if each.wanted)
    reasons = [each for each in ExemptionReason if each.value in visit.request.reasons]
    return Answers(jurisdictions=places, exemption_reason=reasons[0] if len(reasons) == 1 else None)


def _overview(call: Call, visit: Visit) -> Response:
    on = call.site.clock().date()
    return page(
        call,
        visit,
        "overview.html",
        places=showing.place_rows(visit.holdings(on, call.site.expiring_soon_days)),
        given=showing.given(visit, call.site, on),
        state=visit.state.value,
    )


def _form(
    call: Call,
    visit: Visit,
    filled: Shown,
    way: SubmissionWay,
    *,
    status: int = 200,
    refused: Sequence[Refused] = (),
    notice: str = "",
) -> Response:
    site, draft, on = call.site, visit.draft, call.site.clock().date()
    chosen = filled.answers.jurisdictions
    asked = tuple(dict.fromkeys((*visit.request.jurisdictions, *chosen)))
    return page(
        call,
        visit,
        "certificate.html",
        status,
        draft=draft,
        way=way.value,
        form=filled,
        refused=refused,
        notice=notice,
        message=visit.request.message,
        places=showing.place_rows(visit.holdings(on, site.expiring_soon_days)),
        given=showing.given(visit, site, on),
        asked=asked,
        number_places=asked,
        other_states=showing.other_states(asked),
        all_states=showing.other_states(()),
        hints=words.number_hints(site.policy.pack, asked),
        ends=showing.ends(filled.answers, site.policy, on),
        reasons=words.REASONS,
        number_kinds=words.NUMBERS,
        can_be_filled_in=site.form_printer is not None,
    )


# --- sending -----------------------------------------------------------------------------


@pages.post("/portal", may=PUBLIC, body_max=MAX_BYTES + BODY_MAX, admits=is_known, slow=True)
@visitor
def change(call: Call, visit: Visit) -> Response:
    """Save the draft, and do what the button says: add, remove, send, go on."""
    draft = visit.draft
    if not visit.may_send:
        return call.go("/portal")
    if call.text("action") == "discard":
        if draft is not None:
            submissions.discard(call.site.store, draft.id, call.site.clock())
        return call.go("/portal")
    way = _way(call.text("way"), draft)
    typed = read(call.form, _filled(call, visit))
    try:
        saved = save(call, visit, way, typed)
        refused = _take_files(call, saved)
    except ConflictError:
        return _conflict(call, visit, typed, way)
    except ClosedError:
        return call.go("/portal")
    return _answer(call, again(call, visit), typed, saved, refused)


def _answer(
    call: Call, visit: Visit, typed: Typed, saved: Submission, refused: Sequence[Refused]
) -> Response:
    """What follows on the draft's being saved."""
    action, _, which = call.text("action").partition(":")
    if action == "keep":
        return kept(saved, typed)
    if action == "drop" and which.isdecimal():
        submissions.drop_file(call.site.store, saved.id, int(which[:15]))
    if action == "send" and saved.way is SubmissionWay.UPLOAD:
        return _send(call, visit, typed, saved, refused)
    if typed.wrong or refused:
        return _form(call, again(call, visit), shown(typed), saved.way, status=422, refused=refused)
    return call.go(_NEXT.get(action, "/portal?saved=1"))


def kept(saved: Submission, typed: Typed) -> Response:
    """What the page's script is told of a draft that it has saved."""
    return JSONResponse({"submission": saved.id, "version": saved.version, "wrong": typed.wrong})


_NEXT: Mapping[str, str] = {
    "form": "/portal/form",
    "add_state": "/portal#states",
    "add_files": "/portal#files",
    "drop": "/portal#files",
    "to_form": "/portal?way=form",
    "to_upload": "/portal?way=upload",
}


def save(call: Call, visit: Visit, way: SubmissionWay, typed: Typed) -> Submission:
    """Keep what was typed; see `exempt.services.submissions.save_draft`."""
    return submissions.save_draft(
        call.site.store,
        visit.request.id,
        way,
        typed.answers,
        call.site.clock(),
        seen=typed.seen,
    )


def again(call: Call, visit: Visit) -> Visit:
    """The visit with what is kept by now."""
    return visits.again(call.site.store, visit)


def _take_files(call: Call, draft: Submission) -> list[Refused]:
    """Put the files of the form to the draft; those that are not taken, with the reason."""
    site, refused = call.site, []
    given = [f for f in call.form.getlist("files") if isinstance(f, UploadFile) and f.filename]
    for place, file in enumerate(given):
        name = (file.filename or "")[-80:]
        if len(draft.files) + place >= submissions.FILES_MAX:  # it is not even looked into
            refused.append(Refused(name, submissions.FULL))
            continue
        try:
            kept = papers.take_in(
                site.store,
                site.documents,
                site.inspector,
                file.filename or "",
                file.file,
                site.clock(),
            )
            submissions.add_file(site.store, draft.id, kept, site.clock())
        except ConflictError:
            raise
        except (PaperRefused, RefusedError) as error:
            refused.append(Refused(name, str(error)))
    return refused


def _conflict(call: Call, visit: Visit, typed: Typed, way: SubmissionWay) -> Response:
    """Somebody else was quicker: it was sent, or it is shown with what was typed here."""
    visit = again(call, visit)
    doubled = call.text("action") == "send"
    for each in visit.sent:
        same = each.id == typed.seen.id or (doubled and each.answers == typed.answers)
        if same and each.request_id == visit.request.id and each.state is SubmissionState.WAITING:
            return call.go(sent_page(each))
    if call.text("action") == "keep":
        return JSONResponse({"conflict": True}, 409)
    filled = dataclasses.replace(shown(typed), errors={"": words.CONFLICT})
    return _form(call, visit, filled, way, status=409)


def _send(
    call: Call, visit: Visit, typed: Typed, saved: Submission, refused: Sequence[Refused]
) -> Response:
    act = call.site.act(visit.by)
    draft = next(each for each in visit.sent if each.id == saved.id)
    found: tuple[Amiss, ...] = submissions.lacking(draft, act)
    if not (typed.wrong or refused or blocking(found)):
        try:
            sent = submissions.submit(call.site.store, draft.id, act, seen=draft.version)
            return call.go(sent_page(sent))
        except NotYetError as error:
            found = error.amiss
        except ConflictError:
            return _conflict(call, visit, typed, saved.way)
        except ClosedError:
            return call.go("/portal")
    return _form(call, visit, shown(typed, found), saved.way, status=422, refused=refused)


def sent_page(sent: Submission) -> str:
    """Where somebody is thanked for it."""
    return f"/portal/sent?number={sent.id}"


@pages.get("/portal/sent", may=PUBLIC)
@visitor
def thank(call: Call, visit: Visit) -> Response:
    """Thanks for what was sent, what happens next, and which states are still missing."""
    number = call.query.get("number", "")
    sent = [s for s in visit.sent if str(s.id) == number and s.certificate_id is not None]
    if not sent:
        return call.go("/portal")
    on = call.site.clock().date()
    notes = submissions.lacking(sent[0], call.site.act(visit.by), signed=True)
    holdings = visit.holdings(on, call.site.expiring_soon_days)
    return page(
        call,
        visit,
        "sent.html",
        sent=sent[0],
        sent_places=showing.listed(sent[0].answers.jurisdictions),
        notes=[with_short_dates(each.sentence) for each in notes if not each.blocks],
        places=showing.place_rows(holdings),
        missing=showing.listed(each.jurisdiction for each in holdings if each.wanted),
        recipient=visit.request.recipient,
    )
