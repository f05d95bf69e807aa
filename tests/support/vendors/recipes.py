"""What every recipe of erp_generic must do against a server in its vendor's shape."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

import pytest

from exempt import (
    AuthError,
    CheckRequest,
    CloseRequest,
    Connector,
    FetchRequest,
    ItemResult,
    Outcome,
    PushItem,
    PushRequest,
    SourceRecord,
)
from exempt.testing import StillContext, read_all, records
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.settings import ErpSettings
from support.vendors.base import CUSTOMERS, ORDERS, Vendor, serve

FOLDER = Path(__file__).parents[3] / "plugins" / "erp_generic" / "recipes"
PDF = b"%PDF-1.7\n\x00\xff certificate \r\n--not-a-boundary\r\n%%EOF"
(INFO,) = exempt_connectors()


@dataclass(frozen=True)
class Certificate:
    """A certificate's file."""

    name: str = "Certificate TX 4711.pdf"
    media_type: str = "application/pdf"
    content: bytes = PDF

    @property
    def sha256(self) -> str:
        """Of its bytes, as hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        return io.BytesIO(self.content)


def recipe(name: str) -> dict[str, Any]:
    """The settings of a recipe, without the connector's name."""
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert table.pop("connector") == INFO.name
    return table


def exempt_in_texas(external_id: str, *files: Certificate, version: int = 1) -> PushItem:
    """A customer that resells in Texas."""
    status = {
        "jurisdiction": "TX",
        "exempt": True,
        "certificate_number": "77",
        "exemption_reason": "resale",
        "exemption_number": "TX-4711",
        "signed_date": "2026-01-02",
        "effective_date": "2026-01-02",
        "expiration_date": "2027-01-31",
    }
    return _item(external_id, [status], files, version)


def exempt_nowhere(external_id: str, version: int = 2) -> PushItem:
    """The same customer without a certificate."""
    return _item(external_id, [{"jurisdiction": "TX", "exempt": False}], (), version)


def _item(
    external_id: str, statuses: list[dict[str, Any]], files: tuple[Certificate, ...], version: int
) -> PushItem:
    return PushItem.model_validate(
        {
            "key": f"push-{external_id.encode().hex()}-{version}",
            "target": "customer",
            "external_id": external_id,
            "version": version,
            "jurisdictions": statuses,
            "files": files,
        }
    )


class RecipeContract:
    """Subclass it, name the recipe, and say how its vendor shows what was written.

    Attributes:
        name: The recipe's file without its ending.
        secret: Where the secret stands in the settings, as a dotted path, and its value.
        more: Further settings to put in place of the recipe's.
        missing: An identifier that the vendor does not have.
        customer: The fields of customer 2 that are of interest.
        order: Those of order 2.
        exempt: What `written` gives for a customer that is exempt in Texas.
        taxable: What it gives for one that is exempt nowhere.
        files: Whether the recipe writes files.
        incremental: Whether the second run reads changes only.
    """

    name: ClassVar[str]
    secret: ClassVar[tuple[str, str]] = ("auth.token", "token-4711")
    more: ClassVar[dict[str, Any]] = {}
    missing: ClassVar[str] = "999"
    customer: ClassVar[dict[str, Any]]
    order: ClassVar[dict[str, Any]]
    exempt: ClassVar[dict[str, Any]]
    taxable: ClassVar[dict[str, Any]]
    files: ClassVar[bool] = False
    incremental: ClassVar[bool] = True
    streams: ClassVar[dict[str, int]] = {"customers": CUSTOMERS, "orders": ORDERS}

    @pytest.fixture
    def vendor(self) -> Vendor:
        """A server of the vendor's shape, not started."""
        raise NotImplementedError

    @pytest.fixture
    def url(self, vendor: Vendor) -> Iterator[str]:
        """Its address."""
        with serve(vendor) as address:
            yield address

    @contextlib.contextmanager
    def opened(self, url: str, **changes: Any) -> Iterator[Connector]:
        """A connector by the recipe; ``a__b`` of *changes* takes the place of ``a.b``."""
        table = recipe(self.name) | {"base_url": url}
        place, value = self.secret
        given = {place.replace(".", "__"): value, "rate_per_second": 10_000}
        for path, new in (given | self.settings(url) | changes).items():
            _put(table, path.split("__"), new)
        connector = INFO.open(ErpSettings.model_validate(table), StillContext())
        try:
            yield connector
        finally:
            connector.close(CloseRequest())

    def settings(self, url: str) -> dict[str, Any]:
        """Settings that a test must change, such as the address of a token."""
        return self.more

    def id_of(self, stream: str, number: int) -> str:
        """The identifier of the record with that number."""
        raise NotImplementedError

    def touch(self, vendor: Any, stream: str, number: int) -> None:
        """Change a record at `TOUCHED`."""
        raise NotImplementedError

    def written(self, vendor: Any, external_id: str) -> dict[str, Any]:
        """What the vendor shows of a customer's exemption."""
        raise NotImplementedError

    def filed(self, vendor: Any, external_id: str) -> list[tuple[str, bytes]]:
        """Name and content of each file of a customer."""
        raise NotImplementedError

    def ids(self, stream: str) -> set[str]:
        """Every identifier of a stream."""
        return {self.id_of(stream, number) for number in range(1, self.streams[stream] + 1)}

    # --- reading -----------------------------------------------------------------------

    def test_the_check_finds_nothing_wrong(self, url: str) -> None:
        with self.opened(url) as erp:
            assert erp.check(CheckRequest()).problems == ()

    def test_everything_is_read_over_several_pages(self, url: str) -> None:
        with self.opened(url) as erp:
            for stream in self.streams:
                pages = read_all(getattr(erp, f"fetch_{stream}"), page_size=2)
                assert {r.external_id for r in records(pages)} == self.ids(stream)
                assert len(pages) > 1
                assert not [page.rejected for page in pages if page.rejected]

    def test_from_every_cursor_the_rest_is_the_same(self, url: str) -> None:
        with self.opened(url) as erp:
            pages = read_all(erp.fetch_orders, page_size=2)
        for number in range(1, len(pages)):
            with self.opened(url) as fresh:
                cursor = pages[number - 1].next_cursor
                assert read_all(fresh.fetch_orders, cursor, page_size=2) == pages[number:]

    def test_no_cursor_and_no_record_holds_the_secret(self, url: str) -> None:
        with self.opened(url) as erp:
            for stream in self.streams:
                for page in read_all(getattr(erp, f"fetch_{stream}"), page_size=2):
                    assert self.secret[1] not in page.model_dump_json()

    def test_a_customer_and_an_order_are_what_the_vendor_has(self, url: str) -> None:
        with self.opened(url) as erp:
            for stream, wanted in (("customers", self.customer), ("orders", self.order)):
                found = records(read_all(getattr(erp, f"fetch_{stream}"), page_size=2))
                (one,) = [r for r in found if r.external_id == self.id_of(stream, 2)]
                assert {name: shown(one, name) for name in wanted} == wanted

    def test_the_second_run_reads_changes_only(self, url: str, vendor: Vendor) -> None:
        if not self.incremental:
            pytest.skip("the recipe reads the whole list each time, and says so")
        with self.opened(url) as erp:
            for stream, count in self.streams.items():
                fetch = getattr(erp, f"fetch_{stream}")
                checkpoint = read_all(fetch, page_size=2)[-1].checkpoint
                self.touch(vendor, stream, 2)
                found = {r.external_id for r in records(read_all(fetch, checkpoint, page_size=2))}
                assert found == {self.id_of(stream, 2), self.id_of(stream, count)}

    def test_nothing_older_than_the_first_day_of_interest(self, url: str) -> None:
        if not self.incremental:
            pytest.skip("the recipe reads the whole list each time, and says so")
        with self.opened(url) as erp:
            found = records(read_all(erp.fetch_customers, since=dt.date(2026, 10, 6)))
        numbers = range(1, CUSTOMERS + 1)
        assert {self.id_of("customers", n) for n in numbers if n >= 6} == {
            r.external_id for r in found
        }

    def test_single_records_and_one_that_is_gone(self, url: str) -> None:
        with self.opened(url) as erp:
            wanted = (self.id_of("customers", 3), self.missing)
            page = erp.fetch_customers(FetchRequest(ids=wanted))
            assert ([r.external_id for r in page.records], page.deleted) == (
                [wanted[0]],
                (self.missing,),
            )
            order = erp.fetch_orders(FetchRequest(ids=(self.id_of("orders", 2),))).records[0]
            assert {name: shown(order, name) for name in self.order} == self.order

    # --- faults ------------------------------------------------------------------------

    def test_wrong_credentials(self, url: str) -> None:
        place = self.secret[0].replace(".", "__")
        with self.opened(url, **{place: "wrong-4712"}) as erp, pytest.raises(AuthError) as caught:
            erp.fetch_customers(FetchRequest())
        assert "wrong-4712" not in str(caught.value)

    def test_an_answer_that_asks_for_patience_loses_nothing(self, url: str, vendor: Vendor) -> None:
        with self.opened(url) as erp:
            erp.fetch_customers(FetchRequest(page_size=1))
            vendor.busy = 1
            assert len(records(read_all(erp.fetch_customers))) == CUSTOMERS

    # --- writing -----------------------------------------------------------------------

    def push(
        self, url: str, item: PushItem, *, dry_run: bool = False, **changes: Any
    ) -> ItemResult:
        """The result of writing one item."""
        with self.opened(url, **changes) as erp:
            request = PushRequest(items=(item,), dry_run=dry_run)
            (result,) = erp.push_exemption_status(request).results
            return result

    def test_a_status_is_written_once_and_taken_back(self, url: str, vendor: Vendor) -> None:
        external_id = self.id_of("customers", 2)
        assert self.push(url, exempt_in_texas(external_id)).outcome is Outcome.APPLIED
        assert self.written(vendor, external_id) == self.exempt
        again = self.push(url, exempt_in_texas(external_id))
        assert (again.outcome, again.message) == (Outcome.UNCHANGED, "")
        assert self.push(url, exempt_nowhere(external_id)).outcome is Outcome.APPLIED
        assert self.written(vendor, external_id) == self.taxable

    def test_a_dry_run_tells_and_writes_nothing(self, url: str, vendor: Vendor) -> None:
        external_id = self.id_of("customers", 2)
        before = self.written(vendor, external_id)
        result = self.push(url, exempt_in_texas(external_id), dry_run=True)
        assert (result.outcome, self.written(vendor, external_id)) == (Outcome.APPLIED, before)
        assert "→" in result.message

    def test_a_customer_that_the_vendor_does_not_have(self, url: str) -> None:
        assert self.push(url, exempt_in_texas(self.missing)).outcome is Outcome.MISSING

    def test_the_certificate_is_filed_once(self, url: str, vendor: Vendor) -> None:
        if not self.files:
            pytest.skip("the recipe writes no files, and says why")
        external_id, file = self.id_of("customers", 2), Certificate()
        for _ in range(2):
            result = self.push(url, exempt_in_texas(external_id, file))
            assert result.outcome in {Outcome.APPLIED, Outcome.UNCHANGED}, result.message
            ((name, content),) = self.filed(vendor, external_id)
            assert content == PDF
            assert name


def shown(record: SourceRecord, name: str) -> Any:
    """A field of a record, deeper where *name* has dots; a number counts entries from 0."""
    found: Any = record
    for part in name.split("."):
        found = found[int(part)] if part.isdigit() else getattr(found, part)
    return found


def _put(table: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        table = table.setdefault(parent, {})
    table[last] = value
