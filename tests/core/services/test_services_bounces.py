"""A mail that came back: the request says so, and nobody waits for an answer to it."""

from __future__ import annotations

from typing import Any

import pytest

from exempt import Bounce, Capability, Stream
from exempt.model.customer import CustomerDetails
from exempt.services import cards
from exempt.services.mailing import mail_due
from exempt.services.request_ports import RequestRow
from exempt.services.requests import Asked, ask
from support.fake_connector import MAILS
from support.records import NOW, address, customer, order
from support.stores import rows
from support.world import Source, World

LONE_STAR = customer("C-1", name="Lone Star", email="ap@lonestar.example", exempt=True)
GONE = {"status": "5.1.1", "reason": "no such mailbox"}


@pytest.fixture
def mail(any_world: World) -> Source:
    """A connection that sends mail and reads what comes back, on each database."""
    return any_world.connect("mail", MAILS | {Capability.BOUNCES})


@pytest.fixture
def erp(any_world: World) -> Source:
    """Where the customers and their orders are."""
    return any_world.connect("erp")


def buy(erp: Source, who: Any = LONE_STAR) -> None:
    erp.remote.put(who, order(customer_external_id=who.external_id, ship_to=address("TX")))
    erp.pull(Stream.CUSTOMERS)
    erp.pull()


def asking(mail: Source, **options: Any) -> Asked:
    asked = ask(mail.world.store, {mail.row.company_id: mail.row}, NOW, **options)
    mail_due(mail.reading())
    return asked


def come_back(mail: Source, number: int = 1, **said: Any) -> None:
    """Let the last mail come back."""
    key = mail.remote.sent[-1].key
    mail.remote.put(Bounce(external_id=f"7:{number}", key=key, **{**GONE, **said}))
    mail.sync()


def the_request(mail: Source) -> RequestRow:
    with mail.world.store.reading() as tx:
        *_, last = tx.requests.all()
    return last


def names(group: list[Any]) -> list[str]:
    return [one.name for one in group]


def test_the_request_says_why_its_mail_came_back(erp: Source, mail: Source) -> None:
    buy(erp)
    asking(mail)
    assert the_request(mail).bounce is None
    come_back(mail)
    assert the_request(mail).bounce == "5.1.1: no such mailbox"
    assert the_request(mail).bounced_at == NOW
    (page,) = mail.pages
    assert (page.stream, page.records, page.new) == (Stream.BOUNCES, 1, 1)


def test_nobody_is_asked_at_an_address_that_mail_came_back_from(erp: Source, mail: Source) -> None:
    buy(erp)
    asking(mail)
    come_back(mail)
    again = asking(mail)
    assert names(again.sent) == []
    assert names(again.without_email) == ["Lone Star"], "a person has to mend the address"
    assert len(mail.remote.sent) == 1


def test_another_address_is_tried(erp: Source, mail: Source) -> None:
    buy(erp)
    asking(mail)
    come_back(mail)
    erp.remote.put(LONE_STAR.model_copy(update={"email": "tax@lonestar.example"}))
    erp.pull(Stream.CUSTOMERS)
    assert names(asking(mail).sent) == ["Lone Star"]
    assert mail.remote.sent[-1].to == ("tax@lonestar.example",)


def test_who_is_named_by_a_person_is_asked_again_at_the_same_address(
    erp: Source, mail: Source
) -> None:
    buy(erp)
    asking(mail)
    come_back(mail)
    card = mail.world.customer_id("Lone Star")
    assert names(asking(mail, only=[card]).sent) == ["Lone Star"]
    assert [m.to for m in mail.remote.sent] == [("ap@lonestar.example",)] * 2
    assert len({m.key for m in mail.remote.sent}) == 2


def test_a_delay_is_told_and_changes_nothing_else(erp: Source, mail: Source) -> None:
    buy(erp)
    asking(mail)
    come_back(mail, permanent=False, status="4.4.1", reason="no answer from host")
    assert the_request(mail).bounce == "4.4.1: no answer from host"
    assert the_request(mail).bounced_at is None
    assert names(asking(mail).already_asked) == ["Lone Star"]
    come_back(mail, 2)
    assert the_request(mail).bounced_at == NOW, "then the server gave up"


def test_the_history_of_the_customer_tells_it_once(erp: Source, mail: Source) -> None:
    buy(erp)
    asking(mail)
    come_back(mail)
    come_back(mail, 2, reason="still no such mailbox")
    sql = "SELECT new, changed_by FROM history WHERE field = 'email' AND subject = 'customer'"
    said = "mail to ap@lonestar.example came back: 5.1.1: no such mailbox"
    assert rows(mail.world.store, sql) == [(said, "mail")]


@pytest.mark.parametrize(
    "key", ["exempt-nobody", "exempt", "%", "_" * 47, '"', "exempt-" + "0" * 200]
)
def test_a_notice_of_a_mail_that_was_never_sent_does_nothing(
    erp: Source, mail: Source, key: str
) -> None:
    buy(erp)
    asking(mail)
    mail.remote.put(Bounce(external_id="7:1", key=key, **GONE))
    mail.sync()
    assert the_request(mail).bounce is None


def test_a_notice_that_came_through_another_connection_does_nothing(
    any_world: World, erp: Source, mail: Source
) -> None:
    buy(erp)
    asking(mail)
    other = any_world.connect("other", MAILS | {Capability.BOUNCES})
    other.remote.put(Bounce(external_id="7:1", key=mail.remote.sent[0].key))
    other.sync()
    assert the_request(mail).bounce is None


def test_a_card_entered_by_hand_is_treated_alike(erp: Source, mail: Source) -> None:
    world = mail.world
    new = CustomerDetails(name="Hand", email="ap@hand.example", exempt=True,
                          ship_to_zones=("US-TX",))  # fmt: skip
    with world.store.reading() as tx:
        (company,) = {row.company_id for row in tx.connections.all()}
    cards.add(world.store, company, new, world.act())
    asking(mail)
    come_back(mail)
    assert names(asking(mail).without_email) == ["Hand"]
