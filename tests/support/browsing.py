"""A site over a store of its own, and browsers that look at it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from exempt.adapters.documents import LocalDocuments
from exempt.adapters.printing import print_sheet
from exempt.adapters.sealing import SecretKeys
from exempt.adapters.store.store import SqlStore
from exempt.adapters.upload_parts import LocalParts
from exempt.model.access import Role
from exempt.services import links
from exempt.services.policy import Policy
from exempt.services.secret_ports import hashed, new_token
from exempt.web.app import PARTS
from exempt.web.guard import Guard
from exempt.web.portal import uploads
from exempt.web.site import Site
from support.access import signed_in
from support.databases import made, open_database
from support.paper_desk import FakeInspector
from support.records import NOW, customer
from support.stores import connected, customers_in, save_customers

URL = "https://exempt.example"


class Premises:
    """A site at https://, with the customers C-1 of Northwind and A-1 of Acme.

    Attributes:
        now: What its clock shows.
        ids: The ids of the customers, by their external ids.
        companies: The ids of their companies, by key.
    """

    def __init__(self, folder: Path, store: SqlStore, documents: LocalDocuments) -> None:
        self.store, self.documents = store, documents
        self.now = NOW
        self.inspector = FakeInspector()
        self.site = Site(
            store=store,
            documents=documents,
            policy=Policy(),
            clock=lambda: self.now,
            keys=SecretKeys("a key of forty letters, for tests alone.."),
            inspector=self.inspector,
            parts=LocalParts(folder / "documents"),
            printer=print_sheet,
            url=URL,
        )
        self.ids: dict[str, int] = {}
        self.companies: dict[str, int] = {}
        for key, external_id in (("northwind", "C-1"), ("acme", "A-1")):
            row = connected(store, key, company=key)
            self.companies[key] = row.company_id
            save_customers(store, row, customer(external_id))
            with store.reading() as tx:
                (card,) = customers_in(tx, f"Customer {external_id}")
            self.ids[external_id] = card.id
        # Without the API, which takes long to be made.
        pages = [route for part in PARTS for route in part.routes(self.site)]
        self.app = Guard(Starlette(routes=[*pages, *uploads.routes(self.site)]))

    def staff(self, role: Role = Role.VIEWER, company: str | None = None) -> Browser:
        """The browser of somebody who is signed in, for one company or for all."""
        ids = None if company is None else [self.companies[company]]
        cookies = signed_in(self.store, role, company_ids=ids, at=self.now, secure=True)
        return Browser(self, cookies)

    def guest(self, external_id: str = "C-1") -> Browser:
        """The browser of a customer who followed a link to a new request."""
        with self.store.writing() as tx:
            request_id = tx.requests.add(
                self.ids[external_id], "ap@customer.example", ["US-TX"], self.now
            )
            link = links.new_link(tx, request_id, self.now, 30)
            visit = new_token()
            tx.links.enter(hashed(visit), link.id, self.now)
        browser = Browser(self, {"__Host-portal": visit})
        browser.request_id = request_id
        return browser

    def stranger(self) -> Browser:
        """A browser that nobody knows."""
        return Browser(self, {})

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(**time)


class Browser:
    """Calls the site with its cookies, as a browser does.

    Attributes:
        request_id: The request whose link was followed, of a customer.
        token: What goes along with forms.
    """

    def __init__(self, premises: Premises, cookies: dict[str, str]) -> None:
        self.request_id = 0
        self._app = premises.app
        self.cookies = cookies
        anchored = next((f"{name}:{value}" for name, value in self._anchors()), "")
        self.token = premises.site.keys.sign("form", anchored)

    def _anchors(self) -> Iterator[tuple[str, str]]:
        for name in ("sid", "portal", "browser"):
            if value := self.cookies.get(f"__Host-{name}"):
                yield name, value

    def __call__(
        self, method: str, path: str, content: Any = None, **headers: str
    ) -> httpx.Response:
        """Call a page; of headers, ``_`` stands for ``-``."""
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self._answer(method, path, content, spelled))

    async def _answer(
        self, method: str, path: str, content: Any, headers: dict[str, str]
    ) -> httpx.Response:
        there = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=there, base_url=URL, cookies=self.cookies) as client:
            return await client.request(method, path, content=content, headers=headers)

    def cut(self, path: str, pieces: list[bytes], *, silent: bool = False, **headers: str) -> None:
        """Begin to PATCH these *pieces*; then the line is cut, and no answer gets through.

        With *silent* nobody notices that it is.
        """
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        spelled |= {"x-form-token": self.token, "host": "exempt.example"}
        spelled["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "PATCH",
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in spelled.items()],
            "client": ("192.0.2.7", 4711),
            "server": ("exempt.example", 443),
            "state": {},
        }
        waiting: list[dict[str, Any]] = [
            *({"type": "http.request", "body": each, "more_body": True} for each in pieces),
            {"type": "http.disconnect"},
        ]

        async def receive() -> dict[str, Any]:
            if silent and len(waiting) == 1:
                await asyncio.Event().wait()
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

        async def send(_message: Any) -> None:
            await asyncio.sleep(0)

        asyncio.run(self._app(scope, receive, send))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Look."""
        return self("GET", path, **headers)

    def send(self, method: str, path: str, content: Any = None, **headers: str) -> httpx.Response:
        """Do something, with the token that forms have."""
        return self(method, path, content, x_form_token=self.token, **headers)


@contextmanager
def premises_in(folder: Path) -> Iterator[Premises]:
    """A site over a store on SQLite."""
    with made("sqlite", folder, migrated=True) as url, open_database(url) as database:
        documents = LocalDocuments(folder / "documents")
        yield Premises(folder, SqlStore(database, documents.open), documents)
