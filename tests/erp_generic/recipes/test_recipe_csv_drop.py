"""The recipe for CSV files in a folder, read from and written to."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from exempt import CheckRequest, CloseRequest, Connector, FetchRequest, Outcome, PushRequest
from exempt.testing import StillContext, read_all, records
from exempt_erp_generic.settings import ErpSettings
from support.vendors.recipes import INFO, exempt_in_texas, exempt_nowhere, recipe

CUSTOMERS = """\
Customer No,Name,E-mail,Tax Exempt,Street,City,State,ZIP
C1,"Smith, Jones & Co.",ap@smith.example,N,1 Main St,Austin,TX,78701
C2,Ångström AB,,Y,"2 Main St
Floor 3",Austin,TX,78701
C3,Third,ap@third.example,N,3 Main St,Austin,TX,78701
"""
ORDERS = """\
Order No,Customer No,Order Date,Net Amount,Tax Amount,Customer PO,Ship Street,Ship City,\
Ship State,Ship ZIP
S1,C1,10/01/2026,1234.57,101.85,PO-1,1 Elm St,Fresno,CA,93721
S2,C2,10/02/2026,10.00,0.00,,1 Elm St,Fresno,CA,93721
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which the ERP has left two lists."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "customers-2026-11-19.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "in" / "orders-2026-11-19.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def erp(folder: Path) -> Iterator[Connector]:
    """A connector by the recipe."""
    connector = INFO.open(ErpSettings.model_validate(recipe("csv_drop")), StillContext(folder))
    yield connector
    connector.close(CloseRequest())


def written(folder: Path) -> list[dict[str, str]]:
    """Every row of every file that was dropped."""
    rows: list[dict[str, str]] = []
    for path in sorted((folder / "out").iterdir()):
        with path.open(newline="", encoding="utf-8") as file:
            rows += csv.DictReader(file)
    return rows


def test_the_check_finds_nothing_wrong(erp: Connector) -> None:
    assert erp.check(CheckRequest()).problems == ()


def test_the_newest_list_is_read_whole(erp: Connector) -> None:
    pages = read_all(erp.fetch_customers, page_size=2)
    first, second, _ = records(pages)
    assert len(pages) == 2
    assert all(page.snapshot for page in pages)
    assert (first.name, first.exempt, second.exempt) == ("Smith, Jones & Co.", False, True)
    assert second.billing_address
    assert second.billing_address.jurisdiction == "US-TX"


def test_an_order(erp: Connector) -> None:
    one, two = records(read_all(erp.fetch_orders))
    assert (one.order_date, one.total) == (dt.date(2026, 10, 1), Decimal("1234.57"))
    assert (one.tax_applicable, two.tax_applicable) == (True, False)
    assert one.ship_to
    assert one.ship_to.jurisdiction == "US-CA"


def test_a_newer_list_takes_the_place_of_the_older(erp: Connector, folder: Path) -> None:
    checkpoint = read_all(erp.fetch_customers)[-1].checkpoint
    newer = CUSTOMERS.rpartition("C3")[0] + "C4,Fourth,,N,,,,\n"
    (folder / "in" / "customers-2026-11-20.csv").write_text(newer, encoding="utf-8")
    pages = read_all(erp.fetch_customers, checkpoint)
    assert {r.external_id for r in records(pages)} == {"C1", "C2", "C4"}
    assert pages[-1].snapshot


def test_single_records_and_one_that_is_gone(erp: Connector) -> None:
    page = erp.fetch_customers(FetchRequest(ids=("C2", "C99")))
    assert ([r.external_id for r in page.records], page.deleted) == (["C2"], ("C99",))


def test_a_status_is_dropped_once(erp: Connector, folder: Path) -> None:
    request = PushRequest(items=(exempt_in_texas("C1"), exempt_nowhere("C2")))
    outcomes = [
        {result.outcome for result in erp.push_exemption_status(request).results} for _ in range(2)
    ]
    assert outcomes == [{Outcome.APPLIED}, {Outcome.UNCHANGED}]
    one, two = written(folder)
    assert one == {
        "Customer No": "C1",
        "State": "TX",
        "Exempt": "true",
        "Percent": "100",
        "Certificate": "TX-4711",
        "Reason": "G",
        "Valid From": "2026-01-02",
        "Valid To": "2027-01-31",
    }
    assert (two["Customer No"], two["Exempt"], two["Certificate"]) == ("C2", "false", "")


def test_a_dry_run_drops_nothing(erp: Connector, folder: Path) -> None:
    erp.push_exemption_status(PushRequest(items=(exempt_in_texas("C1"),), dry_run=True))
    assert written(folder) == []
