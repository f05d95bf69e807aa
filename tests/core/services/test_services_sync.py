"""Bringing connections up to date: reading, then writing; and one that is broken."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from exempt import Capability, Stream
from exempt.errors import (
    AuthError,
    ConnectorError,
    CursorExpired,
    PermanentError,
    RateLimited,
    TransientError,
)
from exempt.services.requests import ask
from exempt.services.sync import sync
from support.fake_connector import MAILS, WRITES
from support.records import customer, order
from support.stores import everything
from support.world import Source, World

IDS = [f"O-{n}" for n in range(1, 13)]


def filled(source: Source) -> Source:
    """A dozen orders of a customer with a free-form number."""
    source.remote.put(customer(resale_certificate_number="FF-1"), *(order(each) for each in IDS))
    return source


def status(world: World, name: str) -> Any:
    with world.store.reading() as tx:
        return next(c for c in tx.reports.connections() if c.name == name)


def test_one_run_reads_and_decides_and_writes(erp: Source) -> None:
    done = filled(erp).sync()
    assert done.outcomes == {"applied": 12}
    assert erp.remote.order("O-12").certificate_number == "FF-1"
    assert erp.world.ground("O-12") == "free_form_number"
    again = erp.sync()
    assert again.outcomes == {}
    assert erp.remote.order("O-1").tax_applicable is False


def test_without_leave_to_write_all_stays_owed(erp: Source) -> None:
    done = filled(erp).sync(write_back=False)
    assert (done.outcomes, erp.remote.pushed, len(erp.owed())) == ({}, [], 12)
    assert erp.sync().outcomes == {"applied": 12}


def test_customers_are_read_before_orders(erp: Source) -> None:
    filled(erp).sync()
    assert [stream for stream, _ in erp.remote.fetched] == [Stream.CUSTOMERS, Stream.ORDERS]


def test_customers_that_orders_name_are_fetched_by_their_ids(erp: Source) -> None:
    filled(erp)
    del erp.remote.log[Stream.CUSTOMERS][0]
    late = customer(resale_certificate_number="FF-1")
    erp.remote.put(order("O-13", customer_external_id="C-404"))

    def arrive(hook: str) -> None:
        if hook == "fetch_orders":
            erp.remote.log[Stream.CUSTOMERS].append(late)

    erp.remote.before = arrive
    assert erp.sync().outcomes == {"applied": 12}
    assert erp.remote.fetched[-1][1].ids == ("C-1", "C-404")
    assert erp.world.ground("O-13") == "unknown_customer", "the source does not have it"


@pytest.mark.parametrize("ranges", [2, 3, 7])
def test_ranges_are_read_side_by_side_each_by_a_connector_of_its_own(
    erp: Source, ranges: int
) -> None:
    erp.remote.ranges = ranges
    filled(erp).sync(page_size=2)
    assert sorted(erp.stored(*IDS)) == sorted(IDS)
    assert [part.done for part in erp.parts()] == [True] * ranges
    assert erp.remote.closed >= ranges
    erp.remote.put(order("O-99"))
    erp.sync()
    assert erp.stored("O-99") == ["O-99"]


def test_a_range_that_fails_leaves_the_others_read(erp: Source) -> None:
    erp.remote.ranges = 3
    filled(erp).pull(Stream.CUSTOMERS)
    erp.remote.faults["fetch_orders"] = [TransientError("busy")]
    done = sync(erp.job(page_size=4))
    assert isinstance(done.problem, TransientError)
    assert len(erp.stored(*IDS)) == 8
    erp.sync(page_size=4)
    assert sorted(erp.stored(*IDS)) == sorted(IDS)


def test_a_range_whose_cursor_is_forgotten_has_all_ranges_read_anew(erp: Source) -> None:
    erp.remote.ranges = 3
    filled(erp).pull(Stream.CUSTOMERS)
    erp.remote.faults["fetch_orders"] = [CursorExpired("too old")]
    erp.sync(page_size=2)
    assert sorted(erp.stored(*IDS)) == sorted(IDS)
    assert [(part.part, part.done) for part in erp.parts()] == [(0, True), (1, True), (2, True)]


@pytest.mark.parametrize("times", [1, 2])
def test_a_cursor_that_is_forgotten_is_met_once_a_run(erp: Source, times: int) -> None:
    filled(erp).sync()
    erp.remote.put(order("O-99"))
    erp.remote.faults["fetch_orders"] = [CursorExpired("too old")] * times
    done = sync(erp.job())
    assert isinstance(done.problem, CursorExpired) is (times == 2)
    assert erp.stored("O-99") == (["O-99"] if times == 1 else [])
    erp.sync()
    assert erp.stored("O-99") == ["O-99"]


ERRORS = [
    pytest.param(AuthError("the key was refused"), True, id="a key that is refused"),
    pytest.param(TransientError("no answer"), False, id="a remote that does not answer"),
    pytest.param(RateLimited("slow down"), False, id="one that wants fewer calls"),
    pytest.param(PermanentError("gone"), False, id="one that is gone"),
    pytest.param(ValueError("a slip"), False, id="a slip of its author"),
    pytest.param(SystemExit("bye"), False, id="one that leaves the program"),
    pytest.param(MemoryError(), False, id="one that takes all the memory"),
]


@pytest.mark.parametrize(("error", "paused"), ERRORS)
@pytest.mark.parametrize("hook", ["ranges", "fetch_customers", "fetch_orders"])
def test_a_broken_connection_harms_no_other(
    world: World, error: BaseException, paused: bool, hook: str
) -> None:
    broken, sound = filled(world.connect("broken")), filled(world.connect("sound"))
    broken.remote.faults[hook] = [error]
    results = [sync(source.job()) for source in (broken, sound)]
    assert isinstance(results[0].problem, ConnectorError)
    assert str(results[0].problem).startswith("broken: ")
    assert (results[1].problem, results[1].outcomes) == (None, {"applied": 12})
    assert (status(world, "broken").paused_reason is not None) is paused
    assert status(world, "sound").paused_reason is None


@pytest.mark.parametrize(("error", "paused"), ERRORS)
def test_a_connection_that_cannot_be_written_to_is_read_all_the_same(
    erp: Source, error: BaseException, paused: bool
) -> None:
    filled(erp)
    erp.remote.faults["push_exemption_status"] = [error]
    done = sync(erp.job())
    assert len(erp.stored(*IDS)) == 12
    nobody_home = isinstance(error, TransientError)
    assert (done.problem is not None) is (paused or nobody_home), "the rest is told of each one"
    assert (status(erp.world, "erp").paused_reason is not None) is paused


def test_a_pause_ends_with_the_next_run_that_succeeds(erp: Source) -> None:
    filled(erp)
    erp.remote.faults["fetch_orders"] = [AuthError("the key was refused")]
    sync(erp.job())
    assert status(erp.world, "erp").paused_reason == "erp: the key was refused"
    assert erp.sync().outcomes == {"applied": 12}
    assert status(erp.world, "erp").paused_reason is None


def test_mails_that_are_due_go_out_with_the_run(world: World, erp: Source) -> None:
    mail = world.connect("mail", MAILS)
    erp.remote.put(customer(email="ap@x.example", exempt=True), order())
    erp.sync()
    ask(world.store, {mail.row.company_id: mail.row}, world.now)
    assert mail.sync(write_back=False).outcomes == {"applied": 1}
    assert [message.to for message in mail.remote.sent] == [("ap@x.example",)]


def test_a_run_that_is_stopped_is_no_failure(erp: Source) -> None:
    done = sync(filled(erp).job(stop=lambda: True))
    assert (done.problem, erp.remote.fetched) == (None, [])


def test_each_page_and_each_batch_is_told(erp: Source) -> None:
    filled(erp).sync(page_size=5)
    assert [(page.stream, page.records) for page in erp.pages] == [
        ("customers", 1),
        ("orders", 5),
        ("orders", 5),
        ("orders", 2),
    ]
    assert [batch.outcomes for batch in erp.batches] == [{"applied": 12}]


@pytest.mark.parametrize("ranges", [0, 3])
def test_a_rehearsal_reads_all_and_writes_nothing(world: World, ranges: int) -> None:
    source = filled(world.connect("erp", WRITES))
    source.remote.ranges = ranges
    before = everything(world.store)
    done = source.rehearse()
    assert len(done.would_write) == 13
    assert everything(world.store) == before
    assert source.sync().outcomes == {"applied": 13}


def test_a_rehearsal_that_fails_says_so(world: World) -> None:
    source = filled(world.connect("erp"))
    source.remote.faults["push_exemption_status"] = [AuthError("the key was refused")]
    done = source.rehearse()
    assert isinstance(done.problem, AuthError)
    assert status(world, "erp").paused_reason is None


def test_a_connection_reads_what_it_can(world: World) -> None:
    source = filled(world.connect("orders", [Capability.ORDERS]))
    source.sync()
    assert [stream for stream, _ in source.remote.fetched] == [Stream.ORDERS]
    assert world.ground("O-1") == "unknown_customer"


def test_two_companies_are_kept_apart(world: World) -> None:
    ours, theirs = world.connect("ours"), world.connect("theirs", company="southwind")
    ours.remote.put(customer("A", number="C-1", resale_certificate_number="FF"))
    theirs.remote.put(customer("B", number="C-1"), order("O-1", customer_external_id="B"))
    ours.sync()
    theirs.sync()
    assert world.ground("O-1") == "not_claimed"


def test_the_log_of_a_connection_names_it(erp: Source, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "exempt.connection.erp")
    filled(erp).sync()
    assert {record.name for record in caplog.records} == {"exempt.connection.erp"}
    assert any("fetch_orders took" in record.getMessage() for record in caplog.records)
