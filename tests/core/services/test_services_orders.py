"""What is decided for one order by hand, when that is dropped, and decisions replayed."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Rejection, RejectionCode
from exempt.model.decision import Finding, Ground
from exempt.services import certificates, orders
from exempt.services.rows import Subject
from support.records import DAY, NOW, TODAY, address, customer, order
from support.stores import everything
from support.world import Source, World


@pytest.fixture
def sold(erp: Source) -> Source:
    """An open order of C-1 to Texas, two certificates for it, one of California, one of C-2."""
    erp.remote.put(customer(exempt=True), customer("C-2", exempt=True), order())
    erp.sync(write_back=False)
    world = erp.world
    world.certify("C-1", "TX", number="SOON", expiration_date=TODAY + DAY)
    world.certify("C-1", "TX", number="LATER", expiration_date=TODAY + 2 * DAY)
    world.certify("C-1", "CA", number="CALIF")
    world.certify("C-2", "TX", number="THEIRS")
    return erp


def order_id(world: World, words: str = "O-1") -> int:
    with world.store.reading() as tx:
        return orders.find_one(tx, words).id


def choose(world: World, certificate_id: int, **options: Any) -> None:
    orders.choose(world.store, order_id(world), certificate_id, world.act(), **options)


def number(world: World) -> str | None:
    decision = world.decision()
    assert decision is not None
    return decision.certificate_number


def history(world: World) -> list[tuple[str, str | None, str | None, str]]:
    with world.store.reading() as tx:
        found = tx.history.of(Subject.ORDER, order_id(world))
    return [(c.field, c.old, c.new, c.changed_by) for c in found]


# --- D11: chosen by hand ---------------------------------------------------------------


def test_the_list_has_the_billing_customers_certificates_those_that_fit_first(
    world: World, sold: Source
) -> None:
    world.archive(1)
    with world.store.reading() as tx:
        listed = orders.candidates(tx, order_id(world), world.act())
    assert [(c.coverage.certificate_number, c.against) for c in listed] == [
        ("LATER", None),
        ("SOON", Finding.ARCHIVED),
        ("CALIF", Finding.OTHER_JURISDICTION),
    ]


def test_a_choice_by_hand_is_used_in_place_of_the_rules(world: World, sold: Source) -> None:
    assert number(world) == "SOON"
    choose(world, 2, reason="They asked for it.")
    assert number(world) == "LATER"
    assert history(world) == [
        ("decided_by_hand", None, "certificate 2: They asked for it.", "anna")
    ]
    sold.sync(write_back=False)
    assert number(world) == "LATER", "and stays"
    assert sold.owed() == ["O-1"]
    choose(world, 1)
    assert number(world) == "SOON"


@pytest.mark.parametrize(
    ("certificate_id", "complaint"),
    [
        pytest.param(4, "certificate 4: is none of the order's billing customer", id="C-2's"),
        pytest.param(9, "certificate 9: is none of the order's billing customer", id="none"),
        pytest.param(3, "certificate 3: is for California", id="for another state"),
    ],
)
def test_what_cannot_be_chosen(
    world: World, sold: Source, certificate_id: int, complaint: str
) -> None:
    before = everything(world.store)
    with pytest.raises(RefusedError, match=complaint):
        choose(world, certificate_id)
    assert everything(world.store) == before


def test_one_that_does_not_fit_can_be_chosen_all_the_same(world: World, sold: Source) -> None:
    choose(world, 3, anyway=True)
    decision = world.decision()
    assert decision is not None
    assert (decision.certificate_number, decision.exempt) == ("CALIF", True)
    (chosen,) = (s for s in decision.steps if s.finding is Finding.CHOSEN_BY_HAND)
    assert chosen.against is Finding.OTHER_JURISDICTION


def test_one_that_is_not_accepted_cannot(world: World, sold: Source) -> None:
    no = (Rejection(code=RejectionCode.OTHER),)
    certificates.review(world.store, 2, world.act(), rejections=no)
    with pytest.raises(RefusedError, match="certificate 2: is rejected: accept it first"):
        choose(world, 2, anyway=True)


def test_one_that_is_rejected_later_counts_no_more(world: World, sold: Source) -> None:
    choose(world, 2)
    no = (Rejection(code=RejectionCode.OTHER),)
    certificates.review(world.store, 2, world.act(), rejections=no)
    assert number(world) == "SOON"


# --- F25: overridden -------------------------------------------------------------------


@pytest.mark.parametrize("taxed", [True, False])
def test_an_override_prevails_and_keeps_its_reason(world: World, sold: Source, taxed: bool) -> None:
    decision = orders.override(
        world.store, order_id(world), world.act(), tax_applicable=taxed, reason="Court order 7."
    )
    assert decision == world.decision()
    assert (decision.ground, decision.tax_applicable) == (Ground.OVERRIDE, taxed)
    assert decision.facts.by_hand is not None
    assert decision.facts.by_hand.reason == "Court order 7."
    assert history(world)[-1] == (
        "decided_by_hand", None, f"{'taxed' if taxed else 'exempt'}: Court order 7.", "anna",
    )  # fmt: skip
    dropped = orders.reset(world.store, order_id(world), world.act())
    assert (dropped.ground, dropped.certificate_number) == (Ground.CERTIFICATE, "SOON")
    assert history(world)[-1] == ("decided_by_hand", "yes", "dropped", "anna")
    with pytest.raises(RefusedError, match="nothing was decided by hand"):
        orders.reset(world.store, order_id(world), world.act())


def test_an_override_needs_a_reason(world: World, sold: Source) -> None:
    before = everything(world.store)
    with pytest.raises(RefusedError, match="an override needs a reason: an auditor will ask"):
        orders.override(world.store, order_id(world), world.act(), tax_applicable=False, reason=" ")
    assert everything(world.store) == before


def test_a_cancelled_order_is_not_decided_by_hand(world: World, sold: Source) -> None:
    number = order_id(world)
    sold.remote.put(order(voided=True))
    sold.pull()
    with pytest.raises(RefusedError, match="the order was cancelled"):
        orders.override(world.store, number, world.act(), tax_applicable=False, reason="Why not?")


# --- D14 to D18: reset -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"ship_to": address("CA")}, "ship to state changed from US TX to US CA",
                     id="when the ship-to state is updated (D14)"),
        pytest.param({"order_date": TODAY - DAY},
                     "order date changed from 2026-11-20 to 2026-11-19",
                     id="when the prep date is updated (D15)"),
        pytest.param({"customer_external_id": "C-2"}, "customer changed from C-1 to C-2",
                     id="when the billing customer is updated (D16)"),
        pytest.param({"event_start_date": TODAY, "event_end_date": TODAY + DAY},
                     "event dates changed from none to 2026-11-20 2026-11-21",
                     id="when event dates are applied (D17)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed meanwhile"])
def test_a_choice_by_hand_is_dropped_and_the_log_shows_why(
    world: World, sold: Source, change: dict[str, Any], why: str, closed: bool
) -> None:
    choose(world, 2)
    if closed and "event_start_date" in change:
        why = ""  # no decision goes by event dates: what is closed stays as it is
    sold.remote.put(order().model_copy(update={**change, "closed": closed}))
    world.now += DAY
    sold.pull()
    decision = world.decision()
    assert decision is not None
    if not why:
        assert decision.facts.by_hand is not None
        return
    assert decision.facts.by_hand is None, "the rule was run anew (D18)"
    assert decision.certificate_number == {
        "ship_to": "CALIF", "customer_external_id": "THEIRS",
    }.get(next(iter(change)), "SOON")  # fmt: skip
    with world.store.reading() as tx:
        (ended,) = tx.choices.all_of(order_id(world))
    assert (ended.ended_at, ended.ended_reason) == (world.now, why)
    assert history(world)[-1] == ("decided_by_hand", "yes", "dropped", "erp")
    assert history(world)[-2][3] == "erp"


@pytest.mark.parametrize(
    "change",
    [{"total": 5}, {"purchase_order_number": "PO-7"}, {"ship_to": address("TX")}, {"closed": True}],
    ids=str,
)
def test_other_changes_keep_it(world: World, sold: Source, change: dict[str, Any]) -> None:
    choose(world, 2)
    sold.remote.put(order(**change))
    sold.pull()
    assert number(world) == "LATER"


def test_a_closed_order_keeps_its_decision_while_nothing_that_matters_changes(
    world: World, sold: Source
) -> None:
    sold.remote.put(order(closed=True))
    sold.pull()
    world.archive(1)
    sold.remote.put(order(closed=True, total=7))
    sold.pull()
    assert number(world) == "SOON"
    sold.remote.put(order(total=7))
    sold.pull()
    assert number(world) == "LATER", "until it is opened again"


# --- finding, and G01: replay ----------------------------------------------------------


def test_an_order_that_somebody_means(world: World, sold: Source) -> None:
    shop = world.connect("shop")
    shop.remote.put(order("S-1", number="O-1"))
    shop.pull()
    with world.store.reading() as tx:
        assert orders.find_one(tx, "O-1", "erp").connection == "erp"
        (ours,) = (v.id for v in tx.decisions.find_orders("O-1") if v.connection == "erp")
        assert orders.find_one(tx, f"id:{ours}").id == ours
        with pytest.raises(NotFoundError, match=r"order 'O-1': 2 fit: name one of id:\d \(erp\)"):
            orders.find_one(tx, "O-1")
        with pytest.raises(NotFoundError, match="order 'O-9': there is none"):
            orders.find_one(tx, "O-9")
    with pytest.raises(NotFoundError, match="order id:99: there is none"):
        orders.override(world.store, 99, world.act(), tax_applicable=False, reason="?")


def test_every_decision_kept_is_decided_again_from_what_it_kept(world: World, sold: Source) -> None:
    sold.remote.put(order("O-2", ship_to=None), order("O-3", ship_to=address("OR")))
    sold.remote.put(order("O-4", customer_external_id="C-9"), order("O-5", closed=True))
    sold.remote.put(order("O-6", ship_to=address("Ontario", "CA"), tax_applicable=False))
    sold.pull()
    choose(world, 3, anyway=True)
    orders.override(
        world.store, order_id(world, "O-2"), world.act(), tax_applicable=False, reason="Gift."
    )
    ids = [order_id(world, f"O-{n}") for n in range(1, 7)]
    before = list(orders.replayed(world.store, ids))
    assert len(before) == 6
    assert all(each.agrees for each in before)
    world.now += 400 * DAY
    for certificate in (1, 2, 3):
        world.archive(certificate)
    closed = list(orders.replayed(world.store, ids[4:5]))
    assert [each.kept for each in closed] == [before[4].kept], "whatever became of the register"
    assert closed[0].agrees
    assert world.now > NOW
