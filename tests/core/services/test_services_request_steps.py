"""A request moves on: opened, submitted, reviewed; and what customers are told of it."""

from __future__ import annotations

import pytest

from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Rejection, RejectionCode, ReviewStatus
from exempt.model.messages import Purpose
from exempt.model.requesting import Answers, RequestState, SubmissionState, SubmissionWay
from exempt.services import links, request_steps
from exempt.services.request_views import view
from support.asked import SITE, acme_to_ask, make, request_of, sent_by, stands, token_in
from support.cards import changes_of
from support.records import DAY, details
from support.reminding import NOTICES, lines, on, reminding
from support.stores import enter
from support.world import Source, World

WRONG = (Rejection(code=RejectionCode.NOT_SIGNED), Rejection(code=RejectionCode.OTHER, text="Blue"))


@pytest.fixture
def mail(world: World) -> Source:
    """Acme was asked by mail for Texas."""
    mail = acme_to_ask(world)
    make(world)
    sent_by(mail)
    return mail


def submit(world: World) -> int:
    """Send something in; its id."""
    with world.store.writing() as tx:
        submission_id = tx.submissions.start(1, 1, SubmissionWay.UPLOAD, world.now)
        certificate_id = tx.certificates.add(
            details(customer_ids=(1,)),
            ReviewStatus.PENDING,
            world.now,
            by="portal",
            source="portal",
        )
        tx.submissions.submit(submission_id, certificate_id, None, world.now, seen=1)
        request_steps.submitted(tx, 1, world.now)
    return submission_id


def review(world: World, submission_id: int, *, accepted: bool) -> None:
    state = SubmissionState.ACCEPTED if accepted else SubmissionState.REJECTED
    with world.store.writing() as tx:
        tx.submissions.reviewed(submission_id, state, world.now, "anna")
        request_steps.reviewed(tx, 1, accepted=accepted, at=world.now, by="anna")
        if not accepted:
            assert request_steps.tell_rejected(tx, 1, WRONG, world.act())


def test_what_was_sent_in_is_confirmed(world: World, mail: Source) -> None:
    submit(world)
    assert (stands(world), request_of(world).submitted_at) == (RequestState.SUBMITTED, world.now)
    (receipt,) = sent_by(mail)
    assert (receipt.purpose, receipt.subject) == (
        Purpose.RECEIPT, "Northwind: we have your exemption certificate"
    )  # fmt: skip
    assert lines(receipt) == ["Texas"]
    assert links.find(world.store, token_in(receipt), world.now), "and can be looked at"


def test_accepted_it_is_over(world: World, mail: Source) -> None:
    review(world, submit(world), accepted=True)
    request = request_of(world)
    assert (stands(world), request.closed_by) == (RequestState.ACCEPTED, "anna")
    assert request.closed_at == world.now


def test_with_a_state_for_which_nothing_came_it_goes_on(world: World) -> None:
    """Of Texas and California only Texas was sent in: the link still takes the other."""
    mail = acme_to_ask(world)
    make(world, "TX", "CA")
    sent_by(mail)
    certificate_id, _ = world.certify("Acme", "TX")
    with world.store.writing() as tx:
        draft = tx.submissions.start(1, 1, SubmissionWay.UPLOAD, world.now)
        answers = Answers(jurisdictions=("US-TX",))
        tx.submissions.save(draft, SubmissionWay.UPLOAD, answers, world.now, seen=1)
        tx.submissions.submit(draft, certificate_id, None, world.now, seen=2)
        request_steps.submitted(tx, 1, world.now)
    review(world, draft, accepted=True)
    assert stands(world) is RequestState.OPENED


def test_a_rejection_says_why_and_its_link_works_again(world: World, mail: Source) -> None:
    """C15 and A33."""
    submission_id = submit(world)
    sent_by(mail)
    world.now += 40 * DAY
    review(world, submission_id, accepted=False)
    (message,) = sent_by(mail)
    assert message.purpose is Purpose.REJECTION
    assert message.subject == "Northwind: please mend your exemption certificate"
    assert lines(message) == ["It is not signed, or not dated.", "Blue"]
    assert "Mend your certificate" in (message.html or "")
    assert stands(world) is RequestState.REJECTED, "although its first link has expired"
    assert links.follow(world.store, token_in(message), world.now)
    submit(world)
    assert stands(world) is RequestState.SUBMITTED


def test_whoever_has_sent_another_one_is_not_told_of_the_rejection_any_more(
    world: World, mail: Source
) -> None:
    review(world, submit(world), accepted=False)
    submit(world)
    assert [message.purpose for message in sent_by(mail)] == [Purpose.RECEIPT]


def test_whom_no_mail_reaches_is_not_told(world: World, mail: Source) -> None:
    submission_id = submit(world)
    with world.store.writing() as tx:
        tx._c.exec_driver_sql("UPDATE customer SET excluded_from_mailings = 1")
        tx.submissions.reviewed(submission_id, SubmissionState.REJECTED, world.now, "anna")
        request_steps.reviewed(tx, 1, accepted=False, at=world.now)
        assert not request_steps.tell_rejected(tx, 1, WRONG, world.act())


def test_with_two_sent_in_it_is_over_when_both_are_accepted(world: World, mail: Source) -> None:
    first, second = submit(world), submit(world)
    review(world, first, accepted=True)
    assert stands(world) is RequestState.SUBMITTED
    review(world, second, accepted=True)
    assert stands(world) is RequestState.ACCEPTED


def test_with_one_of_two_rejected_it_waits_for_a_better_one(world: World, mail: Source) -> None:
    first, second = submit(world), submit(world)
    review(world, first, accepted=False)
    review(world, second, accepted=True)
    assert stands(world) is RequestState.REJECTED


def test_what_was_taken_back_may_be_sent_anew(world: World, mail: Source) -> None:
    submission_id = submit(world)
    with world.store.writing() as tx:
        request_steps.taken_back(tx, 1, world.now)
    assert stands(world) is RequestState.SUBMITTED, "something still waits"
    with world.store.writing() as tx:
        tx.submissions.reviewed(submission_id, SubmissionState.WITHDRAWN, world.now, "acme")
        request_steps.taken_back(tx, 1, world.now)
    assert stands(world) is RequestState.OPENED


@pytest.mark.parametrize(
    ("before", "said"),
    [
        pytest.param(0, "request 1: its links work no more: send it again", id="expired"),
        pytest.param(1, "request 1: was cancelled: make a new one", id="cancelled"),
    ],
)
def test_nothing_is_sent_in_when_it_is_over(
    world: World, mail: Source, before: int, said: str
) -> None:
    if before:
        request_steps.cancelled(world.store, 1, world.act())
    world.now += 31 * DAY
    with world.store.writing() as tx, pytest.raises(RefusedError, match=said):
        request_steps.submitted(tx, 1, world.now)


def test_cancelling(world: World, mail: Source) -> None:
    """F22."""
    reminding(mail)
    request = request_steps.cancelled(world.store, 1, world.act())
    assert (request.state, request.closed_by, request.closed_at) == ("cancelled", "anna", world.now)
    assert ("request 1", "not_opened", "cancelled") in changes_of(world.store, 1)
    with pytest.raises(RefusedError, match="was cancelled"):
        request_steps.cancelled(world.store, 1, world.act())
    with pytest.raises(NotFoundError, match="request 9: there is none"):
        request_steps.cancelled(world.store, 9, world.act())


def test_what_waits_for_review_is_not_cancelled(world: World, mail: Source) -> None:
    submit(world)
    with pytest.raises(RefusedError, match="waits for review: accept it or reject it"):
        request_steps.cancelled(world.store, 1, world.act())


# --- reminders (C14) -----------------------------------------------------------------------------


def test_who_does_not_answer_is_reminded_with_a_link_of_its_own(world: World, mail: Source) -> None:
    days = [on(mail, world.now.date() + DAY, NOTICES._replace(post=SITE)) for _ in range(30)]
    found = [message for day in days for message in day]
    assert [number for number, day in enumerate(days, start=1) if day] == [7, 21]
    assert [message.purpose for message in found] == [Purpose.REMINDER] * 2
    assert len({token_in(message) for message in found}) == 2


@pytest.mark.parametrize("state", ["submitted", "accepted", "cancelled"])
def test_whoever_has_answered_is_not_reminded(world: World, mail: Source, state: str) -> None:
    if state == "cancelled":
        request_steps.cancelled(world.store, 1, world.act())
    else:
        submission_id = submit(world)
        if state == "accepted":
            review(world, submission_id, accepted=True)
    sent_by(mail)
    days = [on(mail, world.now.date() + DAY, NOTICES._replace(post=SITE)) for _ in range(30)]
    assert days == [[]] * 30


def test_after_a_rejection_reminders_go_on(world: World, mail: Source) -> None:
    submission_id = submit(world)
    sent_by(mail)
    review(world, submission_id, accepted=False)
    sent_by(mail)
    days = [on(mail, world.now.date() + DAY, NOTICES._replace(post=SITE)) for _ in range(30)]
    assert [number for number, day in enumerate(days, start=1) if day] == [7, 21]


def test_a_reminder_that_waits_does_not_go_out_once_something_was_sent_in(
    world: World, mail: Source
) -> None:
    world.now += 7 * DAY
    reminding(mail)
    submit(world)
    assert [message.purpose for message in sent_by(mail)] == [Purpose.RECEIPT]


def test_who_is_about_to_renew_is_not_told_of_the_end(world: World, mail: Source) -> None:
    world.certify("Acme", "CA", expiration_date=world.now.date() + 40 * DAY)
    days = [on(mail, world.now.date() + DAY, NOTICES._replace(post=SITE)) for _ in range(12)]
    (notice,) = [m for day in days for m in day if m.purpose is Purpose.EXPIRY]
    assert links.follow(world.store, token_in(notice), world.now)
    with world.store.writing() as tx:
        request_steps.submitted(tx, 2, world.now)
    sent_by(mail)
    later = [on(mail, world.now.date() + DAY, NOTICES._replace(post=SITE)) for _ in range(40)]
    assert [m for day in later for m in day if m.purpose is Purpose.EXPIRY] == []


# --- its certificate came another way ------------------------------------------------------------


def test_a_certificate_that_came_by_mail_closes_the_request(world: World, mail: Source) -> None:
    world.certify("Acme", "TX")
    assert stands(world) is RequestState.ACCEPTED
    seen = view(world.store, 1, world.now)
    assert not seen.may_cancel
    assert not seen.may_resend


def test_one_that_was_imported_closes_it_the_next_day(world: World, mail: Source) -> None:
    with world.store.writing() as tx:
        enter(tx, 1)
    assert stands(world) is RequestState.NOT_OPENED
    reminding(mail)
    assert stands(world) is RequestState.ACCEPTED


def test_one_for_another_state_does_not(world: World, mail: Source) -> None:
    world.certify("Acme", "CA")
    reminding(mail)
    assert stands(world) is RequestState.NOT_OPENED


def test_a_renewal_is_over_when_something_lasts_longer(world: World, mail: Source) -> None:
    end = world.now.date() + 9 * DAY
    world.certify("Acme", "CA", expiration_date=end)
    make(world, "CA")
    sent_by(mail)
    world.certify("Acme", "CA", expiration_date=end)
    assert stands(world, 2) is RequestState.NOT_OPENED
    world.certify("Acme", "CA", expiration_date=end + DAY)
    assert stands(world, 2) is RequestState.ACCEPTED


def test_of_one_whose_mail_waits_none_goes_out_when_it_came(world: World, mail: Source) -> None:
    make(world, "CA")
    world.certify("Acme", "CA")
    assert sent_by(mail) == []
    assert stands(world, 2) is RequestState.WITHDRAWN


def test_all_that_belongs_to_a_request(world: World, mail: Source) -> None:
    submission_id = submit(world)
    sent_by(mail)
    seen = view(world.store, 1, world.now)
    assert [(m.purpose, m.to, m.state.value) for m in seen.mails] == [
        (Purpose.REQUEST, "ap@acme.example", "sent"),
        (Purpose.RECEIPT, "ap@acme.example", "sent"),
    ]
    assert [each.id for each in seen.sent] == [submission_id]
    assert [change.new for change in seen.changes] == ["US-TX"]
    with pytest.raises(NotFoundError):
        view(world.store, 9, world.now)
