"""Staff look at orders in a browser, see why they are taxed or not, and decide by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exempt.model.access import Role
from support.live import DESK, PHONE, Live, Window
from support.sold import order_id, sold
from support.world import World

pytestmark = pytest.mark.xdist_group("browser-orders")

Open = Callable[..., Window]


@pytest.fixture(scope="module")
def world(live: Live) -> World:
    return sold(live.store)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_each_page_on_a_phone_and_on_a_desk(window: Open, world: World, width: int) -> None:
    here = window(width, role=Role.REVIEWER)
    paths = {
        "/orders": "orders",
        "/orders?words=nobody": "orders-none",
        f"/orders/{order_id(world, 'SO-1004')}?day=2027-01-15&place=US-WA": "order",
        f"/orders/{order_id(world, 'SO-1004')}/choose": "order-choose",
        f"/orders/{order_id(world, 'SO-1006')}": "order-cancelled",
    }
    for path, name in paths.items():
        here.go(path)
        here.check(f"{name}-{width}")


def test_finding_what_was_sold_exempt_without_a_certificate(window: Open, world: World) -> None:
    here = window(DESK, role=Role.VIEWER)
    here.go("/orders")
    page = here.page
    page.get_by_role("link", name="Exempt without certificate").click()
    page.get_by_label("Ship-to state").select_option("US-CA")
    page.wait_for_url("**state=US-CA**")
    (row,) = page.locator("tbody tr").all()
    assert "Claimed, nothing on file" in row.inner_text()
    row.get_by_role("link", name="SO-1002").click()
    page.get_by_role("heading", name="Order SO-1002").wait_for()
    assert "nothing on file covers California" in page.locator(".verdict").inner_text()
    here.check_clean()


def test_deciding_by_hand_and_taking_it_back_without_scripts(window: Open, world: World) -> None:
    """F25."""
    here = window(PHONE, role=Role.REVIEWER, scripts=False)
    here.go(f"/orders/{order_id(world, 'SO-1008')}")
    page = here.page
    page.locator("summary", has_text="Decide by hand").click()
    page.get_by_label("Exempt", exact=True).check()
    page.get_by_label("Reason").fill("A gift to a school.")
    page.get_by_role("button", name="Save decision").click()
    assert "The order is exempt, by your word." in page.get_by_role("status").inner_text()
    assert "Somebody decided so by hand: A gift to a school." in page.content()
    here.shoot("order-by-hand")
    page.locator("summary", has_text="Let the rule decide").click()
    page.get_by_role("button", name="Let the rule decide").click()
    assert "The rule decides this order again." in page.get_by_role("status").inner_text()
    assert world.ground("SO-1008") == "no_sales_tax"


def test_choosing_a_certificate(window: Open, world: World) -> None:
    """D11."""
    here = window(DESK, role=Role.REVIEWER)
    here.go(f"/orders/{order_id(world, 'SO-1001')}")
    page = here.page
    page.get_by_role("link", name="Choose certificate").click()
    page.get_by_label("CA-OLD").check()
    page.get_by_role("button", name="Choose certificate").click()
    assert "tick that you want it anyway" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("CA-OLD").is_checked()
    page.get_by_label("MTC-LONG").check()
    page.get_by_label("Reason").fill("It lasts longer.")
    page.get_by_role("button", name="Choose certificate").click()
    assert "was chosen by hand: It lasts longer." in page.locator(".verdict").inner_text()
    assert "Decided by hand: certificate 2" in page.locator(".by-hand").inner_text()
    here.check("order-chosen")
