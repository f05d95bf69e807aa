"""The portal over a store of its own, a request, and somebody who follows its link."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, Any

import httpx
from starlette.types import ASGIApp

from exempt.adapters.documents import LocalDocuments
from exempt.adapters.sealing import SecretKeys
from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.adapters.upload_parts import LocalParts
from exempt.model.formdata import Form
from exempt.model.paper import Refusal
from exempt.model.requesting import Answers, Signature, Submission
from exempt.rules import papers as paper_rules
from exempt.services.certificates import Act
from exempt.services.form_ports import Parties
from exempt.services.links import make_link
from exempt.services.papers import Drawn, PaperRefused, Seen
from exempt.services.policy import Policy
from exempt.web.app import make_app
from exempt.web.looks import Sights
from exempt.web.site import Site
from support.databases import made
from support.records import NOW, address, customer
from support.stores import connected, customers_in, save_customers

PDF = b"%PDF-1.7\nabout resale\n%%EOF\n"
LOCKED = b"%PDF-1.7\n/Encrypt\n%%EOF\n"
URL = "http://exempt.example"
_NO_SIGHTS = Sights(ping=lambda: None, health=lambda: None, metrics=None, token=None)  # type: ignore[arg-type,return-value]


class Glance:
    """Looks at files without a process of its own: at their first bytes, and for a lock."""

    def look(self, original: IO[bytes], shown: IO[bytes]) -> Seen:
        """Take what begins like a PDF or a picture, unless it is locked."""
        content = original.read()
        kind = paper_rules.kind_of(content)
        if kind is None:
            raise PaperRefused(Refusal.TYPE, paper_rules.sentence(Refusal.TYPE, content[:100]))
        if b"/Encrypt" in content:
            raise PaperRefused(Refusal.ENCRYPTED)
        shown.write(content)
        return Seen(kind.media_type, 1, kind.media_type)

    def draw(self, *_: object) -> Drawn:
        """Nothing is drawn."""
        raise PaperRefused(Refusal.CORRUPT)


def print_plainly(
    form: Form, answers: Answers, parties: Parties, signature: Signature | None
) -> bytes:
    """A form with what was filled in, in words."""
    signed = signature.name if signature else "PREVIEW"
    said = f"{form.key} {answers.fields} {parties.buyer.name} {signed}"
    return PDF + said.encode()


class PortalHouse:
    """A portal, and a customer of Northwind's who is asked for certificates.

    Attributes:
        now: What its clock shows.
    """

    def __init__(self, store: SqlStore, folder: Path, **changes: Any) -> None:
        self.store = store
        self.now = NOW
        documents = LocalDocuments(folder / "documents")
        how: dict[str, Any] = {
            "inspector": Glance(),
            "parts": LocalParts(folder / "parts"),
            "form_printer": print_plainly,
            "contacts": {"northwind": "tax@northwind.example"},
            "url": URL,
            **changes,
        }
        self.site = Site(
            store=store,
            documents=documents,
            policy=Policy(),
            clock=lambda: self.now,
            keys=SecretKeys("a key of forty letters, for tests alone.."),
            **how,
        )
        erp = connected(store, "erp")
        save_customers(
            store,
            erp,
            customer("C-1", name="Lone Star <b>Supply</b>", ship_to=(address(),)),
            customer("C-2", name="Somebody Else"),
        )
        with store.writing() as tx:
            cards = {each.name: each.id for each in customers_in(tx)}
        self.customer_id = cards["Lone Star <b>Supply</b>"]
        self.other_id = cards["Somebody Else"]

    @functools.cached_property
    def app(self) -> ASGIApp:
        """The web server's application."""
        return make_app(_NO_SIGHTS, site=self.site)

    def ask(self, *states: str, customer_id: int = 0, **changes: Any) -> tuple[int, str]:
        """A new request for certificates; its id, and the token of its link."""
        with self.store.writing() as tx:
            request_id = tx.requests.add(
                customer_id or self.customer_id,
                "ap@lonestar.example",
                [f"US-{each}" for each in states or ("TX",)],
                self.now,
                **changes,
            )
            return request_id, make_link(tx, request_id, self.now, 30)

    def act(self) -> Act:
        """What whoever got the mail does now."""
        return self.site.act("portal:ap@lonestar.example")

    def sent(self, request_id: int) -> list[Submission]:
        """What there is of a request, drafts too."""
        with self.store.reading() as tx:
            return tx.submissions.of_requests([request_id])

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(**time)

    def guest(self, token: str = "") -> Guest:
        """Somebody with a browser, who has followed the link with this token."""
        guest = Guest(self.app)
        if token:
            answer = guest.get(f"/r/{token}")
            assert answer.status_code == 303, answer.text
        return guest


class Guest:
    """A browser: it keeps cookies, and sends back the fields of the page that it shows."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.cookies = httpx.Cookies()
        self.page = ""

    def call(self, method: str, path: str, **told: Any) -> httpx.Response:
        """Call, and follow nothing."""
        return asyncio.run(self._answer(method, path, **told))

    async def _answer(self, method: str, path: str, **told: Any) -> httpx.Response:
        there = httpx.ASGITransport(self._app, client=("203.0.113.9", 4000))
        async with httpx.AsyncClient(transport=there, base_url=URL, cookies=self.cookies) as client:
            answer = await client.request(method, path, **told)
            self.cookies = client.cookies
            return answer

    def get(self, path: str) -> httpx.Response:
        """Look at a page."""
        answer = self.call("GET", path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    @property
    def fields(self) -> dict[str, str | list[str]]:
        """The fields of the form on the page, as a browser would send them."""
        parser = _Fields()
        parser.feed(self.page)
        return parser.found

    def send(self, path: str = "/portal", **changes: Any) -> httpx.Response:
        """Send the form of the page, with other values; ``number_TX`` is ``number:US-TX``.

        ``files`` are names and contents.
        """
        files: Sequence[tuple[str, bytes]] = changes.pop("files", ())
        named = {
            re.sub(r"^number_(\w\w)$", r"number:US-\1", name): value
            for name, value in changes.items()
        }
        data = {**self.fields, **named}
        parts = [("files", (name, content)) for name, content in files]
        answer = self.call("POST", path, data=data, files=parts or [("files", ("", b""))])
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    def script(
        self, method: str, path: str, content: bytes = b"", **headers: str
    ) -> httpx.Response:
        """Call as the page's script does."""
        token = self.fields["form_token"]
        assert isinstance(token, str)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = {"X-Form-Token": token, "Tus-Resumable": "1.0.0", **named}
        return self.call(method, path, content=content, headers=told)


class _Fields(HTMLParser):
    """The fields of a page's form."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str | list[str]] = {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        name, kind = of.get("name", ""), of.get("type", "text")
        if tag == "input" and name and kind not in {"file", "submit"}:
            if kind in {"checkbox", "radio"} and "checked" not in of:
                return
            if name == "jurisdictions":
                known = self.found.setdefault(name, [])
                assert isinstance(known, list)
                known.append(of["value"])
            else:
                self.found[name] = of.get("value", "")
        if tag == "select":
            self._select = name
            self.found.setdefault(name, "")
        if tag == "option" and "selected" in of:
            self.found[self._select] = of.get("value", "")
        if tag == "textarea":
            self._area, self.found[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area] = f"{self.found[self._area]}{data.lstrip(chr(10))}"

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


@contextmanager
def portal_house(folder: Path, **changes: Any) -> Iterator[PortalHouse]:
    """A portal over a store on SQLite."""
    with made("sqlite", folder, migrated=True) as url:
        database = Database(url)
        try:
            store = SqlStore(database, LocalDocuments(folder / "documents").open)
            yield PortalHouse(store, folder, **changes)
        finally:
            database.close()
