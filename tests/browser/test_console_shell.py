"""The console's shell: its navigation, on a desk and on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exempt.model.access import Role
from support.live import DESK, PHONE, Window

Open = Callable[..., Window]


@pytest.mark.parametrize(
    ("width", "dark"), [(DESK, True), (PHONE, False)], ids=["desk, dark", "phone, light"]
)
def test_pages_of_administration_are_accessible(window: Open, width: int, dark: bool) -> None:
    here = window(width, role=Role.ADMINISTRATOR, dark=dark)
    for path in ("/users", "/keys", "/account"):
        here.go(path)
        here.check(f"console{path.replace('/', '-')}-{width}{'-dark' if dark else ''}")


def test_signing_in_is_accessible_to_a_stranger_who_is_sent_there(window: Open) -> None:
    here = window(PHONE)
    here.go("/users")
    assert "/sign-in?next=/users" in here.page.url
    here.check("sign-in-phone")


def test_the_keyboard_gets_past_the_navigation_at_once(window: Open) -> None:
    here = window(role=Role.ADMINISTRATOR)
    here.go("/users")
    here.page.keyboard.press("Tab")
    here.page.keyboard.press("Enter")
    assert here.page.evaluate("document.activeElement.id") == "content"


def test_on_a_phone_the_navigation_opens_without_a_script(window: Open) -> None:
    here = window(PHONE, role=Role.ADMINISTRATOR, scripts=False)
    here.go("/users")
    link = here.page.get_by_role("link", name="API keys")
    assert not link.is_visible()
    here.page.get_by_label("Menu").click()
    link.click()
    assert here.page.url.endswith("/keys")


def test_it_shows_only_what_somebody_may_do(window: Open) -> None:
    here = window(role=Role.VIEWER)
    here.go("/account")
    places = here.page.get_by_role("navigation", name="Main")
    shown = places.get_by_role("link").all_inner_texts()
    assert {"Home", "Review", "Requests"} <= set(shown)
    assert not {"Users", "API keys", "Mail templates", "Settings"} & set(shown)


@pytest.mark.parametrize("path", ["/users", "/review", "/requests"])
def test_a_page_is_light(window: Open, path: str) -> None:
    here = window(role=Role.ADMINISTRATOR)
    assert here.transferred(path) < 150_000


def test_what_goes_wrong_is_a_page_of_ours(window: Open) -> None:
    here = window(role=Role.VIEWER)
    for path, status in (("/nowhere", 404), ("/users", 403)):
        assert here.go(path).status == status
        here.check(f"mishap-{status}")
        assert here.page.get_by_role("navigation", name="Main").count() == 1
    stranger = window(PHONE)
    assert stranger.go("/nowhere").status == 404
    stranger.check("mishap-stranger")
    stranger.page.get_by_role("link", name="To the start").click()
    assert "/sign-in" in stranger.page.url
