"""How far back orders are read: where it begins, that it stays, and reading further back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import Capability, Stream
from exempt.errors import CursorExpired, RefusedError, TransientError
from exempt.rules.lookback import EVERYTHING
from exempt.services.histories import Asked, Reached, look, reach_back
from exempt.services.history_ports import HistoryRow
from exempt.services.policy import NexusPolicy, Policy
from exempt.services.steering import pause
from exempt.services.sync import sync
from support.fake_connector import Remote
from support.owed import begin, waiting_jobs
from support.records import NOW, customer, employee, order, product
from support.stores import rows
from support.world import Source, World

EVERY_STREAM = [Capability(stream.value) for stream in Stream if stream is not Stream.BOUNCES]
THREE, FIVE = dt.date(2023, 1, 1), dt.date(2021, 1, 1)
LAST_YEAR = dt.date(2025, 1, 1)
IDS = [f"O-{year}" for year in range(2019, 2027)]


@pytest.fixture
def shop(world: World) -> Source:
    """A shop with an order on 1 July of each year since 2019."""
    source = world.connect("shop", EVERY_STREAM, remote=Remote(dated=True))
    source.remote.put(customer(), product(), employee())
    for external_id in IDS:
        day = dt.date(int(external_id.removeprefix("O-")), 7, 1)
        source.remote.put(order(external_id, order_date=day))
    return source


def history(source: Source) -> HistoryRow:
    with source.world.store.reading() as tx:
        return tx.histories.get(source.row.id)


def asked(source: Source, stream: Stream = Stream.ORDERS) -> list[dt.date | None]:
    """From which days on pages of a stream were asked for."""
    return [r.since for each, r in source.remote.fetched if each is stream and not r.ids]


def has(source: Source) -> int:
    """The year of the first order that is on file."""
    return int(min(source.stored(*IDS)).removeprefix("O-"))


def wanting(years: int = 3, **by_state: int) -> Policy:
    lookback = {f"US-{state}": longer for state, longer in by_state.items()}
    return Policy(nexus=NexusPolicy(lookback_years=years, lookback=lookback))


def further(source: Source, day: dt.date | None = None, **changes: Any) -> Reached:
    """Have it read from *day* on."""
    usual: dict[str, Any] = {"since": None, "policy": Policy(), "at": source.world.now}
    return reach_back(source.world.store, source.row, Asked(day, **usual | changes))


# --- where it begins ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "start"),
    [
        pytest.param(Policy(), THREE, id="three years before this one"),
        pytest.param(wanting(1), LAST_YEAR, id="as the settings say"),
        pytest.param(wanting(3, TX=5, CA=4), FIVE, id="as the state says that wants most"),
        pytest.param(wanting(3, TX=1), THREE, id="never less than the others want"),
    ],
)
def test_orders_are_read_for_as_many_years_as_are_wanted(
    shop: Source, policy: Policy, start: dt.date
) -> None:
    shop.sync(policy=policy)
    assert asked(shop) == [start]
    assert history(shop).reads_from == start
    assert has(shop) == start.year
    for stream in (Stream.CUSTOMERS, Stream.PRODUCTS, Stream.EMPLOYEES):
        assert asked(shop, stream) == [None], "what is no order is read whole"


def test_ranges_begin_there_too(shop: Source) -> None:
    shop.remote.ranges = 2
    shop.sync(page_size=1)
    assert [part.done for part in shop.parts()] == [True, True]
    assert has(shop) == 2023


@pytest.mark.parametrize("since", [dt.date(2020, 7, 1), EVERYTHING])
def test_what_the_settings_say_counts_for_all_but_employees(shop: Source, since: dt.date) -> None:
    shop.sync(since=since)
    said = None if since == EVERYTHING else since
    assert [asked(shop, stream) for stream in (Stream.ORDERS, Stream.CUSTOMERS)] == [[said], [said]]
    assert asked(shop, Stream.EMPLOYEES) == [None], "who left long ago counts, too"
    assert history(shop).reads_from == said
    assert has(shop) == (2019 if said is None else 2020)


def test_employees_whom_since_once_left_out_are_read_once_more(shop: Source) -> None:
    """So it was before employees were read whole."""
    shop.sync()
    shop.remote.fetched.clear()
    shop.sync(since=THREE)
    shop.sync(since=THREE)
    cursors = [r.cursor for stream, r in shop.remote.fetched if stream is Stream.EMPLOYEES]
    assert cursors == [None, "1:"]


def test_a_rehearsal_decides_nothing_of_it(shop: Source) -> None:
    shop.rehearse()
    assert asked(shop) == [THREE]
    assert history(shop).begun_at is None


# --- that it stays -----------------------------------------------------------------------


def years_later(source: Source) -> None:
    source.world.now = dt.datetime(2029, 2, 1, tzinfo=dt.UTC)


def test_it_does_not_move_while_years_go_by(shop: Source) -> None:
    shop.sync()
    years_later(shop)
    shop.sync()
    assert history(shop).reads_from == THREE
    assert [r.cursor for _, r in shop.remote.fetched][-2:] == ["8:", "1:"], "nothing is read anew"


@pytest.mark.parametrize("anew", ["a cursor that expired", "other settings"])
def test_it_does_not_move_when_all_is_read_anew(shop: Source, anew: str) -> None:
    shop.sync()
    years_later(shop)
    if anew == "other settings":
        shop.sync(guard="other")
    else:
        shop.remote.faults["fetch_orders"] = [CursorExpired("too old")]
        shop.sync()
    assert asked(shop)[-1] == THREE
    assert history(shop) == history(shop)._replace(reads_from=THREE, begun_at=NOW, read_at=NOW)


def test_orders_of_before_it_are_not_taken_for_deleted(shop: Source) -> None:
    """A list that is read whole names none of them, when it is read from a later day on."""
    shop.remote.whole = True
    shop.sync(since=EVERYTHING)
    assert has(shop) == 2019
    del shop.remote.log[Stream.ORDERS][-1]
    shop.sync(since=THREE, guard="other")
    gone = "SELECT external_id FROM sales_order WHERE deleted_at IS NOT NULL"
    assert rows(shop.world.store, gone) == [("O-2026",)]


def test_of_a_list_that_has_all_orders_whatever_is_asked_the_old_ones_count_too(
    shop: Source,
) -> None:
    """So it is with a list that cannot be asked for less."""
    shop.remote.whole, shop.remote.dated = True, False
    shop.sync()
    assert (has(shop), history(shop).reads_from) == (2019, THREE)
    del shop.remote.log[Stream.ORDERS][1]
    shop.sync(page_size=3)
    gone = "SELECT external_id FROM sales_order WHERE deleted_at IS NOT NULL"
    assert rows(shop.world.store, gone) == [("O-2020",)]


def test_what_was_read_whole_before_stays_whole(shop: Source) -> None:
    """A database of before there was a day: nothing is read anew, and never less than all."""
    shop.sync(since=EVERYTHING)
    shop.sync()
    assert asked(shop) == [None, None]
    assert len(shop.parts()) == 1
    shop.remote.faults["fetch_orders"] = [CursorExpired("too old")]
    years_later(shop)
    shop.sync()
    assert asked(shop)[-1] is None
    assert history(shop).reads_from is None


def test_where_the_settings_say_nothing_any_more_as_much_is_read_as_is_wanted(
    shop: Source,
) -> None:
    shop.sync(since=LAST_YEAR, guard="since 2025")
    assert has(shop) == 2025
    shop.sync(guard="no since")
    assert has(shop) == 2023
    assert history(shop).reads_from == THREE


def test_where_the_settings_say_all_by_now_all_is_read(shop: Source) -> None:
    shop.sync()
    shop.sync(since=EVERYTHING)
    assert (has(shop), history(shop).reads_from) == (2019, None)
    before = len(shop.remote.fetched)
    shop.sync(since=EVERYTHING)
    assert [r.cursor for _, r in shop.remote.fetched[before:]].count(None) == 0, "once"


# --- further back ------------------------------------------------------------------------


def test_further_back_is_read_from_there_and_nothing_twice(shop: Source) -> None:
    shop.sync()
    done = further(shop, dt.date(2020, 1, 1))
    assert done == Reached(dt.date(2020, 1, 1), further=True, is_read=False)
    assert history(shop).read_at is None
    shop.pages.clear()
    shop.sync()
    assert sorted(shop.stored(*IDS)) == IDS[1:]
    assert [(page.records, page.new) for page in shop.pages if page.stream == "orders"] == [(7, 3)]
    assert rows(shop.world.store, "SELECT count(*) FROM sales_order") == [(7,)]
    assert further(shop, dt.date(2020, 1, 1)) == done._replace(further=False, is_read=True)


@pytest.mark.parametrize(
    ("day", "policy", "start"),
    [
        pytest.param(None, wanting(3, TX=5), FIVE, id="as far as is wanted by now"),
        pytest.param(EVERYTHING, Policy(), None, id="all there are"),
    ],
)
def test_how_far_back(
    shop: Source, day: dt.date | None, policy: Policy, start: dt.date | None
) -> None:
    shop.sync()
    assert further(shop, day, policy=policy).reads_from == start
    shop.sync()
    assert has(shop) == (2019 if start is None else start.year)


@pytest.mark.parametrize("day", [None, THREE, LAST_YEAR])
def test_what_is_read_from_there_already_is_left_alone(shop: Source, day: dt.date | None) -> None:
    shop.sync()
    parts = shop.parts()
    assert further(shop, day) == Reached(THREE, further=False, is_read=True)
    assert shop.parts() == parts


def test_what_was_never_read_is_read_for_as_many_years_as_are_wanted(shop: Source) -> None:
    assert further(shop, LAST_YEAR) == Reached(THREE, further=True, is_read=False)
    shop.sync()
    assert has(shop) == 2023


@pytest.mark.parametrize("since", [dt.date(2020, 1, 1), EVERYTHING])
def test_what_was_never_read_is_read_from_where_the_settings_say(
    shop: Source, since: dt.date
) -> None:
    start = None if since == EVERYTHING else since
    assert further(shop, since=since).reads_from == start


@pytest.mark.parametrize("whole", [False, True])
def test_a_reading_that_goes_on_begins_anew_from_there(shop: Source, *, whole: bool) -> None:
    """Somebody asks for more while pages come: the run does not end before it has that, too."""
    shop.remote.whole = whole
    days = iter([dt.date(2020, 1, 1)])

    def ask(hook: str) -> None:
        if hook == "fetch_orders" and shop.pages and (day := next(days, None)):
            further(shop, day)

    shop.remote.before = ask
    shop.sync(page_size=2)
    assert sorted(shop.stored(*IDS)) == IDS[1:]
    assert history(shop).read_at is not None


def test_the_daemon_is_asked_where_it_is_to_read(shop: Source) -> None:
    further(shop, FIVE)
    assert waiting_jobs(shop.world) == []
    further(shop, FIVE, ask=True)
    assert waiting_jobs(shop.world) == ["pull:shop"]
    shop.sync()
    begin(shop.world, "pull:shop")
    further(shop, FIVE, ask=True)
    assert "pull:shop" not in waiting_jobs(shop.world), "there is nothing to do"


def test_what_cannot_be_read_further_back(shop: Source) -> None:
    with pytest.raises(RefusedError, match=r"shop: is read from 2023-01-01 on.*since = 2021-01-01"):
        further(shop, FIVE, since=THREE)
    with pytest.raises(RefusedError, match='since = "all"'):
        further(shop, EVERYTHING, since=THREE)
    people = shop.world.connect("hris", [Capability.EMPLOYEES])
    with pytest.raises(RefusedError, match="hris: has no orders to read"):
        further(people)
    pause(shop.world.store, shop.row, "the books are closed", shop.world.act())
    with shop.world.store.reading() as tx:
        shop.row = next(row for row in tx.connections.all() if row.name == "shop")
    with pytest.raises(RefusedError, match="is paused by anna"):
        further(shop)
    assert history(shop).begun_at is None


# --- what happens meanwhile --------------------------------------------------------------


def test_a_source_that_is_away_in_the_middle_is_read_on_from_there(shop: Source) -> None:
    shop.remote.ranges = 2
    shop.remote.faults["fetch_orders"] = [None, TransientError("away"), TransientError("away")]
    sync(shop.job(page_size=1))
    assert history(shop).read_at is None
    shop.sync(page_size=1)
    assert has(shop) == 2023
    records = [page.records for page in shop.pages if page.stream is Stream.ORDERS]
    assert sum(records) == 4, "no order came twice"
    assert history(shop).read_at == NOW


def test_a_pause_in_the_middle_holds_it_up_and_no_more(shop: Source) -> None:
    def close_the_books(hook: str) -> None:
        if hook == "fetch_orders" and shop.pages[-1].stream is Stream.ORDERS:
            shop.remote.before = lambda _hook: None
            pause(shop.world.store, shop.row, "the books are closed", shop.world.act())

    shop.remote.before = close_the_books
    done = sync(shop.job(page_size=1, stop=lambda: _paused(shop)))
    assert isinstance(done.problem, RefusedError)
    with shop.world.store.reading() as tx:
        (view,) = look(tx)
        assert view.paused_reason == "the books are closed"
        assert view.row.read_at is None
        assert view.so_far is not None
        assert view.so_far.records < 4, "it ended at a page"
    with shop.world.store.writing() as tx:
        tx.connections.pause(shop.row.id, None, NOW, "anna")
    shop.sync(page_size=1)
    assert sorted(shop.stored(*IDS)) == IDS[4:]
    assert history(shop).read_at == NOW


def _paused(source: Source) -> bool:
    with source.world.store.reading() as tx:
        return any(row.paused_by for row in tx.connections.all())


def test_an_order_that_changes_meanwhile_ends_as_it_is_in_the_source(shop: Source) -> None:
    """It comes by a webhook while the page that it stood on is on its way."""
    now = shop.world.now
    stale = order("O-2025", order_date=dt.date(2025, 7, 1), updated_at=now - dt.timedelta(days=1))
    fresh = stale.model_copy(update={"closed": True, "updated_at": now})
    log = shop.remote.log[Stream.ORDERS]
    log[6] = stale

    def webhook(hook: str) -> None:
        if hook == "fetch_orders" and shop.stored("O-2024"):
            shop.remote.before = lambda _hook: None
            with shop.world.store.writing() as tx:
                tx.sources.save_orders(shop.row, [fresh], now)

    shop.remote.before = webhook
    shop.sync(page_size=1)
    with shop.world.store.reading() as tx:
        (found,) = tx.sources.orders_by_id(shop.row.id, ["O-2025"])
    assert found.record.closed, "the page that was older did not undo it"
    assert rows(shop.world.store, "SELECT count(*) FROM sales_order") == [(4,)]


def test_an_old_order_that_comes_alone_does_not_move_the_start(shop: Source) -> None:
    shop.sync()
    shop.remote.put(order("O-2019", order_date=dt.date(2019, 7, 1), closed=True))
    shop.sync()
    assert has(shop) == 2019
    assert history(shop).reads_from == THREE


def test_rows_that_cannot_be_read_do_not_hold_it_up_and_are_counted(shop: Source) -> None:
    shop.remote.spoil(Stream.ORDERS, "row 9", "O-BAD")
    shop.remote.spoil(Stream.CUSTOMERS, "row 2", "C-BAD")
    shop.sync()
    with shop.world.store.reading() as tx:
        (view,) = look(tx)
    assert (view.rejected, view.row.read_at) == (1, NOW)


def test_how_far_it_is_can_be_seen_while_it_goes_on(shop: Source) -> None:
    shop.remote.ranges = 2
    shop.remote.faults["fetch_orders"] = [None, None, TransientError("away")]
    sync(shop.job(page_size=1))
    with shop.world.store.reading() as tx:
        (view,) = look(tx)
        none = look(tx, [0])
    assert none == []
    so_far, on_file = view.so_far, view.on_file
    assert so_far is not None
    assert on_file is not None
    assert (so_far.parts, so_far.pages, so_far.records) == (2, on_file.orders, on_file.orders)
    assert (so_far.first_day, so_far.last_day) == (on_file.first_day, on_file.last_day)
    assert so_far.rate is None, "no time went by"
    later = so_far._replace(moved_at=NOW + dt.timedelta(seconds=2), records=7)
    assert later.rate == 3.5
