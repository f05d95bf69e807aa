"""Pages of one certificate: a register to look at, forms as they are, and what is sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from exempt.model.access import Role
from exempt.model.certificate import Certificate
from exempt.services import certificates
from exempt.web.forms import TOKEN
from support.made_papers import Says, texas
from support.pages import URL, Whole, whole_in
from support.registered import Register, registered

V, R = Role.VIEWER, Role.REVIEWER


def made_in(folder: Path) -> Iterator[tuple[Whole, Register]]:
    with whole_in(folder) as made:
        yield made, registered(made.exempt.store, made.site.documents, paper=paper())


def paper(*, buyer: str = "Lone Star") -> bytes:
    """A certificate as a PDF of one page."""
    return texas(Says(buyer_name=buyer))


def text(answer: httpx.Response) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def stored(whole: Whole, number: int) -> Certificate:
    with whole.exempt.store.reading() as tx:
        return certificates.get(tx, number)


def form_of(page: str) -> dict[str, Any]:
    """The fields of the form of a certificate, as a browser would send them."""
    form = page[page.index('name="seen"') - 200 : page.index("c-save")]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        known = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if known.get("type") == "checkbox" and " checked" not in tag:
            continue
        if "name" in known:
            sent.setdefault(known["name"], []).append(unescape(known.get("value", "")))
    for name, body in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', body)
        sent[name] = chosen[1] if chosen else ""
    for name, body in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL
    ):
        sent[name] = unescape(body)
    return {name: value for name, value in sent.items() if name not in {TOKEN, "do"}}


def upload(whole: Whole, path: str, name: str, content: bytes, **fields: str) -> httpx.Response:
    """Send a file as a form does."""

    async def send() -> httpx.Response:
        there = httpx.ASGITransport(whole.app)
        cookies = whole.cookies(R)
        async with httpx.AsyncClient(transport=there, base_url=URL, cookies=cookies) as client:
            return await client.post(
                path,
                data={TOKEN: whole.token(R), **fields},
                files={"file": (name, content, "application/pdf")},
                headers={"accept": "text/html", "origin": URL},
            )

    return asyncio.run(send())


# --- its page ----------------------------------------------------------------------------


def edited(whole: Whole, number: int, /, **changes: Any) -> httpx.Response:
    """Send the form of a certificate as it stands, some of it changed."""
    sent = form_of(whole.call("GET", f"/certificates/{number}/edit", R).text)
    return whole.post(f"/certificates/{number}/edit", {**sent, **changes}, R)
