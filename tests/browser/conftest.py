"""Pages in a real browser: Debian's Chromium, by playwright.

    def test_the_queue(live: Live, window: Callable[..., Window]) -> None:
        here = window(PHONE, role=Role.REVIEWER)
        here.go("/review")
        here.page.get_by_role("link", name="Start").click()
        here.check("queue-phone")    # axe, no wider than the window, no error; a picture

What went wrong in a window fails its test. Pictures lie where EXEMPT_SCREENSHOTS
says, else in the test's folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")
pytest.importorskip("playwright", reason="playwright is not installed: browsers are NOT tested")

from playwright.sync_api import sync_playwright

from exempt.model.access import Role
from support.live import DESK, Live, Window, lives

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium): browsers are NOT tested")
    # Not for the session: while it runs, no other test of this process could use asyncio.run.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    """Further tables of settings of `live`; a module may say others."""
    return {}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, Any]) -> Iterator[Live]:
    """An Exempt of this module's."""
    with lives(tmp_path_factory.mktemp("live"), **settings) as made:
        yield made


@pytest.fixture
def window(chromium: Any, live: Live, tmp_path: Path) -> Iterator[Callable[..., Window]]:
    """Opens a window of a width: of somebody of a *role* who is signed in, or of a stranger."""
    opened: list[tuple[Any, Window]] = []

    def open_one(
        width: int = DESK,
        *,
        role: Role | None = None,
        cookies: dict[str, str] | None = None,
        scripts: bool = True,
        dark: bool = False,
    ) -> Window:
        context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 800 else 900},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            locale="en-US",
        )
        context.set_default_timeout(15_000)
        known = dict(cookies or {}) | (live.cookies(role) if role else {})
        context.add_cookies(
            [{"name": name, "value": value, "url": live.url} for name, value in known.items()]
        )
        here = Window(context.new_page(), live, tmp_path)
        opened.append((context, here))
        return here

    yield open_one
    for context, _ in opened:
        context.close()
    for _, here in opened:
        here.check_clean()
