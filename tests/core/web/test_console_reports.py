"""The pages of reports: what they tell, of whom, for which days, and as files."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from starlette.applications import Starlette

from exempt.model.access import Role
from exempt.model.certificate import AttachedFile
from exempt.services.reports.all import REPORTS
from exempt.services.rows import DeliveryState, DeliveryTarget, Subject
from exempt.web.app import PARTS
from exempt.web.guard import Guard
from exempt.wiring.spreadsheets import workbook_writer
from support.browsing import Browser, Premises, premises_in
from support.records import DAY, NOW, TODAY, address, customer, order
from support.stores import connected, enter, everything
from support.world import World

HOSTILE = '=HYPERLINK("http://evil.example","<b>x</b>")'
KEYS = [each.key for each in REPORTS]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """C-1 of Northwind has a hostile name, three certificates and two orders; A-1 of Acme none."""
    with premises_in(tmp_path) as found:
        world = World(found.store)
        source = world.connect("northwind")
        source.remote.put(customer("C-1", name=HOSTILE, number="C-1", exempt=True))
        source.remote.put(order("O-1"), order("O-2", ship_to=address("CA")))
        source.sync()
        with found.store.writing() as tx:
            for ends in (TODAY - DAY, TODAY + DAY):
                enter(tx, found.ids["C-1"], "OK", expiration_date=ends)
        world.certify(HOSTILE, "TX")
        yield found


def give_up(house: Premises) -> None:
    row, target = connected(house.store, "northwind"), DeliveryTarget.ORDER
    with house.store.writing() as tx:
        tx.deliveries.owe(row.id, target, [("O-1", 99, "{}")], NOW)
        (owed,) = tx.deliveries.last(row.id, target, ["O-1"]).values()
        tx.deliveries.mark(
            owed, DeliveryState.DEAD, outcome="rejected", message="<i>no</i>", at=NOW
        )


def table(browser: Browser, key: str, query: str = "") -> list[dict[str, str]]:
    answer = browser.get(f"/reports/{key}/export?{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("key", KEYS)
def test_a_report_shows_texts_as_texts_and_looking_changes_nothing(
    house: Premises, key: str
) -> None:
    give_up(house)
    dana = house.staff()
    before = everything(house.store)
    page = dana.get(f"/reports/{key}")
    assert page.status_code == 200
    assert "<b>x</b>" not in page.text
    assert "<i>no</i>" not in page.text
    assert dana.get(f"/reports/{key}/export").status_code == 200
    assert everything(house.store) == before


@pytest.mark.parametrize(
    ("key", "lines"),
    [
        pytest.param("compliance", 3, id="a line a state"),
        pytest.param("sales-without-certificates", 1, id="the order that nothing covers"),
        pytest.param("customers-without-certificates", 0, id="no customer, for one is in force"),
        pytest.param("expired-certificates", 1, id="what ended yesterday"),
        pytest.param("expiring-certificates", 1, id="what ends tomorrow"),
        pytest.param("invalid-certificates", 0, id="none that fails a rule"),
        pytest.param("failed-pushes", 1, id="what was given up"),
    ],
)
def test_an_export_has_every_line(house: Premises, key: str, lines: int) -> None:
    give_up(house)
    assert len(table(house.staff(), key)) == lines


def test_a_text_that_looks_like_a_formula_is_disarmed(house: Premises) -> None:
    (row,) = table(house.staff(), "expired-certificates")
    assert row["Customer"] == f"'{HOSTILE}"
    assert (row["States"], row["Ends"]) == ("US-OK", (TODAY - DAY).isoformat())


def test_reports_of_another_company_are_empty(house: Premises) -> None:
    give_up(house)
    theirs = house.staff(Role.VIEWER, "acme")
    for key in KEYS:
        assert table(theirs, key) == [], key
        assert "HYPERLINK" not in theirs.get(f"/reports/{key}").text


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        pytest.param(f"from={TODAY}&to={TODAY}", 1, id="of that day"),
        pytest.param(f"from={TODAY + DAY}", 0, id="not of the next"),
        pytest.param("state=US-CA", 1, id="of the state"),
        pytest.param("state=US-TX", 0, id="not of the state that is covered"),
        pytest.param("state=nowhere&from=soon", 1, id="what makes no sense is left out"),
    ],
)
def test_sales_without_a_certificate_are_narrowed(house: Premises, query: str, lines: int) -> None:
    rows = table(house.staff(), "sales-without-certificates", query)
    assert [row["Amount"] for row in rows] == ["100.00"] * lines


def test_a_line_of_sales_leads_to_the_orders_that_it_counts(house: Premises) -> None:
    page = house.staff().get(f"/reports/sales-without-certificates?from={TODAY}&to={TODAY}")
    day = f"from={TODAY}&amp;to={TODAY}"
    link = f"/orders?decided=without&amp;state=US-CA&amp;ground=no_certificate&amp;{day}"
    assert f'href="{link}"' in page.text


def test_a_file_is_named_after_the_report_and_the_day(house: Premises) -> None:
    answer = house.staff().get("/reports/compliance/export")
    said = answer.headers["content-disposition"]
    assert said.startswith(f'attachment; filename="compliance-{TODAY}.csv"')
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_workbook_is_given_where_the_extra_is_installed_and_else_said_to_be_missing(
    house: Premises,
) -> None:
    pytest.importorskip("openpyxl", reason="needs exempt[spreadsheets]")
    refused = house.staff().get("/reports/compliance/export?as=xlsx")
    assert refused.status_code == 422
    site = dataclasses.replace(house.site, workbook_writer=workbook_writer())
    routes = [route for part in PARTS for route in part.routes(site)]
    house.app = Guard(Starlette(routes=routes))
    answer = house.staff().get("/reports/compliance/export?as=xlsx")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


def test_another_sites_page_gets_no_export(house: Premises) -> None:
    fetched = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}
    assert house.staff().get("/reports/compliance/export", **fetched).status_code == 403


# --- audit packages --------------------------------------------------------------------


def attach(house: Premises, certificate_id: int, name: str, content: bytes) -> None:
    sha256, _size = house.documents.put(io.BytesIO(content))
    kept = AttachedFile(name=name, media_type="application/pdf", sha256=sha256, size=len(content))
    with house.store.writing() as tx:
        tx.certificates.attach(certificate_id, kept)


def package(browser: Browser, **typed: str) -> dict[str, bytes]:
    answer = browser.send("POST", "/reports/audit", _form(**typed), content_type=_FORM)
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return {name: archive.read(name) for name in archive.namelist()}


_FORM = "application/x-www-form-urlencoded"


def _form(**typed: str) -> str:
    said = {"state": "US-TX", "from": "2020-01-01", "to": TODAY.isoformat(), **typed}
    return "&".join(f"{name}={value}" for name, value in said.items())


def test_a_package_has_register_files_log_and_sales(house: Premises) -> None:
    attach(house, 3, "../scan.pdf", b"%PDF-1.7 as it came")
    files = package(house.staff())
    assert b"%PDF-1.7 as it came" in files.values()
    assert all("/" not in name for name in files)
    register = files["certificates.csv"].decode("utf-8-sig")
    assert [row["certificate_id"] for row in csv.DictReader(io.StringIO(register))] == ["3"]
    sales = csv.DictReader(io.StringIO(files["sales.csv"].decode("utf-8-sig")))
    assert [(row["Order"], row["Certificate"]) for row in sales] == [("O-1", "3")]
    assert b'"3"' in files["history.csv"]


def test_every_file_of_a_package_can_be_told_to_be_unchanged(house: Premises) -> None:
    files = package(house.staff())
    manifest = csv.DictReader(io.StringIO(files.pop("manifest.csv").decode()))
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {row["File"]: row["SHA-256"] for row in manifest} == sums


def test_who_took_a_package_out_is_kept(house: Premises) -> None:
    dana = house.staff()
    package(dana)
    with house.store.reading() as tx:
        changes = tx.history.of(Subject.USER, 1)
    (taken,) = [each for each in changes if each.field == "audit_package"]
    assert taken.changed_by == "viewer@acme.example"
    assert (taken.new or "").startswith("Texas, 2020-01-01 through")


def test_a_package_holds_nothing_of_another_company(house: Premises) -> None:
    files = package(house.staff(Role.VIEWER, "acme"))
    everything_in_it = b"".join(files.values())
    assert b"HYPERLINK" not in everything_in_it
    assert b"O-1" not in everything_in_it


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param({"state": ""}, "Choose the state", id="no state"),
        pytest.param({"from": "soon"}, "Say from which day on", id="no first day"),
        pytest.param({"to": ""}, "Say through which day", id="no last day"),
        pytest.param({"to": "2019-12-31"}, "lies before the first", id="an end before it begins"),
    ],
)
def test_a_package_wants_a_state_and_days(
    house: Premises, typed: dict[str, str], said: str
) -> None:
    answer = house.staff().send("POST", "/reports/audit", _form(**typed), content_type=_FORM)
    assert answer.status_code == 422
    assert said in answer.text
