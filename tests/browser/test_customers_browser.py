"""Customers in a browser: each page does what its user would do, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from exempt.model.access import Role
from support.cards import card_of
from support.clientele import clientele
from support.live import DESK, PHONE, Live, Window

pytestmark = pytest.mark.xdist_group("browser-customers")

Open = Callable[..., Window]


@pytest.fixture(scope="module")
def ids(live: Live) -> dict[str, int]:
    """The customers, by their numbers."""
    return clientele(live.store)


def said(here: Window) -> str:
    return str(here.page.get_by_role("status").inner_text()).strip()


@pytest.mark.parametrize(
    ("tab", "name"),
    [
        ("", "overview"),
        ("/ship-to", "ship-to"),
        ("/certificates", "certificates"),
        ("/orders", "orders"),
        ("/requests", "requests"),
        ("/sources", "sources"),
        ("/history", "history"),
        ("/edit", "edit"),
    ],
)
def test_each_tab_of_a_customer(window: Open, ids: dict[str, int], tab: str, name: str) -> None:
    width, dark = (PHONE, False) if len(name) % 2 else (DESK, True)
    here = window(width, role=Role.REVIEWER, dark=dark)
    here.go(f"/customers/{ids['C-1001']}{tab}")
    here.check(f"customer-{name}-{width}")


def test_a_customer_is_found_by_filters_and_its_map_leads_to_its_states(
    window: Open, ids: dict[str, int]
) -> None:
    here = window(DESK, role=Role.REVIEWER)
    here.go("/customers")
    page = here.page
    page.get_by_label("Goods go to").select_option("California")
    page.get_by_role("link", name="Lone Star Industrial Supply LLC").click()
    page.get_by_role("link", name="California: no certificate in force").click()
    assert page.url.endswith("#US-CA")
    row = page.get_by_role("row", name="California")
    assert "Missing" in row.inner_text()
    assert "9,872.00 USD" in row.inner_text()
    page.get_by_role("link", name="Request certificates").click()
    assert page.url.endswith(f"/requests/new?customer=id:{ids['C-1001']}")


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.usefixtures("ids")
def test_the_list_and_its_empty_states(window: Open, width: int) -> None:
    here = window(width, role=Role.VIEWER, dark=width == PHONE)
    here.go("/customers")
    here.check(f"customers-{width}")
    here.go("/customers?words=nobody")
    assert "No customer fits" in here.page.content()
    here.check(f"customers-none-{width}")


@pytest.mark.usefixtures("ids")
def test_a_customer_is_added_after_what_was_wrong_is_mended(window: Open, live: Live) -> None:
    """E11 to E14."""
    here = window(PHONE, role=Role.REVIEWER)
    here.go("/customers")
    page = here.page
    page.get_by_role("link", name="Add customer").first.click()
    page.get_by_label("Whose customer it is").select_option("n")
    page.get_by_label("Name").first.fill("Prairie Dental Group")
    page.get_by_label("Customer number").fill("C-1001")
    page.get_by_label("A/P e-mail").fill("ap@prairie.example")
    page.get_by_role("button", name="Add customer").click()
    here.check("customer-new-wrong")
    page.get_by_label("Customer number").fill("C-2001")
    page.get_by_role("button", name="Add customer").click()
    assert "Prairie Dental Group added." in said(here)
    assert "A tax engine wants" in page.content()
    made = card_of(live.store, int(page.url.rpartition("/")[2]))
    assert (made.number, made.email) == ("C-2001", "ap@prairie.example")


def test_states_and_locations_without_scripts(
    window: Open, live: Live, ids: dict[str, int]
) -> None:
    """E16, E17."""
    here = window(PHONE, role=Role.REVIEWER, scripts=False)
    here.go(f"/customers/{ids['C-1003']}/ship-to")
    page = here.page
    page.get_by_label("Add a state").select_option("Florida")
    page.get_by_role("button", name="Add ship-to state").click()
    assert said(here).startswith("Florida added.")
    page.get_by_label("Customer number").fill("C-1005")
    page.get_by_role("button", name="Link ship-to customer").click()
    here.shoot("customer-ship-to-linked")
    found = card_of(live.store, ids["C-1003"])
    assert (found.ship_to_zones, found.ship_to_ids) == (("US-FL",), (ids["C-1005"],))
    page.locator("summary", has_text="Unlink").click()
    page.get_by_role("button", name="Unlink customer").click()
    assert card_of(live.store, ids["C-1003"]).ship_to_ids == ()


def test_comments_and_files(window: Open, ids: dict[str, int], tmp_path: Path) -> None:
    """E19, E21 to E27."""
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all,", encoding="utf-8")
    here = window(DESK, role=Role.REVIEWER)
    here.go(f"/customers/{ids['C-7']}")
    page = here.page
    page.get_by_role("link", name="Comments & files").click()
    page.locator("summary", has_text="Add comment or file").click()
    page.get_by_label("Choose file").set_input_files(letter)
    page.get_by_label("Comment contents").fill("Read the letter first.")
    here.check("customer-comments-dialog")
    page.get_by_role("button", name="Add", exact=True).click()
    assert said(here) == "Comment and file added."
    heads = page.locator(".entries th").all_inner_texts()
    assert heads == ["Timestamp", "User", "Type", "Entry", "Action"]
    assert page.locator(".entries tbody tr").count() == 2
    page.locator("summary", has_text="Edit").first.click()
    page.locator(".entries details[open] textarea").fill("Read it twice.")
    page.get_by_role("button", name="Save comment").click()
    assert "Read it twice." in page.locator(".entries").inner_text()
    page.locator("summary", has_text="Remove").last.click()
    page.get_by_role("button", name="Remove file").click()
    assert page.locator(".entries tbody tr").count() == 1
    here.check("customer-comments")


def test_two_cards_of_one_customer_are_compared_and_merged(
    window: Open, live: Live, ids: dict[str, int]
) -> None:
    here = window(DESK, role=Role.REVIEWER)
    here.go("/customers/look-alikes")
    here.check("look-alikes")
    page = here.page
    page.get_by_role("link", name="Compare and merge").first.click()
    assert "New Mexico" in page.content()
    here.check("customer-merge")
    page.get_by_role("button", name="Merge the two cards").click()
    assert said(here).startswith("This card stands for Lone Star Industrial Supply")
    assert card_of(live.store, ids["Lone Star Industrial Supply"]).id == ids["C-1001"]


def test_two_people_at_one_card(window: Open, ids: dict[str, int]) -> None:
    first, second = (window(DESK, role=role) for role in (Role.REVIEWER, Role.ADMINISTRATOR))
    for here in (first, second):
        here.go(f"/customers/{ids['C-1002']}/edit")
    first.page.get_by_label("Phone").first.fill("555 0100")
    first.page.get_by_role("button", name="Save customer").click()
    second.page.get_by_label("City").fill("Waco")
    second.page.get_by_role("button", name="Save customer").click()
    assert "Somebody changed this customer while you did" in second.page.content()
    assert second.page.get_by_label("City").input_value() == "Waco"
    second.check("customer-conflict")
