"""What goes wrong in one place costs nothing elsewhere, and is made good later."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import Capability, Order, Outcome, Stream
from exempt.errors import PermanentError, RefusedError, TransientError
from exempt.model.decision import Ground, Profile
from exempt.services.mailing import mail_due
from exempt.services.policy import Policy
from exempt.services.requests import ask
from exempt.services.rows import DeliveryState, DeliveryTarget
from exempt.services.sync import reading_name, sync
from support.fake_connector import MAILS
from support.records import customer, order
from support.stores import connected
from support.world import Source, World

FLAGGED = customer("C-1", name="Lone Star", email="ap@lonestar.example", exempt=True)


def untaxed(external_id: str = "O-1", **changes: Any) -> Order:
    return order(external_id, tax_applicable=False, **changes)


def test_two_runs_of_one_connection_never_overlap(any_world: World) -> None:
    erp = any_world.connect("erp")
    erp.remote.put(FLAGGED, untaxed())
    with any_world.store.alone(reading_name(erp.row)) as held:
        assert held
        refused = sync(erp.job())
    assert isinstance(refused.problem, RefusedError)
    assert erp.remote.fetched == []
    assert sync(erp.job()).problem is None, "it is free when the other run has ended"


def test_a_customer_who_cannot_be_looked_up_stops_nothing(erp: Source) -> None:
    """One guest order must not hold up what is owed for all the others."""
    erp.remote.put(FLAGGED, untaxed(), untaxed("O-2", customer_external_id="guest"))
    erp.world.use_register()
    erp.remote.faults["fetch_customers"] = [None, PermanentError("cannot fetch by id")]
    done = sync(erp.job())
    assert done.problem is None
    assert "1 customers that orders name could not be read" in done.unread
    assert erp.last("O-1").state is DeliveryState.SENT
    assert erp.world.ground("O-2") == Ground.UNKNOWN_CUSTOMER


def test_after_a_long_outage_all_is_written(erp: Source) -> None:
    erp.remote.put(FLAGGED, untaxed())
    erp.world.use_register()
    erp.sync(write_back=False)
    for _ in range(20):
        erp.remote.faults["push_exemption_status"] = [TransientError("nobody at home")]
        assert sync(erp.job()).problem is not None
        erp.world.now += dt.timedelta(hours=12)
    assert erp.sync().outcomes == {"applied": 1}


def test_what_a_person_mended_in_the_source_is_written_after_all(erp: Source) -> None:
    erp.remote.put(FLAGGED, untaxed())
    erp.world.use_register()
    erp.remote.answers["O-1"] = [Outcome.REJECTED]
    assert erp.sync().outcomes == {"rejected": 1}
    assert erp.last().state is DeliveryState.DEAD
    erp.world.now += dt.timedelta(hours=1)
    erp.remote.put(untaxed(updated_at=erp.world.now))
    assert erp.sync().outcomes == {"applied": 1}


def test_another_profile_decides_anew(erp: Source) -> None:
    erp.remote.put(FLAGGED, untaxed(order_date=dt.date(2020, 1, 1)))
    erp.sync(policy=Policy(Profile.R2))
    erp.world.certify("Lone Star", "TX")
    erp.sync(policy=Policy(Profile.R2))
    assert erp.world.ground() == Ground.CERTIFICATE, "R2 asks for the expiration date alone"
    erp.sync(policy=Policy())
    assert erp.world.ground() == Ground.NO_CERTIFICATE, "ours also wants it to be in effect"
    decision = erp.world.decision()
    assert decision is not None
    assert decision.rule.startswith("default-")


def test_a_connection_that_can_be_written_to_at_last_is_owed_its_orders(world: World) -> None:
    reads = (Capability.CUSTOMERS, Capability.ORDERS)
    erp = world.connect("erp", reads)
    erp.remote.put(FLAGGED, untaxed())
    world.use_register()
    erp.sync()
    assert erp.owed() == []
    writes = world.connect("erp", (*reads, Capability.PUSH_ORDERS), remote=erp.remote)
    assert writes.row.orders_owed is False, "a crash before it is done leaves it to be done"
    assert writes.sync().outcomes == {"applied": 1}
    assert connected(world.store, capabilities=writes.row.capabilities).orders_owed


def test_a_free_form_number_goes_with_the_customer_that_had_it(erp: Source) -> None:
    erp.remote.put(customer("C-1", resale_certificate_number="FF-1"), order())
    erp.sync()
    assert erp.world.ground() == Ground.FREE_FORM_NUMBER
    erp.remote.remove(Stream.CUSTOMERS, "C-1")
    erp.sync()
    assert erp.world.ground() != Ground.FREE_FORM_NUMBER


@pytest.mark.parametrize("number", ["", " ", "\t"])
def test_a_blank_number_exempts_nobody(erp: Source, number: str) -> None:
    erp.remote.put(customer("C-1", resale_certificate_number=number), order())
    erp.sync()
    assert erp.world.ground() == Ground.NOT_CLAIMED


def test_a_flag_turned_over_where_no_moment_is_told_is_put_right(world: World) -> None:
    erp = world.connect("erp", (Capability.CUSTOMERS, Capability.PUSH_CUSTOMERS))
    erp.remote.put(FLAGGED.model_copy(update={"updated_at": None}))
    world.use_register()
    erp.sync()
    erp.world.now += dt.timedelta(hours=1)
    erp.remote.put(FLAGGED.model_copy(update={"updated_at": None, "exempt": False}))
    erp.sync()
    erp.world.now += dt.timedelta(hours=1)
    erp.remote.put(FLAGGED.model_copy(update={"updated_at": None, "exempt": True}))
    pushed = len(erp.remote.pushed)
    erp.sync()
    assert len(erp.remote.pushed) == pushed + 1
    erp.sync()
    assert len(erp.remote.pushed) == pushed + 1, "and then it comes to rest"


def asked(world: World) -> tuple[Source, Source]:
    erp, mail = world.connect("erp"), world.connect("mail", MAILS)
    erp.remote.put(FLAGGED, untaxed())
    erp.sync()
    ask(world.store, {mail.row.company_id: mail.row}, world.now)
    return erp, mail


def test_a_mail_that_may_have_gone_out_is_not_sent_again(any_world: World) -> None:
    """The process died between the mail server's answer and our commit."""
    _, mail = asked(any_world)
    with any_world.store.writing() as tx:
        (delivery,) = tx.deliveries.due(mail.row.id, [DeliveryTarget.MAIL], any_world.now, 9)
        tx.deliveries.maybe_sent(delivery)
    assert mail_due(mail.reading()) == {"unknown": 1}
    assert mail.remote.sent == []
    with any_world.store.reading() as tx:
        ((_, dead),) = tx.deliveries.dead()
    assert "may have gone out" in (dead.message or "")


def test_a_mail_is_not_sent_when_the_certificate_has_come(world: World) -> None:
    _, mail = asked(world)
    world.certify("Lone Star", "TX", signed_date=dt.date(2020, 1, 1))
    assert mail_due(mail.reading()) == {}
    assert mail.remote.sent == []


def test_who_could_not_be_reached_can_be_asked_again(world: World) -> None:
    _, mail = asked(world)
    mail.remote.faults["send_request"] = [PermanentError("no such mailbox")]
    assert mail_due(mail.reading()) == {"rejected": 1}
    again = ask(world.store, {mail.row.company_id: mail.row}, world.now)
    assert [one.name for one in again.sent] == ["Lone Star"]


def test_each_company_asks_its_own_customers_in_its_own_name(world: World) -> None:
    erp = world.connect("erp", company="alpha")
    other = world.connect("shop", company="beta")
    mail = world.connect("mail", MAILS, company="alpha")
    for source in (erp, other):
        source.remote.put(FLAGGED, untaxed())
        source.sync()
    done = ask(world.store, {mail.row.company_id: mail.row}, world.now)
    assert [one.company for one in done.sent] == ["Alpha"]
    assert [one.company for one in done.without_mail] == ["Beta"]
    mail_due(mail.reading())
    assert mail.remote.sent[0].subject.startswith("Alpha: ")
