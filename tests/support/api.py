"""An API over a store of its own, and programs that call it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
from starlette.types import ASGIApp

from exempt.adapters.documents import LocalDocuments
from exempt.adapters.sealing import SecretKeys
from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.model.access import Right
from exempt.model.certificate import (
    CertificateDetails,
    ExemptionReason,
    JurisdictionDetails,
    ReviewStatus,
)
from exempt.model.paper import Refusal
from exempt.model.presence import PresenceKind
from exempt.model.requesting import RequestState, SubmissionWay, SubmittedFile
from exempt.rules.registrations import RegistrationDetails
from exempt.services import api_keys, registrations
from exempt.services.decide import decide_orders
from exempt.services.nexus_warnings import raise_employee_warnings
from exempt.services.papers import Drawn, PaperRefused, Seen
from exempt.services.policy import Policy
from exempt.services.post import Post
from exempt.services.presence_ports import NewPresence
from exempt.web.app import make_app
from exempt.web.looks import Sights
from exempt.web.site import Site
from support.databases import made
from support.records import NOW, TODAY, customer, order, product
from support.staff import hire
from support.stores import connected, save_customers, save_orders

ROOT = "/api/v1"
EVERY_RIGHT = frozenset(Right)


class PlainInspector:
    """Takes what begins like a PDF; `tests/core/papers` has the real one."""

    def look(self, original: IO[bytes], shown: IO[bytes]) -> Seen:
        """Copy it."""
        content = original.read()
        if not content.startswith(b"%PDF-"):
            raise PaperRefused(Refusal.TYPE)
        shown.write(content)
        return Seen("application/pdf", 1, "application/pdf")

    def draw(
        self, shown: IO[bytes], media_type: str, page: int, picture: IO[bytes], small: IO[bytes]
    ) -> Drawn:
        """Nothing is drawn here."""
        raise NotImplementedError


class Program:
    """A program with a key of its own."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self.key = key

    def __call__(self, method: str, path: str, **told: Any) -> httpx.Response:
        """Call the API; the key goes along unless a header says otherwise."""
        headers = {"Authorization": f"Bearer {self.key}", **told.pop("headers", {})}
        return asyncio.run(self._answer(method, ROOT + path, headers=headers, **told))

    def outside(self, path: str) -> httpx.Response:
        """Get something that is not of the API, without the key."""
        return asyncio.run(self._answer("GET", path))

    async def _answer(self, method: str, path: str, **told: Any) -> httpx.Response:
        there = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=there, base_url="https://exempt.example") as client:
            return await client.request(method, path, **told)

    def get(self, path: str, **told: Any) -> httpx.Response:
        """Look."""
        return self("GET", path, **told)

    def post(self, path: str, body: Any = None, **told: Any) -> httpx.Response:
        """Do something."""
        return self("POST", path, **({} if body is None else {"json": body}), **told)

    def put(self, path: str, body: Any, seen: str | None = None, **told: Any) -> httpx.Response:
        """Change what was seen."""
        headers = {} if seen is None else {"If-Match": seen}
        return self("PUT", path, json=body, headers=headers, **told)


class ApiHouse:
    """An API, its store, and the companies ``northwind`` and ``acme``.

    Attributes:
        now: What its clock shows.
        companies: Their ids, by key.
    """

    def __init__(self, store: SqlStore, documents: LocalDocuments, **changes: Any) -> None:
        self.store = store
        self.now = NOW
        self.site = Site(
            store=store,
            documents=documents,
            policy=Policy(),
            clock=lambda: self.now,
            keys=SecretKeys("a key of forty letters, for tests alone.."),
            url="https://exempt.example",
            **{
                "inspector": PlainInspector(),
                "parts": None,
                "post": Post(url="https://exempt.example"),
                **changes,
            },
        )
        with store.writing() as tx:
            self.companies = {
                key: tx.connections.company(key, key.title(), None) for key in ("northwind", "acme")
            }
        self.app = make_app(_NO_SIGHTS, site=self.site)

    def program(
        self,
        rights: Collection[Right] = EVERY_RIGHT,
        company: str | None = None,
        *,
        name: str = "erp",
    ) -> Program:
        """A program with these rights, for one company or for all."""
        ids = None if company is None else [self.companies[company]]
        key = api_keys.make(
            self.store, name, rights=rights, company_ids=ids, by="anna", at=self.now
        )
        return Program(self.app, key.text)

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(**time)


_NO_SIGHTS = Sights(ping=lambda: None, health=lambda: None, metrics=None, token=None)  # type: ignore[arg-type,return-value]


@contextmanager
def api_house(folder: Path, **changes: Any) -> Iterator[ApiHouse]:
    """An API over a store on SQLite."""
    documents = LocalDocuments(folder / "documents")
    with made("sqlite", folder, migrated=True) as url:
        database = Database(url)
        try:
            yield ApiHouse(SqlStore(database, documents.open), documents, **changes)
        finally:
            database.close()


LONE_STAR = {
    "company": "northwind",
    "number": "1001",
    "name": "Lone Star Supply Co.",
    "email": "ap@lonestar.example",
    "country": "US",
    "state": "TX",
    "exempt": True,
}


def certificate(*customer_ids: int, **changes: Any) -> dict[str, Any]:
    """A certificate for resale in Texas, as a program enters it."""
    return {
        "customer_ids": list(customer_ids),
        "number": "N-1",
        "signed_date": "2026-03-01",
        "review_status": "accepted",
        "jurisdictions": [
            {
                "jurisdiction": "US-TX",
                "exemption_reason": "resale",
                "exemption_number": "32011223344",
                "identification_type": "state_tax_id",
            }
        ],
        **changes,
    }


FILE = f"{1:064d}"
"""The SHA-256 of a file of Northwind's first submission."""


def furnished(house: ApiHouse) -> None:
    """Something of each kind: the first of each is Northwind's, the second Acme's."""
    program = house.program(name="setup")
    for company, number in (("northwind", "1001"), ("acme", "2001")):
        told = {**LONE_STAR, "company": company, "number": number}
        customer = program.post("/customers", told).json()
        made = program.post("/certificates", certificate(customer["id"]))
        assert made.status_code == 201, made.text
        webhook = {"url": "https://erp.example", "kinds": ["request.submitted"], "company": company}
        assert program.post("/webhooks", webhook).status_code == 201
    with_order(house)
    sent_in(house, customer_id=1)
    sent_in(house, customer_id=2)
    with_people(house)
    with_registrations(house)


def with_order(house: ApiHouse, **changes: Any) -> int:
    """Our id of an order of Northwind's ERP, decided."""
    row = connected(house.store, "erp")
    save_customers(house.store, row, customer("C-1", number="1001"))
    saved = save_orders(house.store, row, order(**changes))
    with house.store.writing() as tx:
        tx.sources.save_products(row, [product()], NOW)
        decide_orders(tx, row, saved.touched, Policy(), NOW)
    return saved.touched[0].id


def with_people(house: ApiHouse) -> None:
    """Each company's depot in Texas, and its first employee in Oklahoma, of whom it is warned."""
    for company in ("northwind", "acme"):
        hr = connected(house.store, f"hr-{company}", company=company)
        depot = NewPresence("US-TX", PresenceKind.PROPERTY, TODAY, "a depot")
        with house.store.writing() as tx:
            tx.presence.add(hr.company_id, [depot], NOW, "anna")
            tx.sources.save_employees(hr, [hire("E-1", "OK")], NOW)
        raise_employee_warnings(house.store, Policy(), lambda: house.now)


def with_registrations(house: ApiHouse) -> None:
    """Each company's registration in Texas."""
    texas = RegistrationDetails(jurisdiction="US-TX", registered_from=TODAY)
    for company in ("northwind", "acme"):
        act = house.site.act("anna")
        registrations.add(house.store, house.companies[company], [texas], act)


def sent_in(house: ApiHouse, customer_id: int) -> int:
    """A submission that waits for review, with its pending certificate and a file."""
    pending = CertificateDetails(
        customer_ids=(customer_id,),
        signed_date=TODAY,
        jurisdictions=(
            JurisdictionDetails(jurisdiction="US-TX", exemption_reason=ExemptionReason.RESALE),
        ),
    )
    with house.store.writing() as tx:
        request_id = tx.requests.add(customer_id, "ap@lonestar.example", ["US-TX"], NOW)
        made = tx.submissions.start(request_id, customer_id, SubmissionWay.UPLOAD, NOW)
        file = SubmittedFile(
            name="scan.pdf",
            media_type="application/pdf",
            sha256=f"{customer_id:064d}",
            size=8,
            added_at=NOW,
        )
        tx.submissions.add_file(made, file)
        certificate_id = tx.certificates.add(
            pending, ReviewStatus.PENDING, NOW, by="portal", source="portal"
        )
        tx.submissions.submit(made, certificate_id, None, NOW, seen=1)
        request = tx.requests.get(request_id)
        assert request is not None
        tx.requests.move(request, RequestState.SUBMITTED, NOW)
    return made
