"""Deletions: rows that say so, and records that a whole list no longer has."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from exempt import FetchRequest, PermanentError
from exempt.testing import read_all
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import URL, as_json, connector, order_row, table

PAGES = {"kind": "page", "has_more": "more"}
CHANGES = {"param": "since"}


@pytest.fixture
def two_pages(mocked: respx.MockRouter) -> respx.MockRouter:
    """Three orders, of which one says that it is deleted."""
    gone = order_row(9, is_deleted=True)
    first = as_json({"data": [order_row(1), gone], "more": True})
    second = as_json({"data": [order_row(2)], "more": False})
    mocked.get(f"{URL}/orders", params={"page": "1"}).mock(return_value=first)
    mocked.get(f"{URL}/orders", params={"page": "2"}).mock(return_value=second)
    return mocked


@pytest.mark.usefixtures("two_pages")
def test_rows_that_say_that_they_are_deleted() -> None:
    changes: dict[str, Any] = {"orders__deleted": "is_deleted", "orders__incremental": CHANGES}
    pages = read_all(connector(orders__paging=PAGES, **changes).fetch_orders)
    assert [[r.external_id for r in page.records] for page in pages] == [["SO-1"], ["SO-2"]]
    assert [page.deleted for page in pages] == [("SO-9",), ()]
    assert pages[-1].checkpoint == '{"since":"2026-11-01T12:09:00Z"}'


@pytest.mark.usefixtures("two_pages")
@pytest.mark.parametrize(
    ("gone", "snapshot"),
    [
        pytest.param({}, False, id="by itself a list says nothing of what it lacks"),
        pytest.param({"orders__gone": "deleted"}, True, id="unless the settings say so"),
    ],
)
def test_a_whole_list(gone: dict[str, Any], snapshot: bool) -> None:
    erp = connector(orders__paging=PAGES, **gone)
    pages = read_all(erp.fetch_orders, page_size=1)
    assert [page.snapshot for page in pages] == [snapshot] * 3
    again = read_all(erp.fetch_orders, pages[-1].checkpoint)
    assert [page.snapshot for page in again] == [snapshot] * 2


def test_a_single_record_says_nothing_of_the_others(mocked: respx.MockRouter) -> None:
    mocked.get(f"{URL}/orders/SO-1").mock(return_value=as_json(order_row(1, is_deleted=True)))
    by_id = {"path": "orders/{id}"}
    changes: dict[str, Any] = {"orders__gone": "deleted", "orders__deleted": "is_deleted"}
    page = connector(orders__by_id=by_id, **changes).fetch_orders(FetchRequest(ids=("SO-1",)))
    assert (page.records, page.deleted, page.snapshot) == ((), ("SO-1",), False)


def test_a_list_that_is_ignored_deletes_nobody(mocked: respx.MockRouter) -> None:
    mocked.get(f"{URL}/orders").mock(return_value=httpx.Response(404))
    ignore = [{"status": 404, "verdict": "ignore"}]
    assert connector(errors=ignore).fetch_orders(FetchRequest()).records == ()
    with pytest.raises(PermanentError, match="every record would count as deleted"):
        connector(errors=ignore, orders__gone="deleted").fetch_orders(FetchRequest())


@pytest.mark.usefixtures("two_pages")
@pytest.mark.parametrize("deleted", ["is_deleted && no", "length(is_deleted)"])
def test_a_row_of_which_it_cannot_be_told_is_there(deleted: str) -> None:
    """The first tells it of one row; the second cannot be applied to any."""
    erp = connector(orders__paging=PAGES, orders__deleted=deleted)
    page = erp.fetch_orders(FetchRequest())
    assert len(page.records) == (1 if "no" in deleted else 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"orders__gone": "deleted", "orders__incremental": CHANGES},
            "would delete all others",
            id="of changes",
        ),
        pytest.param({"orders__gone": "removed"}, "'kept' or 'deleted'", id="another word"),
    ],
)
def test_what_would_delete_too_much(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ErpSettings.model_validate(table(**changes))
