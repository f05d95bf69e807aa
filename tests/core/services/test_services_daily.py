"""A new day by itself changes what remotes show, and no decision."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import Stream
from exempt.services.daily import carry_on
from exempt.services.decide import decide_all
from exempt.services.policy import Policy
from support.fake_connector import WRITES
from support.records import DAY, TODAY, customer, order
from support.stores import everything
from support.world import Source, World


@pytest.fixture
def erp(any_world: World) -> Source:
    """A system that is told of customers, with one in Texas that claims to be exempt."""
    erp = any_world.connect("erp", WRITES)
    erp.remote.put(customer("C-1", name="Acme", exempt=True))
    erp.pull(Stream.CUSTOMERS)
    return erp


def days(erp: Source, number: int) -> dict[dt.date, bool]:
    """By day on which the remote was told something: whether Acme is exempt in Texas."""
    told = {}
    for _ in range(number):
        before = len(erp.remote.pushed)
        carry_on(erp.world.store, Policy(), lambda: erp.world.now)
        erp.push()
        for item in erp.remote.pushed[before:]:
            assert item.external_id == "C-1"
            (status,) = item.jurisdictions
            told[erp.world.now.date()] = status.exempt
        erp.world.now += DAY
    return told


@pytest.mark.parametrize(
    ("certificates", "told"),
    [
        pytest.param([{"expiration_date": TODAY + 5 * DAY}], {0: True, 6: False},
                     id="one that ends: on the day after its last one"),
        pytest.param([{"effective_date": TODAY + 5 * DAY}], {0: False, 5: True},
                     id="one that begins: on its first day"),
        pytest.param([{"effective_date": TODAY + 5 * DAY, "expiration_date": TODAY + 8 * DAY}],
                     {0: False, 5: True, 9: False}, id="one that does both"),
        pytest.param([{"expiration_date": TODAY + 2 * DAY, "number": "N-1"},
                      {"effective_date": TODAY + 3 * DAY, "number": "N-2"}],
                     {0: True, 3: True}, id="one that another follows: of the other number"),
        pytest.param([{"expiration_date": TODAY + 2 * DAY},
                      {"effective_date": TODAY + 5 * DAY}],
                     {0: True, 3: False, 5: True}, id="one that another follows after a while"),
        pytest.param([{}], {0: True}, id="one without end: not again"),
    ],
)  # fmt: skip
def test_a_remote_is_told_of(
    any_world: World, erp: Source, certificates: list[Any], told: dict[int, bool]
) -> None:
    for changes in certificates:
        any_world.certify("Acme", "TX", **changes)
    expected = {TODAY + number * DAY: exempt for number, exempt in told.items()}
    assert days(erp, 12) == expected


def test_what_a_day_brings_it_brings_once_however_often_it_is_asked(
    any_world: World, erp: Source
) -> None:
    any_world.certify("Acme", "TX", expiration_date=TODAY)
    days(erp, 1)
    carry_on(any_world.store, Policy(), lambda: any_world.now)
    assert erp.owed() == ["C-1"]
    after = everything(any_world.store)
    for _ in range(3):
        carry_on(any_world.store, Policy(), lambda: any_world.now)
    assert everything(any_world.store) == after
    assert erp.push() == {"applied": 1}


def test_the_job_that_writes_is_asked_for(any_world: World, erp: Source) -> None:
    any_world.certify("Acme", "TX", effective_date=TODAY + DAY)
    days(erp, 1)

    def asked() -> int:
        with any_world.store.reading() as tx:
            job = tx.jobs.get("push:erp")
        return job.asked if job else 0

    before = asked()
    carry_on(any_world.store, Policy(), lambda: any_world.now)
    assert asked() == before + 1


def test_no_decision_hangs_on_the_day_on_which_it_is_made(any_world: World, erp: Source) -> None:
    """An order goes by its own date, so that a new day decides none anew."""
    sold = [order(f"O{day}", order_date=TODAY + day * DAY) for day in range(-3, 9)]
    erp.remote.put(*sold)
    erp.pull()
    first, last = TODAY + 2 * DAY, TODAY + 5 * DAY
    any_world.certify("Acme", "TX", effective_date=first, expiration_date=last)
    covered = {each.external_id: first <= each.order_date <= last for each in sold}
    for _ in range(12):
        assert decide_all(any_world.store, erp.row, Policy(), lambda: any_world.now) == 0
        assert {o: any_world.ground(o) == "certificate" for o in covered} == covered
        any_world.now += DAY
