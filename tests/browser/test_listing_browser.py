"""What all lists share, used in a browser: with a mouse, by keyboard alone, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from exempt.model.access import Role
from support.cards import make_cards, on_card
from support.live import DESK, PHONE, Live, Window
from support.records import DAY, TODAY
from support.stores import enter

pytestmark = pytest.mark.xdist_group("browser-listing")

Open = Callable[..., Window]

MANY = 60
"""Certificates, so that they have two pages."""


@pytest.fixture(scope="module", autouse=True)
def _register(live: Live) -> None:
    """A certificate a customer: of Texas, each tenth one of Ohio."""
    cards = [on_card(f"Customer {number:02}", number=f"C-{number}") for number in range(MANY)]
    ids = make_cards(live.store, *cards, company="n")
    with live.store.writing() as tx:
        for number, customer_id in enumerate(ids):
            state = "OH" if number % 10 == 0 else "TX"
            enter(tx, customer_id, state, expiration_date=TODAY + (100 + number) * DAY)


@pytest.fixture
def here(window: Open) -> Window:
    """The list of certificates, sorted by its customers, on a desk."""
    opened = window(DESK, role=Role.REVIEWER)
    opened.go("/certificates?sort=customer")
    return opened


def names(page: Any) -> list[str]:
    """The customers that the list shows."""
    found: list[str] = page.locator("[data-head=Customer] a").all_inner_texts()
    return found


def first(page: Any, name: str) -> None:
    """Wait until the list begins with that customer."""
    expect(page.locator("[data-head=Customer] a").first).to_have_text(name)


def said(page: Any) -> str:
    """What the page says was done."""
    return str(page.get_by_role("status").inner_text()).strip()


def test_it_is_searched_filtered_sorted_and_going_back_shows_it_so_again(here: Window) -> None:
    page = here.page
    assert len(names(page)) == 50
    page.get_by_role("link", name="Next").click()
    first(page, "Customer 50")
    page.get_by_role("link", name="Previous").click()
    page.get_by_role("combobox", name="State", exact=True).select_option("US-OH")
    page.wait_for_url("**state=US-OH**")
    expect(page.locator(".list-foot .many")).to_have_text("6 in all")
    page.get_by_role("link", name="Expires").click()
    first(page, "Customer 00")
    page.get_by_role("link", name="Expires").click()
    first(page, "Customer 50")
    assert page.get_by_role("columnheader", name="Expires").get_attribute("aria-sort") == (
        "descending"
    )
    words = page.get_by_role("searchbox", name="Customer, number or id:12")
    words.press_sequentially("customer 2")
    expect(page.locator(".list-foot .many")).to_have_text("1 in all")
    state = page.url
    page.get_by_role("link", name="Customer 20").click()
    page.wait_for_url(re.compile(r"/certificates/\d+$"))
    page.go_back()
    first(page, "Customer 20")
    assert page.url == state
    assert words.input_value() == "customer 2"
    assert page.get_by_role("combobox", name="State", exact=True).input_value() == "US-OH"
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".list-foot .many")).to_contain_text(f"{MANY} in all")


def test_columns_and_compact_rows_are_kept_with_a_view_that_is_renamed(here: Window) -> None:
    page = here.page
    page.locator("summary", has_text="Columns").click()
    for name in ("Reason", "Expires"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    page.get_by_role("checkbox", name="Came by", exact=True).check()
    page.get_by_role("button", name="Show these").click()
    heads = page.locator("thead th[scope=col] a, thead th[scope=col]:not(:has(*))")
    shown = ["Customer", "States", "Number", "Status", "Came by"]
    expect(heads).to_have_text(shown)
    high = page.locator("tbody tr").first.bounding_box()["height"]
    page.locator(".list-dense").click()
    page.wait_for_url("**rows=compact**")
    assert page.locator("tbody tr").first.bounding_box()["height"] < high
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Keep this view as").fill("By source")
    page.get_by_role("button", name="Keep", exact=True).click()
    assert said(page) == "The view is kept."
    kept = page.url
    here.check("list-view")
    here.go("/certificates")
    page.get_by_role("link", name="By source").click()
    assert page.url == kept
    expect(heads).to_have_text(shown)
    expect(page.get_by_role("link", name="By source")).to_have_attribute("aria-current", "true")
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Keep this view as").fill("Who brought it")
    page.get_by_role("button", name="Rename").click()
    assert said(page) == "The view is renamed."
    assert page.get_by_role("link", name="By source").count() == 0
    expect(page.get_by_role("link", name="Who brought it")).to_be_visible()
    page.locator("summary", has_text="Views").click()
    page.get_by_role("button", name="Remove the view Who brought it").click()
    assert said(page) == "The view is removed."
    assert page.get_by_role("link", name="Who brought it").count() == 0


def test_all_of_it_is_done_by_keyboard_alone(here: Window) -> None:
    page = here.page
    keys = page.keyboard
    keys.press("j")
    keys.press("j")
    keys.press("x")
    keys.press("k")
    keys.press("x")
    ticked = page.locator("tr:has([data-tick]:checked) [data-head=Customer] a")
    expect(ticked).to_have_text(["Customer 00", "Customer 01"])
    expect(page.locator("[data-bulk-many]")).to_have_text("2 selected:")
    keys.press("/")
    keys.type("customer 1")
    page.wait_for_url("**words=customer+1**")
    first(page, "Customer 10")
    expect(ticked).to_have_count(0)  # a row that comes in the place of a ticked one is not ticked
    assert page.locator("[data-bulk] button").first.is_disabled()
    keys.press("Escape")
    keys.press("j")
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/certificates/\d+$"))
    for letter, path in (("u", "/customers"), ("o", "/orders"), ("c", "/certificates")):
        keys.press("g")
        keys.press(letter)
        page.wait_for_url("**" + path)
    page.locator("summary", has_text="Columns").focus()
    keys.press("Enter")
    page.get_by_role("checkbox", name="Reason", exact=True).focus()
    keys.press("Space")
    page.get_by_role("button", name="Show these").focus()
    keys.press("Enter")
    page.wait_for_url("**columns=**")
    assert page.get_by_role("columnheader", name="Reason").count() == 0
    page.locator("summary", has_text="Views").focus()
    keys.press("Enter")
    page.get_by_label("Keep this view as").focus()
    keys.press("Escape")
    assert not page.get_by_label("Keep this view as").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    keys.press("?")
    page.get_by_label("Keys of one letter work").uncheck()
    keys.press("Escape")
    assert not page.get_by_role("heading", name="Keys").is_visible()
    keys.press("j")
    assert page.locator("tr.here").count() == 0


def test_a_page_or_all_that_fit_are_ticked_and_looked_at_before_it_is_done(here: Window) -> None:
    page = here.page
    bulk = page.locator("[data-bulk]")
    assert bulk.get_by_role("button", name="Archive").is_disabled()
    page.get_by_label("Tick all on this page").check()
    expect(page.locator("[data-bulk-many]")).to_have_text("50 selected:")
    page.get_by_label("Tick Customer 07").uncheck()
    assert page.get_by_label("Tick all on this page").evaluate("each => each.indeterminate")
    bulk.get_by_role("button", name="Archive").click()
    assert page.get_by_role("heading", name="Archive 49 certificates?").is_visible()
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/certificates?sort=customer")
    page.get_by_label(f"all {MANY} matching").check()
    bulk.get_by_role("button", name="Archive").click()
    assert page.get_by_role("heading", name=f"Archive {MANY} certificates?").is_visible()
    assert names(page)[:1] == ["Customer 00"]


def test_on_a_phone_in_the_dark_rows_are_cards(window: Open) -> None:
    here = window(PHONE, role=Role.REVIEWER, dark=True)
    here.go("/certificates?sort=customer&size=50&words=customer+3")
    page = here.page
    page.locator("summary", has_text="Filters").click()
    page.get_by_role("combobox", name="State", exact=True).select_option("US-OH")
    expect(page.locator(".list-foot .many")).to_have_text("1 in all")
    page.get_by_label("Tick Customer 30").check()
    expect(page.locator("[data-bulk-many]")).to_have_text("1 selected:")
    here.check("list-phone")
    page.get_by_role("link", name="Customer 30").click()
    page.wait_for_url(re.compile(r"/certificates/\d+$"))
