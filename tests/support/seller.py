"""The sample company with a real Exempt, on loopback: sandboxes, settings on disk, web server."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from exempt.cli.sample_company import NOON, enter_certificates, its_systems, write_settings
from exempt.discovery import Catalogue, discover
from exempt.hookspecs import Sandbox
from exempt.model.access import Role
from exempt.web.serving import Server
from exempt.web.site import Sandbox as Tried
from exempt.wiring import Exempt, intake, mails
from exempt.wiring.access import first_link
from exempt.wiring.forms import read_documents
from exempt.wiring.nexus_watch import watch_nexus
from exempt.wiring.sandbox import mails_in
from exempt.wiring.web import app_of
from support.access import signed_in
from support.live import Window

PASSWORD = "correct horse battery"
DANA = "dana@northwind.example"
"""Who comes first, by `come_first`."""


class Seller:
    """The sample company, whose certificates on paper are entered, and whose books agree.

    Attributes:
        url: Where its pages are.
        now: What its clock shows.
        systems: Its sandboxes, by the connection's name.
    """

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        systems: Mapping[str, Sandbox],
        **tables: Any,
    ) -> None:
        self.systems, self.now = systems, NOON
        self._folder = folder
        self._environ = {
            name: value for each in systems.values() for name, value in each.environment.items()
        }
        self._server = Server("127.0.0.1:0")
        self.url = self._server.url
        tables["web"] = {"url": self.url, "second_factor": "optional"}
        path = write_settings(folder, catalogue, systems, write_back=False, **tables)
        with contextlib.closing(self._open(path)) as exempt:
            _in_order(exempt)
            enter_certificates(exempt, "anna")
        write_settings(folder, catalogue, systems, write_back=True, **tables)
        self.exempt = self._open(path)
        self.push()
        tried = Tried(self.forward, lambda: mails_in(folder / "sandboxes"), self._told)
        self._server.start(app_of(self.exempt, listens_at=self.url, sandbox=tried))

    def _open(self, path: Path) -> Exempt:
        return Exempt(path, clock=lambda: self.now, environ=self._environ)

    def forward(self, by: dt.timedelta) -> dt.datetime:
        """Put its clock forward; what it shows then."""
        self.now += by
        return self.now

    def first_link(self) -> str:
        """The link that makes the first administrator."""
        link = first_link(self.exempt, self.url)
        assert link is not None, "there is one already"
        return link

    def cookies(self, role: Role) -> dict[str, str]:
        """Those of somebody of that role, who is signed in."""
        return signed_in(self.exempt.store, role, at=self.now)

    def push(self) -> None:
        """Read what changed, and write what is owed."""
        self.forward(dt.timedelta(minutes=1))
        _in_order(self.exempt)

    def post(self) -> list[EmailMessage]:
        """Let the mails go out that are due; those that the mail server got, oldest first."""
        before = set(self._mails())
        with mails.mailing(self.exempt):
            pass
        new = [path for path in self._mails() if path not in before]
        new.sort(key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(path.read_bytes(), policy=default) for path in new]

    def read(self) -> None:
        """Read the documents that came in, as the daemon does."""
        read_documents(self.exempt)

    def watch(self) -> None:
        """Count what is sold, and warn, as the daemon does."""
        watch_nexus(self.exempt, lambda: False)

    def take_in(self) -> None:
        """Go on with the files that were brought, as the daemon does."""
        for each in intake.waiting(self.exempt):
            each.go_on()

    def writes(self, name: str) -> Mapping[str, str]:
        """What was written to a system, by the record's number there."""
        return self.systems[name].writes()

    def close(self) -> None:
        """End it."""
        self._server.close()
        self.exempt.close()

    def _told(self) -> dict[str, Mapping[str, str]]:
        return {name: self.writes(name) for name in ("billing", "erp")}

    def _mails(self) -> Iterator[Path]:
        return (self._folder / "sandboxes").glob("mail_smtp/**/*.eml")


def _in_order(exempt: Exempt) -> None:
    problems = [result.problem for result in exempt.sync() if result.problem]
    assert not problems


@contextlib.contextmanager
def sellers(folder: Path, **tables: Any) -> Iterator[Seller]:
    """One in a folder, until the block ends; *tables* stand in its settings, too."""
    catalogue = discover()
    with (
        its_systems(folder, catalogue) as systems,
        contextlib.closing(Seller(folder, catalogue, systems, **tables)) as made,
    ):
        yield made


def text_of(mail: EmailMessage) -> str:
    """The words of a mail."""
    body: Any = mail.get_body(("plain",))
    return str(body.get_content())


def link_in(mail: EmailMessage, url: str) -> str:
    """The link to the portal in a mail."""
    found = re.findall(rf"{re.escape(url)}/r/[\w-]+", text_of(mail))
    assert len(set(found)) == 1, text_of(mail)
    return str(found[0])


def come_first(here: Window, seller: Seller) -> Window:
    """Be the first administrator, Dana, who comes by the link that Exempt printed."""
    page = here.page
    page.goto(seller.first_link())
    page.get_by_label("Your name").fill("Dana Lee")
    page.get_by_label("E-mail").fill(DANA)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, once more").fill(PASSWORD)
    page.get_by_role("button", name="Keep it and sign in").click()
    page.get_by_role("heading", name="Home").wait_for()
    return here


def send_in(phone: Window, paper: Path, number: str, *, state: str = "Ohio") -> None:
    """Be a customer, in the portal already: upload a file and send what is filled in."""
    page = phone.page
    page.get_by_label("Choose a file").set_input_files(paper)
    page.get_by_role("button", name=f"Remove {paper.name}").wait_for()
    page.get_by_label(f"Number for {state}").fill(number)
    page.get_by_label("Reason", exact=True).select_option("resale")
    page.get_by_label("Effective date").fill("2026-11-01")
    phone.shoot(f"way-2-{paper.stem}")
    page.get_by_role("button", name="Send certificate").click()
    page.get_by_role("heading", name="Thank you, we have your certificate").wait_for()
