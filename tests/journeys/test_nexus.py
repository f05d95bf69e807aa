"""The watch over nexus from end to end: people, the past out of a file, certificates, mails.

The systems are the sandboxes of the sample company, the mails come out of a mail server, and every
command is typed as its user would.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("exempt_billing_stripe", reason="exempt-billing-stripe is missing")
pytest.importorskip("exempt_erp_generic", reason="exempt-erp-generic is missing")
pytest.importorskip("exempt_hris_csv", reason="exempt-hris-csv is missing")
pytest.importorskip("exempt_mail_smtp", reason="exempt-mail-smtp is missing")

from typer.testing import CliRunner

from exempt import Address, Employee
from exempt.cli import app
from exempt.cli.sample_company import enter_certificates, its_systems, write_settings
from exempt.cli.sample_sales import write_past_sales
from exempt.discovery import discover
from exempt.testing import sample
from exempt.testing.sample_history import past_sales
from exempt.wiring import Exempt
from exempt.wiring.sandbox import mails_in

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("nexus")]

NOW = "2026-11-20T12:00"
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


class Desk:
    """A finance lead at a terminal, and the systems of the sample company."""

    def __init__(self, folder: Path, systems: Any) -> None:
        self.folder, self.systems = folder, systems
        self.environ = {
            name: value for each in systems.values() for name, value in each.environment.items()
        }
        catalogue = discover()
        nexus = {"alerts_to": ["cfo@northwind.example"]}
        self.settings = write_settings(folder, catalogue, systems, write_back=False, nexus=nexus)

    def run(self, *arguments: str, code: int = 0) -> str:
        before = dict(os.environ)
        os.environ.update(self.environ)
        try:
            words = ["-s", str(self.settings), "--now", NOW, "--by", "fiona", *arguments]
            result = CliRunner().invoke(app, words)
        finally:
            os.environ.clear()
            os.environ.update(before)
        assert result.exit_code == code, result.output
        return result.output

    def told(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def mails(self) -> list[str]:
        """The words of the mails to the finance lead, the newest first."""
        found = mails_in(self.folder / "sandboxes")
        return [mail.text for mail in found if "cfo@" in mail.to]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with its_systems(tmp_path, discover()) as systems:
        made = Desk(tmp_path, systems)
        made.run("sync")
        yield made


def states(told: Any) -> dict[str, Any]:
    """The rows of ``exempt nexus --json``, by state."""
    return {row["jurisdiction"].removeprefix("US-"): row for row in told["exposures"]}


def test_new_hires_are_told_once_and_confirmed_or_dismissed(desk: Desk) -> None:
    (mail,) = desk.mails()
    for name in ("California", "Colorado", "Massachusetts", "Texas", "Washington"):
        assert name in mail
    assert "Ruiz" not in mail, "no name of a person leaves the HR system"
    desk.run("sync")
    assert len(desk.mails()) == 1
    open_ones = {each["jurisdiction"]: each["id"] for each in desk.told("warnings", "list")}
    desk.run("warnings", "confirm", str(open_ones["US-TX"]), "--notes", "our seat")
    desk.run("warnings", "dismiss", str(open_ones["US-WA"]), "--reason", "left in June 2025")
    (presence,) = desk.told("presence", "list")
    assert (presence["jurisdiction"], presence["effective_date"]) == ("US-TX", "2019-03-04")
    # Somebody is hired who lives where nobody did.
    new = Employee(
        external_id="E-7",
        work_location=Address(country="US", state="TX", city="Austin"),
        home_location=Address(country="US", state="NY", city="Albany"),
        start_date=dt.date(2026, 11, 16),
    )
    desk.systems["hr"].controls.put(new)
    desk.run("sync")
    assert len(desk.mails()) == 2
    assert "New York" in desk.mails()[0]
    assert "Texas" not in desk.mails()[0]


def test_the_past_comes_out_of_a_file_and_certificates_lower_what_counts(desk: Desk) -> None:
    file = write_past_sales(desk.folder)
    checked = desk.run("backfill", "check", str(file), "--source", "old-shop")
    assert "All looks good!" in checked
    assert "BOLT-M8" in desk.run("backfill", "products", "1")
    desk.run("backfill", "import", "1", "--wait")
    desk.run("backfill", "complete", "1")
    found = states(desk.told("nexus"))
    ohio = sum(
        sale.amount for sale in past_sales() if sale.place.state == "OH" and sale.day.year == 2025
    )
    assert ohio > 100_000
    assert found["OH"]["status"] == "met"
    assert found["IL"]["status"] == "approaching"
    agreed = desk.run("nexus", "--reconcile")
    assert "differ" not in agreed.lower() or "nothing" in agreed.lower()
    # The certificate of Buckeye comes late; what it bought for resale does not count in Ohio.
    desk.run(
        *("certificates", "add", "--customer", "C-1005", "--state", "OH=87654321"),
        *("--reason", "resale", "--signed", "2024-01-01", "--effective", "2024-01-01"),
    )
    after = states(desk.told("nexus"))["OH"]
    assert after["status"] == "none"
    assert Decimal(str(after["percent"])) < 10
    detail = desk.run("nexus", "OH")
    assert "resale, certified" in detail


def test_one_command_draws_the_country(desk: Desk) -> None:
    enter = Exempt(desk.settings, clock=lambda: NOON, environ={**os.environ, **desk.environ})
    with contextlib.closing(enter) as exempt:
        enter_certificates(exempt, "anna")
    desk.run("nexus", "--map", str(desk.folder / "us.svg"))
    drawn = (desk.folder / "us.svg").read_text(encoding="utf-8")
    assert drawn.count("<title>") == 52
    assert sample.COMPANY in drawn
