"""The sandbox: the sample company's ERP, read and written through the connector."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exempt import (
    AuthError,
    CheckRequest,
    CloseRequest,
    Connector,
    FetchRequest,
    ItemResult,
    NotTaxedReason,
    Outcome,
    PushItem,
    PushRequest,
)
from exempt.testing import StillContext, read_all, records, sample
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.sandbox import Books, sandbox, serve, settings_for
from exempt_erp_generic.sandbox.server import KEY
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import item

(INFO,) = exempt_connectors()


@contextlib.contextmanager
def opened(url: str, key: str = KEY) -> Iterator[Connector]:
    """A fresh connector to a sandbox."""
    table = settings_for(url)
    table["auth"]["value"] = key
    connector = INFO.open(ErpSettings.model_validate(table), StillContext())
    try:
        yield connector
    finally:
        connector.close(CloseRequest())


@dataclass
class Erp:
    """A running sandbox."""

    books: Books
    url: str
    connector: Connector

    def push(self, *items: PushItem, dry_run: bool = False) -> list[ItemResult]:
        """Write back."""
        request = PushRequest(items=items, dry_run=dry_run)
        return list(self.connector.push_exemption_status(request).results)


@pytest.fixture
def erp() -> Iterator[Erp]:
    """A sandbox of the ordinary size."""
    books = Books()
    with serve(books) as url, opened(url) as connector:
        yield Erp(books, url, connector)


def test_the_check_finds_nothing_wrong(erp: Erp) -> None:
    assert erp.connector.check(CheckRequest()).problems == ()


def test_the_whole_cast_is_there(erp: Erp) -> None:
    customers = records(read_all(erp.connector.fetch_customers, page_size=3))
    orders = records(read_all(erp.connector.fetch_orders, page_size=5))
    products = records(read_all(erp.connector.fetch_products, page_size=4))
    assert [c.number for c in customers] == [buyer.number for buyer in sample.BUYERS]
    assert [p.external_id for p in products] == [item.sku for item in sample.ITEMS]
    for order, sale in zip(orders, sample.SHOP_SALES, strict=True):
        assert (order.number, order.customer_external_id) == (sale.number, sale.buyer)
        assert (order.total, order.order_date) == (sale.total, sale.day)
        assert (order.tax_applicable, order.certificate_number) == (sale.taxed, None)
        assert order.ship_to
        assert order.ship_to.jurisdiction == f"US-{sale.ship_to.state}"
        assert sum(line.amount for line in order.lines) == sale.total


def test_flags_of_customers(erp: Erp) -> None:
    (page,) = read_all(erp.connector.fetch_customers)
    assert {c.external_id for c in page.records if c.flagged_exempt} == {
        buyer.number for buyer in sample.BUYERS if buyer.exempt
    }
    assert page.records[0].exemption_number == "1-23-4567890-1"
    assert page.records[0].exemption_code == "G"


def test_an_order_that_was_written_comes_again_as_it_is_now(erp: Erp) -> None:
    checkpoint = read_all(erp.connector.fetch_orders)[-1].checkpoint
    wanted = item(external_id="SO-5002", tax_applicable=False, certificate_number="77")
    (result,) = erp.push(wanted)
    assert result.outcome is Outcome.APPLIED
    words = "taxable: true → false; exempt_percent: 0 → 100; certificate_no: (empty) → 77"
    assert result.message == words
    seen = {r.external_id: r for r in records(read_all(erp.connector.fetch_orders, checkpoint))}
    changed = seen["SO-5002"]
    assert (changed.tax_applicable, changed.certificate_number) == (False, "77")
    assert changed.tax == 0
    assert changed.updated_at == dt.datetime(2026, 11, 20, 12, 0, 1, tzinfo=dt.UTC)
    assert erp.books.writes() == {
        "SO-5002": "taxable: yes → no; exempt_percent: 0 → 100; certificate_no: - → 77"
    }


def test_a_customer_is_written_with_its_list_of_exemptions(erp: Erp) -> None:
    wanted = item(
        target="customer", external_id="C-1007", tax_applicable=None, certificate_number=None
    )
    assert [r.outcome for r in erp.push(wanted) + erp.push(wanted)] == ["applied", "unchanged"]
    row = erp.books.find("customers", "C-1007")
    assert row
    assert (row["tax_exempt"], row["exemption_no"], row["exemption_code"]) == (True, "1-23", "G")
    assert row["exemptions"] == [
        {
            "state": "TX",
            "percent": 100,
            "number": "1-23",
            "code": "G",
            "signed": "2026-01-02",
            "expires": "2027-01-31",
        }
    ]


def in_part(**changes: Any) -> PushItem:
    """An order, or with *changes* a customer, of which 62.5 percent is exempt in Texas."""
    statuses = [status.model_dump() for status in item().jurisdictions]
    statuses[0] |= {"exempt": False, "exempt_percentage": "62.50"}
    return item(**{"external_id": "SO-5001", "tax_applicable": True} | changes,
                jurisdictions=statuses)  # fmt: skip


def test_an_order_of_which_a_part_is_exempt_is_taxed_for_the_rest(erp: Erp) -> None:
    assert [r.outcome for r in erp.push(in_part()) + erp.push(in_part())] == [
        "applied",
        "unchanged",
    ]
    row = erp.books.find("orders", "SO-5001")
    assert row
    assert (row["taxable"], row["exempt_percent"], row["certificate_no"]) == (True, 62.5, "77")
    assert row["tax"] == pytest.approx(row["subtotal"] * 0.375 * 0.08)


def test_a_customers_exemption_in_part_stands_in_its_list(erp: Erp) -> None:
    card = {"target": "customer", "external_id": "C-1007", "certificate_number": None}
    wanted = in_part(**card, tax_applicable=None)
    assert [r.outcome for r in erp.push(wanted) + erp.push(wanted)] == ["applied", "unchanged"]
    row = erp.books.find("customers", "C-1007")
    assert row
    assert (row["tax_exempt"], row["exempt_percent"]) == (False, 62.5)
    assert [(e["state"], e["percent"], e["code"]) for e in row["exemptions"]] == [("TX", 62.5, "G")]


def test_a_rental_has_the_days_of_its_event(erp: Erp) -> None:
    orders = records(read_all(erp.connector.fetch_orders))
    assert {
        o.number: (o.event_start_date, o.event_end_date) for o in orders if o.event_end_date
    } == {
        "SO-5006": (dt.date(2026, 10, 27), dt.date(2026, 11, 2)),
        "SO-5010": (dt.date(2026, 11, 6), dt.date(2026, 11, 12)),
    }


def test_lines_say_why_they_are_not_taxed(erp: Erp) -> None:
    orders = records(read_all(erp.connector.fetch_orders))
    said = {order.number: {line.not_taxed_reason for line in order.lines} for order in orders}
    assert said["SO-5001"] == {NotTaxedReason.CUSTOMER_EXEMPT}
    assert said["SO-5002"] == {None}
    assert said["SO-5010"] == {NotTaxedReason.NO_TAX}


def test_nothing_is_written_twice(erp: Erp) -> None:
    wanted = item(external_id="SO-5002")
    assert [r.outcome for r in erp.push(wanted) + erp.push(wanted)] == ["applied", "unchanged"]
    assert erp.books.applied == {"push-1": 1}


def test_a_lost_reply_costs_no_second_write(erp: Erp) -> None:
    """The client asks again with the same key, and the ERP repeats its answer."""
    erp.books.replies_to_lose = 2
    (result,) = erp.push(item(external_id="SO-5002"))
    assert result.outcome is Outcome.APPLIED
    assert erp.books.replies_to_lose == 0
    assert erp.books.applied == {"push-1": 1}
    assert len(erp.books.journal) == 1


def test_where_every_reply_is_lost_the_next_run_finds_it_done(erp: Erp) -> None:
    erp.books.replies_to_lose = 4
    outcomes = [r.outcome for r in erp.push(item(external_id="SO-5002")) * 1]
    outcomes += [r.outcome for r in erp.push(item(external_id="SO-5002"))]
    assert outcomes == [Outcome.RETRY, Outcome.UNCHANGED]
    assert erp.books.applied == {"push-1": 1}


def test_a_dry_run_leaves_no_trace(erp: Erp) -> None:
    (result,) = erp.push(item(external_id="SO-5002"), dry_run=True)
    assert result.outcome is Outcome.APPLIED
    assert erp.books.journal == []


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        pytest.param({"external_id": "SO-1"}, Outcome.MISSING, "answered 404", id="missing"),
        pytest.param(
            {"external_id": "SO-5001", "tax_applicable": None},
            Outcome.REJECTED,
            "answered 422: taxable cannot be set to this",
            id="refused, in the ERP's words",
        ),
    ],
)
def test_what_the_erp_refuses(erp: Erp, changes: Any, outcome: Outcome, words: str) -> None:
    (result,) = erp.push(item(**changes))
    assert result.outcome is outcome
    assert words in result.message
    assert erp.books.journal == []


def test_a_key_used_for_another_change_is_a_conflict(erp: Erp) -> None:
    erp.push(item(external_id="SO-5002"))
    (result,) = erp.push(item(external_id="SO-5001", certificate_number="78"))
    assert result.outcome is Outcome.CONFLICT


def test_single_orders(erp: Erp) -> None:
    page = erp.connector.fetch_orders(FetchRequest(ids=("SO-5002", "SO-5002-1", "X", "SO-x-1")))
    assert [record.external_id for record in page.records] == ["SO-5002"]
    assert page.deleted == ("SO-5002-1", "X", "SO-x-1")


def test_a_wrong_key_is_refused(erp: Erp) -> None:
    with opened(erp.url, key="wrong") as connector, pytest.raises(AuthError):
        connector.fetch_orders(FetchRequest())


def test_many_copies_have_numbers_of_their_own_and_cost_no_memory() -> None:
    with serve(Books(copies=1_700)) as url, opened(url) as connector:
        pages = read_all(connector.fetch_orders, page_size=1000)
        seen = {record.external_id for record in records(pages)}
        assert len(seen) == 20_400
        assert len(records(read_all(connector.fetch_orders, pages[-1].checkpoint))) == 301
        page = connector.fetch_orders(FetchRequest(ids=("SO-5002-1699", "SO-5002-1700")))
        assert (len(page.records), page.deleted) == (1, ("SO-5002-1700",))


def test_the_declared_sandbox_keeps_its_secret_in_the_environment(tmp_path: Path) -> None:
    assert INFO.sandbox
    with INFO.sandbox(tmp_path) as running:
        assert running.settings["auth"]["value"] == "env:EXEMPT_SANDBOX_ERP_KEY"
        assert running.environment == {"EXEMPT_SANDBOX_ERP_KEY": KEY}
        assert running.writes() == {}
        assert KEY not in repr(running.settings)
    with sandbox(tmp_path, copies=2) as running, opened(running.settings["base_url"]) as twice:
        assert len(records(read_all(twice.fetch_orders))) == 24


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("customers?pages=2", 400),
        ("orders?page=two", 400),
        ("orders?updated_since=soon", 400),
        ("invoices", 404),
        ("products/NUT", 404),
    ],
)
def test_the_sandbox_is_strict(erp: Erp, query: str, status: int) -> None:
    client = erp.connector._remote._client  # type: ignore[attr-defined]
    assert client.get(query, allow={status}).status == status


def test_products_take_no_changes(erp: Erp) -> None:
    client = erp.connector._remote._client  # type: ignore[attr-defined]
    answers = [
        client.request("PATCH", "products/BOLT-M8", content=body, allow={400, 422})
        for body in (b"{", b'{"name": "x"}')
    ]
    assert [answer.status for answer in answers] == [400, 422]
