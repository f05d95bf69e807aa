"""Orders are decided as they come in, and anew when what they hang on changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import Stream
from exempt.services.rows import DeliveryTarget
from support.fake_connector import READS, WRITES
from support.records import DAY, NOW, TODAY, YEAR, address, customer, order
from support.stores import rows
from support.world import Source, World

MINUTE = dt.timedelta(minutes=1)
FLAGGED = customer(exempt=True)


def read(source: Source) -> None:
    """Customers first, then orders."""
    source.pull(Stream.CUSTOMERS)
    source.pull()


def test_an_order_is_decided_with_the_page_that_brings_it(world: World, erp: Source) -> None:
    erp.remote.put(FLAGGED, order("O-1"), order("O-2", voided=True))
    read(erp)
    assert world.ground("O-1") == "no_certificate"
    assert world.decision("O-2") is None, "a cancelled order is not decided"


@pytest.mark.parametrize("stated", ["order", "customer"])
def test_what_comes_first_is_no_matter(world: World, erp: Source, stated: str) -> None:
    """An order may come before its customer: it is decided anew when that arrives."""
    erp.remote.put(customer(resale_certificate_number="FF-1"), order())
    streams = [Stream.ORDERS, Stream.CUSTOMERS]
    for stream in streams if stated == "order" else streams[::-1]:
        erp.pull(stream)
        if stated == "order" and stream is Stream.ORDERS:
            assert world.ground() == "unknown_customer"
            assert erp.owed() == [], "and its source is not told anything before"
    assert world.ground() == "free_form_number"
    assert erp.owed() == ["O-1"]


def test_a_certificate_decides_the_orders_of_its_customer_anew(world: World, erp: Source) -> None:
    shop = world.connect("shop")
    erp.remote.put(
        customer("C-1", number="1", exempt=True), order("O-1"), order("O-2", closed=True)
    )
    erp.remote.put(order("O-3", ship_to=address("CA")), order("O-4", customer_external_id="C-2"))
    shop.remote.put(customer("S-1", number="1"), order("O-5", customer_external_id="S-1"))
    read(erp)
    read(shop)
    certificate, changed = world.certify("C-1", "TX")
    assert changed == 2, "the closed one, and that to California, are not looked at"
    assert [world.ground(f"O-{n}") for n in range(1, 6)] == [
        "certificate",
        "no_certificate",
        "no_certificate",
        "unknown_customer",
        "certificate",
    ]
    assert (erp.owed(), shop.owed()) == (["O-1"], ["O-5"]), "closed ones are not written to"
    assert world.archive(certificate) == 2
    assert world.ground("O-1") == "no_certificate"


def test_archiving_leaves_earlier_orders_as_they_were(world: World, erp: Source) -> None:
    erp.remote.put(FLAGGED, order("O-1", order_date=TODAY - DAY), order("O-2"))
    read(erp)
    certificate, _ = world.certify("C-1", "TX")
    world.archive(certificate)
    assert (world.ground("O-1"), world.ground("O-2")) == ("certificate", "no_certificate")


def test_another_source_may_flag_the_customer(world: World, erp: Source) -> None:
    shop = world.connect("shop")
    erp.remote.put(customer("C-1", number="1"), order())
    read(erp)
    assert world.ground() == "not_claimed"
    shop.remote.put(customer("S-1", number="1", exempt=True))
    shop.pull(Stream.CUSTOMERS)
    assert world.ground() == "no_certificate"


@pytest.mark.parametrize(
    ("facts", "owed"),
    [
        pytest.param({}, ["O-1"], id="an order that shows nothing is told that it is exempt"),
        pytest.param({"tax_applicable": True}, ["O-1"], id="so is one that is taxed"),
        pytest.param({"tax_applicable": False, "certificate_number": "N-1"}, [],
                     id="one that shows it already is not"),
        pytest.param({"tax_applicable": False, "certificate_number": "N-0"}, ["O-1"],
                     id="one that shows another certificate is"),
        pytest.param({"closed": True}, [], id="a closed order is never written to"),
        pytest.param({"voided": True}, [], id="a cancelled one neither"),
    ],
)  # fmt: skip
def test_an_exempt_order(world: World, erp: Source, facts: dict[str, Any], owed: list[str]) -> None:
    erp.remote.put(FLAGGED)
    erp.pull(Stream.CUSTOMERS)
    world.certify("C-1", "TX")
    erp.remote.put(order(**facts))
    erp.pull()
    assert erp.owed() == owed


@pytest.mark.parametrize(
    ("facts", "owed"),
    [
        pytest.param({}, [], id="one that says nothing is left alone"),
        pytest.param({"tax_applicable": True}, [], id="one that is taxed is left alone"),
        pytest.param({"tax_applicable": False}, ["O-1"], id="one that is not is told to be"),
        pytest.param({"tax_applicable": False, "ship_to": address("OR")}, [],
                     id="unless its state levies none"),
        pytest.param({"tax_applicable": False, "ship_to": address("Ontario", "CA")}, [],
                     id="or it goes abroad"),
        pytest.param({"tax_applicable": False, "ship_to": None}, [], id="or nobody knows where"),
        pytest.param({"tax_applicable": False, "customer_external_id": "C-9"}, [],
                     id="or to whom"),
    ],
)  # fmt: skip
def test_a_taxed_order(world: World, erp: Source, facts: dict[str, Any], owed: list[str]) -> None:
    erp.remote.put(FLAGGED, order(**facts))
    read(erp)
    assert erp.owed() == owed


def test_a_connection_that_cannot_write_is_owed_nothing(world: World) -> None:
    source = world.connect("readonly", READS)
    source.remote.put(customer(resale_certificate_number="FF"), order())
    read(source)
    assert source.owed() == []


def exempted(world: World, erp: Source) -> None:
    """An order that is exempt, and was told so."""
    erp.remote.put(FLAGGED, order(updated_at=NOW - DAY))
    read(erp)
    world.certify("C-1", "TX")
    assert erp.push() == {"applied": 1}
    erp.pull()
    assert erp.owed() == []


@pytest.mark.parametrize(
    ("then", "owed"),
    [
        pytest.param({"updated_at": NOW + MINUTE, "tax_applicable": True}, ["O-1"],
                     id="somebody taxed it there since: it is told again"),
        pytest.param({"updated_at": NOW + MINUTE, "certificate_number": None}, ["O-1"],
                     id="somebody took the number away"),
        pytest.param({"updated_at": NOW + MINUTE, "purchase_order_number": "PO-1"}, [],
                     id="something else was changed there"),
        pytest.param({"updated_at": NOW + MINUTE, "tax_applicable": None}, [],
                     id="the source says nothing of tax"),
        pytest.param({"updated_at": NOW - MINUTE, "tax_applicable": True}, [],
                     id="an old state that arrives late"),
        pytest.param({"updated_at": None, "tax_applicable": True}, [],
                     id="a state of unknown age may be older than what we wrote"),
        pytest.param({"updated_at": NOW + MINUTE, "tax_applicable": True, "closed": True}, [],
                     id="a closed order drifts as it will"),
    ],
)  # fmt: skip
def test_drift(world: World, erp: Source, then: dict[str, Any], owed: list[str]) -> None:
    exempted(world, erp)
    erp.remote.put(erp.remote.order().model_copy(update=then))
    erp.pull()
    assert erp.owed() == owed


def test_a_decision_that_turns_back_is_told_too(world: World, erp: Source) -> None:
    exempted(world, erp)
    world.archive(1)
    assert erp.push() == {"applied": 1}
    assert erp.remote.order().tax_applicable is True
    assert erp.remote.order().certificate_number is None
    assert erp.last().version == 2


@pytest.mark.parametrize("ending", ["closed", "voided", "deleted"])
def test_an_order_that_takes_no_more_changes_is_owed_nothing_any_more(
    world: World, erp: Source, ending: str
) -> None:
    erp.remote.put(FLAGGED, order(tax_applicable=False))
    read(erp)
    assert erp.owed() == ["O-1"]
    if ending == "deleted":
        erp.remote.remove(Stream.ORDERS, "O-1")
    else:
        erp.remote.put(order(tax_applicable=False).model_copy(update={ending: True}))
    erp.pull()
    assert erp.owed() == []
    assert erp.push() == {}
    assert erp.last().state == "superseded"
    erp.remote.put(order(tax_applicable=False))
    erp.pull()
    assert erp.owed() == ["O-1"], "until it takes changes again"


def test_an_order_that_is_gone_is_not_owed_anything_anew(world: World, erp: Source) -> None:
    erp.remote.put(FLAGGED, order())
    read(erp)
    erp.remote.remove(Stream.ORDERS, "O-1")
    erp.pull()
    world.certify("C-1", "TX")
    assert erp.owed() == []


def test_an_order_that_is_opened_again_is_told_what_it_missed(world: World, erp: Source) -> None:
    erp.remote.put(FLAGGED, order(closed=True))
    read(erp)
    world.certify("C-1", "TX")
    assert erp.owed() == []
    erp.remote.put(order())
    erp.pull()
    assert erp.owed() == ["O-1"]


# --- customers -------------------------------------------------------------------------


def shown(source: Source, external_id: str = "C-1") -> str:
    return source.last(external_id, DeliveryTarget.CUSTOMER).wanted


@pytest.fixture
def crm(world: World) -> Source:
    """A connection that writes to customers too."""
    return world.connect("crm", WRITES)


@pytest.mark.parametrize(
    ("facts", "certified", "owed"),
    [
        pytest.param({}, False, [], id="an ordinary customer is never written to"),
        pytest.param({"exempt": False}, False, [], id="nor one that is not exempt there"),
        pytest.param({"exempt": True}, False, ["C-1"], id="who is exempt there for nothing is"),
        pytest.param({"exempt": True}, True, ["C-1"], id="who is exempt with a reason is, once"),
        pytest.param({}, True, ["C-1"], id="who holds a certificate is"),
        pytest.param({"exemption_number": "E-1"}, False, [],
                     id="a number beside the flag is no flag to take back"),
    ],
)  # fmt: skip
def test_which_customers_are_told(
    world: World, crm: Source, facts: dict[str, Any], certified: bool, owed: list[str]
) -> None:
    crm.remote.put(customer(**facts), customer("C-2"))
    crm.sync(write_back=False)
    if certified:
        world.certify("C-1", "TX")
    assert crm.owed() == owed
    crm.sync(write_back=False)
    assert crm.owed() == owed, "and not again"


def test_a_day_alone_changes_what_a_customer_shows(world: World, crm: Source) -> None:
    crm.remote.put(customer())
    crm.sync()
    world.certify("C-1", "TX", expiration_date=TODAY)
    assert crm.sync().outcomes == {"applied": 1}
    assert crm.remote.customer().exempt is True
    assert crm.sync().outcomes == {}
    world.now += DAY
    crm.remote.now = world.now
    assert crm.sync().outcomes == {"applied": 1}
    assert crm.remote.customer().exempt is False


def test_our_own_word_coming_back_changes_nothing(world: World, crm: Source) -> None:
    crm.remote.put(customer(exempt=True), order(tax_applicable=True))
    world.use_register()
    crm.sync()
    assert crm.remote.customer().exempt is False, "nothing on file: it is told so"
    crm.sync()
    assert world.ground() == "no_certificate", "the claim stays: the customer is to be asked"
    world.certify("C-1", "TX")
    crm.sync()
    assert crm.remote.customer().exempt is True
    assert crm.sync().outcomes == {}


def test_a_flag_turned_over_there_is_mended(world: World, crm: Source) -> None:
    crm.remote.put(customer(exempt=True))
    crm.sync()
    world.certify("C-1", "TX")
    crm.sync()
    mistaken = crm.remote.customer().model_copy(
        update={"exempt": False, "updated_at": NOW + MINUTE}
    )
    crm.remote.put(mistaken)
    crm.remote.now = NOW + 2 * MINUTE
    assert crm.sync().outcomes == {"applied": 1}
    assert crm.remote.customer().exempt is True


@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(365, True, id="what went there within a year counts"),
        pytest.param(366, False, id="what went there before no longer does"),
    ],
)
def test_a_state_that_goods_went_to_lately_is_a_ship_to(
    world: World, crm: Source, days: int, told: bool
) -> None:
    crm.remote.put(customer(exempt=True))
    crm.remote.put(order(ship_to=address("NY"), order_date=TODAY - days * DAY))
    crm.sync(write_back=False)
    assert ("US-NY" in shown(crm)) is told
    assert "US-TX" in shown(crm)


def test_a_free_form_number_exempts_the_customer_wherever_goods_go(
    world: World, crm: Source
) -> None:
    crm.remote.put(customer(exempt=True, resale_certificate_number="FF-1"), order())
    crm.sync()
    assert crm.remote.customer().exempt is True
    assert crm.remote.order().certificate_number == "FF-1"


def test_a_free_form_number_alone_is_told_too(world: World, crm: Source) -> None:
    crm.remote.put(customer(exempt=False, resale_certificate_number="FF-1"))
    crm.remote.put(customer("C-2", exempt=True, resale_certificate_number="FF-2", ship_to=()))
    crm.sync()
    assert crm.remote.customer().exempt is True
    assert crm.remote.customer("C-2").exempt is True, "nobody knows where: it is left alone"


def test_a_customer_that_is_gone_is_told_nothing(world: World, crm: Source) -> None:
    crm.remote.put(customer(exempt=True))
    crm.pull(Stream.CUSTOMERS)
    crm.remote.remove(Stream.CUSTOMERS, "C-1")
    crm.sync()
    assert crm.remote.pushed == []


def test_decisions_are_those_of_the_day_of_the_order(world: World, erp: Source) -> None:
    erp.remote.put(FLAGGED, order("O-1", order_date=TODAY - 2 * YEAR), order("O-2"))
    read(erp)
    world.certify("C-1", "TX", signed_date=TODAY - YEAR)
    assert (world.ground("O-1"), world.ground("O-2")) == ("no_certificate", "certificate")
    found = rows(world.store, "SELECT count(*) FROM decision WHERE superseded_at IS NULL")
    assert found == [(2,)]
