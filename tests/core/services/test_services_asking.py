"""Who is asked for what a location lacks; and a mail that waits goes by what the card says then."""

from __future__ import annotations

from typing import Any

import pytest

from exempt import TransientError
from exempt.services import cards, joining
from exempt.services.card_sheet import look_at
from exempt.services.mailing import mail_due
from exempt.services.request_ports import RequestRow
from exempt.services.requests import Asked, ask, lacking
from exempt.services.rows import DeliveryState, DeliveryTarget
from support.cards import card_of, make_cards, on_card, pull
from support.fake_connector import MAILS
from support.records import DAY, NOW, TODAY, address, customer, order
from support.world import Source, World


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def erp(world: World) -> Source:
    return world.connect("erp")


@pytest.fixture
def mail(world: World) -> Source:
    """A connection that sends mail."""
    return world.connect("mail", MAILS)


def hotel(**changes: Any) -> Any:
    """A billing customer, ``B``, whose goods go to Texas."""
    return customer("B", **{"name": "Hotel", "number": "100", "email": "ap@b.example", **changes})


def annex(**changes: Any) -> Any:
    """A location of it, ``S``, in Nevada."""
    facts = {"name": "Annex", "number": "101", "email": "s@b.example", "parent_external_id": "B"}
    return customer("S", **{**facts, "ship_to": (address("NV"),), **changes})


def to_ask(world: World) -> list[tuple[str, tuple[str, ...]]]:
    with world.store.reading() as tx:
        return [(one.name, one.jurisdictions) for one in lacking(tx, TODAY)]


def shown(world: World, card: int) -> list[tuple[str, tuple[str, ...]]]:
    """What the sheet of a card says is to be asked, and of whom."""
    with world.store.reading() as tx:
        return [(one.name, one.jurisdictions) for one in look_at(tx, card, TODAY, 30).to_ask]


def states(world: World, card: int) -> dict[str, int | None]:
    """By state of a card's sheet, the certificate that covers it."""
    with world.store.reading() as tx:
        found = look_at(tx, card, TODAY, 30).states
    return {s.jurisdiction: s.coverage.certificate_id if s.coverage else None for s in found}


def edit(world: World, card: int, **changes: Any) -> None:
    details = card_of(world.store, card).details.model_copy(update=changes)
    cards.edit(world.store, card, details, world.act())


def asking(mail: Source) -> Asked:
    return ask(mail.world.store, {mail.row.company_id: mail.row}, NOW)


def asked(world: World) -> list[RequestRow]:
    with world.store.reading() as tx:
        return tx.requests.all()


# --- who is asked, and for what ----------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        pytest.param({"exempt": True}, [("Hotel", ("US-NV", "US-TX"))],
                     id="a flag of the billing customer is that of its locations"),
        pytest.param({}, [], id="nobody claims"),
        pytest.param({"exempt": True, "resale_certificate_number": "FF"}, [],
                     id="nor who shows a free-form number, and its locations with it"),
        pytest.param({"resale_certificate_number": "FF"}, [], id="which is enough by itself"),
    ],
)  # fmt: skip
def test_what_a_billing_customer_claims_its_locations_claim(
    world: World, erp: Source, facts: dict[str, Any], found: list[Any]
) -> None:
    pull(erp, hotel(**facts), annex())
    assert to_ask(world) == shown(world, 1) == found


def test_a_free_form_number_is_enough_for_a_location_that_is_flagged_itself(
    world: World, erp: Source
) -> None:
    pull(erp, hotel(resale_certificate_number="FF"), annex(exempt=True))
    assert to_ask(world) == shown(world, 2) == []


def test_the_sheet_of_a_location_names_whom_to_ask(world: World, erp: Source) -> None:
    pull(erp, hotel(exempt=True), annex())
    assert shown(world, 2) == [("Hotel", ("US-NV",))]


def test_what_a_location_holds_itself_is_not_missing(world: World, erp: Source) -> None:
    pull(erp, hotel(exempt=True), annex())
    certificate, _ = world.certify("Annex", "NV")
    assert to_ask(world) == shown(world, 1) == [("Hotel", ("US-TX",))]
    assert states(world, 1) == {"US-NV": certificate, "US-TX": None}


def test_what_one_of_two_locations_holds_is_missing_for_the_other(
    world: World, erp: Source
) -> None:
    pull(erp, hotel(exempt=True), annex(),
         annex(number="102").model_copy(update={"external_id": "T", "name": "Barn"}))  # fmt: skip
    world.certify("Annex", "NV")
    assert to_ask(world) == shown(world, 1) == [("Hotel", ("US-NV", "US-TX"))]
    assert states(world, 1) == {"US-NV": None, "US-TX": None}


def test_a_card_whose_making_was_undone_is_not_asked(world: World) -> None:
    make_cards(world.store, on_card("Gone", exempt=True, ship_to_zones=["TX"]))
    with world.store.writing() as tx:
        tx.cards.retire([1], NOW)
    assert to_ask(world) == []


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        pytest.param({}, {"exempt": True}, "Owner", id="the one that is flagged"),
        pytest.param({"exempt": True}, {"exempt": True}, "Hotel", id="of two, the first"),
        pytest.param({"exempt": True, "email": None}, {"exempt": True}, "Owner",
                     id="of two, the one that mail reaches"),
        pytest.param({}, {}, "Hotel", id="if none, the first"),
    ],
)  # fmt: skip
def test_which_of_two_billing_customers_is_asked(
    world: World, erp: Source, first: dict[str, Any], second: dict[str, Any], name: str
) -> None:
    pull(erp, hotel(ship_to=(), **first),
         customer("O", name="Owner", number="200", **{"email": "o@o.example", **second},
                  ship_to=()), annex(exempt=True))  # fmt: skip
    cards.link_ship_to(world.store, 2, 3, world.act())
    assert to_ask(world) == [(name, ("US-NV",))]


def test_of_two_billing_customers_the_one_with_certificates_is_asked(
    world: World, erp: Source
) -> None:
    pull(erp, hotel(), customer("O", name="Owner", number="200", email="o@o.example"),
         annex(exempt=True))  # fmt: skip
    cards.link_ship_to(world.store, 2, 3, world.act())
    world.certify("Owner", "CA")
    assert to_ask(world) == [("Owner", ("US-NV",))]


@pytest.mark.parametrize(
    ("bill_to", "location", "name"),
    [
        pytest.param({}, {}, "Hotel", id="the billing customer"),
        pytest.param({"email": None}, {}, "Annex", id="the location where that has no mailbox"),
        pytest.param({"email": None}, {"email": None}, "Hotel", id="unless it has none either"),
    ],
)
def test_a_location_is_asked_where_no_mail_reaches_its_billing_customer(
    world: World, erp: Source, bill_to: dict[str, Any], location: dict[str, Any], name: str
) -> None:
    pull(erp, hotel(**bill_to), annex(exempt=True, **location))
    assert to_ask(world) == [(name, ("US-NV",))]


def test_a_location_is_asked_where_its_billing_customer_is_excluded_from_mailings(
    world: World, erp: Source
) -> None:
    pull(erp, hotel(), annex(exempt=True))
    edit(world, 1, excluded_from_mailings=True)
    assert to_ask(world) == shown(world, 2) == [("Annex", ("US-NV",))]


def test_two_that_are_each_others_location_are_asked_each_for_itself(
    world: World, erp: Source
) -> None:
    pull(erp, hotel(exempt=True), annex(parent_external_id=None))
    cards.link_ship_to(world.store, 1, 2, world.act())
    pull(erp, hotel(exempt=True, parent_external_id="S"))
    assert to_ask(world) == shown(world, 1) == [("Hotel", ("US-TX",))]
    assert shown(world, 2) == []


# --- mails that wait ---------------------------------------------------------------------


@pytest.fixture
def waiting(erp: Source, mail: Source) -> Source:
    """A mail to the hotel that has not gone out."""
    pull(erp, hotel(exempt=True))
    assert len(asking(mail).sent) == 1
    return mail


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"excluded_from_mailings": True}, "excluded from mailings meanwhile",
                     id="excluded from mailings"),
        pytest.param({"email": None}, "no usable e-mail address any more", id="no mailbox"),
        pytest.param({"exemption_number": None}, None, id="nothing of the kind"),
    ],
)  # fmt: skip
def test_a_mail_that_waits_is_withdrawn(
    world: World, waiting: Source, changes: dict[str, Any], why: str | None
) -> None:
    edit(world, 1, **changes)
    assert mail_due(waiting.reading()) == ({} if why else {"applied": 1})
    (request,) = asked(world)
    delivery = waiting.last(str(request.id), DeliveryTarget.MAIL)
    if why is None:
        assert (request.state, delivery.state) == ("not_opened", DeliveryState.SENT)
        return
    assert (request.state, request.withdrawn_because) == ("withdrawn", why)
    assert (delivery.state, delivery.message) == (DeliveryState.SUPERSEDED, why)
    assert waiting.remote.sent == []
    edit(world, 1, excluded_from_mailings=False, email="new@b.example")
    assert [one.email for one in asking(waiting).sent] == ["new@b.example"], "it is asked again"


def test_a_mail_whose_certificate_came_is_withdrawn_and_may_be_asked_again(
    world: World, waiting: Source
) -> None:
    certificate, _ = world.certify("Hotel", "TX")
    assert mail_due(waiting.reading()) == {}
    assert [one.withdrawn_because for one in asked(world)] == [
        "nothing lacks any more that it asks for"
    ]
    world.archive(certificate)
    assert len(asking(waiting).sent) == 1


def test_a_mail_that_waits_goes_to_the_address_that_was_corrected(
    world: World, waiting: Source
) -> None:
    (before,) = asked(world)
    key = waiting.last(str(before.id), DeliveryTarget.MAIL).wanted
    edit(world, 1, email="right@b.example")
    mail_due(waiting.reading())
    (message,) = waiting.remote.sent
    assert message.to == ("right@b.example",)
    assert message.key in key
    assert [one.recipient for one in asked(world)] == ["right@b.example"]
    assert "right@b.example" in waiting.last(str(before.id), DeliveryTarget.MAIL).wanted


def test_a_mail_that_may_have_gone_out_is_left_for_a_person(world: World, waiting: Source) -> None:
    waiting.remote.faults["send_request"] = [TransientError("cut off", maybe_applied=True)]
    assert mail_due(waiting.reading()) == {"unknown": 1}
    edit(world, 1, excluded_from_mailings=True)
    mail_due(waiting.reading())
    (request,) = asked(world)
    assert request.state == "not_opened"
    assert waiting.last(str(request.id), DeliveryTarget.MAIL).state is DeliveryState.DEAD


def two_asked(erp: Source, mail: Source, *, state: str = "TX") -> None:
    """A hotel and a barn, each with a mail that waits; then they are one customer."""
    barn = customer("N", name="Barn", number="300", email="n@n.example", exempt=True)
    pull(erp, hotel(exempt=True), barn.model_copy(update={"ship_to": (address(state),)}))
    assert len(asking(mail).sent) == 2


def test_of_two_mails_to_one_customer_for_the_same_states_one_goes_out(
    world: World, erp: Source, mail: Source
) -> None:
    two_asked(erp, mail)
    joining.merge(world.store, 1, 2, world.act())
    assert mail_due(mail.reading()) == {"applied": 1}
    assert [message.to for message in mail.remote.sent] == [("ap@b.example",)]
    assert sorted(filter(None, (one.withdrawn_because for one in asked(world)))) == [
        "asked by another request already"
    ]
    assert asking(mail).sent == []


def test_two_mails_to_one_customer_for_two_states_both_go_to_its_mailbox(
    world: World, erp: Source, mail: Source
) -> None:
    two_asked(erp, mail, state="CA")
    joining.merge(world.store, 1, 2, world.act())
    assert mail_due(mail.reading()) == {"applied": 2}
    assert {message.to for message in mail.remote.sent} == {("ap@b.example",)}


def test_a_mail_refused_leaves_the_other_one(world: World, erp: Source, mail: Source) -> None:
    two_asked(erp, mail)
    joining.merge(world.store, 1, 2, world.act())
    mail.remote.faults["send_request"] = [TransientError("busy")]
    assert mail_due(mail.reading()) == {"retry": 1, "applied": 1}
    world.now += DAY
    assert mail_due(mail.reading()) == {}, "what was to be tried again is superfluous by now"


def test_what_was_asked_of_a_location_that_is_linked_since_is_asked_of_its_billing_customer(
    world: World, erp: Source, mail: Source
) -> None:
    pull(erp, hotel(), annex(exempt=True, parent_external_id=None),
         order(customer_external_id="S", ship_to=address("NV"), tax_applicable=False))  # fmt: skip
    assert [one.name for one in asking(mail).sent] == ["Annex"]
    cards.link_ship_to(world.store, 1, 2, world.act())
    assert [one.name for one in asking(mail).sent] == ["Hotel"]
    mail_due(mail.reading())
    assert [message.to for message in mail.remote.sent] == [("ap@b.example",)]
