"""Customers are asked for the certificates that their orders lack: once, and by mail."""

from __future__ import annotations

from typing import Any

import pytest

from exempt import Outcome, Stream
from exempt.errors import ConfigError, PermanentError, RefusedError, TransientError
from exempt.model.customer import CustomerDetails, usable_email
from exempt.services import cards
from exempt.services.mailing import mail_due
from exempt.services.post import Post
from exempt.services.requests import Asked, ask, lacking
from exempt.services.rows import DeliveryTarget
from support.fake_connector import MAILS
from support.records import DAY, NOW, address, customer, order
from support.stores import everything
from support.world import Source, World


@pytest.fixture
def mail(world: World) -> Source:
    """A connection that sends mail."""
    return world.connect("mail", MAILS)


def buy(erp: Source, *customers: Any, state: str = "TX") -> None:
    """Each customer orders something."""
    erp.remote.put(*customers)
    erp.remote.put(
        *(
            order(f"{c.external_id}-{state}", customer_external_id=c.external_id,
                  ship_to=address(state))
            for c in customers
        )
    )  # fmt: skip
    erp.pull(Stream.CUSTOMERS)
    erp.pull()


def asking(mail: Source, **options: Any) -> Asked:
    return ask(mail.world.store, {mail.row.company_id: mail.row}, NOW, **options)


def names(asked: Asked) -> tuple[list[str], list[str], list[str]]:
    sent, without, already, *_ = ([one.name for one in group] for group in asked)
    return sent, without, already


LONE_STAR = customer("C-1", name="Lone Star", email="ap@lonestar.example", exempt=True)


def test_who_claims_without_a_certificate_is_asked_once(erp: Source, mail: Source) -> None:
    buy(erp, LONE_STAR)
    assert names(asking(mail)) == (["Lone Star"], [], [])
    assert names(asking(mail)) == ([], [], ["Lone Star"])
    assert mail_due(mail.reading()) == {"applied": 1}
    assert mail_due(mail.reading()) == {}
    (message,) = mail.remote.sent
    assert message.to == ("ap@lonestar.example",)
    assert message.subject == "Northwind: we need your exemption certificate"
    assert "Hello Lone Star," in message.text
    assert "  - Texas\n" in message.text
    assert message.key.startswith("exempt-")


def test_another_state_is_another_question(erp: Source, mail: Source) -> None:
    buy(erp, LONE_STAR)
    asking(mail)
    buy(erp, LONE_STAR, state="CA")
    assert names(asking(mail)) == (["Lone Star"], [], [])
    mail_due(mail.reading())
    first, second = mail.remote.sent
    assert "California" not in first.text
    assert "California" in second.text
    assert "Texas" not in second.text, "what was asked for is not asked for again"
    assert first.key != second.key


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param({}, ([], [], []), id="an ordinary customer is not asked"),
        pytest.param({"exempt": True}, (["X"], [], []), id="who is flagged is asked"),
        pytest.param({"exemption_number": "E-1"}, (["X"], [], []), id="who has a number is"),
        pytest.param({"exemption_code": "G"}, (["X"], [], []), id="who has a code is"),
        pytest.param({"exempt": True, "email": None}, ([], ["X"], []), id="who has no mail is not"),
        pytest.param({"exempt": True, "email": "ap at x"}, ([], ["X"], []),
                     id="nor who has none that works"),
        pytest.param({"exempt": True, "resale_certificate_number": "FF"}, ([], [], []),
                     id="nor who has a free-form number"),
    ],
)  # fmt: skip
def test_who_is_asked(
    erp: Source, mail: Source, facts: dict[str, Any], outcome: tuple[list[str], ...]
) -> None:
    buy(erp, customer("C-1", **{"name": "X", "email": "ap@x.example", **facts}))
    assert names(asking(mail)) == outcome


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        pytest.param({"tax_applicable": False}, True, id="an order that is not taxed claims"),
        pytest.param({"tax_applicable": True}, False, id="one that is taxed claims nothing"),
        pytest.param({"tax_applicable": False, "voided": True}, False, id="nor one cancelled"),
        pytest.param({"tax_applicable": False, "ship_to": address("OR")}, False,
                     id="nor one to a state without sales tax"),
    ],
)  # fmt: skip
def test_an_order_may_claim(erp: Source, mail: Source, facts: dict[str, Any], asked: bool) -> None:
    erp.remote.put(customer(email="ap@x.example"), order(**facts))
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    assert len(asking(mail).sent) == asked


def test_who_holds_a_certificate_is_not_asked(world: World, erp: Source, mail: Source) -> None:
    buy(erp, LONE_STAR)
    world.certify("Lone Star", "TX")
    assert asking(mail) == Asked([], [], [], [], [])


def test_just_some_customers(world: World, erp: Source, mail: Source) -> None:
    buy(erp, LONE_STAR, customer("C-2", name="Other", email="ap@other.example", exempt=True))
    only = [world.customer_id("Other")]
    assert names(asking(mail, only=only)) == (["Other"], [], [])
    assert names(asking(mail)) == (["Lone Star"], [], ["Other"])


def test_who_lacks_nothing_cannot_be_asked(world: World, erp: Source, mail: Source) -> None:
    buy(erp, LONE_STAR, customer("C-2", name="Ordinary"))
    before = everything(world.store)
    only = [world.customer_id("Lone Star"), ordinary := world.customer_id("Ordinary")]
    with pytest.raises(RefusedError, match=f"customer id:{ordinary} lacks no certificate"):
        asking(mail, only=only)
    assert everything(world.store) == before, "and nobody else is asked either"


@pytest.mark.parametrize(
    ("portal_url", "text"),
    [
        pytest.param(None, "answer this mail and attach the certificate", id="by answering"),
        pytest.param("https://x.example/p", "You can also upload it at https://x.example/p.",
                     id="or in the portal"),
    ],
)  # fmt: skip
def test_how_to_answer(erp: Source, mail: Source, portal_url: str | None, text: str) -> None:
    buy(erp, LONE_STAR)
    post = Post(portal_url=portal_url)
    asking(mail, post=post)
    mail_due(mail.reading(post=post))
    assert text in mail.remote.sent[0].text


def test_a_name_with_braces_is_a_name(erp: Source, mail: Source) -> None:
    buy(erp, customer("C-1", name="{company} & Söhne", email="ap@x.example", exempt=True))
    asking(mail)
    mail_due(mail.reading())
    assert "Hello {company} & Söhne," in mail.remote.sent[0].text


@pytest.mark.parametrize(
    ("answer", "state", "counted"),
    [
        pytest.param(Outcome.APPLIED, "sent", "applied", id="sent"),
        pytest.param(Outcome.REJECTED, "dead", "rejected", id="refused: a person decides"),
        pytest.param(Outcome.RETRY, "pending", "retry", id="not now: tried again"),
        pytest.param(Outcome.UNKNOWN, "dead", "unknown",
                     id="perhaps sent: never sent again by itself"),
        pytest.param(TransientError("busy"), "pending", "retry", id="a passing error: tried again"),
        pytest.param(TransientError("cut off", maybe_applied=True), "dead", "unknown",
                     id="cut off: never sent again by itself"),
        pytest.param(PermanentError("no"), "dead", "rejected", id="an error for good"),
        pytest.param(KeyError("slip"), "dead", "rejected", id="a stray error"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_mail(
    erp: Source, mail: Source, answer: Outcome | BaseException, state: str, counted: str
) -> None:
    buy(erp, LONE_STAR)
    asking(mail)
    if isinstance(answer, Outcome):
        mail.remote.answers["ap@lonestar.example"] = [answer]
    else:
        mail.remote.faults["send_request"] = [answer]
    assert mail_due(mail.reading()) == {counted: 1}
    with mail.world.store.reading() as tx:
        (request,) = tx.requests.all()
    assert mail.last(str(request.id), DeliveryTarget.MAIL).state == state


def test_a_mailbox_that_only_a_person_can_mend_keeps_the_mails(erp: Source, mail: Source) -> None:
    buy(erp, LONE_STAR, customer("C-2", name="Other", email="ap@other.example", exempt=True))
    asking(mail)
    mail.remote.faults["send_request"] = [None, ConfigError("the password was refused")]
    with pytest.raises(ConfigError):
        mail_due(mail.reading())
    assert len(mail.owed()) == 1
    assert mail_due(mail.reading()) == {"applied": 1}
    assert len({message.key for message in mail.remote.sent}) == 2


def test_sending_stops_between_mails(erp: Source, mail: Source) -> None:
    buy(erp, LONE_STAR, customer("C-2", name="Other", email="ap@other.example", exempt=True))
    asking(mail)
    assert mail_due(mail.reading(stop=iter([False, True]).__next__)) == {"applied": 1}
    assert len(mail.owed()) == 1


@pytest.mark.parametrize(
    ("email", "usable"),
    [
        ("ap@x.example", True),
        ("a.p+tax@mail.x.example", True),
        ("büro@straße.example", True),
        (None, False),
        ("", False),
        ("ap", False),
        ("ap@x", False),
        ("@x.example", False),
        ("ap@x.example, other@x.example", False),
        ("ap@x.example;other@x.example", False),
        ("AP <ap@x.example>", False),
        ("ap@x.example\n", False),
        ("ap@x.example\nBcc: all@x.example", False),
        (" ap@x.example", False),
        ("a@b@x.example", False),
        ("a" * 250 + "@x.example", False),
    ],
)
def test_a_usable_address(email: str | None, usable: bool) -> None:
    assert usable_email(email) is usable


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        pytest.param({"exempt": True}, ("US-TX",), id="flagged by the source"),
        pytest.param({"exemption_number": "E-1"}, ("US-TX",), id="by a number alone (C04)"),
        pytest.param({"exemption_code": "G"}, ("US-TX",), id="by a code alone (C04)"),
        pytest.param({}, (), id="not flagged"),
        pytest.param({"exempt": True, "ship_to": (address("OR"), address("NY"), address("TX"))},
                     ("US-NY", "US-TX"), id="for each state that levies a sales tax"),
        pytest.param({"exempt": True, "ship_to": (address("Ontario", "CA"), address(None))}, (),
                     id="where no state is known there is nothing to ask for"),
        pytest.param({"exempt": True, "resale_certificate_number": "FF-1"}, (),
                     id="a free-form number is enough"),
    ],
)  # fmt: skip
def test_a_flagged_customer_enters_the_queue_before_it_orders(
    world: World, erp: Source, facts: dict[str, Any], states: tuple[str, ...]
) -> None:
    """C05."""
    erp.remote.put(customer("C-1", **facts))
    erp.pull(Stream.CUSTOMERS)
    with world.store.reading() as tx:
        found = lacking(tx, world.now.date())
    assert [(one.jurisdictions, one.orders) for one in found] == ([(states, 0)] if states else [])


def test_what_orders_lack_and_what_the_card_lacks_is_one_entry(world: World, erp: Source) -> None:
    buy(erp, LONE_STAR, state="CA")
    buy(erp, LONE_STAR, state="TX")
    world.certify("Lone Star", "TX", expiration_date=NOW.date())
    with world.store.reading() as tx:
        (one,) = lacking(tx, NOW.date())
        assert (one.jurisdictions, one.orders) == (("US-CA",), 1)
        (one,) = lacking(tx, NOW.date() + DAY)
        assert (one.jurisdictions, one.orders) == (("US-CA", "US-TX"), 1), "it ran out meanwhile"


def test_a_single_use_certificate_is_none_for_the_card(world: World, erp: Source) -> None:
    erp.remote.put(LONE_STAR)
    erp.pull(Stream.CUSTOMERS)
    world.certify("Lone Star", "TX", order_numbers=("PO-7",))
    with world.store.reading() as tx:
        assert [one.jurisdictions for one in lacking(tx, NOW.date())] == [("US-TX",)]


# --- ship-to customers, and who is left out ----------------------------------------------


def test_what_a_location_lacks_is_asked_of_its_billing_customer(
    world: World, erp: Source, mail: Source
) -> None:
    site = customer("S-1", name="Site", parent_external_id="C-1", ship_to=(address("CA"),))
    buy(erp, LONE_STAR)
    buy(erp, site, state="CA")
    (one,) = asking(mail).sent
    assert (one.name, one.email, one.jurisdictions) == (
        "Lone Star",
        "ap@lonestar.example",
        ("US-CA", "US-TX"),
    )
    assert one.orders == 2
    assert names(asking(mail)) == ([], [], ["Lone Star"]), "and not again for the location"


def test_who_is_excluded_from_mailings_is_not_asked(
    world: World, erp: Source, mail: Source
) -> None:
    buy(erp, LONE_STAR)
    with world.store.writing() as tx:
        (card,) = tx.cards.find([world.customer_id("Lone Star")])
        tx.cards.save([card.model_copy(update={"excluded_from_mailings": True})], NOW, by="anna")
    asked = asking(mail)
    assert (asked.sent, [one.name for one in asked.excluded]) == ([], ["Lone Star"])
    assert mail_due(mail.reading()) == {}


def test_a_card_made_by_hand_is_asked_for_the_state_it_is_in(world: World, mail: Source) -> None:
    details = CustomerDetails(
        name="Depot", country="US", state="NV", email="ap@depot.example", exemption_code="G"
    )
    cards.add(world.store, mail.row.company_id, details, world.act())
    (one,) = asking(mail).sent
    assert (one.name, one.jurisdictions) == ("Depot", ("US-NV",))
