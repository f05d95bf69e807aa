"""Passwords, codes, tokens and keys stay where they belong (ASVS 13.3.1, 14.2.1, 16.2.5)."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pyotp
import pytest

from exempt.services import users
from support.api import ApiHouse
from support.records import NOW
from support.visitor import Visitor

PASSWORD, WRONG, NEW = "canary of coal 71", "canary of gold 72", "canary of iron 73"


def shown(visitor: Visitor, pattern: str) -> list[str]:
    """What stands on the page in that form."""
    found = re.findall(pattern, visitor.page.text)
    assert found, visitor.page.text
    return found


class Watched(Visitor):
    """A visitor whose pages are looked through; what a page shows once is told apart.

    Attributes:
        secrets: What must stand nowhere else.
        seen: The pages on which nothing secret belongs.
    """

    def __init__(self, site: ApiHouse) -> None:
        super().__init__(site.app)
        self.secrets = {PASSWORD, WRONG, NEW}
        self.seen: list[str] = []

    def look(self, *paths: str) -> None:
        """Look at pages on which nothing secret belongs."""
        self.seen += [self.get(path).text for path in paths]

    def taken(self, pattern: str) -> list[str]:
        """The secrets of that form, which this page shows once."""
        found = shown(self, pattern)
        self.secrets |= {each.replace(" ", "") for each in found}
        return found

    def kept(self) -> None:
        """What the browser was given to keep is secret, too."""
        self.secrets |= {value for name, value in self.cookies.items() if name == "__Host-sid"}


def welcomed(site: ApiHouse, visitor: Watched) -> tuple[pyotp.TOTP, list[str]]:
    """Become the first administrator: the phone, and the recovery codes."""
    token = users.first_link(site.store, NOW)
    assert token is not None
    visitor.secrets.add(token)
    visitor.get(f"/welcome/{token}")
    who = {"name": "Ann", "email": "ann@acme.example"}
    visitor.send("/welcome", **who, password=PASSWORD, again=PASSWORD)
    phone = pyotp.TOTP(visitor.taken(r'id="secret">([A-Z2-7 ]+)<')[0].replace(" ", ""))
    visitor.secrets.add(phone.secret)
    visitor.send("/sign-in/second-factor", code=phone.at(NOW))
    codes = visitor.taken(r"<li><code>([a-z2-7-]{29})</code>")
    visitor.secrets |= {code.replace("-", "") for code in codes}
    visitor.kept()
    return phone, codes


def used(site: ApiHouse, visitor: Watched) -> None:
    """Do everything that has to do with secrets."""
    phone, codes = welcomed(site, visitor)
    visitor.look("/account", "/users", "/users/1", "/keys", "/users/new")
    visitor.send("/users", name="Bo", email="bo@acme.example", role="viewer")
    visitor.taken(r"/welcome/([\w-]{43})")
    visitor.get("/keys/new")
    visitor.send("/keys", name="ERP")
    visitor.secrets.add(visitor.taken(r"exk_live_\w{8}_[\w-]{43}")[0][-43:])
    visitor.look("/users", "/users/1", "/users/2", "/keys", "/keys/new", "/account")
    site.later(minutes=1)
    proof = {"current": PASSWORD, "code": phone.at(site.now)}
    visitor.send("/account/password", **proof, password=NEW, again=NEW)
    visitor.kept()
    visitor.look("/account")
    visitor.send("/sign-out")
    for password in (WRONG, NEW):
        page = visitor.send("/sign-in", email="ann@acme.example", password=password)
        visitor.seen.append(page.text)
    visitor.send("/sign-in/code", code=codes[0])
    visitor.kept()
    visitor.look("/account")


def test_nothing_secret_stands_in_database_wal_log_or_other_pages(
    make_site: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    site: ApiHouse = make_site(second_factor=True)
    visitor = Watched(site)
    used(site, visitor)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("exempt.db*"))
    assert b"ann@acme.example" in kept
    assert b"argon2id" in kept
    ours = [record for record in caplog.records if record.name != "httpx"]  # the browser's own
    said = str([vars(record) for record in ours]) + "".join(capfd.readouterr())
    assert "could not sign in" in said
    assert len(visitor.secrets) > 20
    for canary in visitor.secrets:
        assert canary.encode() not in kept
        assert canary not in said
        assert not any(canary in page for page in visitor.seen)
