"""What sources report late, correct or take back leaves nothing stale; nor do two at once."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from exempt import Stream
from exempt.adapters.documents import LocalDocuments
from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.certificate import CertificateDetails, Rejection, RejectionCode
from exempt.model.decision import Decision, Profile
from exempt.services import certificates, orders
from exempt.services.arrivals import decide_page
from exempt.services.policy import Policy
from exempt.services.ports import Store, Transaction
from exempt.services.rows import DeliveryTarget
from exempt.services.rules_changed import follow_rules
from exempt.services.sync import rehearse_sync
from support.fake_connector import READS, WRITES
from support.records import DAY, TODAY, YEAR, address, customer, order
from support.stores import everything, rows, side_by_side
from support.world import Source, World

FIRST = TODAY - 4 * YEAR
NO = (Rejection(code=RejectionCode.OTHER),)
FLAGGED = customer(exempt=True)


def edit(world: World, certificate_id: int = 1, **changes: Any) -> None:
    with world.store.reading() as tx:
        before = certificates.get(tx, certificate_id)
    fields = {**before.details.model_dump(), **changes}
    after = CertificateDetails.model_validate(fields)
    certificates.edit(world.store, certificate_id, after, world.act(), seen=before.version)


def order_id(world: World, words: str = "O-1") -> int:
    with world.store.reading() as tx:
        return orders.find_one(tx, words).id


def decision(world: World, words: str = "O-1") -> Decision:
    found = world.decision(words)
    assert found is not None
    return found


def read(source: Source, *records: Any) -> None:
    """Let the source report these, and read all that is new."""
    source.remote.put(*records)
    source.pull(Stream.CUSTOMERS)
    source.pull()


def delete(source: Source, stream: Stream, external_id: str) -> None:
    source.remote.remove(stream, external_id)
    source.pull(stream)


# --- sales that recur ------------------------------------------------------------------


def sale(name: str, days: int, **facts: Any) -> Any:
    """A sale to New Jersey so many days after the certificate was signed."""
    return order(name, **{"order_date": FIRST + days * DAY, "ship_to": address("NJ"), **facts})


@pytest.fixture
def buyer(erp: Source) -> Source:
    """C-1 has a certificate for New Jersey, and bought there in time, and in time again."""
    read(erp, FLAGGED, customer("C-2"), customer("S-1", parent_external_id="C-2"))
    erp.world.certify("Customer C-1", "NJ", signed_date=FIRST)
    read(erp, sale("FIRST", 0), sale("BETWEEN", 300), sale("LAST", 600))
    assert erp.world.ground("LAST") == "certificate"
    return erp


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(lambda s: read(s, sale("BETWEEN", 300, ship_to=address("TX"))),
                     id="went to another state"),
        pytest.param(lambda s: read(s, sale("BETWEEN", 300, ship_to=None)),
                     id="went nowhere that is known"),
        pytest.param(lambda s: read(s, sale("BETWEEN", 300, customer_external_id="C-2")),
                     id="was another customer's"),
        pytest.param(lambda s: delete(s, Stream.ORDERS, "BETWEEN"), id="was deleted"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("closed", [False, True], ids=["", "and the later one is closed"])
def test_a_sale_that_bridged_a_gap(
    buyer: Source, report: Callable[[Source], object], closed: bool
) -> None:
    read(buyer, sale("LAST", 600, closed=closed))
    report(buyer)
    assert buyer.world.ground("LAST") == "no_certificate"


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(lambda s: read(s, sale("BETWEEN", 300, customer_external_id="S-1"),
                                    customer("S-1", parent_external_id="C-1")),
                     id="that became its ship-to"),
        pytest.param(lambda s: read(s, sale("BETWEEN", 300, customer_external_id="S-9"),
                                    customer("S-9", parent_external_id="C-1")),
                     id="that is known only now"),
    ],
)  # fmt: skip
def test_a_sale_counts_that_was_made_to_a_customer(
    buyer: Source, report: Callable[[Source], object]
) -> None:
    read(buyer, sale("BETWEEN", 300, customer_external_id="C-2"))
    report(buyer)
    assert buyer.world.ground("LAST") == "certificate"
    read(buyer, customer("S-1"), customer("S-9"))
    assert buyer.world.ground("LAST") == "no_certificate", "its ship-to no more"


def test_sales_of_a_customer_who_holds_it_with_its_billing_customer(erp: Source) -> None:
    """Each by its own sales: those of the ship-to customer count for both."""
    world = erp.world
    read(erp, customer("S-1", parent_external_id="C-1"), FLAGGED)
    both = (world.customer_id("Customer S-1"), world.customer_id("Customer C-1"))
    world.certify("Customer S-1", "NJ", signed_date=FIRST)
    edit(world, customer_ids=both)
    read(erp, sale("O-2", 600))
    read(erp, sale("O-1", 0, customer_external_id="S-1"))
    with world.store.reading() as tx:
        assert set(tx.certificates.holds([1])) == {(1, each, "US-NJ") for each in both}
    assert world.ground("O-2") == "no_certificate"


def test_a_closed_order_follows_only_by_what_it_was_decided_by(erp: Source) -> None:
    """A sale that is read late must not bring a certificate into it that came later."""
    world = erp.world
    read(erp, FLAGGED, sale("O-1", 0, closed=True), sale("O-2", 600, closed=True))
    world.certify("C-1", "NJ", signed_date=FIRST)
    read(erp, sale("BETWEEN", 300, closed=True))
    assert world.ground("O-2") == "no_certificate"
    assert decision(world, "O-2").steps == ()


def test_a_closed_order_keeps_a_certificate_that_was_rejected_since(buyer: Source) -> None:
    world = buyer.world
    world.certify("Customer C-1", "NJ", number="N-2", signed_date=FIRST, expiration_date=TODAY)
    read(buyer, sale("LAST", 600, closed=True))
    assert decision(world, "LAST").certificate_number == "N-2"
    certificates.review(world.store, 2, world.act(), rejections=NO)
    delete(buyer, Stream.ORDERS, "BETWEEN")
    assert world.ground("LAST") == "no_certificate", "for both it was the sale that bridged the gap"
    read(buyer, sale("BETWEEN", 300))
    assert decision(world, "LAST").certificate_number == "N-2"


def test_a_certificate_has_no_end_while_one_of_its_customers_has_none(buyer: Source) -> None:
    def held_through() -> dt.date | None:
        with buyer.world.store.reading() as tx:
            return certificates.get(tx, 1).jurisdictions[0].held_through

    last = FIRST + 600 * DAY
    assert held_through() == last.replace(year=last.year + 1)
    edit(buyer.world, customer_ids=(1, 2))
    assert held_through() is None, "no sale to C-2 is known"


# --- ship-to customers -----------------------------------------------------------------


@pytest.fixture
def shipped(erp: Source) -> Source:
    """An order of S-1, which a certificate of its billing customer C-1 covers."""
    read(erp, customer(), customer("C-2"), customer("S-1", parent_external_id="C-1"))
    read(erp, order(customer_external_id="S-1"))
    erp.world.certify("Customer C-1", "TX")
    assert erp.world.ground() == "certificate"
    return erp


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(lambda s: read(s, customer("S-1", parent_external_id="C-2")),
                     id="becomes another's"),
        pytest.param(lambda s: read(s, customer("S-1")), id="becomes nobody's"),
        pytest.param(lambda s: delete(s, Stream.CUSTOMERS, "S-1"), id="is deleted"),
        pytest.param(lambda s: delete(s, Stream.CUSTOMERS, "C-1"),
                     id="has a billing customer that is deleted"),
    ],
)  # fmt: skip
def test_when_a_ship_to_customer(shipped: Source, report: Callable[[Source], object]) -> None:
    report(shipped)
    assert shipped.world.ground() == "not_claimed"
    read(shipped, customer(), customer("S-1", parent_external_id="C-1"))
    assert shipped.world.ground() == "certificate", "and back again"


def test_a_customer_that_is_a_ship_to_in_one_source_is_so_in_all(shipped: Source) -> None:
    world = shipped.world
    shop = world.connect("shop")
    read(shipped, customer("S-1", number="7", parent_external_id="C-1"))
    read(shop, customer("X", number="7"), order("O-X", customer_external_id="X"))
    assert world.ground("O-X") == "certificate"
    world.archive(1)
    assert world.ground("O-X") == "not_claimed"


# --- who is told -----------------------------------------------------------------------


@pytest.mark.parametrize("sent", [False, True], ids=["before it was told", "after it was told"])
def test_a_customer_is_taken_off_a_certificate(world: World, sent: bool) -> None:
    crm = world.connect("crm", WRITES)
    read(crm, customer(), customer("C-2"))
    world.certify("C-1", "TX")
    if sent:
        crm.push()
    edit(world, customer_ids=(2,))
    assert set(crm.owed()) == {"C-1", "C-2"}
    assert '"exempt":true' not in crm.last("C-1", DeliveryTarget.CUSTOMER).wanted


# --- orders ----------------------------------------------------------------------------


def test_an_order_that_was_corrected_while_it_was_cancelled(erp: Source) -> None:
    read(erp, FLAGGED, order())
    erp.world.certify("C-1", "TX")
    read(erp, order(ship_to=address("CA"), voided=True))
    read(erp, order(ship_to=address("CA"), closed=True))
    assert decision(erp.world).jurisdiction == "US-CA"
    assert erp.owed() == []


def test_a_certificate_chosen_for_another_state_counts_while_it_is_good(erp: Source) -> None:
    read(erp, FLAGGED, order())
    erp.world.certify("C-1", "CA")
    orders.choose(erp.world.store, order_id(erp.world), 1, erp.world.act(), anyway=True)
    certificates.review(erp.world.store, 1, erp.world.act(), rejections=NO)
    assert erp.world.ground() == "no_certificate"


@pytest.mark.parametrize("gone", ["deleted", "cancelled"])
def test_an_order_that_is_gone_is_not_decided_by_hand(erp: Source, gone: str) -> None:
    read(erp, FLAGGED, order())
    world, number = erp.world, order_id(erp.world)
    orders.override(world.store, number, world.act(), tax_applicable=False, reason="Court order.")
    if gone == "deleted":
        delete(erp, Stream.ORDERS, "O-1")
    else:
        read(erp, order(voided=True))
    before = everything(world.store)
    with pytest.raises((NotFoundError, RefusedError), match=gone):
        orders.override(world.store, number, world.act(), tax_applicable=True, reason="Why not?")
    with pytest.raises((NotFoundError, RefusedError), match=gone):
        orders.reset(world.store, number, world.act())
    assert everything(world.store) == before


def test_a_long_reason_for_dropping_a_choice_can_be_read_again(erp: Source) -> None:
    long, longer = "A" * 250, "B" * 250
    read(erp, customer(long, name="A"), order(customer_external_id=long))
    act = erp.world.act()
    orders.override(
        erp.world.store, order_id(erp.world), act, tax_applicable=False, reason="Court order."
    )
    read(erp, order(customer_external_id=longer))
    with erp.world.store.reading() as tx:
        (ended,) = tx.choices.all_of(order_id(erp.world))
    assert ended.ended_reason is not None
    assert ended.ended_reason.endswith(" …")


def test_a_state_abroad_in_other_capitals_is_no_correction(erp: Source) -> None:
    ontario = address("on", "CA")
    read(erp, FLAGGED, order(ship_to=ontario))
    act = erp.world.act()
    orders.override(
        erp.world.store, order_id(erp.world), act, tax_applicable=False, reason="Court order."
    )
    read(erp, order(ship_to=ontario.model_copy(update={"state": "ON"})))
    assert erp.world.ground() == "override"


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_a_file_whose_name_is_no_text_is_refused(
    erp: Source, documents: LocalDocuments, tmp_path: Path
) -> None:
    read(erp, FLAGGED)
    erp.world.certify("C-1", "TX")
    file = tmp_path / os.fsdecode(b"scan-\xff.pdf")
    file.write_bytes(b"%PDF-1.7 ...")
    with pytest.raises(RefusedError, match=r"^scan-\?\.pdf: its name is no UTF-8: rename it$"):
        certificates.attach(erp.world.store, 1, documents, file, erp.world.act())


def test_a_rehearsal_goes_by_the_profile_in_use(erp: Source) -> None:
    read(erp, FLAGGED, order())
    erp.world.certify("C-1", "TX", signed_date=TODAY + DAY)
    before = everything(erp.world.store)
    with erp.world.store.rehearsing():
        done = rehearse_sync(erp.job(policy=Policy(Profile.R2)))
    assert [delivery.external_id for delivery, _, _ in done.would_write] == ["O-1"]
    assert everything(erp.world.store) == before


def test_a_rehearsal_goes_by_the_rules_in_use(erp: Source) -> None:
    world, r2 = erp.world, Policy(Profile.R2)
    read(erp, FLAGGED)
    world.certify("C-1", "NJ", signed_date=FIRST)
    follow_rules(world.store, r2, lambda: world.now)
    erp.remote.put(sale("O-1", 0), sale("O-2", 600))
    erp.pull(policy=r2)
    assert erp.owed() == ["O-1", "O-2"], "R2 knows nothing of sales that recur"
    found = erp.rehearse().would_write
    assert {item.external_id: item.tax_applicable for _, item, _ in found} == {
        "O-1": False,
        "O-2": True,
    }


# --- at the same time ------------------------------------------------------------------


def within(tx: Transaction) -> Store:
    """A store whose one transaction is *tx*."""
    return cast("Store", SimpleNamespace(writing=lambda: contextlib.nullcontext(tx)))


def test_what_is_decided_by_hand_is_so_of_the_order_as_it_stands_then(any_world: World) -> None:
    """A page that corrects the order is about to be stored."""
    erp = any_world.connect("erp", READS)
    read(erp, FLAGGED, order())
    number, act = order_id(any_world), any_world.act()

    def page(tx: Transaction) -> None:
        saved = tx.sources.save_orders(erp.row, [order(ship_to=address("CA"))], act.at)
        decide_page(tx, erp.row, saved, Policy(), act.at)

    def override(tx: Transaction) -> None:
        orders.override(within(tx), number, act, tax_applicable=False, reason="Court order.")

    side_by_side(any_world.store, page, override)
    found = decision(any_world)
    assert (found.jurisdiction, found.ground) == ("US-CA", "override")


def test_who_comes_second_is_told_the_version_of_today(any_world: World) -> None:
    erp = any_world.connect("erp", READS)
    read(erp, FLAGGED)
    any_world.certify("C-1", "TX")

    with any_world.store.reading() as tx:
        seen = certificates.get(tx, 1).details

    def note(tx: Transaction) -> None:
        after = seen.model_copy(update={"notes": "Phoned."})
        certificates.edit(within(tx), 1, after, any_world.act(), seen=1)

    with pytest.raises(ConflictError, match="at version 2 by now, not 1: anna changed notes"):
        side_by_side(any_world.store, note, note)


def test_two_runs_may_follow_new_rules_at_once(any_world: World) -> None:
    def follow(tx: Transaction) -> None:
        tx.certificates.remember_rules("some")

    side_by_side(any_world.store, follow, follow)
    assert rows(any_world.store, "SELECT value FROM meta WHERE key = 'rules'") == [("some",)]
    assert follow_rules(any_world.store, Policy(), lambda: any_world.now) == 0
