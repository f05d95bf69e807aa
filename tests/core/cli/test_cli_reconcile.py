"""``exempt customers reconcile``: tables for people, files for spreadsheets, JSON for scripts."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from exempt import Capability, Stream
from support.cards import card_of, make_cards, on_card
from support.desk import Desk
from support.records import customer, order

FORMULA = '=HYPERLINK("http://x.example","Click")'


def said(desk: Desk, *arguments: str) -> str:
    """What a person reads, line breaks aside."""
    return " ".join(desk.run("customers", "reconcile", *arguments).split())


def told(desk: Desk, *arguments: str) -> Any:
    return desk.json("customers", "reconcile", *arguments)


@pytest.fixture
def in_order(desk: Desk) -> Desk:
    """Both customers of the ERP hold certificates."""
    desk.add()
    desk.add("-c", "C-2")
    return desk


@pytest.fixture
def differ(in_order: Desk) -> Desk:
    """One of each: missing there, rejected and unknown here, a name, and a claim."""
    erp = in_order.erp
    (missing,) = make_cards(erp.world.store, on_card(FORMULA, number="=1+1"))
    in_order.add("-c", f"id:{missing}")
    erp.remote.put(customer("C-3", number="C-3", name="Charlie", exempt=True))
    erp.remote.spoil(Stream.CUSTOMERS, "row 7", "C-7")
    erp.pull(Stream.CUSTOMERS)
    in_order.sell(order("X", customer_external_id="X-9"))
    in_order.run("customers", "edit", "C-2", "--name", "Bolt Ltd")
    return in_order


def test_lists_that_agree(in_order: Desk) -> None:
    assert said(in_order) == ("✓ erp: 2 customers, all as their cards say. The lists agree.")
    assert told(in_order) == {
        "sources": [
            {"connection": "erp", "complete": True, "records": 2, "agree": 2, "missing_there": 0,
             "missing_here": 0, "differs": 0, "claim": 0}
        ],
        "differences": [],
    }  # fmt: skip


def test_lists_that_differ(differ: Desk) -> None:
    shown = said(differ)
    assert shown.startswith("✗ erp: 2 of 3 customers as their cards say. 1 customer missing in erp")
    assert f"=1+1 {FORMULA} never was there Enter it in erp, or put its record" in shown
    assert "2 customers of erp missing here" in shown
    assert "C-7 row 7 could not be read: total: missing" in shown
    assert "X-9 1 order names it, and the customer was never read" in shown
    assert "1 field not as in erp" in shown
    assert "C-2 Bolt Ltd name Bolt Ltd Bolt the card counts: correct it in erp" in shown
    assert "1 customer exempt in erp without a certificate in force" in shown
    assert "C-3 Charlie C-3 flagged Ask the customer for a certificate, or correct erp." in shown
    assert shown.endswith("The lists differ: 4 differences; 1 hint.")


def test_differences_for_scripts(differ: Desk) -> None:
    found = told(differ)
    assert found["sources"][0]["missing_here"] == 2
    kinds = [one["kind"] for one in found["differences"]]
    assert kinds == ["missing_there", "missing_here", "missing_here", "differs", "claim"]
    assert found["differences"][3] == {
        "connection": "erp", "kind": "differs", "customer_id": 2, "number": "C-2",
        "name": "Bolt Ltd", "external_id": "C-2", "field": "name", "ours": "Bolt Ltd",
        "theirs": "Bolt", "advice": found["differences"][3]["advice"],
    }  # fmt: skip


def test_cards_without_exemption_are_missed_on_request(in_order: Desk) -> None:
    make_cards(in_order.erp.world.store, on_card("Ordinary"))
    assert told(in_order)["differences"] == []
    (one,) = told(in_order, "--everyone")["differences"]
    assert (one["name"], one["kind"]) == ("Ordinary", "missing_there")


# --- files -------------------------------------------------------------------------------

HEADS = [
    "Source", "What", "Customer id", "Customer number", "Customer name", "Id in the source",
    "Field", "In Exempt", "In the source", "What to do",
]  # fmt: skip


def test_as_csv_no_cell_is_a_formula(differ: Desk, tmp_path: Path) -> None:
    path = tmp_path / "differences.csv"
    shown = said(differ, "--to", str(path))
    assert "1 customer missing in erp 2 customers of erp missing here" in shown
    assert f"All of them are in {path}. The lists differ" in shown
    with path.open(encoding="utf-8-sig", newline="") as file:
        heads, *table = csv.reader(file)
    assert heads == HEADS
    assert len(table) == 5
    assert table[0][:5] == ["erp", "missing_there", "3", "'=1+1", f"'{FORMULA}"]
    assert not [cell for row in table for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_as_a_workbook_every_cell_is_text(differ: Desk, tmp_path: Path) -> None:
    path = tmp_path / "differences.xlsx"
    differ.run("customers", "reconcile", "--to", str(path))
    sheet = openpyxl.load_workbook(path)["Differences"]
    assert [cell.value for cell in sheet[1]] == HEADS
    assert (sheet["D2"].value, sheet["E2"].value) == ("=1+1", FORMULA)
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} == {"s", "n"}
    assert sheet["C2"].value == 3, "an id is a number"


def test_a_file_that_is_there_is_replaced_on_request(in_order: Desk, tmp_path: Path) -> None:
    path = tmp_path / "differences.csv"
    path.write_text("mine", encoding="utf-8")
    assert "is there already" in in_order.refused("customers", "reconcile", "--to", str(path))
    assert path.read_text(encoding="utf-8") == "mine"
    said(in_order, "--to", str(path), "--replace")
    assert path.read_text(encoding="utf-8") != "mine"


def test_with_a_file_json_has_the_numbers(differ: Desk, tmp_path: Path) -> None:
    found = told(differ, "--to", str(tmp_path / "differences.csv"))
    assert found["differences"] == []
    assert found["sources"][0]["differs"] == 1


# --- which sources -----------------------------------------------------------------------


def test_another_source_that_was_never_read_to_its_end(in_order: Desk) -> None:
    in_order.erp.world.connect("crm", {Capability.CUSTOMERS})
    shown = said(in_order, "crm")
    assert "! crm: its customers were not read to the end: run exempt sync crm" in shown
    assert "✗ crm: 0 of 0 customers as their cards say." in shown
    assert "2 customers missing in crm" in shown
    both = told(in_order)["sources"]
    assert [source["connection"] for source in both] == ["crm", "erp"]
    assert [source["complete"] for source in both] == [False, True]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("nobody", "nobody: no such connection", id="one that is nowhere"),
        pytest.param("orders", "orders: reads no customers", id="one without customers"),
    ],
)
def test_which_source_is_refused(in_order: Desk, name: str, why: str) -> None:
    in_order.erp.world.connect("orders", {Capability.ORDERS})
    assert why in in_order.refused("customers", "reconcile", name)


def test_without_any_source(in_order: Desk) -> None:
    store = in_order.erp.world.store
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE connection SET capabilities = '[]'")
    assert said(in_order) == (
        "No source of customers was read yet: connect one, then run exempt sync."
    )


def test_a_long_list_is_cut_for_people_and_counted(in_order: Desk) -> None:
    store = in_order.erp.world.store
    make_cards(store, *(on_card(f"Card {n}") for n in range(25)))
    shown = said(in_order, "--everyone")
    assert "25 customers missing in erp" in shown
    assert "Card 19" in shown
    assert "Card 20" not in shown
    assert "… and 5 more: --to FILE.csv or FILE.xlsx writes them all." in shown
    assert len(told(in_order, "--everyone")["differences"]) == 25


def test_nothing_is_changed(differ: Desk) -> None:
    before = card_of(differ.erp.world.store, 2)
    said(differ)
    assert card_of(differ.erp.world.store, 2) == before
