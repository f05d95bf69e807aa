"""Debian's Chromium, by playwright, and windows in it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from exempt.model.access import Role
from support.live import DESK, Window

Open = Callable[..., Window]
"""Opens a window, as `windows` says."""

_CHROMIUM = shutil.which("chromium")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


class House(Protocol):
    """What answers on a port of this machine, and knows people."""

    @property
    def url(self) -> str:
        """Where it does."""
        ...

    def cookies(self, role: Role) -> dict[str, str]:
        """Those of somebody of that role, who is signed in."""
        ...


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """The browser; skips the test where there is none.

    Not for a session: while it runs, no other test of this process could use asyncio.run.
    """
    from playwright.sync_api import sync_playwright

    if _CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium): browsers are NOT tested")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def windows(browser: Any, house: House) -> Iterator[Open]:
    """Opens windows: of somebody of a *role* who is signed in, or of a stranger.

    Raises:
        AssertionError: At the end, where something went wrong in one.
    """
    opened: list[tuple[Any, Window]] = []

    def open_one(
        width: int = DESK,
        *,
        role: Role | None = None,
        cookies: dict[str, str] | None = None,
        scripts: bool = True,
        dark: bool = False,
    ) -> Window:
        context = browser.new_context(
            viewport={"width": width, "height": 844 if width < 800 else 900},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            locale="en-US",
        )
        context.set_default_timeout(15_000)
        known = dict(cookies or {}) | (house.cookies(role) if role else {})
        context.add_cookies(
            [{"name": name, "value": value, "url": house.url} for name, value in known.items()]
        )
        opened.append((context, Window(context.new_page(), house)))
        return opened[-1][1]

    yield open_one
    for context, _ in opened:
        context.close()
    for _, here in opened:
        here.check_clean()
