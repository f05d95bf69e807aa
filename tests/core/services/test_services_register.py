"""The register: edited, reviewed, archived, and what each change decides anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from exempt import Stream
from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.certificate import (
    Certificate,
    CertificateDetails,
    CertificateKind,
    Rejection,
    RejectionCode,
    ReviewStatus,
)
from exempt.rules.history import changes_between
from exempt.services import certificates
from exempt.services.certificates import Done
from exempt.services.rows import Subject
from support.fake_connector import WRITES
from support.records import DAY, TODAY, YEAR, address, customer, details, in_state, order
from support.stores import everything, rows
from support.world import Source, World

NO = Rejection(code=RejectionCode.NOT_SIGNED)


@pytest.fixture
def sold(erp: Source) -> Source:
    """Open orders of C-1 to Texas and California, one closed, and one of C-2."""
    erp.remote.put(customer(exempt=True), customer("C-2", exempt=True))
    erp.remote.put(order("TX"), order("CA", ship_to=address("CA")), order("OLD", closed=True))
    erp.remote.put(order("C2", customer_external_id="C-2"))
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    return erp


def get(world: World, certificate_id: int = 1) -> Certificate:
    with world.store.reading() as tx:
        found = tx.certificates.get(certificate_id)
    assert found is not None
    return found


def history(world: World, certificate_id: int = 1) -> list[tuple[str, str | None, str | None]]:
    with world.store.reading() as tx:
        found = tx.history.of(Subject.CERTIFICATE, certificate_id)
    return [(change.field, change.old, change.new) for change in found]


def edit(world: World, seen: int | None = None, **changes: Any) -> Done:
    """Edit certificate 1, of which the version *seen* was looked at."""
    before = get(world)
    after = before.details.model_copy(update=changes)
    version = before.version if seen is None else seen
    return certificates.edit(world.store, 1, after, world.act(), seen=version)


def decided(world: World) -> dict[str, int]:
    """How often each order was decided."""
    sql = (
        "SELECT o.external_id, count(*) FROM decision d JOIN sales_order o ON o.id = d.order_id"
        " GROUP BY 1"
    )
    return {row[0]: row[1] for row in rows(world.store, sql)}


def touched(world: World, step: Callable[[], object]) -> set[str]:
    """The orders that *step* decides anew."""
    before = decided(world)
    step()
    return {each for each, times in decided(world).items() if times != before[each]}


# --- what is entered -------------------------------------------------------------------


def test_who_entered_what_stands_in_the_history(world: World, sold: Source) -> None:
    world.certify("C-1", "TX", expiration_date=TODAY)
    entered = get(world)
    assert (entered.entered_by, entered.entered_at, entered.source) == ("anna", world.now, "staff")
    expected = [tuple(change) for change in changes_between(None, entered.details)]
    assert history(world) == [*expected, ("review_status", None, "accepted")]


def test_an_end_that_follows_from_the_law_is_filled_in(world: World, sold: Source) -> None:
    world.certify("C-1", "CT", "TX")
    connecticut, texas = get(world).jurisdictions
    assert connecticut.expiration_date == dt.date(2028, 11, 20), (
        "3 years from the day it was signed"
    )
    assert texas.expiration_date is None


@pytest.mark.parametrize(
    ("state", "changes", "complaint"),
    [
        pytest.param("WA", {}, "WA: .*Enter the date that stands on it", id="a date is missing"),
        pytest.param("MA", {"form_kind": "mtc"}, "MA: .*does not take the multi", id="wrong form"),
        pytest.param("CT", {"expiration_date": TODAY + 9 * YEAR}, "CT: .*until 2028-11-20 at most",
                     id="it would last too long"),
    ],
)  # fmt: skip
def test_what_a_states_rule_refuses_is_not_accepted(
    world: World, sold: Source, state: str, changes: dict[str, Any], complaint: str
) -> None:
    refused = CertificateDetails.model_validate(
        details(state, customer_ids=(world.customer_id("C-1"),), **changes).model_dump()
    )
    before = everything(world.store)
    with pytest.raises(RefusedError, match=f"(?s)certificate: cannot be accepted.*{complaint}"):
        certificates.add(world.store, refused, world.act())
    assert everything(world.store) == before
    pending = certificates.add(
        world.store, refused, world.act(), review_status=ReviewStatus.PENDING
    )
    number = pending.certificate.id
    with pytest.raises(RefusedError, match=f"(?s)certificate {number}: cannot be.*{complaint}"):
        certificates.review(world.store, number, world.act())
    done = certificates.review(world.store, number, world.act(), anyway=True)
    assert done.certificate.review_status is ReviewStatus.ACCEPTED


# --- what is edited --------------------------------------------------------------------


def test_all_edits_are_saved_together_with_who_and_when(world: World, sold: Source) -> None:
    world.certify("C-1", "TX")
    before = len(history(world))
    world.now += DAY
    edit(
        world,
        number="N-2",
        notes="Phoned.",
        jurisdictions=(
            in_state("TX", effective_date=TODAY - YEAR, expiration_date=TODAY + YEAR),
            in_state("CA", effective_date=TODAY),
        ),
    )
    after = get(world)
    assert (after.version, after.number, after.notes) == (2, "N-2", "Phoned.")
    assert history(world)[before:] == [
        ("number", "N-1", "N-2"),
        ("notes", None, "Phoned."),
        ("US-TX.expiration_date", None, "2027-11-20"),
        ("US-CA", None, "covered"),
        ("US-CA.exemption_reason", None, "resale"),
        ("US-CA.effective_date", None, "2026-11-20"),
    ]


def test_an_edit_that_changes_nothing_leaves_no_trace(world: World, sold: Source) -> None:
    world.certify("C-1", "TX")
    before = everything(world.store)
    assert edit(world).orders_changed == 0
    assert everything(world.store) == before


def test_two_editors_cannot_overwrite_one_another(world: World, sold: Source) -> None:
    world.certify("C-1", "TX")
    edit(world, notes="Anna was here.")
    before = everything(world.store)
    with pytest.raises(
        ConflictError, match=r"certificate 1: is at version 2 by now, not 1: anna changed notes: "
    ):
        edit(world, seen=1, notes="So was Bob.")
    with pytest.raises(ConflictError):
        certificates.review(world.store, 1, world.act(), rejections=(NO,), seen=1)
    with pytest.raises(ConflictError):
        certificates.archive(world.store, 1, world.act(), seen=1)
    assert everything(world.store) == before


def test_an_edit_that_fails_changes_nothing(world: World, sold: Source) -> None:
    world.certify("C-1", "TX")
    before = everything(world.store)
    with pytest.raises(NotFoundError, match="customer 99"):
        edit(world, customer_ids=(1, 99))
    with pytest.raises(RefusedError, match="WA: "):
        edit(world, jurisdictions=(in_state("WA", effective_date=TODAY),))
    with pytest.raises(NotFoundError, match="certificate 7: there is none"):
        certificates.edit(world.store, 7, details(), world.act(), seen=1)
    assert everything(world.store) == before


# --- what a change decides anew --------------------------------------------------------


def test_a_change_decides_exactly_the_open_orders_it_can_touch(world: World, sold: Source) -> None:
    def enter() -> None:
        world.certify("C-1", "TX")

    assert touched(world, enter) == {"TX"}
    assert world.ground("TX") == "certificate"
    texas, california = (in_state(s, effective_date=TODAY) for s in ("TX", "CA"))
    steps: dict[str, tuple[Callable[[], object], set[str]]] = {
        "a state more": (lambda: edit(world, jurisdictions=(texas, california)), {"TX", "CA"}),
        "a state less": (lambda: edit(world, jurisdictions=(california,)), {"TX"}),
        "a customer more": (
            lambda: edit(world, customer_ids=(1, 2), jurisdictions=(texas,)),
            {"TX", "CA", "C2"},
        ),
        "a customer less": (lambda: edit(world, customer_ids=(2,)), {"TX"}),
        "rejected": (
            lambda: certificates.review(world.store, 1, world.act(), rejections=(NO,)),
            {"C2"},
        ),
        "accepted": (lambda: certificates.review(world.store, 1, world.act()), {"C2"}),
        "archived": (lambda: certificates.archive(world.store, 1, world.act()), {"C2"}),
        "taken back": (
            lambda: certificates.archive(world.store, 1, world.act(), archived=False),
            {"C2"},
        ),
    }
    for name, (step, orders) in steps.items():
        assert touched(world, step) == orders, name
    assert world.ground("OLD") == "no_certificate", "what is closed stays as it was decided"
    assert decided(world)["OLD"] == 1


def test_notes_decide_nothing(world: World, sold: Source) -> None:
    world.certify("C-1", "TX")
    assert touched(world, lambda: edit(world, notes="Phoned.")) == set()


def test_deliveries_follow(world: World) -> None:
    crm = world.connect("crm", WRITES)
    crm.remote.put(customer(exempt=True), order())
    crm.sync()
    certificate, _ = world.certify("C-1", "TX")
    assert set(crm.owed()) == {"C-1", "O-1"}
    crm.sync()
    assert crm.remote.order().tax_applicable is False
    certificates.review(world.store, certificate, world.act(), rejections=(NO,))
    crm.sync()
    assert crm.remote.order().tax_applicable is True
    assert crm.remote.customer().exempt is False


def test_a_bill_to_certificate_covers_what_goes_to_its_ship_tos(world: World, erp: Source) -> None:
    erp.remote.put(customer(exempt=True), customer("S-1", parent_external_id="C-1"))
    erp.remote.put(order("O-1", customer_external_id="S-1"))
    erp.remote.put(order("O-2", customer_external_id="S-1", ship_to=address("CA")))
    erp.sync(write_back=False)
    assert world.ground("O-1") == "no_certificate", "the billing customer claims an exemption"
    assert world.certify("Customer C-1", "TX")[1] == 1
    assert (world.ground("O-1"), world.ground("O-2")) == ("certificate", "no_certificate")
    assert erp.owed() == ["O-1"]
    erp.remote.put(customer("C-1", resale_certificate_number="FF-1"))
    erp.pull(Stream.CUSTOMERS)
    assert world.ground("O-2") == "free_form_number"


# --- review and archive ----------------------------------------------------------------


def test_a_rejection_says_why_to_staff_and_customer(world: World, sold: Source) -> None:
    world.certify("C-1", "TX")
    why = (NO, Rejection(code=RejectionCode.OTHER, text="Please use form 01-339."))
    certificates.review(world.store, 1, world.act(), rejections=why)
    assert get(world).rejections == why
    assert history(world)[-2:] == [
        ("review_status", "accepted", "rejected"),
        ("rejections", None, "not_signed; other: Please use form 01-339."),
    ]
    certificates.review(world.store, 1, world.act())
    assert get(world).rejections == ()


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        pytest.param(lambda w: certificates.review(w.store, 1, w.act()), "is accepted already",
                     id="accepted twice"),
        pytest.param(lambda w: certificates.archive(w.store, 1, w.act(), archived=False),
                     "certificate 1: is not archived", id="taken back without having been"),
        pytest.param(lambda w: certificates.review(w.store, 9, w.act()), "9: there is none",
                     id="no such certificate"),
    ],
)  # fmt: skip
def test_what_is_so_already(
    world: World, sold: Source, step: Callable[[World], object], complaint: str
) -> None:
    world.certify("C-1", "TX")
    before = everything(world.store)
    with pytest.raises((RefusedError, NotFoundError), match=complaint):
        step(world)
    assert everything(world.store) == before


def test_archived_and_taken_back(world: World, sold: Source) -> None:
    world.certify("C-1", "TX")
    world.archive(1)
    assert world.ground("TX") == "no_certificate"
    certificates.archive(world.store, 1, world.act(), archived=False)
    assert world.ground("TX") == "certificate"
    assert history(world)[-2:] == [
        ("archived_date", None, "2026-11-20"),
        ("archived_date", "2026-11-20", None),
    ]


def test_a_single_use_certificate_names_its_order(world: World, sold: Source) -> None:
    """Without one it would cover every order (F04: an empty list is all)."""
    who = world.customer_id("C-1")
    bare = details("TX", customer_ids=(who,), kind=CertificateKind.SINGLE_USE)
    with pytest.raises(RefusedError, match="It is for a single sale, but names no order"):
        certificates.add(world.store, bare, world.act())
    bound = bare.model_copy(update={"order_numbers": ("  tx ",)})
    certificates.add(world.store, bound, world.act())
    assert (world.ground("TX"), world.ground("CA")) == ("certificate", "no_certificate")
    sold.remote.put(order("TX-2", number="SO-2", purchase_order_number="po-9"))
    sold.pull()
    assert world.ground("TX-2") == "no_certificate", "the second order is refused"
    edit(world, order_numbers=("tx", "PO-9"))
    assert world.ground("TX-2") == "certificate"
