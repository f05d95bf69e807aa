"""Several batches on their way at once: each thing is written once, and marked by its answer."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event, get_ident

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exempt import (
    AuthError,
    ConfigError,
    ConnectorError,
    Outcome,
    PushItem,
    Stream,
    TransientError,
)
from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.store.store import SqlStore
from exempt.services.push import Writing, push
from exempt.services.rows import Delivery, DeliveryTarget
from support.databases import made, open_database
from support.fake_connector import Answer
from support.records import customer, order
from support.world import Source, World

PUSH = "push_exemption_status"
LANES = 3


def owing(world: World, count: int, size: int = 1) -> Source:
    """A connection that owes so many orders their exemption."""
    source = world.connect("erp", push_batch_max=size)
    source.remote.put(customer(resale_certificate_number="FF-1"))
    source.remote.put(*(order(name) for name in names(count)))
    source.pull(Stream.CUSTOMERS)
    source.pull()
    return source


def names(count: int) -> list[str]:
    return [f"O-{number:02}" for number in range(count)]


def write(
    source: Source,
    lanes: int = LANES,
    *,
    stop: Callable[[], bool] = lambda: False,
    opening: Callable[[], None] = lambda: None,
) -> Counter[str]:
    """Write what is due, in so many lanes."""

    def another() -> OpenConnection:
        opening()
        return source.open()

    outcomes: Counter[str] = Counter()
    reading = source.reading(stop=stop)
    push(Writing(reading, source.batches.append, another, lanes), outcomes)
    return outcomes


def together(source: Source, count: int = LANES) -> None:
    """Let the first calls pass only when so many are on their way at once."""
    barrier, calls = Barrier(count), iter(range(count))

    def before(hook: str) -> None:
        if hook == PUSH and next(calls, None) is not None:
            barrier.wait(30)

    source.remote.before = before


def all_deliveries(source: Source, count: int) -> dict[str, Delivery]:
    with source.world.store.reading() as tx:
        return tx.deliveries.last(source.row.id, DeliveryTarget.ORDER, names(count))


def sent(source: Source, count: int) -> set[str]:
    """The orders that count as written."""
    found = all_deliveries(source, count)
    return {name for name, delivery in found.items() if delivery.state == "sent"}


def written(source: Source) -> set[str]:
    """The orders that were written, each of them once."""
    assert set(source.remote.written.values()) <= {1}
    by_key = {item.key: item.external_id for item in source.remote.pushed}
    return {by_key[key] for key in source.remote.written}


def test_so_many_batches_are_on_their_way_at_once(world: World) -> None:
    source = owing(world, 9)
    together(source)
    assert write(source) == {"applied": 9}
    assert sent(source, 9) == written(source) == set(names(9))
    assert sum(sum(batch.outcomes.values()) for batch in source.batches) == 9


def test_each_lane_has_a_connector_of_its_own_that_is_closed_in_the_end(world: World) -> None:
    source = owing(world, 9)
    together(source)
    opened: list[None] = []
    write(source, opening=lambda: opened.append(None))
    assert len(opened) == LANES - 1, "one of them is there already"
    assert source.remote.closed == LANES - 1, "and not ours to close"


def test_no_connector_is_opened_that_nobody_needs(world: World) -> None:
    source = owing(world, 5, size=5)
    assert write(source, lanes=8, opening=lambda: pytest.fail("one batch, one lane")) == {
        "applied": 5
    }
    assert write(source, lanes=8) == {}


def test_without_another_connector_there_is_one_lane(world: World) -> None:
    source = owing(world, 4)
    threads: set[int] = set()
    source.remote.before = lambda _hook: threads.add(get_ident())
    outcomes: Counter[str] = Counter()
    push(Writing(source.reading(), lanes=4), outcomes)
    assert outcomes == {"applied": 4}
    assert len(threads) == 1


@pytest.mark.parametrize("error", [AuthError, ConfigError, TransientError])
def test_what_stops_all_lets_those_end_that_are_on_their_way(
    world: World, error: type[ConnectorError]
) -> None:
    source = owing(world, 40)
    together(source)
    first = [error("refused"), None, None]
    source.remote.faults[PUSH] = [*first, *(error("refused") for _ in range(40))]
    with pytest.raises(error, match="erp: refused"):
        write(source)
    assert len(written(source)) == 2
    assert sent(source, 40) == written(source), "they are marked"
    assert set(source.owed()) == set(names(40)) - written(source)
    assert len(source.remote.batches) <= LANES * 5, "the rest did not go out"
    assert source.remote.closed <= LANES - 1
    source.remote.faults.clear()
    assert write(source) == {"applied": 38}
    assert written(source) == set(names(40))


def test_a_connector_that_cannot_be_opened_stops_all(world: World) -> None:
    source = owing(world, 10)

    entered, refused = Event(), Event()

    def before(hook: str) -> None:
        if hook == PUSH:
            entered.set()
            refused.wait(30)

    source.remote.before = before

    def opening() -> None:
        entered.wait(30)
        refused.set()
        msg = "erp: cannot be opened"
        raise ConfigError(msg)

    with pytest.raises(ConfigError, match="erp: cannot be opened"):
        write(source, lanes=2, opening=opening)
    assert sent(source, 10) == written(source)
    assert set(source.owed()) == set(names(10)) - written(source)


def test_what_cannot_be_read_again_lets_the_others_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One batch comes back with a conflict, and the key is refused when its order is read."""
    source = owing(world, 20)
    read, whole = Event(), source.remote.write

    def before(hook: str) -> None:
        if hook == "fetch_orders":
            read.set()

    def write_after_that(item: PushItem, *, dry_run: bool) -> Answer:
        if item.external_id != "O-00":
            read.wait(30)
        return whole(item, dry_run=dry_run)

    source.remote.before = before
    monkeypatch.setattr(source.remote, "write", write_after_that)
    source.remote.answers = {name: [Outcome.CONFLICT] for name in names(1)}
    source.remote.faults["fetch_orders"] = [AuthError("refused")]
    with pytest.raises(AuthError, match="erp: refused"):
        write(source)
    assert sent(source, 20) == written(source)
    assert "O-00" not in written(source)
    assert write(source).keys() == {"applied"}


def test_what_cannot_be_told_lets_the_others_be_marked(world: World) -> None:
    source = owing(world, 20)
    together(source)

    def told(_batch: object) -> None:
        raise OSError("nobody listens")

    with pytest.raises(OSError, match="nobody listens"):
        push(Writing(source.reading(), told, source.open, LANES), Counter())
    assert sent(source, 20) == written(source)
    assert source.owed()


def test_lanes_stop_between_batches(world: World) -> None:
    source = owing(world, 40)
    together(source)
    write(source, stop=lambda: bool(source.remote.pushed))
    assert sent(source, 40) == written(source)
    assert len(written(source)) >= LANES
    assert source.owed(), "the rest is left for later"
    write(source)
    assert written(source) == set(names(40))


STATES = {
    Outcome.APPLIED: "sent",
    Outcome.UNCHANGED: "sent",
    Outcome.REJECTED: "dead",
    Outcome.MISSING: "dead",
    Outcome.RETRY: "pending",
    None: "pending",
}


@settings(max_examples=30, deadline=None)
@given(
    answers=st.lists(st.sampled_from([*STATES]), min_size=1, max_size=24),
    size=st.integers(1, 4),
    lanes=st.integers(1, 5),
    pauses=st.lists(st.sampled_from([0, 0, 0.001, 0.004]), min_size=24, max_size=24),
)
def test_whatever_comes_back_first_each_is_written_once_and_marked_by_its_own_answer(
    answers: list[Answer], size: int, lanes: int, pauses: list[float]
) -> None:
    waits, never = iter(pauses), Event()

    def before(_hook: str) -> None:
        never.wait(next(waits, 0))

    with (
        tempfile.TemporaryDirectory() as folder,
        made("sqlite", Path(folder), migrated=True) as url,
        open_database(url) as database,
    ):
        world = World(SqlStore(database, lambda _sha256: pytest.fail("no file is opened")))
        source = owing(world, len(answers), size)
        source.remote.answers = {
            name: [each] for name, each in zip(names(len(answers)), answers, strict=True)
        }
        source.remote.before = before
        outcomes = write(source, lanes)
        found = all_deliveries(source, len(answers))
        assert Counter(item.external_id for item in source.remote.pushed) == Counter(
            names(len(answers))
        )
        assert {name: each.state.value for name, each in found.items()} == {
            name: STATES[each]  # type: ignore[index]
            for name, each in zip(names(len(answers)), answers, strict=True)
        }
        assert all(each.attempts == 1 for each in found.values())
        assert outcomes == Counter(each.outcome for each in found.values())
