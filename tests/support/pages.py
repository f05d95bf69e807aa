"""All pages of the site, called in this process by people of each role."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from exempt.cli.toml import to_toml
from exempt.model.access import Role
from exempt.web.forms import TOKEN
from exempt.web.pages import Page
from exempt.wiring import Exempt
from exempt.wiring.site import site_of
from exempt.wiring.web import app_of
from support.access import signed_in
from support.databases import made
from support.records import NOW

URL = "https://exempt.example"
FILL = {"sha256": "0" * 64, "token": "unknown", "purpose": "request", "state": "US-TX"}
"""What stands for the parts of a path; numbers are 1."""


class Whole:
    """A whole Exempt at ``https://exempt.example``, without a server.

    Attributes:
        app: What answers.
        site: What its pages have.
    """

    def __init__(self, folder: Path, database_url: str, web: dict[str, str]) -> None:
        path = folder / "exempt.toml"
        tables = {
            "exempt": {"database": "env:DATABASE"},
            "web": web,
            "companies": {"n": {"name": "Northwind"}},
        }
        path.write_text(to_toml(tables), encoding="utf-8")
        self.exempt = Exempt(path, clock=lambda: NOW, environ={"DATABASE": database_url})
        self.exempt.register({})
        self.site = site_of(self.exempt, URL)
        self.app = app_of(self.exempt, listens_at=URL)
        self._cookies: dict[Role, dict[str, str]] = {}

    def cookies(self, role: Role | None) -> dict[str, str]:
        """Those of somebody of that role who is signed in; of a stranger who was here before."""
        if role is None:
            return {"__Host-browser": "a stranger's"}
        if role not in self._cookies:
            self._cookies[role] = signed_in(self.exempt.store, role, at=NOW, secure=True)
        return self._cookies[role]

    def token(self, role: Role | None) -> str:
        """What their forms carry."""
        ((name, value),) = self.cookies(role).items()
        return self.site.keys.sign("form", f"{name.removeprefix('__Host-')}:{value}")

    def call(
        self, method: str, path: str, role: Role | None = None, **headers: str
    ) -> httpx.Response:
        """Call a page as a browser does; of headers, ``_`` stands for ``-``."""
        spelled = {"accept": "text/html"}
        spelled |= {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self._call(method, path, self.cookies(role), spelled))

    def post(
        self, path: str, form: Mapping[str, str | list[str]], role: Role | None = None
    ) -> httpx.Response:
        """Send a form, with the token that a page of ours would have in it."""
        said = {TOKEN: self.token(role)} | dict(form)
        headers = {"accept": "text/html", "origin": URL, "sec-fetch-site": "same-origin"}
        return asyncio.run(self._call("POST", path, self.cookies(role), headers, said))

    def send(self, path: str, body: str, role: Role | None = None) -> httpx.Response:
        """Send a form that is written out already, whatever stands in it."""
        said = f"{TOKEN}={self.token(role)}&{body}".encode()
        return self.send_raw(path, said, "application/x-www-form-urlencoded", role)

    def send_raw(
        self, path: str, body: bytes, media_type: str, role: Role | None = None
    ) -> httpx.Response:
        """Send a body of any type."""
        headers = {"accept": "text/html", "content-type": media_type, "origin": URL}
        return asyncio.run(self._call("POST", path, self.cookies(role), headers, body))

    async def _call(
        self,
        method: str,
        path: str,
        cookies: dict[str, str],
        headers: dict[str, str],
        form: Mapping[str, str | list[str]] | bytes | None = None,
    ) -> httpx.Response:
        there = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=there, base_url=URL, cookies=cookies) as client:
            body = {"content": form} if isinstance(form, bytes) else {"data": form}
            return await client.request(method, path, headers=headers, **body)

    def contents(self) -> dict[str, list[Any]]:
        """Every row of every table."""
        with self.exempt.database.reading() as connection:
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")
            return {
                name: sorted(
                    map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"'))  # noqa: S608
                )
                for (name,) in names.all()
            }


def address(page: Page) -> str:
    """A page's path, its parts filled in."""
    return re.sub(r"\{(\w+)(?::int)?\}", lambda found: FILL.get(found[1], "1"), page.path)


@contextmanager
def whole_in(folder: Path, url: str | None = URL) -> Iterator[Whole]:
    """One over a database of its own; its settings name *url*."""
    with made("sqlite", folder, migrated=True) as database_url:
        whole = Whole(folder, database_url, {"url": url} if url else {})
        with closing(whole.exempt):
            yield whole
