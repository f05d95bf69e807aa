"""Mails are sent again, or given up, because a person says so."""

from __future__ import annotations

import pytest

from exempt import Outcome, Stream
from exempt.errors import RefusedError, TransientError
from exempt.services.deliveries import drop, retry, retry_dead
from exempt.services.mailing import mail_due
from exempt.services.reminding import Notices, remind
from exempt.services.requests import Asked, ask
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget, Subject
from support.fake_connector import MAILS
from support.owed import begin, said, sell, waiting_jobs
from support.records import DAY, TODAY, customer, order
from support.world import Source, World


@pytest.fixture
def mail(world: World, erp: Source) -> Source:
    """Acme was asked for a certificate; its mail has not gone out."""
    sell(erp, "O-1", tax_applicable=False)
    source = world.connect("mail", MAILS)
    assert len(asking(source).sent) == 1
    return source


def asking(mail: Source) -> Asked:
    return ask(mail.world.store, {mail.row.company_id: mail.row}, mail.world.now)


def mailed(mail: Source) -> Delivery:
    return mail.last("1", DeliveryTarget.MAIL)


def test_a_mail_that_was_refused_is_sent_once_the_address_is_mended(mail: Source) -> None:
    mail.remote.answers = {"ap@acme.example": [Outcome.REJECTED]}
    assert mail_due(mail.reading()) == {"rejected": 1}
    begin(mail.world, "mail:mail")
    retry(mail.world.store, [mailed(mail).id], mail.world.act())
    assert "mail:mail" in waiting_jobs(mail.world)
    assert mail_due(mail.reading()) == {"applied": 1}
    first, second = mail.remote.sent
    assert first.key == second.key, "whoever got it already can tell"
    assert mailed(mail).version == 1, "reminders are counted by it"
    card = mail.world.customer_id("Acme")
    assert said(mail.world, Subject.CUSTOMER, card) == [("anna", "dead", "to be tried again")]


def lose_the_answer(mail: Source) -> Delivery:
    """Send the mail, with nobody knowing whether it went out."""
    mail.remote.faults["send_request"] = [TransientError("cut off", maybe_applied=True)]
    assert mail_due(mail.reading()) == {"unknown": 1}
    return mailed(mail)


def test_a_mail_that_may_have_gone_out_is_sent_again_only_on_request(mail: Source) -> None:
    dead = lose_the_answer(mail)
    with pytest.raises(RefusedError, match="may have gone out: --even-if-sent sends it again"):
        retry(mail.world.store, [dead.id], mail.world.act())
    again, (left,) = retry_dead(mail.world.store, mail.world.act())
    assert (again, left.delivery) == (0, dead)
    assert mail_due(mail.reading()) == {}
    retry(mail.world.store, [dead.id], mail.world.act(), even_if_sent=True)
    assert mail_due(mail.reading()) == {"applied": 1}
    assert len(mail.remote.sent) == 2
    assert mailed(mail).state is DeliveryState.SENT


def test_all_that_may_have_gone_out_at_once(mail: Source) -> None:
    lose_the_answer(mail)
    assert retry_dead(mail.world.store, mail.world.act(), even_if_sent=True) == (1, [])
    assert mail_due(mail.reading()) == {"applied": 1}


def test_a_mail_that_is_being_sent_is_left_alone(mail: Source) -> None:
    owed, act = mailed(mail), mail.world.act()
    refusals: list[str] = []

    def meanwhile(_hook: str) -> None:
        with pytest.raises(RefusedError) as refusal:
            retry(mail.world.store, [owed.id], act, even_if_sent=True)
        refusals.append(str(refusal.value))
        with pytest.raises(RefusedError) as refusal:
            drop(mail.world.store, [owed.id], "by phone", act)
        refusals.append(str(refusal.value))

    mail.remote.before = meanwhile
    assert mail_due(mail.reading()) == {"applied": 1}
    assert len(refusals) == 2
    assert all("is being sent at this moment" in each for each in refusals)


def test_a_mail_that_is_dropped_in_a_run_does_not_go_out(mail: Source, erp: Source) -> None:
    """A run reads what is due once: what is dropped after that must be seen."""
    erp.remote.put(customer("C-2", name="Bolt", exempt=True, email="ap@bolt.example"))
    erp.remote.put(order("O-2", customer_external_id="C-2", tax_applicable=False))
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    assert len(asking(mail).sent) == 1
    second = mail.last("2", DeliveryTarget.MAIL)

    def meanwhile(_hook: str) -> None:
        mail.remote.before = lambda _hook: None
        drop(mail.world.store, [second.id], "called them", mail.world.act())

    mail.remote.before = meanwhile
    assert mail_due(mail.reading()) == {"applied": 1}
    assert [each.to for each in mail.remote.sent] == [("ap@acme.example",)]
    assert mail.last("2", DeliveryTarget.MAIL).state is DeliveryState.DROPPED


def test_a_request_whose_mail_is_dropped_counts_as_not_made(mail: Source) -> None:
    drop(mail.world.store, [mailed(mail).id], "called them", mail.world.act())
    assert mail_due(mail.reading()) == {}
    with mail.world.store.reading() as tx:
        (request,) = tx.requests.all()
    assert request.state == "withdrawn"
    assert request.withdrawn_because == "dropped by anna: called them"
    with pytest.raises(RefusedError, match="counts as withdrawn: ask anew with exempt requests"):
        retry(mail.world.store, [mailed(mail).id], mail.world.act())
    assert len(asking(mail).sent) == 1, "a person may ask again"


def test_a_request_whose_mail_may_have_gone_out_stays_made(mail: Source) -> None:
    dead = lose_the_answer(mail)
    drop(mail.world.store, [dead.id], "they have it", mail.world.act())
    with mail.world.store.reading() as tx:
        (request,) = tx.requests.all()
    assert request.state != "withdrawn"
    assert asking(mail).sent == []


def test_a_notice_that_is_dropped_is_not_written_again_for_that_stage(world: World) -> None:
    erp, mail = world.connect("erp"), world.connect("mail", MAILS)
    sell(erp, "O-1")
    world.certify("Acme", "TX", expiration_date=TODAY + 30 * DAY)

    def written() -> int:
        through = {mail.row.company_id: mail.row}
        return len(remind(world.store, through, world.now, Notices(before_end=(30, 7, 0))).sent)

    assert written() == 1
    drop(world.store, [mailed(mail).id], "called them", world.act())
    with world.store.reading() as tx:
        (notice,) = tx.requests.all()
    assert notice.state != "withdrawn"
    assert written() == 0
    world.now += 22 * DAY
    assert written() == 0
    world.now += DAY
    assert written() == 1, "a week before the end they are written to after all"
    assert mail_due(mail.reading()) == {"applied": 1}
