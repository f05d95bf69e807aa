"""A site that takes files in, what its daemon does, and whoever brings them."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette

from exempt.model.access import Role
from exempt.model.backfill import BackfillState
from exempt.model.imports import ImportState, PeopleRun
from exempt.services import employee_files, employee_undoing, sessions
from exempt.services.backfills import checking
from exempt.services.backfills import importing as backfilling
from exempt.services.backfills.importing import Importing
from exempt.services.backfills.undoing import undo as undo_sales
from exempt.services.importing import applying, leaving, undoing
from exempt.web.app import PARTS
from exempt.web.guard import Guard
from exempt.wiring.backfills import Parts
from exempt.wiring.spreadsheets import workbook_writer, write_blank
from support.access import VISIT, user
from support.browsing import Browser, Premises, premises_in
from support.imports import Row, billing
from support.stores import rows

NAMES = ("Billing Customer Number", "Billing Customer Name 1")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Imports]:
    with premises_in(tmp_path) as house:
        yield Imports(house, tmp_path)


@pytest.fixture
def dana(desk: Imports) -> Browser:
    """Somebody of Northwind who may import."""
    return desk.house.staff(Role.REVIEWER, "northwind")


class Imports:
    """A site that takes files in, and what its daemon does."""

    def __init__(self, house: Premises, folder: Path) -> None:
        self.house, self.store = house, house.store
        self.parts = Parts(house.documents, folder / "documents")
        house.site = dataclasses.replace(
            house.site,
            tables=self.parts,
            blank_writer=write_blank,
            workbook_writer=workbook_writer(),
        )
        routes = [route for part in PARTS for route in part.routes(house.site)]
        house.app = Guard(Starlette(routes=routes))

    def work(self) -> None:
        """What the daemon does, until nothing waits."""
        with self.store.reading() as tx:
            runs = tx.imports.all(None, 100)
            files = tx.backfills.all(None, 100)
            people = tx.people_files.unfinished()
        for run in runs:
            if leaving.waits(run):
                leaving.go_on(self.store, self.parts, run.id)
            elif run.state is ImportState.APPLYING:
                applying.resume(self.store, run.id, self.house.site.act(run.applied_by or ""))
            elif run.state is ImportState.UNDOING:
                undoing.undo(self.store, run.id, self.house.site.act(run.undone_by or ""))
        clock = self.house.site.clock
        for file in files:
            if file.state is BackfillState.CHECKING:
                checking.check(self.store, self.parts, file.id, clock)
            elif file.state is BackfillState.IMPORTING:
                policy = self.house.site.policy
                backfilling.go_on(Importing(self.store, self.parts, policy, clock), file.id)
            elif file.state is BackfillState.UNDOING:
                undo_sales(self.store, file.id, self.house.site.act(file.undone_by or ""))
        for staff in people:
            self._work_on(staff)

    def _work_on(self, staff: PeopleRun) -> None:
        if staff.state is ImportState.UNDOING:
            by = self.house.site.act(staff.undone_by or "")
            employee_undoing.undo(self.store, staff.id, by)
        else:
            employee_files.go_on(self.store, self.parts, staff.id)

    def numbers(self) -> dict[str, str]:
        """The names of all cards by their numbers."""
        found = rows(self.store, "SELECT number, name FROM customer WHERE gone_at IS NULL")
        return {number: name for number, name in found if number}


def other(house: Premises, company: str | None) -> Browser:
    """Somebody else who may import, of that company or of all."""
    ids = None if company is None else [house.companies[company]]
    whose = user(house.store, Role.REVIEWER, email=f"{company}@acme.example", company_ids=ids)
    with house.store.writing() as tx:
        token = sessions.begin(tx, whose, VISIT, house.now)
    return Browser(house, {"__Host-sid": token})


def send(browser: Browser, path: str, **fields: str | list[str]) -> httpx.Response:
    body = urlencode({"form_token": browser.token, **fields}, doseq=True)
    return browser("POST", path, body, content_type="application/x-www-form-urlencoded")


def bring(
    browser: Browser, content: bytes, name: str = "customers.csv", **fields: str
) -> httpx.Response:
    said = {"form_token": browser.token, "of": "customers", **fields}
    made = httpx.Request("POST", "https://x/", data=said, files={"file": (name, content)})
    return browser("POST", "/imports", made.read(), content_type=made.headers["content-type"])


def table(*records: Row) -> bytes:
    """A file of customers with these cells."""
    titles = list(dict.fromkeys(title for record in records for title in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, titles)
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def told(response: httpx.Response) -> list[list[str]]:
    """The rows of a CSV file, its titles first."""
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


GOOD = table(billing("C-7", "Harbor Hotels", city="Boston"), billing("C-8", "Summit Supply"))


def imported(desk: Imports, browser: Browser, content: bytes = GOOD, **fields: str) -> str:
    """The address of a file that was brought, checked and imported."""
    where = bring(browser, content).headers["location"]
    desk.work()
    page = browser.get(where).text
    answer = send(browser, f"{where}/apply", seen=hidden(page, "seen"), **fields)
    assert answer.status_code == 303, answer.text
    desk.work()
    return where


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    _, _, rest = page.partition(f'name="{name}" value="')
    return rest.partition('"')[0]
