"""What is owed is tried again, or given up, because a person says so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import pytest

from exempt import Outcome, Stream
from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.services import deliveries
from exempt.services.deliveries import AT_ONCE, drop, retry, retry_dead
from exempt.services.delivery_ports import DeliveryView
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store
from exempt.services.rows import DeliveryState, DeliveryTarget, Subject
from support.fake_connector import WRITES
from support.owed import begin, listed, refused, said, sell, waiting_jobs
from support.records import DAY, NOW
from support.stores import MINUTE, everything, side_by_side
from support.world import Source, World

DEAD, DROPPED, PENDING = DeliveryState.DEAD, DeliveryState.DROPPED, DeliveryState.PENDING


# --- tried again -------------------------------------------------------------------------


def test_what_was_refused_is_done_once_the_cause_is_mended(any_world: World) -> None:
    erp = any_world.connect("erp")
    (dead,) = refused(erp, "O-1")
    assert (dead.state, dead.outcome) == (DEAD, "rejected")
    assert erp.push() == {}
    begin(any_world, *waiting_jobs(any_world))
    retry(any_world.store, [dead.id], any_world.act())
    assert waiting_jobs(any_world) == ["push:erp"], "which is found by whoever does jobs"
    assert erp.push() == {"applied": 1}
    again = erp.last()
    assert (again.id, again.state, again.attempts) == (dead.id, "sent", 1)
    assert erp.remote.order().tax_applicable is False


def test_a_remote_that_remembers_its_answers_gives_another_one(erp: Source) -> None:
    (dead,) = refused(erp, "O-1")
    retry(erp.world.store, [dead.id], erp.world.act())
    erp.push()
    first, second = erp.remote.pushed
    assert first.key != second.key
    assert (first.version, second.version) == (1, 2)


def test_what_waits_for_a_later_try_is_due_now_and_keeps_its_key(erp: Source) -> None:
    """It may be on its way at this moment: a remote must be able to tell."""
    sell(erp, "O-1")
    erp.world.certify("Acme", "TX")
    erp.remote.answers = {"O-1": [Outcome.RETRY, Outcome.RETRY]}
    for _ in range(2):
        erp.push()
        erp.world.now = erp.last().due_at
    erp.world.now -= MINUTE
    assert (erp.last().attempts, erp.push()) == (2, {})
    retry(erp.world.store, [erp.last().id], erp.world.act())
    assert erp.last().attempts == 0, "all tries are before it again"
    assert erp.push() == {"applied": 1}
    assert len({item.key for item in erp.remote.pushed}) == 1


def test_the_history_says_who_had_it_tried_again(any_world: World) -> None:
    erp = any_world.connect("erp", WRITES)
    dead, other = refused(erp, "O-1", "O-2")
    retry(any_world.store, [dead.id], any_world.act())
    message = erp.last().message or ""
    assert message == "to be tried again, says anna; before: so it is: rejected"
    with any_world.store.reading() as tx:
        first, second = tx.sources.orders_by_id(erp.row.id, ["O-1", "O-2"])
    assert said(any_world, Subject.ORDER, first.id) == [("anna", "dead", "to be tried again")]
    assert said(any_world, Subject.ORDER, second.id) == []
    assert erp.last("O-2") == other


def test_a_customers_status_is_tried_again(any_world: World) -> None:
    erp = any_world.connect("erp", WRITES)
    erp.remote.answers = {"C-1": [Outcome.MISSING]}
    sell(erp, "O-1")
    any_world.certify("Acme", "TX")
    erp.sync()
    dead = erp.last("C-1", DeliveryTarget.CUSTOMER)
    assert dead.state is DEAD
    retry(any_world.store, [dead.id], any_world.act())
    card = any_world.customer_id("Acme")
    assert said(any_world, Subject.CUSTOMER, card) == [("anna", "dead", "to be tried again")]
    assert erp.push() == {"unchanged": 1}


def test_all_that_is_dead_is_tried_again_and_nothing_else(any_world: World) -> None:
    erp, shop = any_world.connect("erp"), any_world.connect("shop")
    refused(erp, "O-1", "O-2")
    sell(shop, "O-3")
    shop.remote.answers = {"O-3": [Outcome.REJECTED]}
    shop.push()
    sell(erp, "O-4")
    begin(any_world, *waiting_jobs(any_world))
    assert retry_dead(any_world.store, any_world.act(), connection="erp") == (2, [])
    assert waiting_jobs(any_world) == ["push:erp"]
    assert [v.connection for v in listed(any_world, DEAD)] == ["shop"]
    assert retry_dead(any_world.store, any_world.act()) == (1, [])
    assert listed(any_world, DEAD) == []
    assert erp.last("O-4").version == 1, "it was owed all the time"
    assert retry_dead(any_world.store, any_world.act()) == (0, [])


def test_more_than_fit_into_one_transaction(erp: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    assert AT_ONCE > 100
    monkeypatch.setattr(deliveries, "AT_ONCE", 2)
    refused(erp, *(f"O-{n}" for n in range(5)))
    assert retry_dead(erp.world.store, erp.world.act()) == (5, [])
    assert erp.push() == {"applied": 5}


def test_several_are_tried_again_or_none(any_world: World) -> None:
    erp = any_world.connect("erp")
    first, second = refused(erp, "O-1", "O-2")
    retry(any_world.store, [first.id], any_world.act())
    erp.push()
    before = everything(any_world.store)
    with pytest.raises(RefusedError, match=f"delivery {first.id}: was done already"):
        retry(any_world.store, [second.id, first.id], any_world.act())
    with pytest.raises(NotFoundError, match="delivery 99: there is none: see exempt deliveries"):
        retry(any_world.store, [second.id, 99], any_world.act())
    assert everything(any_world.store) == before


def test_what_a_newer_one_took_the_place_of_is_not_tried_again(erp: Source) -> None:
    (dead,) = refused(erp, "O-1")
    erp.world.archive(1)
    erp.world.certify("Acme", "TX", number="N-2")
    newest = erp.last()
    assert newest.id != dead.id
    took = f"delivery {dead.id}: delivery {newest.id} took its place: see exempt deliveries show"
    with pytest.raises(RefusedError, match=took):
        retry(erp.world.store, [dead.id], erp.world.act())


def test_what_is_not_wanted_any_more_is_not_tried_again(erp: Source) -> None:
    (dead,) = refused(erp, "O-1")
    erp.remote.remove(Stream.ORDERS, "O-1")
    erp.pull()
    with pytest.raises(RefusedError, match="is not wanted any more"):
        retry(erp.world.store, [dead.id], erp.world.act())


# --- given up ----------------------------------------------------------------------------


@pytest.mark.parametrize("first", [DEAD, PENDING], ids=["after it failed", "before it was tried"])
def test_what_is_dropped_is_not_owed_again_by_itself(any_world: World, first: str) -> None:
    erp = any_world.connect("erp")
    if first == DEAD:
        refused(erp, "O-1")
    else:
        sell(erp, "O-1")
        any_world.certify("Acme", "TX")
    drop(any_world.store, [erp.last().id], "  settled by\nphone ", any_world.act())
    dropped = erp.last()
    assert dropped.state is DROPPED
    assert (dropped.message or "").startswith("dropped by anna: settled by phone")
    any_world.now += DAY
    any_world.certify("Acme", "CA")  # which has the customer's orders decided anew
    erp.sync()
    assert (erp.last(), erp.owed()) == (dropped, [])
    assert len(erp.remote.pushed) == (1 if first == DEAD else 0)


def test_what_is_dropped_is_owed_anew_when_something_else_is_wanted(erp: Source) -> None:
    (dead,) = refused(erp, "O-1")
    drop(erp.world.store, [dead.id], "by phone", erp.world.act())
    erp.world.archive(1)
    erp.world.certify("Acme", "TX", number="N-2")
    assert erp.owed() == ["O-1"]
    (old,) = listed(erp.world, DROPPED)
    assert old.delivery.id == dead.id, "what was done with the one before stays to be seen"


def test_what_is_dropped_is_owed_anew_when_its_record_changes(erp: Source) -> None:
    (dead,) = refused(erp, "O-1")
    drop(erp.world.store, [dead.id], "by phone", erp.world.act())
    erp.world.now += DAY
    sell(erp, "O-1", purchase_order_number="PO-7", updated_at=erp.world.now)
    assert erp.owed() == ["O-1"]
    assert erp.last().version == 2


def test_a_customer_that_was_dropped_is_owed_anew_when_it_changes(world: World) -> None:
    erp = world.connect("erp", WRITES)
    erp.remote.answers = {"C-1": [Outcome.REJECTED]}
    sell(erp, "O-1")
    world.certify("Acme", "TX")
    erp.sync()
    drop(world.store, [erp.last("C-1", DeliveryTarget.CUSTOMER).id], "by phone", world.act())
    world.now += DAY
    erp.sync()
    assert erp.last("C-1", DeliveryTarget.CUSTOMER).state is DROPPED
    erp.remote.put(erp.remote.customer().model_copy(update={"name": "Acme Inc."}))
    erp.sync()
    assert erp.last("C-1", DeliveryTarget.CUSTOMER).state is DeliveryState.SENT


def test_the_history_says_who_dropped_it_and_why(any_world: World) -> None:
    erp = any_world.connect("erp")
    (dead,) = refused(erp, "O-1")
    drop(any_world.store, [dead.id], "by phone", any_world.act())
    with any_world.store.reading() as tx:
        (stored,) = tx.sources.orders_by_id(erp.row.id, ["O-1"])
    assert said(any_world, Subject.ORDER, stored.id) == [("anna", "dead", "dropped: by phone")]


def test_what_was_dropped_can_be_brought_back(erp: Source) -> None:
    (dead,) = refused(erp, "O-1")
    drop(erp.world.store, [dead.id], "by mistake", erp.world.act())
    retry(erp.world.store, [dead.id], erp.world.act())
    assert erp.push() == {"applied": 1}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_needed(erp: Source, reason: str) -> None:
    (dead,) = refused(erp, "O-1")
    with pytest.raises(RefusedError, match="is dropped for a reason"):
        drop(erp.world.store, [dead.id], reason, erp.world.act())
    assert erp.last() == dead


def test_what_is_over_cannot_be_dropped(erp: Source) -> None:
    (dead, other) = refused(erp, "O-1", "O-2")
    drop(erp.world.store, [dead.id], "by phone", erp.world.act())
    before = everything(erp.world.store)
    with pytest.raises(RefusedError, match=f"delivery {dead.id}: is dropped, and owed no more"):
        drop(erp.world.store, [other.id, dead.id], "by phone", erp.world.act())
    assert everything(erp.world.store) == before


class Within:
    """A store that is in the middle of a transaction."""

    def __init__(self, tx: Any) -> None:
        self._tx = tx

    @contextlib.contextmanager
    def writing(self) -> Iterator[Any]:
        yield self._tx


def test_two_who_decide_at_once_do_not_both_do(any_world: World) -> None:
    """The second one sees what the first one did, and is told."""
    erp = any_world.connect("erp")
    (dead,) = refused(erp, "O-1")

    def decide(tx: Any, by: str) -> None:
        act = any_world.act()._replace(by=by)
        drop(cast("Store", Within(tx)), [dead.id], "by phone", act)

    with pytest.raises(RefusedError, match=f"delivery {dead.id}: is dropped, and owed no more"):
        side_by_side(any_world.store, lambda tx: decide(tx, "bea"), lambda tx: decide(tx, "anna"))
    assert (erp.last().message or "").startswith("dropped by bea")


def test_one_that_a_worker_finishes_at_this_moment(
    erp: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(erp, "O-1")
    erp.world.certify("Acme", "TX")
    read, owed = deliveries.get, erp.last()

    def then_it_is_sent(tx: Any, delivery_id: int) -> DeliveryView:
        view = read(tx, delivery_id)
        tx.deliveries.mark(owed, DeliveryState.SENT, outcome="applied", message="", at=NOW)
        return view

    monkeypatch.setattr(deliveries, "_alone", lambda tx, ids: [then_it_is_sent(tx, ids[0])])
    with pytest.raises(ConflictError, match="at this moment: look again"):
        retry(erp.world.store, [owed.id], erp.world.act())
    with pytest.raises(ConflictError, match="at this moment: look again"):
        drop(erp.world.store, [owed.id], "by phone", erp.world.act())
    assert erp.last() == owed, "nothing of it was done"


def test_a_delivery_of_a_job_that_is_on_its_way_asks_for_one_more(erp: Source) -> None:
    """The run that goes on may have looked before."""
    (dead,) = refused(erp, "O-1")
    with erp.world.store.writing() as tx:
        tx.jobs.ask(JobKind.PUSH, erp.row.id)
    with erp.world.store.writing() as tx:
        tx.jobs.begin("push:erp", "w1", NOW)
    retry(erp.world.store, [dead.id], erp.world.act())
    with erp.world.store.reading() as tx:
        assert [job.name for job in tx.jobs.overdue(NOW) if job.kind is not JobKind.NEXUS] == [
            "push:erp"
        ]
