"""Staff find, read, change, file and archive certificates in a browser, and ask for new ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exempt.model.access import Role
from exempt.services import certificates
from support.live import DESK, PHONE, Live, Window
from support.made_papers import Says, texas
from support.registered import Register, registered

pytestmark = pytest.mark.xdist_group("browser-certificates")

Open = Callable[..., Window]


@pytest.fixture(scope="module")
def register(live: Live) -> Register:
    return registered(live.store, live.exempt.documents, paper=texas(Says()))


@pytest.mark.parametrize(("width", "dark"), [(PHONE, False), (DESK, True)])
def test_each_page_on_a_phone_and_on_a_desk(
    window: Open, register: Register, width: int, *, dark: bool
) -> None:
    here = window(width, role=Role.REVIEWER, dark=dark)
    paths = {
        "/certificates": "certificates",
        "/certificates?words=nobody": "certificates-none",
        f"/certificates/{register.ids['SOON']}?do=request": "certificate-request",
        f"/certificates/{register.ids['MANY']}": "certificate-many",
        f"/certificates/{register.ids['WAITS']}/edit": "certificate-edit",
        "/certificates/new?customer=C-1001": "certificate-new",
    }
    for path, name in paths.items():
        here.go(path)
        here.check(f"{name}-{width}")


def test_finding_one_that_ends_soon_and_archiving_it_from_its_row(
    window: Open, register: Register
) -> None:
    """A15, A26."""
    here = window(DESK, role=Role.REVIEWER)
    here.go("/certificates")
    page = here.page
    page.get_by_label("Ends", exact=True).select_option("past")
    page.wait_for_url("**ends=past**")
    (row,) = page.locator("tbody tr").all()
    row.locator("summary").click()
    row.get_by_role("button", name="Archive").click()
    assert "Archived: it covers no order from today on" in page.get_by_role("status").inner_text()
    page.get_by_text("Options").click()
    page.get_by_role("button", name="Take out of the archive").click()
    assert "Taken out of the archive" in page.get_by_role("status").inner_text()


def test_ticked_ones_are_archived_after_a_second_look(window: Open, register: Register) -> None:
    here = window(PHONE, role=Role.REVIEWER, scripts=False)
    here.go("/certificates?status=future")
    page = here.page
    page.locator("input[name=ids]").check()
    page.get_by_role("button", name="Archive").first.click()
    assert page.get_by_role("heading", name="Archive 1 certificate?").is_visible()
    here.shoot("certificates-archive")
    page.get_by_role("link", name="Cancel").click()
    assert page.url.endswith("/certificates?status=future")


def test_reading_one_beside_its_document(window: Open, register: Register) -> None:
    """A16 to A20."""
    here = window(DESK, role=Role.VIEWER)
    here.go(f"/certificates/{register.ids['SOON']}")
    page = here.page
    image = page.locator(".r-leaf img").first
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    wide = image.bounding_box()["width"]
    page.get_by_role("button", name="Larger").click()
    assert image.bounding_box()["width"] > 1.2 * wide
    with page.expect_download() as saved:
        page.get_by_role("link", name="Original").click()
    assert Path(saved.value.path()).read_bytes() == texas(Says())
    with page.expect_download() as printed:
        page.get_by_text("Options").click()
        page.get_by_role("link", name="Print").click()
    assert Path(printed.value.path()).read_bytes().startswith(b"%PDF")


def test_changing_one_while_somebody_else_does(window: Open, register: Register) -> None:
    """A25."""
    here = window(DESK, role=Role.REVIEWER)
    number = register.ids["LASTS"]
    here.go(f"/certificates/{number}/edit")
    page = here.page
    page.get_by_label("Notes of the whole certificate").fill("Mine.")
    _change(here.live, number)
    page.get_by_role("button", name="Save certificate").last.click()
    alert = page.get_by_role("alert")
    assert "Somebody else changed it while you edited." in alert.inner_text()
    assert page.get_by_label("Notes of the whole certificate").input_value() == "Mine."
    here.check("certificate-conflict")
    page.get_by_role("button", name="Save certificate").last.click()
    assert "Mine." in page.locator(".lines").first.inner_text()


def _change(live: Any, number: int) -> None:
    with live.store.reading() as tx:
        before = certificates.get(tx, number)
    details = before.details.model_copy(update={"notes": "Theirs.", "number": "THEIRS"})
    act = certificates.Act("bert@northwind.example", live.now, live.exempt.policy)
    certificates.edit(live.store, number, details, act, seen=before.version)


def test_entering_one_with_its_document(window: Open, register: Register, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(texas(Says(buyer_name="Bluebonnet")))
    here = window(DESK, role=Role.REVIEWER)
    here.go("/certificates/new?customer=C-1002")
    page = here.page
    page.get_by_role("button", name="Add certificate").last.click()
    assert "Choose at least one state." in page.get_by_role("alert").inner_text()
    page.get_by_label("Signed").fill("2026-11-01")
    page.get_by_label("Reason").select_option("educational")
    page.locator(".chip", has_text="Oklahoma").click()
    page.get_by_label("Document").set_input_files(scan)
    page.get_by_role("button", name="Add certificate").last.click()
    here.page.get_by_text("Certificate entered").wait_for()
    assert page.get_by_text("Educational").first.is_visible()
    assert page.locator(".r-leaf img").count() == 1
    page.get_by_text("Add comment or file").first.click()
    page.get_by_label("Comment contents").fill("Came by post.")
    page.get_by_role("button", name="Add", exact=True).click()
    assert "Came by post." in page.locator(".entries").inner_text()
