"""What follows when something was read: the watch over nexus is asked to look."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from exempt import Capability, Employee, Stream
from exempt.errors import TransientError
from exempt.model.nexus import Counts
from exempt.rules.lookback import Lacking
from exempt.services import duties
from exempt.services.arrivals import decide_page
from exempt.services.following import read_again
from exempt.services.histories import starts
from exempt.services.job_ports import JobKind
from exempt.services.policy import NexusPolicy, Policy
from exempt.services.running import run_job, tick
from exempt.services.standing import make_jobs
from exempt.services.sync import sync
from support.fake_connector import Remote
from support.owed import begin
from support.records import NOW, TODAY, address, customer, employee, order, product
from support.shift import Shift
from support.stores import MINUTE, rows
from support.world import Source, World

EVERY_STREAM = [Capability(stream.value) for stream in Stream if stream is not Stream.BOUNCES]


@pytest.fixture
def erp(world: World) -> Source:
    """An ERP that was read, and everything looked at since."""
    source = world.connect("erp", EVERY_STREAM)
    source.remote.put(customer(), product(), employee(), *(order(f"O-{n}") for n in range(4)))
    source.sync(write_back=False)
    looked(source)
    return source


def looked(source: Source) -> None:
    """Let it be looked who is near a threshold."""
    begin(source.world, JobKind.NEXUS.value)


def asked(source: Source) -> bool:
    """Whether it is to be looked."""
    with source.world.store.reading() as tx:
        job = tx.jobs.get(JobKind.NEXUS.value)
    return job is not None and job.waiting


# --- when it is asked for ----------------------------------------------------------------


def test_after_the_first_reading_the_exposure_is_looked_at(world: World) -> None:
    """Also of a source that has nothing: whoever connects it sees a report."""
    empty = world.connect("shop", EVERY_STREAM)
    empty.sync()
    assert asked(empty)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(order("O-9"), True, id="a new order"),
        pytest.param(order("O-1", total=Decimal(7)), True, id="an order that changed"),
        pytest.param(product("P-9"), True, id="a new product"),
        pytest.param(employee("E-9"), True, id="a new employee"),
        pytest.param(customer("C-9"), False, id="a customer alone sells nothing"),
        pytest.param(order("O-1"), False, id="an order that is as it was"),
        pytest.param(None, False, id="nothing"),
    ],
)
def test_what_a_pull_brings(erp: Source, record: Any, expected: bool) -> None:
    if record is not None:
        erp.remote.put(record)
    erp.sync(write_back=False)
    assert asked(erp) is expected


def test_what_a_pull_takes_away(erp: Source) -> None:
    erp.remote.remove(Stream.ORDERS, "O-1")
    erp.sync(write_back=False)
    assert asked(erp)


def test_it_is_asked_once_at_the_end_of_many_pages(erp: Source) -> None:
    erp.remote.put(*(order(f"N-{n}") for n in range(6)), order("O-1"))
    erp.remote.faults["fetch_orders"] = [None, None, None, TransientError("away")]
    sync(erp.job(page_size=2))
    assert erp.stored("N-5") == ["N-5"]
    assert not asked(erp), "not while pages come"
    erp.remote.put(order("N-9"))
    erp.sync(write_back=False)
    assert asked(erp)


def test_a_last_page_without_news_forgets_nothing_of_those_before(erp: Source) -> None:
    erp.remote.put(order("N-1"), order("O-1"))
    erp.sync(write_back=False, page_size=1)
    assert asked(erp)


@pytest.mark.parametrize("ranges", [0, 3])
def test_the_first_reading_is_over_when_all_parts_are(world: World, ranges: int) -> None:
    shop = world.connect("shop", EVERY_STREAM, remote=Remote(ranges=ranges))
    shop.remote.put(*(order(f"O-{n}") for n in range(6)))
    shop.remote.faults["fetch_orders"] = [TransientError("away")]
    sync(shop.job(page_size=2))
    with world.store.reading() as tx:
        assert tx.histories.get(shop.row.id).read_at is None
    shop.sync(write_back=False)
    with world.store.reading() as tx:
        assert tx.histories.get(shop.row.id).read_at == NOW
    assert asked(shop)


def test_what_a_webhook_brings_is_looked_at_too(erp: Source) -> None:
    erp.remote.put(order("O-9"))
    read_again(erp.reading(), Stream.ORDERS, ("O-9",))
    assert asked(erp)


# --- employees ---------------------------------------------------------------------------


def test_all_employees_are_read_when_an_hr_system_is_connected_and_again_by_schedule(
    world: World,
) -> None:
    """Past ones too, with their dates, whatever the settings say of older orders."""
    hris = world.connect("hris", [Capability.EMPLOYEES])
    left = dt.date(2019, 3, 31)
    hris.remote.put(
        employee("E-1", start_date=dt.date(2011, 4, 1), end_date=left),
        employee("E-2", start_date=dt.date(2020, 1, 1)),
    )
    shift = Shift(world)
    shift.duty.do[JobKind.PULL] = (  # type: ignore[index]
        lambda _job: duties.pull(hris.job(since=dt.date(2024, 1, 1)))
    )
    make_jobs(world.store, {"hris"}, {}, NOW)

    def work() -> list[str]:
        tick(shift.duty)
        return shift.engine.work(lambda name: run_job(shift.duty, name))

    def known() -> list[Any]:
        return rows(
            world.store,
            "SELECT external_id, start_date, end_date FROM employee ORDER BY external_id",
        )

    assert "pull:hris" in work()
    assert [str(cell) for row in known() for cell in row] == [
        *("E-1", "2011-04-01", "2019-03-31"),
        *("E-2", "2020-01-01", "None"),
    ]
    with world.store.writing() as tx:
        tx.jobs.plan(JobKind.PULL, hris.row.id, NOW + 15 * MINUTE)
    hris.remote.put(_moved(employee("E-2", start_date=dt.date(2020, 1, 1)), "OH"))
    hris.remote.put(employee("E-3", start_date=TODAY))
    world.now += 14 * MINUTE
    assert "pull:hris" not in work()
    world.now += MINUTE
    assert "pull:hris" in work()
    assert len(known()) == 3
    assert rows(world.store, "SELECT work_state FROM employee WHERE external_id = 'E-2'") == [
        ("OH",)
    ]
    assert [r.cursor for _, r in hris.remote.fetched] == [None, "2:"], "just what is new"


def _moved(who: Employee, state: str) -> Employee:
    return who.model_copy(update={"work_location": address(state)})


# --- what is wanted and not there --------------------------------------------------------

THREE = dt.date(2023, 1, 1)
POLICY = Policy(nexus=NexusPolicy(lookback={"US-TX": 4}))


def old(external_id: str, day: dt.date) -> Any:
    return order(external_id, order_date=day)


def why(world: World, jurisdiction: str, policy: Policy = POLICY) -> list[tuple[str, str | None]]:
    """What a state wants of Northwind and may not be known, and of which source."""
    with world.store.reading() as tx:
        ids = [company.id for company in tx.cards.companies()]
        found = starts(tx, ids, policy, TODAY)
    return [(lack.why, lack.connection) for start in found for lack in start.lacks(jurisdiction)]


def test_one_state_wants_more_than_was_read(world: World) -> None:
    shop = world.connect("shop", EVERY_STREAM)
    shop.remote.put(customer(), old("O-1", THREE), old("O-2", TODAY))
    assert why(world, "US-TX") == [(Lacking.BEING_READ, "shop")]
    shop.sync(write_back=False)  # by the usual three years
    assert why(world, "US-TX") == [(Lacking.READ_FROM, "shop")]
    assert why(world, "US-OH") == []
    with world.store.reading() as tx:
        (start,) = starts(tx, [shop.row.company_id], POLICY, TODAY)
    assert start.known_from == THREE
    assert [wanted.jurisdictions for wanted, _ in start.all_lacks()] == [("US-TX",)]


def test_a_source_that_has_nothing_older_is_told_apart(world: World) -> None:
    shop = world.connect("shop", EVERY_STREAM)
    shop.remote.put(customer(), old("O-1", dt.date(2024, 3, 5)))
    shop.sync(write_back=False, policy=POLICY)
    for state in ("US-TX", "US-OH"):
        assert why(world, state) == [(Lacking.NOTHING_OLDER, None)]
    files = world.connect("files", [])
    with world.store.writing() as tx:
        saved = tx.sources.save_orders(files.row, [old("F-1", dt.date(2022, 1, 3))], NOW)
        decide_page(tx, files.row, saved, POLICY, NOW)
    assert why(world, "US-TX") == [], "what is older came by file"


def test_what_does_not_count_is_not_wanted(world: World) -> None:
    shop = world.connect("shop", EVERY_STREAM)
    shop.remote.put(customer(), order())
    shop.sync(write_back=False)
    twice = Policy(nexus=NexusPolicy(lookback={"US-TX": 4}, counts={"shop": Counts.NONE}))
    assert why(world, "US-TX", twice) == []


def test_companies_without_orders_lack_nothing(world: World) -> None:
    world.connect("hris", [Capability.EMPLOYEES]).sync()
    assert why(world, "US-TX") == []
