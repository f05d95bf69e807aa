"""OData: the recipe for Business Central against a service with the habits of real ones."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exempt import (
    AuthError,
    CheckRequest,
    CloseRequest,
    ConfigError,
    Connector,
    FetchRequest,
    ItemResult,
    Outcome,
    PermanentError,
    PushRequest,
)
from exempt.testing import StillContext, read_all, records
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.settings import ErpSettings
from peers import odata_peer
from peers.erp_build import item

PLUGIN = Path(__file__).parents[2] / "plugins" / "erp_generic"
RECIPE = PLUGIN / "recipes" / "business_central.toml"
NEXT = '"@odata.nextLink"'
(INFO,) = exempt_connectors()


@contextlib.contextmanager
def opened(url: str, password: str = odata_peer.PASSWORD, **changes: Any) -> Iterator[Connector]:
    """A connector by the recipe, with ``a__b`` changed as told."""
    table: dict[str, Any] = tomllib.loads(RECIPE.read_text()) | {"base_url": url}
    table["auth"] = {"kind": "basic", "user": "EXEMPT", "password": password}
    del table["connector"]
    for path, value in changes.items():
        name, _, key = path.partition("__")
        table[name] = {**table[name], key: value} if key else value
    connector = INFO.open(ErpSettings.model_validate(table), StillContext())
    try:
        yield connector
    finally:
        connector.close(CloseRequest())


@pytest.fixture
def service() -> odata_peer.Service:
    """Thirty customers and a thousand orders."""
    return odata_peer.Service()


@pytest.fixture
def url(service: odata_peer.Service) -> Iterator[str]:
    """The service's address."""
    with odata_peer.serve(service) as address:
        yield address


def test_the_check_finds_nothing_wrong(url: str) -> None:
    with opened(url) as erp:
        assert erp.check(CheckRequest()).problems == ()


def test_twenty_full_pages_and_an_empty_one(url: str, service: odata_peer.Service) -> None:
    with opened(url) as erp:
        pages = read_all(erp.fetch_orders, page_size=1000)
    assert [len(page.records) for page in pages] == [50] * 20 + [0]
    assert {r.external_id for r in records(pages)} == {f"o{n}" for n in range(1000)}
    assert pages[-1].checkpoint == '{"since":"2026-11-01T05:33:00.123000Z"}'


def test_from_every_cursor_the_same_rest(url: str) -> None:
    with opened(url) as erp:
        pages = read_all(erp.fetch_orders, page_size=30)
    for number in range(1, len(pages), 7):
        with opened(url) as fresh:
            assert (
                read_all(fresh.fetch_orders, pages[number - 1].next_cursor, page_size=30)
                == (pages[number:])
            )


def test_an_order_as_the_service_has_it(url: str) -> None:
    with opened(url) as erp:
        order = erp.fetch_orders(FetchRequest(ids=("o7",))).records[0]
    assert (order.total, order.tax, order.currency) == (Decimal("1234.57"), Decimal("0.1"), "USD")
    assert (order.tax_applicable, order.closed) == (True, False)
    assert [line.amount for line in order.lines] == [Decimal("1234.57")]
    assert order.ship_to
    assert order.ship_to.jurisdiction == "US-CA"


def test_only_changes_are_asked_for(url: str, service: odata_peer.Service) -> None:
    with opened(url) as erp:
        last = read_all(erp.fetch_customers)[-1]
        service.sets["customers"][4]["lastModifiedDateTime"] = "2026-11-02T00:00:00Z"
        service.calls.clear()
        (page,) = read_all(erp.fetch_customers, last.checkpoint)
    assert "c4" in {record.external_id for record in page.records}
    assert len(page.records) < 10
    assert "lastModifiedDateTime+ge+2026-11-01T00:23:00Z" in service.calls[0].replace(" ", "+")


def test_offset_paging_survives_a_cap(url: str) -> None:
    """The service gives 50 where 80 were asked for."""
    paging = {"kind": "offset", "param": "$skip", "size_param": "$top", "size": 80}
    with opened(url, orders__paging=paging) as erp:
        assert len(records(read_all(erp.fetch_orders, page_size=80))) == 1000


def test_the_total_may_end_the_reading(url: str, service: odata_peer.Service) -> None:
    paging = {"kind": "offset", "param": "$skip", "total": '"@odata.count"'}
    params = {"$count": "true", "$expand": "salesOrderLines"}
    with opened(url, orders__paging=paging, orders__params=params) as erp:
        assert len(records(read_all(erp.fetch_orders))) == 1000
    assert len(service.calls) == 20


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        pytest.param(
            {"orders__paging": {"kind": "next_url", "next": "nextLink"}},
            PermanentError,
            "the answer names one in '@odata.nextLink'",
            id="the wrong path to the link would read a twentieth",
        ),
        pytest.param(
            {"orders__params": {"$fliter": "x"}},
            PermanentError,
            "answered 400",
            id="unknown option",
        ),
        pytest.param({"orders__path": "orders"}, PermanentError, "answered 404", id="404 in HTML"),
        pytest.param({"password": "wrong"}, AuthError, "answered 401", id="401"),
    ],
)
def test_what_is_wrong_is_an_error(
    url: str, changes: Any, error: type[Exception], words: str
) -> None:
    with opened(url, **changes) as erp, pytest.raises(error) as caught:
        erp.fetch_orders(FetchRequest())
    assert words in str(caught.value)


def test_single_customers(url: str) -> None:
    with opened(url) as erp:
        page = erp.fetch_customers(FetchRequest(ids=("c3", "c99")))
    assert ([r.number for r in page.records], page.deleted) == (["10003"], ("c99",))


def push(erp: Connector, external_id: str = "c4") -> ItemResult:
    """Write that a customer is exempt."""
    wanted = item(target="customer", external_id=external_id, tax_applicable=None)
    (result,) = erp.push_exemption_status(PushRequest(items=(wanted,))).results
    return result


def test_a_customer_is_written_with_its_etag_and_only_once(
    url: str, service: odata_peer.Service
) -> None:
    with opened(url) as erp:
        first, second = push(erp), push(erp)
    assert (first.outcome, first.message) == (Outcome.APPLIED, "taxLiable: true → false")
    assert second.outcome is Outcome.UNCHANGED
    row = service.find("customers", "c4")
    assert row
    assert (row["taxLiable"], row["version"]) == (False, 2)


def test_a_change_in_between_is_a_conflict(
    url: str, service: odata_peer.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(odata_peer, "_shown", lambda row, _query: row | {"@odata.etag": 'W/"old"'})
    with opened(url) as erp:
        assert push(erp).outcome is Outcome.CONFLICT


def test_a_customer_that_is_gone(url: str) -> None:
    with opened(url) as erp:
        assert push(erp, "c99").outcome is Outcome.MISSING


def test_without_etag_the_service_refuses_and_the_message_says_what_to_set(url: str) -> None:
    changed = {"path": "customers({external_id})", "body": {"taxLiable": "{exempt}"}}
    with (
        opened(url, push={"customers": changed}) as erp,
        pytest.raises(ConfigError, match="set etag = true"),
    ):
        push(erp)


def test_the_services_words_are_passed_on(url: str) -> None:
    changed = {
        "path": "customers({external_id})",
        "body": {"taxExempt": "{exempt}"},
        "etag": True,
        "message": "error.message",
    }
    with opened(url, push={"customers": changed}) as erp:
        result = push(erp)
    assert result.outcome is Outcome.REJECTED
    assert result.message.endswith("answered 400: The property 'taxExempt' does not exist.")


def test_the_path_to_the_link_needs_quotes() -> None:
    with (
        pytest.raises(ValueError, match="stands in double quotes"),
        opened("http://127.0.0.1", orders__paging={"kind": "next_url", "next": NEXT.strip('"')}),
    ):
        pass
