"""An order decided while it is entered: on each database, and by the quick way of SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exempt import Stream
from exempt.adapters.store.quick import QuickAsking
from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Caller, Right
from exempt.model.asking import Answer, Buyer, Holder, Question
from exempt.services import cards, joining
from exempt.services.deciding import Asking, Terms, ask
from exempt.services.policy import Policy
from support.cards import make_cards, on_card, pull
from support.fake_connector import WRITES
from support.records import act, address, customer
from support.world import Source, World

ANNA = act()
ANYBODY = Caller("api:erp", frozenset({Right.DECIDE}))


@pytest.fixture
def erp(any_world: World) -> Source:
    """Card 1, number 100, has a certificate for Texas; card 2, number 101, has none."""
    erp = any_world.connect("erp", WRITES)
    pull(erp, customer("A", name="Acme", number="100", email="ap@acme.example"),
         customer("B", name="Beta", number="101"))  # fmt: skip
    any_world.certify("Acme", "TX", number="N-1")
    return erp


@contextmanager
def asking(world: World) -> Iterator[Asking]:
    with world.store.reading() as tx:
        yield tx.asking


def found(erp: Source, company: str | None = None, **names: Any) -> Holder | None:
    with asking(erp.world) as look:
        return look.holder(Buyer.model_validate(names), company)


def answered(
    world: World, caller: Caller = ANYBODY, company: str | None = None, **names: Any
) -> Answer:
    buyer = Buyer.model_validate(names)
    question = Question(company=company, customer=buyer, ship_to=address("TX"))
    with asking(world) as look:
        return ask(look, question, Terms(Policy(), lambda: world.now), caller)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({"id": 1}, id="by our id"),
        pytest.param({"number": " 100 "}, id="by its number"),
        pytest.param({"external_id": "A", "connection": "erp"}, id="by its id in a source"),
    ],
)
def test_a_customer_is_found_by_each_of_its_names(erp: Source, names: dict[str, Any]) -> None:
    holder = found(erp, **names)
    assert holder is not None
    assert holder.card.name == "Acme"
    assert holder.mailbox == "ap@acme.example"
    assert [each.certificate_number for each in holder.held] == ["N-1"]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({"id": 99}, id="no such id"),
        pytest.param({"number": "999"}, id="no such number"),
        pytest.param({"external_id": "Z", "connection": "erp"}, id="no such record"),
    ],
)
def test_who_is_not_known_is_not_found(erp: Source, names: dict[str, Any]) -> None:
    assert found(erp, **names) is None


def test_one_without_certificates_holds_nothing(erp: Source) -> None:
    holder = found(erp, number="101")
    assert holder is not None
    assert holder.held == []


def test_it_holds_what_decisions_of_orders_go_by(erp: Source) -> None:
    """The same coverages, to the last field, of several certificates in several states."""
    erp.world.certify("Acme", "CA", "NY", number="N-2", order_numbers=("PO-1",))
    erp.world.archive(1)
    holder = found(erp, id=1)
    with erp.world.store.reading() as tx:
        expected = tx.certificates.coverages([1])[1]
        card = tx.sources.cards(erp.row.id, ["A"])["A"]
    assert holder is not None
    assert sorted(holder.held, key=repr) == sorted(expected, key=repr)
    assert holder.card == card


def test_a_ship_to_customer_may_use_what_its_billing_customer_holds(erp: Source) -> None:
    cards.link_ship_to(erp.world.store, 1, 2, ANNA)
    erp.world.certify("Beta", "CA", number="N-2")
    holder = found(erp, id=2)
    with erp.world.store.reading() as tx:
        expected = tx.certificates.coverages([2])[2]
    assert holder is not None
    assert holder.held == expected
    assert {each.certificate_number for each in holder.held} == {"N-1", "N-2"}


def test_a_certificate_of_both_counts_once(erp: Source) -> None:
    cards.link_ship_to(erp.world.store, 1, 2, ANNA)
    with erp.world.store.reading() as tx:
        held = tx.certificates.get(1)
    assert held is not None
    from exempt.services import certificates

    both = held.details.model_copy(update={"customer_ids": (1, 2)})
    certificates.edit(erp.world.store, 1, both, ANNA, seen=held.version)
    holder = found(erp, id=2)
    assert holder is not None
    assert len(holder.held) == 1


def test_a_merged_card_leads_to_the_one_that_stands_for_it(erp: Source) -> None:
    joining.merge(erp.world.store, 1, 2, ANNA)
    for names in ({"id": 2}, {"external_id": "B", "connection": "erp"}, {"number": "101"}):
        holder = found(erp, **names)
        assert holder is not None
        assert holder.card.customer_id == 1


def test_a_number_of_several_companies_needs_the_company(erp: Source) -> None:
    erp.world.connect("other", WRITES, company="southwind")
    make_cards(erp.world.store, on_card("Acme South", number="100"), company="southwind")
    with pytest.raises(RefusedError, match="several customers have this number"):
        found(erp, number="100")
    holder = found(erp, "southwind", number="100")
    assert holder is not None
    assert holder.card.name == "Acme South"


def test_a_company_or_a_connection_that_is_not_there_is_named(erp: Source) -> None:
    with pytest.raises(NotFoundError, match="there is no company 'nowhere'"):
        found(erp, "nowhere", number="100")
    with pytest.raises(NotFoundError, match="connection 'crm'"):
        found(erp, external_id="A", connection="crm")


def test_the_answer_of_another_company_s_customer(erp: Source) -> None:
    """By id there is none; by number it is as new as anybody else's."""
    stranger = ANYBODY._replace(company_ids=frozenset({99}))
    with pytest.raises(NotFoundError, match="customer 1: there is none"):
        answered(erp.world, stranger, id=1)
    assert answered(erp.world, stranger, number="100").ground == "unknown_customer"
    assert answered(erp.world, number="100").exempt
    erp.world.connect("other", WRITES, company="southwind")
    make_cards(erp.world.store, on_card("Acme South", number="100"), company="southwind")
    both = ANYBODY._replace(company_ids=frozenset({1, 99}))
    assert answered(erp.world, both, number="100").customer_id == 1  # the other is not there


# --- the quick way -----------------------------------------------------------------------


@pytest.fixture
def quick(world: World) -> Iterator[QuickAsking]:
    path = world.store.database.engine.url.database
    assert path is not None
    asking = QuickAsking(Path(path))
    yield asking
    asking.close()


def test_the_quick_way_sees_what_was_written_a_moment_ago(world: World, quick: QuickAsking) -> None:
    erp = world.connect("erp", WRITES)
    acme = Buyer(number="100")
    assert quick.holder(acme, None) is None
    pull(erp, customer("A", name="Acme", number="100"))
    before = quick.holder(acme, None)
    world.certify("Acme", "TX")
    after = quick.holder(acme, None)
    assert before is not None
    assert after is not None
    assert (before.held, len(after.held)) == ([], 1)
    assert quick.holder(acme, None) is after  # remembered until somebody writes again
    assert erp.parts(Stream.CUSTOMERS)


def test_the_quick_way_cannot_write(world: World, quick: QuickAsking) -> None:
    import sqlite3

    quick.holder(Buyer(number="1"), None)
    assert quick._opened is not None
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        quick._opened.execute("DELETE FROM customer")
