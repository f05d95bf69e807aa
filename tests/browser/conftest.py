"""Pages in a real browser: Debian's Chromium, by playwright.

    def test_the_queue(live: Live, window: Callable[..., Window]) -> None:
        here = window(PHONE, role=Role.REVIEWER)
        here.go("/review")
        here.page.get_by_role("link", name="Start").click()
        here.check("queue-phone")    # axe, no wider than the window, no error; a picture

What went wrong in a window fails its test. Pictures are taken where EXEMPT_SCREENSHOTS
names a folder for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")
pytest.importorskip("playwright", reason="playwright is not installed: browsers are NOT tested")

from support import windows
from support.live import Live, lives


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser."""
    with windows.chromium() as browser:
        yield browser


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
def window(chromium: Any, live: Live) -> Iterator[windows.Open]:
    """Opens a window of a width: of somebody of a *role* who is signed in, or of a stranger."""
    with windows.windows(chromium, live) as opens:
        yield opens
