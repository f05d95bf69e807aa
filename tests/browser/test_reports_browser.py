"""Reports in a browser: read, narrowed, followed to their orders, taken along."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from exempt.model.access import Role
from support.live import DESK, PHONE, Live, Window
from support.records import DAY, TODAY, address, customer, order
from support.stores import enter
from support.world import World

pytestmark = pytest.mark.xdist_group("browser-reports")

Open = Callable[..., Window]


@pytest.fixture(scope="module", autouse=True)
def sold(live: Live) -> None:
    """Acme claims to be exempt; two of its orders are covered by nothing, one is of last year."""
    world = World(live.store)
    source = world.connect("erp", company="n")
    source.remote.put(customer("C-1", name="Acme", number="C-1", exempt=True))
    source.remote.put(
        order("O-1", number="INV-1"),
        order("O-2", number="INV-2", ship_to=address("CA")),
        order("O-3", number="INV-3", ship_to=address("CA"), order_date=TODAY - 400 * DAY),
    )
    source.sync()
    world.certify("Acme", "TX")
    with live.store.writing() as tx:
        enter(tx, world.customer_id("Acme"), "OK", expiration_date=TODAY - DAY)


def test_what_an_auditor_would_assess_is_narrowed_and_followed_to_its_orders(window: Open) -> None:
    here = window(DESK, role=Role.VIEWER)
    here.go("/reports")
    here.check("reports-desk")
    here.page.get_by_role("link", name="Exempt sales without certificate").click()
    assert here.page.locator("tbody tr").all_inner_texts()[0].split()[0] == "California"
    here.page.get_by_role("link", name="Last year").click()
    here.page.get_by_text("$100.00").first.wait_for()
    here.check("report-sales-desk")
    here.page.get_by_role("link", name="California").click()
    here.page.get_by_role("link", name="INV-3").wait_for()
    assert here.page.get_by_role("link", name="INV-2").count() == 0


def test_a_report_on_a_phone_is_narrowed_to_a_state_and_taken_along(
    window: Open, tmp_path: Path
) -> None:
    here = window(PHONE, role=Role.VIEWER, dark=True)
    here.go("/reports/expired-certificates")
    here.page.get_by_label("State", exact=True).select_option("Texas")
    here.page.get_by_role("button", name="Show", exact=True).click()
    here.page.get_by_text("Nothing fits").wait_for()
    here.page.get_by_role("link", name="Show all").click()
    here.check("report-expired-phone")
    with here.page.expect_download() as saved:
        here.page.get_by_role("link", name="CSV").click()
    assert saved.value.suggested_filename == f"expired-certificates-{TODAY}.csv"
    path = tmp_path / "saved.csv"
    saved.value.save_as(path)
    (row,) = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    assert (row["Customer"], row["States"]) == ("Acme", "US-OK")


def test_an_audit_package_is_made_for_a_state_and_some_years(window: Open, tmp_path: Path) -> None:
    here = window(DESK, role=Role.VIEWER)
    here.go("/reports/audit")
    here.page.get_by_label("Sales from").fill("")
    here.page.get_by_label("State", exact=True).select_option("Texas")
    here.page.get_by_label("Sales from").fill("2024-01-01")
    here.check("report-audit-desk")
    with here.page.expect_download() as saved:
        here.page.get_by_role("button", name="Make the package").click()
    path = tmp_path / "saved.zip"
    saved.value.save_as(path)
    with zipfile.ZipFile(path) as package:
        assert "INV-1" in package.read("sales.csv").decode("utf-8-sig")
        assert {"about.txt", "certificates.csv", "history.csv", "manifest.csv"} < set(
            package.namelist()
        )
