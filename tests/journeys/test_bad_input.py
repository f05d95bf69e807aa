"""What becomes of rows that are wrong, from the remote's reply to ``exempt status``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.workspace import Workspace

erp = pytest.importorskip(
    "exempt_erp_generic.sandbox", reason="exempt-erp-generic is not installed"
)

Row = dict[str, Any]


class WrongBooks(erp.Books):  # type: ignore[misc, name-defined]
    """Books some of whose orders are changed by hand."""

    def __init__(self, copies: int, wrong: dict[int, Row]) -> None:
        super().__init__(copies=copies)
        self.wrong = wrong

    def rows(self, stream: str, *arguments: Any) -> list[Row]:
        found: list[Row] = super().rows(stream, *arguments)
        if stream != "orders":
            return found
        return [row | self.wrong.get(number, {}) for number, row in enumerate(found, start=1)]


def synced(folder: Path, books: WrongBooks) -> tuple[Workspace, Any, Any]:
    with erp.serve(books) as url:
        work = Workspace(
            folder,
            f"sqlite:///{folder}/exempt.db",
            {"erp": {"connector": "erp_generic", "settings": erp.settings_for(url)}},
            {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY},
        )
        read = work.json("sync")[0]["read"]["orders"]
        return work, read, work.json("status")


def test_three_bad_rows_of_a_page_cost_three_rows(tmp_path: Path) -> None:
    wrong: dict[int, Row] = {
        5: {"date": "1900-01-01"},
        50: {"currency": "dollars"},
        90: {
            "ship_to": {
                "street": "1 Main",
                "city": "X",
                "region": "ZZ",
                "zip": "1",
                "country": "US",
            }
        },
    }
    _, read, status = synced(tmp_path, WrongBooks(9, wrong))
    assert read["rows"] == 9 * 12 - 3
    assert read["rejected"] == 3
    reasons = {r["row"]: r["reason"] for r in status["rejected"]}
    assert len(reasons) == 3
    assert any("order_date" in r and "1950-01-01" in r for r in reasons.values())
    assert any("currency" in r for r in reasons.values())
    assert any("unknown state" in r and "two-letter code" in r for r in reasons.values())
    assert all("order" in row for row in reasons), "the row is named by what the ERP calls it"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"date": "1900-01-01"}, "order_date", id="a day of 1900 is refused"),
        pytest.param({"date": "2999-12-31"}, "order_date", id="a day of 2999 is refused"),
        pytest.param({"currency": "US$"}, "currency", id="a currency that is no code is refused"),
        pytest.param({"subtotal": "a lot"}, "total", id="an amount that is no number is refused"),
        pytest.param({"customer_no": None}, "customer_external_id", id="no customer is refused"),
    ],
)
def test_a_row_that_cannot_be_read_is_kept_with_its_reason(
    tmp_path: Path, change: Row, reason: str
) -> None:
    _, read, status = synced(tmp_path, WrongBooks(1, {3: change}))
    assert (read["rows"], read["rejected"]) == (11, 1)
    (rejected,) = status["rejected"]
    assert reason in rejected["reason"]
    assert rejected["external_id"] == "SO-5003"


def test_a_row_that_was_mended_is_rejected_no_longer(tmp_path: Path) -> None:
    books = WrongBooks(1, {3: {"currency": "US$"}})
    with erp.serve(books) as url:
        work = Workspace(
            tmp_path,
            f"sqlite:///{tmp_path}/exempt.db",
            {"erp": {"connector": "erp_generic", "settings": erp.settings_for(url)}},
            {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY},
        )
        work.run("sync")
        books.wrong.clear()
        books.write("orders", "SO-5003", {"taxable": False})
        work.run("sync")
        assert work.json("status")["rejected"] == []
        assert work.json("explain", "SO-5003")[0]["decision"]["ground"] == "no_certificate"


def test_a_negative_amount_is_a_credit(tmp_path: Path) -> None:
    work, read, _ = synced(tmp_path, WrongBooks(1, {3: {"subtotal": -732.0}}))
    assert read["rejected"] == 0
    (view,) = work.json("explain", "SO-5003")
    assert view["record"]["total"] == "-732.00"
    assert view["decision"] is not None, "credits are decided like orders"


def test_an_order_of_an_unknown_customer_is_taxed_and_listed(tmp_path: Path) -> None:
    work, read, status = synced(tmp_path, WrongBooks(1, {3: {"customer_no": "C-9999"}}))
    assert read["rejected"] == 0
    (view,) = work.json("explain", "SO-5003")
    assert view["decision"]["ground"] == "unknown_customer"
    assert view["decision"]["tax_applicable"] is True
    assert {"unknown_customer"} <= {row["ground"] for row in status["orders"]}
