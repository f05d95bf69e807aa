"""Staff bring files in a browser: dropped, checked, looked at, imported, undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exempt.model.access import Role
from exempt.wiring import intake
from support.imports import billing, write
from support.live import DESK, PHONE, Live, Window
from support.sale_files import as_csv, sale

pytestmark = pytest.mark.xdist_group("browser-imports")

Open = Callable[..., Window]

DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, {type: "text/csv"}));
  const to = document.querySelector("[data-drop]");
  for (const kind of ["dragenter", "dragover", "drop"])
    to.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(autouse=True)
def company(live: Live) -> None:
    live.exempt.register({})


def work(live: Live) -> None:
    """What the daemon does."""
    for each in intake.waiting(live.exempt):
        each.go_on()


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_file_is_dropped_checked_imported_and_undone(
    live: Live, window: Open, tmp_path: Path
) -> None:
    rows = (
        billing(f"C-{n}", f"Harbor Hotels and Resorts, house {n}", city="Boston", phone="555")
        for n in range(30)
    )
    text = write(tmp_path / "c.csv", *rows).read_text(encoding="utf-8")
    here = window(DESK, role=Role.REVIEWER)
    here.go("/imports")
    here.check("imports-empty")
    here.page.evaluate(DROP, ["old.xls", "x"])
    assert "old workbook" in here.page.locator("[data-failed]").inner_text()
    here.page.evaluate(DROP, ["customers.csv", text])
    assert "customers.csv" in here.page.locator("[data-chosen]").inner_text()
    press(here.page, "Check this file")
    here.page.wait_for_url("**/imports/1")
    work(live)
    here.page.get_by_text("All looks good!").wait_for()  # the page looks for itself
    here.check("imports-checked")
    press(here.page, "Import 30 customers")
    here.page.locator("progress").wait_for()
    work(live)
    here.page.get_by_text("The import is done.").wait_for()
    here.check("imports-report")
    here.page.get_by_role("link", name="Undo this import").click()
    here.check("imports-undo")
    press(here.page, "Undo the import")
    work(live)
    here.page.get_by_text("The import was undone").wait_for()


def test_what_cannot_go_in_is_seen_on_a_phone(live: Live, window: Open, tmp_path: Path) -> None:
    bad = billing("C-900", "Cascade Medical Devices and Laboratory Supplies", email="ap at x")
    file = write(tmp_path / "bad.csv", bad, billing("C-901", "Summit", email="ap@summit.example"))
    here = window(PHONE, role=Role.REVIEWER, dark=True)
    here.go("/imports")
    here.page.set_input_files("input[type=file]", file)
    press(here.page, "Check this file")
    here.page.wait_for_url("**/imports/*")
    work(live)
    here.page.get_by_text("1 of 2 rows cannot go in.").wait_for()
    here.check("imports-bad-phone")
    press(here.page, "Import 1 customer")
    assert "tick that they are left out" in here.page.locator("#wrong").inner_text()
    here.page.get_by_label("Leave out what cannot go in").check()
    press(here.page, "Import 1 customer")
    here.page.locator("progress").wait_for()


def test_a_file_is_brought_without_a_script(live: Live, window: Open, tmp_path: Path) -> None:
    file = write(tmp_path / "plain.csv", billing("C-950", "Plain Paper"))
    here = window(DESK, role=Role.REVIEWER, scripts=False)
    here.go("/imports")
    here.page.set_input_files("input[type=file]", file)
    press(here.page, "Check this file")
    here.page.wait_for_url("**/imports/*")
    work(live)
    here.page.get_by_role("link", name="Look again").click()
    assert here.page.get_by_text("All looks good!").is_visible()


def test_other_titles_are_matched_by_hand(live: Live, window: Open, tmp_path: Path) -> None:
    file = tmp_path / "erp.csv"
    file.write_text("Cust #,Company Name,Segment\nC-960,Granite Printing,gold\n", encoding="utf-8")
    here = window(DESK, role=Role.REVIEWER)
    here.go("/imports")
    here.page.set_input_files("input[type=file]", file)
    press(here.page, "Check this file")
    here.page.get_by_role("heading", name="Match the columns").wait_for()
    here.check("imports-columns")
    here.page.get_by_label("What column A, Cust #, has").select_option("Billing Customer Number")
    press(here.page, "Check the file")
    here.page.wait_for_url("**/imports/*")
    work(live)
    here.page.get_by_text("All looks good!").wait_for()


def test_sales_of_the_past_are_imported_with_their_products(
    live: Live, window: Open, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(
        as_csv(
            *(
                sale(f"INV-{n}", product_id=f"P-{n % 3}", product_name=f"Plan {n % 3}")
                for n in range(12)
            )
        )
    )
    here = window(DESK, role=Role.REVIEWER)
    here.go("/imports")
    here.page.get_by_label("Sales of the past").check()
    here.page.set_input_files("input[type=file]", file)
    press(here.page, "Check this file")
    here.page.wait_for_url("**/backfills/*")
    work(live)
    here.page.get_by_text("All looks good!").wait_for()
    here.check("sales-checked")
    for name in ("Plan 0", "Plan 2"):
        here.page.get_by_label(f"Tick {name}").check()
    here.page.get_by_label("Tax category of those selected").select_option("saas_business")
    press(here.page, "Set tax category")
    assert here.page.get_by_text("None yet").count() == 1
    press(here.page, "Import these sales")
    work(live)
    press(here.page, "Mark as complete")
    here.check("sales-complete")


def test_mistakes_in_sales_and_employees_are_seen_on_a_phone(
    live: Live, window: Open, tmp_path: Path
) -> None:
    sales = tmp_path / "bad-sales.csv"
    sales.write_bytes(as_csv(sale("I-1", date="3/4/2025")).replace(b"amount", b"Turnover", 1))
    people = tmp_path / "people.csv"
    people.write_text("employee_id,state\n7,TX\n8,Atlantis\n", encoding="utf-8")
    here = window(PHONE, role=Role.REVIEWER)
    here.go("/imports?of=sales")
    here.page.set_input_files("input[type=file]", sales)
    press(here.page, "Check this file")
    here.page.wait_for_url("**/backfills/*")
    work(live)
    here.page.get_by_role("heading", name="What is wrong").wait_for()
    here.check("sales-mistakes-phone")
    here.go("/imports?of=employees")
    here.page.set_input_files("input[type=file]", people)
    press(here.page, "Check this file")
    here.page.wait_for_url("**/imports/employees/*")
    here.check("employees-mistakes-phone")
    here.go("/imports")
    here.check("imports-list-phone")
