"""Reading changes only: nothing is missed at the edges, whatever the clocks say."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import respx

from exempt import CursorExpired, FetchRequest, PermanentError
from exempt.testing import StillContext, read_all, records
from peers.erp_build import URL, as_json, connector, order_row
from peers.erp_list import PagedList

PAGE = {"kind": "page", "size_param": "size", "size": 7}
CHANGES = {"param": "since", "overlap_seconds": 0}
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture
def remote(mocked: respx.MockRouter) -> PagedList:
    """An ERP with thirty orders, a minute apart from 2026-11-01T12:00Z on."""
    paged = PagedList("page", [order_row(n) for n in range(30)])
    mocked.get(f"{URL}/orders").mock(side_effect=paged)
    return paged


def erp(context: StillContext | None = None, **changes: Any) -> Any:
    """A connector that reads changes."""
    return connector(context, orders__paging=PAGE, orders__incremental=CHANGES | changes)


def since(cursor: str | None) -> str | None:
    """The moment in a cursor."""
    found: str | None = json.loads(cursor or "{}").get("since")
    return found


def test_the_whole_history_is_asked_for_without_the_parameter(remote: PagedList) -> None:
    read_all(erp().fetch_orders)
    assert all("since" not in query for query in remote.asked)


def test_the_checkpoint_is_the_latest_change_and_included(remote: PagedList) -> None:
    last = read_all(erp().fetch_orders)[-1]
    assert since(last.checkpoint) == "2026-11-01T12:29:00Z"
    remote.rows.append(order_row(29, no="SO-tie"))
    again = records(read_all(erp().fetch_orders, last.checkpoint))
    assert [record.external_id for record in again] == ["SO-29", "SO-tie"]


def test_a_run_of_changes_goes_on_from_each_cursor(remote: PagedList) -> None:
    first = read_all(erp().fetch_orders)[-1].checkpoint
    for row in remote.rows[:20]:
        row["changed"] = row["changed"].replace("-01T", "-02T")
    pages = read_all(erp().fetch_orders, first)
    assert len(records(pages)) == 21
    for number, page in enumerate(pages[:-1], start=1):
        assert read_all(erp().fetch_orders, page.next_cursor) == pages[number:]
    assert since(pages[-1].checkpoint) == "2026-11-02T12:19:00Z"


def test_without_a_change_the_checkpoint_stays(remote: PagedList) -> None:
    first = read_all(erp().fetch_orders)[-1].checkpoint
    assert read_all(erp().fetch_orders, first)[-1].checkpoint == first
    remote.rows.clear()
    assert read_all(erp().fetch_orders, first)[-1].checkpoint == first


def test_the_overlap_reaches_back_but_never_moves_the_checkpoint_back(remote: PagedList) -> None:
    first = read_all(erp().fetch_orders)[-1].checkpoint
    del remote.rows[-1]
    pages = read_all(erp(overlap_seconds=300).fetch_orders, first)
    assert remote.asked[-1]["since"] == "2026-11-01T12:24:00Z"
    assert len(records(pages)) == 5
    assert pages[-1].checkpoint == first


@pytest.mark.parametrize(
    ("format_", "value", "asked"),
    [
        pytest.param("iso", "{since}", "2026-10-31T05:00:00Z", id="iso, in UTC"),
        pytest.param("date", "{since}", "2026-10-31", id="date, in the ERP's zone"),
        pytest.param("epoch", "{since}", "1793422800", id="seconds"),
        pytest.param("epoch_ms", "{since}", "1793422800000", id="milliseconds"),
        pytest.param("%d.%m.%Y %H:%M", "{since}", "31.10.2026 00:00", id="a pattern"),
        pytest.param(
            "iso",
            "write ge {since} or create ge {since}",
            "write ge 2026-10-31T05:00:00Z or create ge 2026-10-31T05:00:00Z",
            id="a template",
        ),
    ],
)
def test_the_parameter(mocked: respx.MockRouter, format_: str, value: str, asked: str) -> None:
    route = mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": []}))
    changes = {"param": "$filter", "value": value, "format": format_, "overlap_seconds": 0}
    remote = connector(orders__incremental=changes, time_zone="America/Chicago")
    remote.fetch_orders(FetchRequest(since=dt.date(2026, 10, 31)))
    assert route.calls[0].request.url.params["$filter"] == asked


def test_what_changes_during_a_long_run_is_seen_by_the_next(remote: PagedList) -> None:
    """A page that was read is changed, then a later one: the checkpoint stays before both."""
    context = StillContext(now=dt.datetime(2026, 11, 1, 13, tzinfo=dt.UTC))
    first = erp(context).fetch_orders(FetchRequest())
    remote.rows[0]["changed"] = "2026-11-01T13:05:00Z"
    remote.rows[29]["changed"] = "2026-11-01T13:55:00Z"
    context.moment += dt.timedelta(hours=1)
    last = read_all(erp(context).fetch_orders, first.next_cursor)[-1]
    assert since(last.checkpoint) == "2026-11-01T13:00:00Z"
    seen = records(read_all(erp(context).fetch_orders, last.checkpoint))
    assert {record.external_id for record in seen} == {"SO-0", "SO-29"}


def test_a_change_in_the_far_future_does_not_hide_the_present(remote: PagedList) -> None:
    remote.rows[3]["changed"] = "2099-01-01T00:00:00Z"
    last = read_all(erp(StillContext(now=NOW)).fetch_orders)[-1]
    assert since(last.checkpoint) == "2026-11-20T12:00:00Z"


def test_the_erps_own_clock_counts_where_it_tells(mocked: respx.MockRouter) -> None:
    rows = [order_row(1, changed="2026-11-20T11:00:00Z")]
    answer = as_json({"data": rows}, Date="Fri, 20 Nov 2026 10:30:00 GMT")
    mocked.get(f"{URL}/orders").mock(return_value=answer)
    page = connector(orders__incremental=CHANGES).fetch_orders(FetchRequest())
    assert since(page.checkpoint) == "2026-11-20T10:30:00Z"


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_date_header_that_is_none_does_no_harm(mocked: respx.MockRouter, date: str) -> None:
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": [order_row(1)]}, Date=date))
    page = connector(orders__incremental=CHANGES).fetch_orders(FetchRequest())
    assert since(page.checkpoint) == "2026-11-01T12:01:00Z"


def test_records_never_changed_are_read_all_the_same(remote: PagedList) -> None:
    for row in remote.rows[5:]:
        row["changed"] = None
    pages = read_all(erp().fetch_orders)
    assert len(records(pages)) == 30
    assert since(pages[-1].checkpoint) == "2026-11-01T12:04:00Z"


def test_without_incremental_each_run_reads_everything(remote: PagedList) -> None:
    plain = connector(orders__paging=PAGE)
    last = read_all(plain.fetch_orders, since=dt.date(2026, 11, 1))[-1]
    assert last.checkpoint == "{}"
    assert len(records(read_all(plain.fetch_orders, last.checkpoint))) == 30


@pytest.mark.parametrize("cursor", ["x", "[]", '{"page": 2}', '{"since": "soon"}', "{" * 3000])
def test_a_cursor_of_somebody_else_has_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        erp().fetch_orders(FetchRequest(cursor=cursor))


BY_ID = {"path": "orders/{id}"}


def test_single_records_are_fetched_and_missing_ones_named(mocked: respx.MockRouter) -> None:
    mocked.get(f"{URL}/orders/SO-1").mock(return_value=as_json(order_row(1)))
    mocked.get(f"{URL}/orders/A%2F2").mock(return_value=as_json(order_row(2, no="A/2", total="?")))
    mocked.get(f"{URL}/orders/SO-3").mock(return_value=as_json("<html>", 404))
    mocked.get(f"{URL}/orders/SO-4").mock(return_value=as_json({}, 410))
    ids = ("SO-1", "A/2", "SO-3", "SO-4")
    page = connector(orders__by_id=BY_ID).fetch_orders(FetchRequest(ids=ids))
    assert [record.external_id for record in page.records] == ["SO-1"]
    assert [rejected.external_id for rejected in page.rejected] == ["A/2"]
    assert page.deleted == ("SO-3", "SO-4")
    assert mocked.calls[1].request.url.raw_path == b"/api/orders/A%2F2"
    assert (page.next_cursor, page.checkpoint) == (None, None)


def test_a_single_record_may_be_found_by_a_filter(mocked: respx.MockRouter) -> None:
    route = mocked.get(f"{URL}/orders")
    route.side_effect = [as_json({"data": [order_row(1)]}), as_json({"data": []})]
    by_id = {"path": "orders", "params": {"$filter": "no eq '{id}'"}, "record": "data[0]"}
    page = connector(orders__by_id=by_id).fetch_orders(FetchRequest(ids=("SO-1", "SO-2")))
    assert route.calls[0].request.url.params["$filter"] == "no eq 'SO-1'"
    assert (len(page.records), page.deleted) == (1, ("SO-2",))


@pytest.mark.parametrize(
    ("changes", "ids", "body", "words"),
    [
        pytest.param({}, ["SO-1"], {}, "orders.by_id is not in the settings", id="not described"),
        pytest.param(
            {"orders__by_id": BY_ID}, ["SO-1"], order_row(2), "the ERP gave another", id="another"
        ),
        pytest.param({"orders__by_id": BY_ID}, [".."], {}, "is empty or dots only", id="dots"),
        pytest.param(
            {"orders__by_id": BY_ID | {"record": "sort(@)"}},
            ["SO-1"],
            {},
            "by_id: 'sort(@)' cannot be applied",
            id="a path that does not apply",
        ),
        pytest.param(
            {"orders__by_id": BY_ID, "errors": [{"when": "oops", "verdict": "ignore"}]},
            ["SO-1"],
            {"oops": 1},
            "errors can ignore a page, but not a single record",
            id="an error to ignore",
        ),
    ],
)
def test_a_single_record_that_cannot_be_fetched(
    mocked: respx.MockRouter, changes: Any, ids: list[str], body: Any, words: str
) -> None:
    mocked.get(url__startswith=f"{URL}/orders").mock(return_value=as_json(body))
    with pytest.raises(PermanentError) as caught:
        connector(**changes).fetch_orders(FetchRequest(ids=tuple(ids)))
    assert words in str(caught.value)
