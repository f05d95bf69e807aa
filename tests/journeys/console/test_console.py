"""A tax person keeps the register: customers, certificates, orders, requests, reviews, lists."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exempt.model.access import Role
from exempt.testing import sample
from support import windows
from support.imports import billing, write
from support.live import DESK, PHONE, Window
from support.made_papers import Says, f0003
from support.seller import DANA, Seller, link_in, send_in, text_of

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("console")]

Trail = Callable[[str, str], list[tuple[str, str]]]

DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, {type: "text/csv"}));
  const to = document.querySelector("[data-drop]");
  for (const kind of ["dragenter", "dragover", "drop"])
    to.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def said(page: Any) -> str:
    """What the page says was done."""
    return str(page.get_by_role("status").inner_text()).strip()


def drop(seller: Seller, desk: Window, file: Path) -> None:
    """Drop a file of customers of the western branch, and let it be checked."""
    desk.go("/imports")
    desk.page.get_by_label("Company that they belong to").select_option("Northwind West LLC")
    desk.page.evaluate(DROP, [file.name, file.read_text(encoding="utf-8")])
    press(desk.page, "Check this file")
    desk.page.wait_for_url(re.compile(r"/imports/\d+$"))
    seller.take_in()


def test_a_file_is_dropped_mended_imported_and_undone(
    seller: Seller, desk: Window, trail: Trail, tmp_path: Path
) -> None:
    page = desk.page
    good = billing("W-1", "Prairie Dental Group", email="ap@prairie.example", ship_to="KS")
    drop(seller, desk, write(tmp_path / "west.csv", good, billing("W-2", "Mesa", email="mesa")))
    page.get_by_text("1 of 2 rows cannot go in.").wait_for()
    assert "Is no e-mail address." in page.get_by_role("row", name="W-2").inner_text()
    desk.check("console-import-wrong")
    mended = billing("W-2", "Mesa Glass", email="ap@mesa.example")
    drop(seller, desk, write(tmp_path / "west-2.csv", good, mended))
    page.get_by_text("All looks good!").wait_for()
    press(page, "Import 2 customers")
    seller.take_in()
    page.get_by_text("The import is done.").wait_for()
    page.get_by_role("link", name="Prairie Dental Group").click()
    page.get_by_role("link", name="Kansas: taxed, nothing on file").wait_for()
    assert "Northwind West LLC" in page.locator("main").inner_text()
    page.go_back()
    page.get_by_role("link", name="Undo this import").click()
    press(page, "Undo the import")
    seller.take_in()
    page.get_by_text("The import was undone: 2 new customers were taken away").wait_for()
    desk.go("/customers?words=Prairie")
    page.get_by_text("No customer fits").wait_for()
    assert trail(DANA, "Prairie Dental Group"), "who imported it is in the audit trail"


def test_a_certificate_turns_a_state_of_the_map_and_its_order(
    seller: Seller, desk: Window, trail: Trail
) -> None:
    """Lone Star has goods sent to Florida, for which nothing is on file."""
    page = desk.page
    desk.go("/customers?words=C-1001")
    page.get_by_role("link", name="Lone Star Supply Co.").click()
    card = page.url
    page.get_by_role("link", name="Florida: no certificate in force").wait_for()
    desk.go("/certificates/new?customer=C-1001")
    page.get_by_label("Signed").fill("2026-10-01")
    page.get_by_label("Reason").select_option("resale")
    page.get_by_label(re.compile("^Number( optional)?$")).fill("78-8099999999-1")
    page.locator(".chip", has_text="Florida").click()
    page.get_by_role("button", name="Add certificate").last.click()
    page.get_by_text("Certificate entered").wait_for()
    page.goto(card)
    page.get_by_role("link", name=re.compile("^Florida: certificate .* to ")).wait_for()
    assert "Covered" in page.get_by_role("row", name="Florida").inner_text()
    desk.check("console-map")
    seller.push()
    assert seller.writes("erp")["SO-5003"].startswith("taxable: yes → no")
    desk.go("/orders?words=SO-5003")
    page.get_by_role("link", name="SO-5003").click()
    assert "Exempt" in page.locator(".verdict").inner_text()
    assert trail(DANA, "Lone Star Supply Co.")


def test_a_colleague_decides_an_order_that_is_explained(
    seller: Seller, window: windows.Open, desk: Window, trail: Trail
) -> None:
    """Biscayne's certificate ended in 2025."""
    here = window(DESK, role=Role.REVIEWER)
    page = here.page
    here.go("/orders?words=SO-5005")
    page.get_by_role("link", name="SO-5005").click()
    assert "nothing on file covers Florida" in page.locator(".verdict").inner_text()
    assert "It expired on" in page.get_by_role("row", name="78-8012345678-9").inner_text()
    page.locator("summary", has_text="Decide by hand").click()
    page.get_by_label("Exempt", exact=True).check()
    press(page, "Save decision")
    assert page.get_by_label("Reason").evaluate("each => each.matches(':invalid')")
    page.get_by_label("Reason").fill("The renewal is in the post.")
    press(page, "Save decision")
    assert said(page) == "The order is exempt, by your word."
    seller.push()
    assert seller.writes("erp")["SO-5005"].startswith("taxable: yes → no")
    assert trail("reviewer@acme.example", "SO-5005")
    assert not trail(DANA, "SO-5005")


def test_asked_at_another_address_sent_in_and_reviewed(
    seller: Seller, window: windows.Open, desk: Window, trail: Trail, tmp_path: Path
) -> None:
    """Buckeye claims to be exempt, and nothing is on file."""
    page, buckeye = desk.page, sample.BUYER["C-1005"]
    desk.go("/customers?words=C-1005")
    page.get_by_role("link", name=buckeye.name).click()
    page.get_by_role("link", name="Request it").click()
    page.get_by_label("E-mail address").fill("tax@buckeye.example")
    page.get_by_label("Your message").fill("Before Friday, please.")
    press(page, "Send request")
    assert said(page) == "The request goes to tax@buckeye.example."
    (mail,) = seller.post()
    assert mail["To"].addresses[0].addr_spec == "tax@buckeye.example"
    assert "Before Friday, please." in text_of(mail)
    paper = tmp_path / "ohio.pdf"
    paper.write_bytes(
        f0003(Says(buckeye.name, sample.COMPANY, (("OH", "87654321"),), signed_on="11/01/2026"))
    )
    phone = window(PHONE)
    phone.page.goto(link_in(mail, seller.url))
    send_in(phone, paper, "87654321")
    seller.read()
    desk.go("/")
    page.get_by_role("link", name=re.compile("certificates to review")).click()
    page.get_by_role("link", name=buckeye.name).click()
    page.locator("[data-accept]").click()
    page.get_by_text("accepted; 2 open orders decided anew").wait_for()
    seller.push()
    assert "taxable: yes → no" in seller.writes("erp")["SO-5007"]
    assert ("Review", "accepted") in trail(DANA, buckeye.name)


def test_ticked_certificates_are_archived_together(desk: Window, trail: Trail) -> None:
    page = desk.page
    desk.go("/certificates")
    names = ("Golden Gate Hardware", "Albany Unified Schools")
    for name in names:
        page.get_by_role("row", name=name).get_by_role("checkbox").check()
    assert "2 selected" in page.locator("[data-bulk-many]").inner_text()
    page.locator("[data-bulk]").get_by_role("button", name="Archive").click()
    assert page.get_by_role("heading", name="Archive 2 certificates?").is_visible()
    press(page, "Archive 2 certificates")
    assert "2 certificates" in said(page)
    page.get_by_role("link", name=re.compile("^Archived")).first.click()
    for name in names:
        page.get_by_role("row", name=name).wait_for()
        assert trail(DANA, name)


def test_a_list_is_kept_by_a_name_and_exported_without_formulas(desk: Window) -> None:
    page, odd = desk.page, '=HYPERLINK("http://evil.example","see")'
    desk.go("/customers/new")
    page.get_by_label("Whose customer it is").select_option("west")
    page.get_by_label("Name").first.fill(odd)
    page.get_by_label("Customer number").fill("+1-800")
    press(page, "Add customer")
    page.get_by_role("heading", name=odd).wait_for()
    desk.go("/customers")
    page.get_by_role("combobox", name="Company", exact=True).select_option("Northwind West LLC")
    page.wait_for_url("**company=west**")
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Keep this view as").fill("The west")
    press(page, "Keep")
    assert said(page) == "The view is kept."
    desk.go("/customers")
    page.get_by_role("link", name="The west").click()
    page.wait_for_url("**company=west**")
    page.get_by_role("link", name=odd).wait_for()
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    heads, *rows = csv.reader(io.StringIO(text))
    assert [row[heads.index("Name")] for row in rows] == ["'" + odd]
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
