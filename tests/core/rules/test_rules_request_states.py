"""Where a request stands, and which steps it may take from there."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from exempt.model.requesting import RequestState
from exempt.rules.request_states import OVER, Step, after, answerable, may, state_of
from support.records import DAY, NOW

S = RequestState


class Row(NamedTuple):
    """What is kept of a request."""

    state: str
    expires_at: dt.datetime | None = None


@pytest.mark.parametrize(
    ("stored", "expires_at", "stands"),
    [
        pytest.param(S.NOT_OPENED, None, S.NOT_OPENED, id="without a link it does not expire"),
        pytest.param(S.NOT_OPENED, NOW + DAY, S.NOT_OPENED, id="its link works"),
        pytest.param(S.NOT_OPENED, NOW, S.EXPIRED, id="at that moment it works no more"),
        pytest.param(S.OPENED, NOW - DAY, S.EXPIRED, id="opened, and not answered in time"),
        pytest.param(S.REJECTED, NOW - DAY, S.EXPIRED, id="rejected, and not mended in time"),
        pytest.param(S.SUBMITTED, NOW - DAY, S.SUBMITTED, id="what was sent in waits on"),
        pytest.param(S.ACCEPTED, NOW - DAY, S.ACCEPTED, id="what is over stays over"),
        pytest.param(S.CANCELLED, NOW - DAY, S.CANCELLED, id="and so does what was taken back"),
        pytest.param(S.WITHDRAWN, NOW - DAY, S.WITHDRAWN, id="or never went out"),
    ],
)
def test_where_it_stands(stored: S, expires_at: dt.datetime | None, stands: S) -> None:
    """A34."""
    assert state_of(Row(stored.value, expires_at), NOW) is stands


STEPS = {
    S.NOT_OPENED: {"open": S.OPENED, "submit": S.SUBMITTED, "accept": S.ACCEPTED,
                   "cancel": S.CANCELLED, "resend": S.NOT_OPENED},
    S.OPENED: {"open": S.OPENED, "submit": S.SUBMITTED, "accept": S.ACCEPTED,
               "cancel": S.CANCELLED, "resend": S.OPENED},
    S.SUBMITTED: {"open": S.SUBMITTED, "submit": S.SUBMITTED, "accept": S.ACCEPTED,
                  "reject": S.REJECTED, "take_back": S.OPENED},
    S.REJECTED: {"open": S.REJECTED, "submit": S.SUBMITTED, "accept": S.ACCEPTED,
                 "cancel": S.CANCELLED, "resend": S.REJECTED},
    S.ACCEPTED: {"open": S.ACCEPTED},
    S.EXPIRED: {"accept": S.ACCEPTED, "cancel": S.CANCELLED, "resend": S.EXPIRED},
    S.CANCELLED: {},
    S.WITHDRAWN: {},
}  # fmt: skip


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("step", Step)
def test_each_step_from_each_state(state: S, step: Step) -> None:
    """A34 and F22: all there are, and no others."""
    assert may(state, step) == (step.value in STEPS[state])
    if may(state, step):
        assert after(state, step) is STEPS[state][step.value]


@pytest.mark.parametrize("state", S)
def test_something_can_be_sent_in_until_it_was_and_again_after_a_rejection(state: S) -> None:
    assert answerable(state) == (state in {S.NOT_OPENED, S.OPENED, S.REJECTED})


class Life(RuleBasedStateMachine):
    """Any steps at any moments; those that are refused change nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.row = Row(S.NOT_OPENED.value)
        self.over = False

    @rule(step=st.sampled_from(Step))
    def take(self, step: Step) -> None:
        """Try a step."""
        state = state_of(self.row, self.now)
        if not may(state, step):
            return
        assert not self.over or step is Step.OPEN, "what is over is only looked at"
        self.row = self.row._replace(state=after(S(self.row.state), step).value)
        if step is Step.RESEND:
            self.row = self.row._replace(expires_at=self.now + 30 * DAY)
        if step is Step.SUBMIT:
            assert state is not S.EXPIRED, "nothing comes through a link that works no more"

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        """Let time pass."""
        self.now += days * DAY

    @invariant()
    def stays_over(self) -> None:
        """What is over never comes back, and expired is never kept."""
        stands = state_of(self.row, self.now)
        assert self.row.state != S.EXPIRED
        assert not self.over or stands in OVER
        self.over = stands in OVER
        if answerable(stands):
            assert may(stands, Step.SUBMIT)
            assert may(stands, Step.OPEN)


TestLife = Life.TestCase
