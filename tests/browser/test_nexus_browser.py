"""Staff watch over nexus in a browser: exposures, warnings, physical nexus, products."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from exempt.model.access import Role
from exempt.model.presence import WarningKind, WarningState
from exempt.services.product_ports import ProductFilter
from support.live import DESK, PHONE, Live, Window, lives
from support.nexus_desk import fill

pytestmark = pytest.mark.xdist_group("browser-nexus")

Open = Callable[..., Window]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Northwind with two years of sales, with people, stock and products."""
    with lives(tmp_path_factory.mktemp("live")) as made:
        fill(made.store, "n", months=23)
        with made.store.writing() as tx:
            tx.connections.company("n", "Northwind", None)
        yield made


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/nexus", "nexus"),
        ("/nexus/US-KS", "nexus-state"),
        ("/nexus/US-PA/forecast", "nexus-forecast"),
        ("/warnings/1", "warning"),
        ("/employees", "employees"),
        ("/rates", "rates"),
    ],
)
def test_pages_of_nexus_on_a_phone(window: Open, path: str, name: str) -> None:
    here = window(PHONE, role=Role.REVIEWER)
    here.go(path)
    here.check(f"{name}-phone")


def test_the_map_in_the_dark(window: Open) -> None:
    here = window(DESK, role=Role.REVIEWER, dark=True)
    here.go("/nexus")
    here.check("nexus-dark")


def test_from_the_map_to_a_state_and_a_registration(window: Open, live: Live) -> None:
    here = window(DESK, role=Role.REVIEWER)
    here.go("/nexus")
    page = here.page
    kansas = page.locator("a.tile.met", has_text="KS")
    kansas.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/nexus/US-KS*")
    assert "Not registered there" in page.locator("main").inner_text()
    page.locator("summary", has_text="Add registration").click()
    page.get_by_label("First day").fill("2026-12-01")
    page.get_by_label("Permit number").fill("KS-77")
    page.get_by_role("button", name="Add registration").click()
    assert page.get_by_role("status").inner_text().strip() == "Registered: Kansas."
    assert "KS-77" in page.locator("main").inner_text()
    here.check("registered")
    with live.store.reading() as tx:
        assert "US-KS" in {row.jurisdiction for row in tx.exposures.registrations()}


def test_a_new_hire_is_confirmed_and_another_dismissed(window: Open, live: Live) -> None:
    """B20, B22."""
    here = window(DESK, role=Role.REVIEWER)
    here.go("/warnings?kind=employee")
    page = here.page
    page.get_by_role("link", name="New York").click()
    page.locator("summary", has_text="Confirm").click()
    page.get_by_label("Effective date").fill("2026-09-28")
    page.get_by_label("Notes").fill("Kim, engineer, works from home")
    here.check("confirming")
    page.get_by_role("button", name="Confirm warning").click()
    assert "in New York since Sep 28, 2026" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="Colorado").first.click()
    page.locator("summary", has_text="Dismiss").click()
    page.get_by_role("button", name="Dismiss warning").click()
    assert "Say why" in page.locator("main").inner_text()
    page.get_by_label("Why there is no nexus").fill("The offer was withdrawn")
    page.get_by_role("button", name="Dismiss warning").click()
    with live.store.reading() as tx:
        rows = tx.warnings.all(kind=WarningKind.EMPLOYEE)
        states = {row.jurisdiction: row.state for row in rows}
        since = tx.presence.since([rows[0].company_id])
    assert states["US-NY"] is WarningState.CONFIRMED
    assert states["US-CO"] is WarningState.DISMISSED
    assert str(since[rows[0].company_id, "US-NY"]) == "2026-09-28"


def test_two_states_are_added_in_one_save_without_scripts(window: Open, live: Live) -> None:
    """B38 to B42."""
    here = window(PHONE, role=Role.REVIEWER, scripts=False)
    here.go("/presence")
    page = here.page
    page.get_by_role("link", name="Manage physical nexus").click()
    for at, (state, day) in enumerate((("Ohio", "2024-03-01"), ("Utah", "")), 1):
        row = page.get_by_role("group", name=f"Jurisdiction {at}")
        row.get_by_label("Jurisdiction").select_option(label=state)
        row.get_by_label("Effective date").fill(day)
        row.get_by_label("Notes").fill(f"Somebody in {state}")
    company = page.get_by_label("Company", exact=True)
    if company.count():
        company.select_option(label="Northwind")
    page.get_by_role("button", name="Save").click()
    assert "1 row needs another look" in page.get_by_role("alert").inner_text()
    row = page.get_by_role("group", name="Jurisdiction 2")
    assert row.get_by_label("Notes").input_value() == "Somebody in Utah"
    row.get_by_label("Effective date").fill("2025-01-15")
    page.get_by_role("button", name="Save").click()
    assert "Ohio, Utah" in page.get_by_role("status").inner_text()
    with live.store.reading() as tx:
        kept = {row.jurisdiction: row.notes for row in tx.presence.all()}
    assert kept["US-UT"] == "Somebody in Utah"


def test_ticked_products_are_assigned_together(window: Open, live: Live) -> None:
    """B31, B32."""
    here = window(DESK, role=Role.REVIEWER)
    here.go("/products?status=unmapped")
    page = here.page
    page.get_by_label("Tick HELMET").check()
    page.get_by_label("Tick HOODIE-XL").check()
    assert "2 selected" in page.locator("[data-bulk-many]").inner_text()
    page.get_by_role("button", name="Batch assign").click()
    page.get_by_label("Product type and tax category").select_option("protective_clothing")
    here.check("batch")
    page.get_by_role("button", name="Assign 2 products").click()
    assert "2 products are assigned" in page.get_by_role("status").inner_text()
    with live.store.reading() as tx:
        found = {c.external_id: c.tax_category for c in tx.products.find(ProductFilter())}
    assert found["HELMET"] == found["HOODIE-XL"] == "protective_clothing"
    page.get_by_role("link", name="X-4711").click()
    page.locator("#sold", has_text="On orders").wait_for()
    here.check("product")


def test_what_if_is_asked_and_shown_beside_what_is(window: Open) -> None:
    """G09."""
    here = window(DESK, role=Role.VIEWER)
    here.go("/nexus/US-TN/forecast")
    page = here.page
    page.get_by_label("One sale of, in dollars").fill("90000")
    page.get_by_role("button", name="Show what if").click()
    table = page.get_by_role("table").first
    assert "What if" in table.inner_text()
    assert page.get_by_label("One sale of, in dollars").input_value() == "90000"
    here.check("what-if")
