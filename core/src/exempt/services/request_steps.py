"""The steps that a request takes; `exempt.rules.request_states` says which it may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Rejection
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState, SubmissionState
from exempt.rules.history import FieldChange
from exempt.rules.rejections import sentence
from exempt.rules.request_states import Step, after, may, state_of
from exempt.services import events_out
from exempt.services.answered import still_missing
from exempt.services.certificates import Act
from exempt.services.links import opened
from exempt.services.owed_mails import About, owe_mail, withdraw_mails
from exempt.services.ports import Store, Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.rows import Subject

__all__ = [
    "cancelled",
    "get",
    "opened",
    "reviewed",
    "submitted",
    "taken_back",
    "tell_rejected",
]


def get(tx: Transaction, request_id: int) -> RequestRow:
    """The request with this id.

    Raises:
        NotFoundError: There is none.
    """
    found = tx.requests.get(request_id)
    if found is None:
        msg = f"request {request_id}: there is none: see exempt requests list"
        raise NotFoundError(msg)
    return found


def submitted(
    tx: Transaction, request_id: int, at: dt.datetime, *, places: Sequence[str] = ()
) -> None:
    """Something was sent in: reminders that wait do not go out, a receipt does.

    *places* are the states that it is for; without them, those of the request.

    Raises:
        RefusedError: Nothing can be sent in any more.
    """
    request = _move(tx, request_id, Step.SUBMIT, at)
    withdraw_mails(tx, request, at, why="something was sent in")
    events_out.of_request(tx, request_id, request.customer_id, at)
    owe_mail(tx, request, Purpose.RECEIPT, About(places=tuple(places) or request.jurisdictions), at)


def reviewed(
    tx: Transaction, request_id: int, *, accepted: bool, at: dt.datetime, by: str | None = None
) -> None:
    """What was sent in was accepted or rejected.

    With something else of it waiting, it is over only when that was reviewed, too;
    and with a state for which nothing came its links go on working. Whatever is
    rejected lets them work again.

    Raises:
        RefusedError: Nothing waits for review.
    """
    if not accepted:
        _move(tx, request_id, Step.REJECT, at)
        return
    request = get(tx, request_id)
    others = tx.submissions.of_requests([request_id])
    if any(each.state is SubmissionState.WAITING for each in others):
        return
    if RequestState(request.state) is RequestState.SUBMITTED:
        sent = {place for each in others for place in each.answers.jurisdictions}
        missing = still_missing(tx, [request], at.date())[request_id] - sent if sent else ()
        _move(tx, request_id, Step.TAKE_BACK if missing else Step.ACCEPT, at, by=by)


def taken_back(tx: Transaction, request_id: int, at: dt.datetime) -> None:
    """The customer took back what it sent in; with nothing else waiting, its links serve again."""
    request = get(tx, request_id)
    others = tx.submissions.of_requests([request_id])
    waits = any(each.state is SubmissionState.WAITING for each in others)
    if not waits and RequestState(request.state) is RequestState.SUBMITTED:
        _move(tx, request_id, Step.TAKE_BACK, at)


def tell_rejected(
    tx: Transaction, request_id: int, rejections: Sequence[Rejection], act: Act
) -> bool:
    """Owe the mail that says what is wrong, with a link to mend it (C15).

    Returns:
        False when the customer cannot be told by mail: it wants none, has no
        usable address, or its company has no connection that sends mail.
    """
    request = get(tx, request_id)
    about = About(rejections=tuple(sentence(each) for each in rejections))
    return owe_mail(tx, request, Purpose.REJECTION, about, act.at)


def cancelled(store: Store, request_id: int, act: Act) -> RequestRow:
    """Take a request back: its links work no more, and its mails do not go out.

    Raises:
        RefusedError: It is over already, or something waits for review.
        NotFoundError: There is no such request.
    """
    with store.writing() as tx:
        request = get(tx, request_id)
        tx.alone([request.company_id])
        request = _move(tx, request_id, Step.CANCEL, act.at, by=act.by)
        tx.links.revoke(request_id, act.at)
        withdraw_mails(tx, request, act.at, why="the request was cancelled")
        change = FieldChange(f"request {request_id}", request.state, RequestState.CANCELLED.value)
        tx.history.add(Subject.CUSTOMER, request.customer_id, [change], act.at, act.by)
        return get(tx, request_id)


def _move(
    tx: Transaction, request_id: int, step: Step, at: dt.datetime, *, by: str | None = None
) -> RequestRow:
    """Take a step; returns the request as it was before."""
    request = get(tx, request_id)
    state = state_of(request, at)
    to = after(RequestState(request.state), step)
    if not may(state, step) or not tx.requests.move(request, to, at, by=by):
        msg = f"request {request_id}: {_SAID[state]}"
        raise RefusedError(msg)
    return request


_SAID = {
    RequestState.NOT_OPENED: "nothing was sent in yet",
    RequestState.OPENED: "nothing was sent in yet",
    RequestState.REJECTED: "was rejected already, and nothing was sent in since",
    RequestState.SUBMITTED: "what was sent in waits for review: accept it or reject it",
    RequestState.ACCEPTED: "is over: what was sent in was accepted",
    RequestState.EXPIRED: "its links work no more: send it again",
    RequestState.CANCELLED: "was cancelled: make a new one",
    RequestState.WITHDRAWN: "was withdrawn before its mail went out: make a new one",
}
