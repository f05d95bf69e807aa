"""A company with something of everything, for those who attack its pages."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from exempt.model.access import Role
from exempt.web.forms import TOKEN
from exempt.web.pages import Page
from support.certificate_pages import upload
from support.nexus_desk import fill
from support.pages import URL, Whole, whole_in
from support.registered import registered
from support.stores import rows

A = Role.ADMINISTRATOR
IDS = range(1, 4)
FILES = {
    "customers": b"Billing Customer Number,Billing Customer Name 1\n9,Harbor Hotels\n",
    "sales": b"Order Date,Customer Number,Ship-to State,Amount\n2024-01-05,9,TX,5\n",
    "employees": b"Employee Number,State,Start Date\nE-77,TX,2024-01-01\n",
}
_PARTS = {"name": ("billing", "erp", "gusto"), "state": ("US-TX",), "purpose": ("request",)}


@contextmanager
def secretco_in(folder: Path) -> Iterator[Whole]:
    """A site with all that Secretco, the company ``n``, has: a register, sales, people, files."""
    with whole_in(folder) as made:
        store = made.exempt.store
        with store.writing() as tx:
            tx.connections.company("n", "Secretco", None)
        registered(store, made.site.documents, company="n")
        fill(store, "n", months=14)
        for of, content in FILES.items():
            bring(made, of, content)
        asked: dict[str, str | list[str]] = {
            "customer": "id:1",
            "way": "link",
            "state": ["US-OH"],
            "jurisdictions": ["US-OH"],
        }
        assert made.post("/requests/new", asked, A).status_code == 200
        assert upload(made, "/customers/1/entries", "letter.pdf", b"%PDF-1.7 x").status_code == 303
        yield made


def bring(whole: Whole, of: str, content: bytes, name: str = "") -> httpx.Response:
    """Bring a file to be imported."""
    said = {TOKEN: whole.token(A), "of": of, "company": "n"}
    file = (name or f"secret-{of}.csv", content)
    made = httpx.Request("POST", URL, data=said, files={"file": file})
    return whole.send_raw("/imports", made.read(), made.headers["content-type"], A)


def addresses(whole: Whole, page: Page) -> list[str]:
    """Those of a page, for all things that there may be."""
    files = rows(whole.exempt.store, "SELECT sha256 FROM certificate_file")
    known = {**_PARTS, "sha256": tuple(sha256 for (sha256,) in files)}
    found = [page.path]
    for name, number in re.findall(r"\{(\w+)(:int)?\}", page.path):
        values = map(str, IDS) if number else known.get(name, ("unknown",))
        found = [path.replace(f"{{{name}{number}}}", each) for each in values for path in found]
    return found


def told(answer: httpx.Response) -> str:
    """What an answer says, in small letters; of a workbook or an archive, all that is in it."""
    if not answer.content.startswith(b"PK"):
        return answer.text.casefold()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        parts = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    return " ".join(parts).casefold()
