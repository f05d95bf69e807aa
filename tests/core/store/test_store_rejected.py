"""Rows that could not be read stand in the list until they are mended."""

from __future__ import annotations

import pytest

from exempt import Rejected
from exempt.adapters.store.store import SqlStore
from exempt.services.rows import ConnectionRow
from support.records import order
from support.stores import connected, save_rejected


def bad(row: str, external_id: str | None = None, reason: str = "total: missing") -> Rejected:
    return Rejected(row=row, reason=reason, external_id=external_id)


def listed(store: SqlStore, row: ConnectionRow) -> list[tuple[str, str | None, str]]:
    with store.reading() as tx:
        found = tx.sources.rejected(row.id)
    assert {stream for stream, _ in found} <= {"orders"}
    return [(r.row, r.external_id, r.reason) for _, r in found]


@pytest.mark.parametrize(
    ("then", "records", "left"),
    [
        pytest.param([bad("row 5", "O-1")], [], [("row 5", "O-1", "total: missing")],
                     id="rejected again elsewhere it stands once, where it was last"),
        pytest.param([bad("row 1", "O-1", "tax: missing")], [], [("row 1", "O-1", "tax: missing")],
                     id="rejected for another reason it shows that"),
        pytest.param([], [order("O-1")], [], id="mended it is gone"),
        pytest.param([bad("row 9", "O-9")], [],
                     [("row 1", "O-1", "total: missing"), ("row 9", "O-9", "total: missing")],
                     id="another one stands beside it"),
        pytest.param([], [order("O-2")], [("row 1", "O-1", "total: missing")],
                     id="others that come in well do not mend it"),
        pytest.param([bad("row 1")], [],
                     [("row 1", "O-1", "total: missing"), ("row 1", None, "total: missing")],
                     id="a row without an id may be another"),
        pytest.param([bad("row 5", "O-1"), bad("row 6", "O-1", "tax: missing")], [],
                     [("row 5", "O-1", "total: missing"), ("row 6", "O-1", "tax: missing")],
                     id="twice on one page it stands twice"),
    ],
)  # fmt: skip
def test_a_rejected_row(
    store: SqlStore, erp: ConnectionRow, then: list[Rejected], records: list[object],
    left: list[tuple[str, str | None, str]],
) -> None:  # fmt: skip
    save_rejected(store, erp, bad("row 1", "O-1"))
    save_rejected(store, erp, *then, records=records)
    assert listed(store, erp) == left


def test_rows_without_an_id_are_those_of_their_page(store: SqlStore, erp: ConnectionRow) -> None:
    save_rejected(store, erp, bad("line 7"), bad("line 8"))
    save_rejected(store, erp, bad("line 7"), cursor="page 2")
    save_rejected(store, erp, bad("line 7", reason="no date"))
    assert listed(store, erp) == [
        ("line 7", None, "total: missing"),
        ("line 7", None, "no date"),
    ], "a page read again brings its own anew, and leaves those of other pages"


def test_connections_keep_their_own(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    save_rejected(store, erp, bad("row 1", "O-1"))
    save_rejected(store, shop, records=[order("O-1")])
    assert len(listed(store, erp)) == 1
    assert listed(store, shop) == []
    with store.reading() as tx:
        assert {c.name: c.rejected for c in tx.reports.connections()} == {"erp": 1, "shop": 0}
