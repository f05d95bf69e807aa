"""Many files, large files and slow ones: whoever sends them holds up nobody but themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exempt.services import papers
from exempt.services.submissions import FILES_MAX
from exempt.web.waiting import AT_ONCE, WAITING_MAX
from support.browsing import URL, Browser, Premises, premises_in

MB = 1024 * 1024


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    with premises_in(tmp_path) as here:
        yield here


def sent_at_once(browser: Browser, first: int, count: int) -> httpx.Response:
    """Send different files in one form."""
    files = [
        ("files", (f"{number}.pdf", b"%%PDF-1.7 %d" % number))
        for number in range(first, first + count)
    ]
    form = httpx.Request("POST", URL, files=files, data={"action": "add_files"})
    return browser.send("POST", "/portal", form.read(), **form.headers)


def test_of_many_files_in_a_form_no_more_are_looked_into_than_are_kept(
    premises: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs a process."""
    looked: list[object] = []
    look = papers._look

    def counted(*of: Any) -> Any:
        looked.append(of)
        return look(*of)

    monkeypatch.setattr(papers, "_look", counted)
    guest = premises.guest()
    page = sent_at_once(guest, 0, FILES_MAX + 30)
    assert (page.status_code, len(looked)) == (422, FILES_MAX)
    assert f"There are {FILES_MAX} files already" in page.text
    sent_at_once(guest, 100, 3)
    assert len(looked) == FILES_MAX
    headers = {"Upload-Length": "10", "Upload-Metadata": "filename YQ=="}
    assert guest.send("POST", "/portal/uploads", **headers).status_code == 422


@pytest.mark.parametrize(("who", "read"), [("stranger", 1), ("guest", 12)])
def test_only_whoever_is_in_the_portal_may_send_much(
    who: str, read: int, premises: Premises
) -> None:
    came = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal came
        for number in range(12):
            came += 1
            head = b'--x\r\ncontent-disposition: form-data; name="f%d"; filename="a"\r\n\r\n'
            yield head % number + b"a" * MB + b"\r\n"
        yield b"--x--\r\n"

    browser = premises.stranger() if who == "stranger" else premises.guest()
    page = browser.send("POST", "/portal", body(), content_type="multipart/form-data; boundary=x")
    assert came == read
    assert (page.status_code == 413) == (who == "stranger")


def test_whoever_has_pages_drawn_that_take_long_holds_up_nobody_else(
    premises: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = premises.guest()
    assert sent_at_once(guest, 1, 1).status_code == 303
    with premises.store.reading() as tx:
        (draft,) = tx.submissions.of_requests([guest.request_id])
    path = f"/portal/files/{draft.files[0].sha256}/pages/1"
    drawn = threading.Event()
    draw = premises.inspector.draw
    monkeypatch.setattr(
        premises.inspector, "draw", lambda *of: draw(*of) if drawn.wait(30) else None
    )

    async def all_at_once() -> tuple[int, list[int]]:
        there = httpx.ASGITransport(premises.app)
        many = AT_ONCE + WAITING_MAX + 10
        async with httpx.AsyncClient(
            transport=there, base_url=URL, cookies=guest.cookies
        ) as client:
            calls = [asyncio.create_task(client.get(path)) for _ in range(many)]
            try:
                other = await asyncio.wait_for(client.get("/portal/find"), 20)
            finally:
                drawn.set()
            return other.status_code, [each.status_code for each in await asyncio.gather(*calls)]

    other, pictures = asyncio.run(all_at_once())
    assert other == 200
    assert pictures.count(503) == 10
    assert pictures.count(200) == AT_ONCE + WAITING_MAX
