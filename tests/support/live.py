"""A real Exempt that answers on a port of this machine, and a browser that looks at it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from exempt.adapters.store.store import SqlStore
from exempt.cli.toml import to_toml
from exempt.discovery import Catalogue
from exempt.model.access import Role
from exempt.web.serving import Server
from exempt.wiring import Exempt
from exempt.wiring.web import app_of
from support.access import signed_in
from support.databases import made
from support.fake_connector import READS, Remote, info
from support.records import NOW

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, DESK = 390, 1440
"""Widths of windows, in pixels."""


class Live:
    """An Exempt whose settings name the company Northwind and the ERP of nobody.

    Attributes:
        url: Where it answers.
        erp: The books of its ERP.
        now: What its clock shows.
    """

    def __init__(self, folder: Path, database_url: str, tables: dict[str, Any]) -> None:
        self.erp, self.now = Remote(), NOW
        path = folder / "exempt.toml"
        settings = {
            "exempt": {"database": "env:DATABASE"},
            "companies": {"n": {"name": "Northwind", "contact": "tax@northwind.example"}},
            "connections": {
                "erp": {"connector": "erp", "company": "n", "settings": {"secret": "env:SECRET"}}
            },
        }
        path.write_text(to_toml(settings | tables), encoding="utf-8")
        environ = {"DATABASE": database_url, "SECRET": "of-erp"}
        self.exempt = Exempt(path, clock=lambda: self.now, environ=environ)
        here = dataclasses.replace(info(self.erp, READS, name="erp"))
        self.exempt.catalogue = Catalogue({"erp": here}, ())
        self._server = Server("127.0.0.1:0")
        self.url = self._server.url
        self._server.start(app_of(self.exempt, listens_at=self.url))

    @property
    def store(self) -> SqlStore:
        """Its store."""
        return self.exempt.store

    def cookies(self, role: Role = Role.ADMINISTRATOR) -> dict[str, str]:
        """Those of somebody of that role, who is signed in."""
        return signed_in(self.store, role, at=self.now)

    def close(self) -> None:
        """End it."""
        self._server.close()
        self.exempt.close()


@contextlib.contextmanager
def lives(folder: Path, **tables: Any) -> Iterator[Live]:
    """A live one with these further tables of settings, over a database of its own."""
    with (
        made("sqlite", folder, migrated=True) as url,
        contextlib.closing(Live(folder, url, tables)) as live,
    ):
        yield live


class Served(Protocol):
    """What answers on a port of this machine."""

    @property
    def url(self) -> str:
        """Where it does."""
        ...


@dataclass
class Window:
    """A window of the browser, and what went wrong in it.

    Attributes:
        page: Playwright's.
    """

    page: Any
    live: Served
    wrong: list[str] = field(default_factory=list)
    _refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def go(self, path: str) -> Any:
        """Go to a page of the site; returns the answer."""
        return self.page.goto(self.live.url + path)

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page, where EXEMPT_SCREENSHOTS names a folder for them."""
        if folder := os.environ.get("EXEMPT_SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def check_access(self, only: Sequence[str] = ()) -> None:
        """Hold the page against WCAG 2.2 AA, by axe-core: all its rules, or *only* these."""
        from axe_playwright_python.sync_playwright import Axe

        run = {"type": "rule", "values": only} if only else {"type": "tag", "values": WCAG}
        options = {"runOnly": run, "resultTypes": ["violations"]}
        found = Axe().run(self.page, options=options)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"

    def check(self, name: str = "") -> None:
        """Accessible, no wider than the window, nothing wrong so far; a *name* takes a picture."""
        if name:
            self.shoot(name)
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(over) <= 0, f"{self.page.url} is wider than the window"
        self.check_access()
        self.check_clean()

    def check_clean(self) -> None:
        """No error of a script, nothing that the policy blocks, nothing asked of others."""
        assert self.wrong == []

    def transferred(self, path: str) -> int:
        """Bytes on the line for a page and all that it loads, by an empty cache."""
        sizes: list[int] = []
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        session.on(
            "Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"]))
        )
        self.page.goto(self.live.url + path, wait_until="networkidle")
        session.detach()
        return sum(sizes)

    def _said(self, message: Any) -> None:
        expected = "Failed to load resource" in message.text and (
            message.location.get("url") in self._refused
        )
        if message.type == "error" and not expected:
            self.wrong.append(f"{message.location.get('url')}: {message.text}")

    def _asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and (
            f"{parts.scheme}://{parts.netloc}" != self.live.url
        ):
            self.wrong.append(f"asked of others: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and response.request.is_navigation_request():
            self._refused.add(response.url)
