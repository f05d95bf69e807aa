"""What the tests of the pages of customers share: their house, and what forms send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx

from exempt.model.customer import CustomerCard
from exempt.model.entry import Entry
from exempt.services.rows import Subject
from support.browsing import Browser, Premises, premises_in
from support.cards import card_of
from support.clientele import clientele


@contextmanager
def customers_house(folder: Path) -> Iterator[Premises]:
    """A site with the customers of `clientele`, whose ids and companies it knows."""
    with premises_in(folder) as house:
        house.ids |= clientele(house.store)
        with house.store.reading() as tx:
            house.companies |= {row.key: row.id for row in tx.cards.companies()}
        yield house


def send(browser: Browser, path: str, **fields: object) -> httpx.Response:
    """Send a form; a list is a field several times."""
    body = urlencode({"form_token": browser.token, **fields}, doseq=True)
    return browser("POST", path, body, content_type="application/x-www-form-urlencoded")


def upload(
    browser: Browser, path: str, name: str, content: bytes, text: str = ""
) -> httpx.Response:
    parts: list[tuple[str, str | None, bytes]] = [
        ("form_token", None, browser.token.encode()),
        ("text", None, text.encode()),
        ("file", name, content),
    ]
    body = b""
    for field, file, value in parts:
        said = f'form-data; name="{field}"' + (f'; filename="{file}"' if file else "")
        body += f"--b\r\nContent-Disposition: {said}\r\n\r\n".encode() + value + b"\r\n"
    return browser(
        "POST", path, body + b"--b--\r\n", content_type="multipart/form-data; boundary=b"
    )


def entries_of(house: Premises, customer_id: int) -> list[Entry]:
    """The comments and files of a customer."""
    with house.store.reading() as tx:
        return tx.entries.of(Subject.CUSTOMER, customer_id)


def card(house: Premises, key: str) -> CustomerCard:
    """The card with this number, or without one with this name."""
    return card_of(house.store, house.ids[key])


def fields_of(found: CustomerCard, **changes: object) -> dict[str, object]:
    """What the form of a card sends."""
    texts = ("name", "number", "email", "city", "state", "country", "postal_code", "line1")
    said = {name: getattr(found, name) or "" for name in (*texts, "tax_id")}
    return {**said, "bill_to": "yes", "ship_to": "yes", "seen": found.version, **changes}
