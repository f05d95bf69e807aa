"""Where a request stands at a moment, and which steps it may take from there.

Source: the statuses of Anrok's help page "Request certificates" (not opened,
opened, expired, submitted), and those that staff add to them.

Its links serve for sending something in as long as nothing was sent in, and
again after a rejection. While something waits for review, and after it was
accepted, they still show what was sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from exempt.model.requesting import RequestState


class Step(StrEnum):
    """Something that happens to a request.

    ``accept`` also when its certificate came another way; ``take_back``: the
    customer takes back what it sent in; ``resend``: another mail, or another link.
    """

    OPEN = "open"
    SUBMIT = "submit"
    ACCEPT = "accept"
    REJECT = "reject"
    TAKE_BACK = "take_back"
    CANCEL = "cancel"
    RESEND = "resend"


class Stored(Protocol):
    """What is kept of a request."""

    @property
    def state(self) -> str:
        """The state that it was left in."""
        ...

    @property
    def expires_at(self) -> dt.datetime | None:
        """Until when its links work; None = it never had one."""
        ...


_ANSWERED = frozenset({Step.OPEN, Step.ACCEPT, Step.CANCEL, Step.RESEND, Step.SUBMIT})
_STEPS: Mapping[RequestState, frozenset[Step]] = {
    RequestState.NOT_OPENED: _ANSWERED,
    RequestState.OPENED: _ANSWERED,
    RequestState.REJECTED: _ANSWERED,
    # Several certificates may come in one visit, each sent in by itself.
    RequestState.SUBMITTED: frozenset(
        {Step.OPEN, Step.SUBMIT, Step.ACCEPT, Step.REJECT, Step.TAKE_BACK}
    ),
    RequestState.ACCEPTED: frozenset({Step.OPEN}),
    RequestState.EXPIRED: frozenset({Step.ACCEPT, Step.CANCEL, Step.RESEND}),
    RequestState.CANCELLED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
}
_LEADS_TO: Mapping[Step, RequestState] = {
    Step.SUBMIT: RequestState.SUBMITTED,
    Step.ACCEPT: RequestState.ACCEPTED,
    Step.REJECT: RequestState.REJECTED,
    Step.TAKE_BACK: RequestState.OPENED,
    Step.CANCEL: RequestState.CANCELLED,
}

WAITS_FOR_CUSTOMER = frozenset(
    {RequestState.NOT_OPENED, RequestState.OPENED, RequestState.REJECTED}
)
"""Something can be sent in, and who does not is reminded."""

STANDING = WAITS_FOR_CUSTOMER | {RequestState.SUBMITTED}
"""While a request stands so, nobody is asked for the same again."""

OVER = frozenset({RequestState.ACCEPTED, RequestState.CANCELLED, RequestState.WITHDRAWN})
"""Nothing comes after these."""


def state_of(row: Stored, at: dt.datetime) -> RequestState:
    """Where a request stands at the moment *at*."""
    stored = RequestState(row.state)
    over = row.expires_at is not None and row.expires_at <= at
    return RequestState.EXPIRED if over and stored in WAITS_FOR_CUSTOMER else stored


def may(state: RequestState, step: Step) -> bool:
    """Whether a request that stands so may take this step."""
    return step in _STEPS[state]


def after(stored: RequestState, step: Step) -> RequestState:
    """The state that is kept after a *step* that was allowed."""
    if step is Step.OPEN and stored is RequestState.NOT_OPENED:
        return RequestState.OPENED
    return _LEADS_TO.get(step, stored)


def answerable(state: RequestState) -> bool:
    """Whether something can be sent in."""
    return state in WAITS_FOR_CUSTOMER
