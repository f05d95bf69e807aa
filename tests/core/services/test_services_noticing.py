"""Reviewers told by mail of what waits: one mail a run, each thing once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import AuthError, TransientError
from exempt.model.access import Role
from exempt.model.messages import SendRequest
from exempt.model.pushing import Outcome
from exempt.services import deliveries, duties, reviewing
from exempt.services.delivery_ports import DeliveryFilter, DeliveryView
from exempt.services.job_ports import JobKind
from exempt.services.noticing import LISTED, notify
from exempt.services.post import Post
from exempt.services.reviewers import reviewers, wake_where_due
from exempt.services.rows import DeliveryState, Subject
from exempt.services.running import Ended
from support.access import user
from support.records import DAY
from support.reviews import REVIEWER, Office
from support.world import World

URL = Post(url="https://exempt.northwind.example")


@pytest.fixture
def office(world: World, documents: LocalDocuments) -> Office:
    return Office(world, documents)


def told(office: Office) -> list[SendRequest]:
    """What a run tells reviewers."""
    before = len(office.mail.remote.sent)
    notify(office.mail.reading(post=URL))
    return office.mail.remote.sent[before:]


def notices(office: Office) -> list[DeliveryView]:
    with office.world.store.reading() as tx:
        page = tx.handling.page(DeliveryFilter(connection="mail"))
    return [view for view in page.deliveries if view.delivery.target == "notice"]


def states(office: Office) -> list[tuple[str, str]]:
    return sorted((view.delivery.external_id, view.delivery.state) for view in notices(office))


def test_one_mail_a_run_names_all_that_is_new(office: Office) -> None:
    """A32."""
    office.send_in()
    office.enter(source="api")
    (mail,) = told(office)
    assert (mail.to, mail.purpose) == ((REVIEWER,), "notice")
    assert mail.subject == "Northwind: 2 certificates wait for review"
    assert mail.text.count("Acme (C-1): Texas") == 2
    assert "https://exempt.northwind.example/review" in mail.text
    assert "ap@acme.example" not in mail.text


def test_nobody_is_told_of_the_same_thing_twice(office: Office) -> None:
    office.send_in()
    assert len(told(office)) == 1
    assert told(office) == []
    office.world.now += 30 * DAY
    assert told(office) == []
    office.send_in(None, "OK", numbers={"": "123456789"})
    (mail,) = told(office)
    assert mail.subject == "Northwind: 1 certificate waits for review"
    assert "Oklahoma" in mail.text


def test_when_it_was_told_stands_with_the_submission(office: Office) -> None:
    sent = office.send_in()
    told(office)
    with office.world.store.reading() as tx:
        now = tx.submissions.get(sent.id)
    assert now is not None
    assert now.noticed_at == office.world.now


def test_long_lists_are_cut(office: Office) -> None:
    for _ in range(LISTED + 2):
        office.enter("Acme", "TX", "CA", "NY", "OK", "NM", "AZ", source="api")
    (mail,) = told(office)
    assert mail.text.count("- Acme") == LISTED
    assert "- and 2 more" in mail.text
    assert "and 1 more states" in mail.text


@pytest.mark.parametrize("source", ["staff", "import"])
def test_what_staff_entered_they_know(office: Office, source: str) -> None:
    office.enter(source=source)
    assert told(office) == []


def test_what_was_reviewed_before_the_run_is_told_to_nobody(office: Office) -> None:
    office.mail.remote.faults["send_request"] = [TransientError("down")]
    sent = office.send_in()
    told(office)
    reviewing.accept(office.world.store, sent.certificate_id or 0, office.act(), seen=1)
    office.world.now += DAY
    assert told(office) == []
    (view,) = notices(office)
    assert (view.delivery.state, view.delivery.message) == ("superseded", "reviewed already")


# --- to whom -----------------------------------------------------------------------------


def test_only_those_are_told_who_review_for_the_company(office: Office) -> None:
    store = office.world.store
    with store.writing() as tx:
        tx.connections.company("holding", "Holding", None)
        tx.connections.company("northwind", "Northwind", "holding")
        tx.connections.company("contoso", "Contoso", None)
        ids = {row.key: row.id for row in tx.cards.companies()}

    def add(name: str, role: Role = Role.REVIEWER, *companies: str) -> None:
        seen: Collection[int] | None = [ids[each] for each in companies] or None
        user(store, role, email=f"{name}@northwind.example", company_ids=seen)

    add("viewer", Role.VIEWER)
    add("admin", Role.ADMINISTRATOR)
    add("above", Role.REVIEWER, "holding")
    add("here", Role.REVIEWER, "northwind")
    add("elsewhere", Role.REVIEWER, "contoso")
    add("gone")
    with store.writing() as tx:
        gone = tx.users.by_email("gone@northwind.example")
        assert gone is not None
        tx.users.save(replace(gone, disabled_at=office.world.now))
        names = [each.partition("@")[0] for each in reviewers(tx, ids["northwind"])]
    assert names == ["above", "admin", "dana", "here"]


def test_each_reviewer_gets_a_mail_of_their_own(office: Office) -> None:
    user(office.world.store, Role.REVIEWER, email="eve@northwind.example")
    office.send_in()
    mails = told(office)
    assert [mail.to for mail in mails] == [(REVIEWER,), ("eve@northwind.example",)]
    assert len({mail.key for mail in mails}) == 2


def test_where_nobody_reviews_it_is_told_once_somebody_does(office: Office) -> None:
    store = office.world.store
    with store.writing() as tx:
        dana = tx.users.by_email(REVIEWER)
        assert dana is not None
        tx.users.save(replace(dana, disabled_at=office.world.now))
    office.send_in()
    assert told(office) == []
    assert notices(office) == []
    with store.writing() as tx:
        wake_where_due(tx)
        tx.users.save(dana)
    assert len(told(office)) == 1


# --- what goes wrong ---------------------------------------------------------------------


def test_while_mail_cannot_be_sent_it_stays_owed_and_goes_out_as_one(office: Office) -> None:
    office.mail.remote.faults["send_request"] = [TransientError("the server is down")]
    office.send_in()
    told(office)
    (view,) = notices(office)
    assert (view.delivery.state, view.delivery.message) == ("pending", "mail: the server is down")
    office.enter(source="api")
    office.world.now += DAY
    (mail,) = told(office)
    assert mail.subject == "Northwind: 2 certificates wait for review"
    assert [state for _, state in states(office)] == ["sent", "sent"]


def test_a_connection_that_a_person_must_mend_leaves_all_as_it_was(office: Office) -> None:
    office.mail.remote.faults["send_request"] = [AuthError("no")]
    office.send_in()
    with pytest.raises(AuthError):
        told(office)
    (view,) = notices(office)
    assert (view.delivery.state, view.delivery.outcome) == ("pending", None)
    assert len(told(office)) == 1


def test_one_mailbox_that_fails_holds_up_nobody_else(office: Office) -> None:
    user(office.world.store, Role.REVIEWER, email="eve@northwind.example")
    office.mail.remote.faults["send_request"] = [None, AuthError("no more today")]
    office.send_in()
    told(office)
    (view,) = notices(office)
    assert view.delivery.state is DeliveryState.SENT
    assert view.delivery.message == "1 of 2 reviewers did not get it: mail: no more today"


def test_what_the_mail_server_refuses_waits_for_a_person(office: Office) -> None:
    office.mail.remote.answers[REVIEWER] = [Outcome.REJECTED]
    sent = office.send_in()
    told(office)
    (view,) = notices(office)
    assert (view.delivery.state, view.name) == (DeliveryState.DEAD, "Acme")
    deliveries.retry(office.world.store, [view.delivery.id], office.act())
    assert len(told(office)) == 1
    with office.world.store.reading() as tx:
        history = tx.history.of(Subject.CERTIFICATE, sent.certificate_id or 0)
    assert any(each.field == f"delivery {view.delivery.id} to mail" for each in history)


def test_one_that_may_have_gone_out_is_sent_again_only_by_a_person(office: Office) -> None:
    def dies(hook: str) -> None:
        if hook == "send_request":
            raise KeyboardInterrupt

    office.send_in()
    office.mail.remote.before = dies
    with pytest.raises(KeyboardInterrupt):
        told(office)
    office.mail.remote.before = lambda _hook: None
    assert told(office) == []
    (view,) = notices(office)
    assert (view.delivery.state, view.delivery.outcome) == ("dead", "unknown")
    with pytest.raises(Exception, match="whoever reviews may get it twice"):
        deliveries.retry(office.world.store, [view.delivery.id], office.act())
    deliveries.retry(office.world.store, [view.delivery.id], office.act(), even_if_sent=True)
    assert len(told(office)) == 1


def test_one_that_was_dropped_is_told_to_nobody(office: Office) -> None:
    office.mail.remote.answers[REVIEWER] = [Outcome.REJECTED]
    office.send_in()
    told(office)
    (view,) = notices(office)
    deliveries.drop(office.world.store, [view.delivery.id], "known", office.act())
    assert told(office) == []


# --- when --------------------------------------------------------------------------------


def test_whatever_comes_in_asks_for_the_run_that_tells(office: Office) -> None:
    with office.world.store.writing() as tx:
        before = tx.jobs.get("mail:mail")
    office.enter(source="api")
    with office.world.store.reading() as tx:
        job = tx.jobs.get("mail:mail")
    assert before is None or not before.asked > before.begun
    assert job is not None
    assert (job.kind, job.asked > job.begun) == (JobKind.MAIL, True)


def test_what_nobody_was_told_of_asks_for_a_run_now_and_then(office: Office) -> None:
    office.enter(source="api")
    with office.world.store.writing() as tx:
        tx.jobs.begin("mail:mail", "w", office.world.now)
        tx.jobs.end("mail:mail", office.world.now)
        wake_where_due(tx)
        asked = tx.jobs.get("mail:mail")
    assert asked is not None
    assert asked.asked > asked.begun
    told(office)
    with office.world.store.writing() as tx:
        tx.jobs.begin("mail:mail", "w", office.world.now)
        tx.jobs.end("mail:mail", office.world.now)
        wake_where_due(tx)
        quiet = tx.jobs.get("mail:mail")
    assert quiet is not None
    assert quiet.asked <= quiet.begun


def test_the_job_of_a_connection_sends_mails_and_tells(office: Office) -> None:
    sent = office.send_in()
    assert sent.noticed_at is None
    ended = duties.mail(office.mail.job(post=URL))
    assert {mail.purpose for mail in office.mail.remote.sent} == {"receipt", "notice"}
    assert ended == Ended()


def test_settings_may_say_that_nobody_is_told(office: Office) -> None:
    office.send_in()
    duties.mail(office.mail.job(post=URL), staff_notices=False)
    assert {mail.purpose for mail in office.mail.remote.sent} == {"receipt"}
    assert notices(office) == []


def test_without_a_console_the_command_is_named(office: Office) -> None:
    office.send_in()
    notify(office.mail.reading())
    assert "exempt submissions list" in office.mail.remote.sent[-1].text
