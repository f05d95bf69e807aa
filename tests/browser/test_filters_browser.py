"""What fits shows while one types; without a script, when one says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exempt.model.access import Role
from support.cards import make_cards, on_card
from support.live import Live, Window
from support.records import NOW

Open = Callable[..., Window]


@pytest.fixture(scope="module", autouse=True)
def _asked(live: Live) -> None:
    """Two customers were asked."""
    cards = [
        on_card(name, number=name[:1], email="ap@c.example") for name in ("Acme", "Bluebonnet")
    ]
    ids = make_cards(live.store, *cards, company="n")
    with live.store.writing() as tx:
        for customer_id in ids:
            tx.requests.add(customer_id, "ap@c.example", ["US-TX"], NOW)


def shown(here: Window) -> list[str]:
    """The customers in the list."""
    names: list[str] = here.page.locator("tbody td:first-child a").all_inner_texts()
    return sorted(names)


def test_what_fits_shows_while_one_types_and_going_back_shows_all_again(window: Open) -> None:
    here = window(role=Role.VIEWER)
    here.go("/requests")
    assert shown(here) == ["Acme", "Bluebonnet"]
    here.page.evaluate("document.loadedOnce = true")
    words = here.page.get_by_label("Customer or e-mail")
    words.press_sequentially("blue", delay=10)
    here.page.wait_for_url("**/requests?*words=blue*")
    here.page.get_by_role("link", name="Acme").wait_for(state="detached")
    assert shown(here) == ["Bluebonnet"]
    words.press_sequentially("bonnets")
    here.page.get_by_text("No request fits").wait_for()
    assert words.input_value() == "bluebonnets", "it is written on in the same field"
    assert here.page.evaluate("document.loadedOnce"), "and the page is still the same"
    here.page.go_back()
    here.page.go_back()
    here.page.get_by_role("link", name="Acme").wait_for()
    assert shown(here) == ["Acme", "Bluebonnet"]


def test_without_a_script_the_button_does_it(window: Open) -> None:
    here = window(role=Role.VIEWER, scripts=False)
    here.go("/requests")
    here.page.get_by_label("Customer or e-mail").fill("acme")
    here.page.get_by_role("button", name="Show", exact=True).click()
    assert shown(here) == ["Acme"]


def test_an_answer_that_is_no_list_does_not_replace_the_page(window: Open, live: Live) -> None:
    here = window(role=Role.VIEWER)
    here.go("/requests")
    here.page.route("**/requests?*", lambda route: route.fulfill(status=500, body="<p>oh</p>"))
    with here.page.expect_response("**/requests?*"):
        here.page.get_by_label("Customer or e-mail").press_sequentially("b")
    here.page.get_by_label("Customer or e-mail").press_sequentially("l")
    assert shown(here) == ["Acme", "Bluebonnet"]
    here.wrong.clear()  # the browser tells of the 500


def test_whoever_is_signed_out_meanwhile_signs_in_again(window: Open) -> None:
    here = window(role=Role.VIEWER)
    here.go("/requests")
    here.page.context.clear_cookies()
    here.page.get_by_label("Customer or e-mail").press_sequentially("b")
    here.page.wait_for_url("**/sign-in?next=/requests")
    here.wrong.clear()  # the browser tells of the 401
