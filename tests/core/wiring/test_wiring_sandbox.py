"""What a sandbox adds: a clock to turn, and the mails that nobody got."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from exempt.errors import RefusedError
from exempt.web.app import make_app
from exempt.web.site import Mail, Sandbox
from exempt.wiring.sandbox import SandboxClock, mails_in
from support.api import ApiHouse, api_house
from support.records import DAY, NOW

HOUR = dt.timedelta(hours=1)


class Machine:
    """A machine whose clocks stand still until they are moved."""

    def __init__(self) -> None:
        self.now, self.ticks = NOW, 0.0

    def clock(self, path: Path) -> SandboxClock:
        """A sandbox's clock on this machine."""
        return SandboxClock(path / "clock", lambda: self.now, lambda: self.ticks)

    def go_on(self, by: dt.timedelta) -> None:
        """Let time pass."""
        self.now += by
        self.ticks += by.total_seconds()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_it_goes_on_from_where_it_was_set(machine: Machine, tmp_path: Path) -> None:
    clock = machine.clock(tmp_path)
    assert clock() == NOW
    clock.begin_at(NOW - 100 * DAY)
    machine.go_on(HOUR)
    assert clock() == NOW - 100 * DAY + HOUR
    assert clock.advance(30 * DAY) == NOW - 70 * DAY + HOUR


def test_another_process_may_put_it_forward(machine: Machine, tmp_path: Path) -> None:
    """Whoever uses it sees that a moment later."""
    used, turned = machine.clock(tmp_path), machine.clock(tmp_path)
    assert used() == NOW
    turned.advance(DAY)
    machine.go_on(dt.timedelta(seconds=1))
    assert used() == NOW + DAY + dt.timedelta(seconds=1)


@pytest.mark.parametrize("by", [dt.timedelta(), -DAY, 3661 * DAY])
def test_time_does_not_go_back(machine: Machine, tmp_path: Path, by: dt.timedelta) -> None:
    with pytest.raises(RefusedError, match="the clock goes forward"):
        machine.clock(tmp_path).advance(by)


def mail(folder: Path, name: str, to: str, text: str) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = to, f"About {name}"
    message.set_content(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.eml").write_bytes(bytes(message))


def test_mails_are_found_wherever_a_system_keeps_them(tmp_path: Path) -> None:
    mail(tmp_path / "mail", "a", "ap@acme.example", "Hello Acme")
    (found,) = mails_in(tmp_path)
    assert (found.to, found.subject, found.text) == ("ap@acme.example", "About a", "Hello Acme\n")
    assert Path(found.path).read_bytes()


# --- its page -----------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    with api_house(tmp_path) as house:
        yield house


def browse(house: ApiHouse, *mails: Mail) -> tuple[httpx.AsyncClient, list[dt.timedelta]]:
    """A browser at a sandbox, and how far its clock was put forward."""
    advanced: list[dt.timedelta] = []

    def advance(by: dt.timedelta) -> dt.datetime:
        advanced.append(by)
        house.now += by
        return house.now

    site = dataclasses.replace(house.site, sandbox=Sandbox(advance, lambda: mails))
    app: Any = make_app(None, site=site)  # type: ignore[arg-type]
    there = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=there, base_url=site.url, follow_redirects=True), advanced


def token_in(page: str) -> str:
    return page.partition('name="form_token" value="')[2].partition('"')[0]


def test_the_page_turns_the_clock(house: ApiHouse) -> None:
    browser, advanced = browse(house)

    async def go() -> tuple[str, str, int]:
        async with browser:
            token = token_in((await browser.get("/sandbox")).text)
            told = {"form_token": token, "by": "30d"}
            turned = await browser.post("/sandbox/clock", data=told)
            wrong = await browser.post("/sandbox/clock", data={**told, "by": "soon"})
            return turned.text, wrong.text, wrong.status_code

    turned, wrong, status = asyncio.run(go())
    assert advanced == [30 * DAY]
    assert "Dec 20, 2026" in turned
    assert status == 422
    assert "write it as 30s, 15m, 2h or 1d" in wrong


def test_another_site_cannot_turn_it(house: ApiHouse) -> None:
    browser, advanced = browse(house)

    async def go() -> int:
        async with browser:
            return (await browser.post("/sandbox/clock", data={"by": "1d"})).status_code

    assert asyncio.run(go()) == 403
    assert advanced == []


def test_the_page_shows_mails_as_text_with_the_link_to_follow(house: ApiHouse) -> None:
    text = f"<script>x</script>\n{house.site.url}/r/abc\nhttps://elsewhere.example/r/abc\n"
    browser, _ = browse(house, Mail("ap@acme.example", "We need <b>you</b>", text, "/x.eml"))

    async def go() -> str:
        async with browser:
            return (await browser.get("/sandbox")).text

    page = asyncio.run(go())
    assert 'href="/r/abc"' in page
    assert "<script>x" not in page
    assert "<b>you" not in page


def test_elsewhere_there_is_no_such_page(house: ApiHouse) -> None:
    async def go() -> int:
        there = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=there, base_url=house.site.url) as browser:
            return (await browser.get("/sandbox")).status_code

    assert asyncio.run(go()) == 404
