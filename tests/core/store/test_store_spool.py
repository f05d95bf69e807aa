"""Rows of a file put in order on disk."""

from __future__ import annotations

from pathlib import Path

from exempt.adapters.spool import open_spool
from exempt.model.backfill import Mistake, MistakeKind
from support.sale_files import rows_of, sale


def test_rows_come_by_sale_customer_and_product(tmp_path: Path) -> None:
    rows = rows_of(
        sale("B", customer_id="C-2"),
        sale("A", product_id="X", date="2026-01-01"),
        sale("B", product_id="X"),
        sale("a", date="2026-05-01"),
    )
    with open_spool(tmp_path / "new" / "folder") as spool:
        spool.add(rows)
        assert [(each.transaction_id, each.row) for each in spool.sales()] == [
            ("A", 3),
            ("B", 2),
            ("B", 4),
            ("a", 5),
        ]
        assert [each.row for each in spool.sales("A")] == [2, 4, 5]
        assert [(each.customer_id, each.row) for each in spool.customers()] == [
            ("C-1", 5),
            ("C-1", 4),
            ("C-1", 3),
            ("C-2", 2),
        ]
        assert [each.product_id for each in spool.products("SAAS")] == ["X", "X"]
        assert spool.counted() == (2, 2)
        assert next(spool.sales()) == rows[1]


def test_mistakes_come_by_row(tmp_path: Path) -> None:
    late, early = (
        Mistake(row, "A", "amount", "x", MistakeKind.BAD_AMOUNT, "what", "mend") for row in (9, 2)
    )
    with open_spool(tmp_path) as spool:
        spool.mistaken([late, early])
        assert [*spool.mistakes()] == [early, late]


def test_nothing_of_it_stays(tmp_path: Path) -> None:
    with open_spool(tmp_path) as spool:
        spool.add(rows_of(sale()))
        assert not [each for each in tmp_path.rglob("*") if each.is_file()], "not even when killed"
    assert [*tmp_path.iterdir()] == []
