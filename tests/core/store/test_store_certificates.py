"""The certificate register, and the files that belong to it."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from exempt.adapters import documents as documents_module
from exempt.adapters.documents import LocalDocuments
from exempt.adapters.store.store import SqlStore
from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import (
    Certificate,
    Coverage,
    ExemptionReason,
    NewCertificate,
    NewCoverage,
    ReviewStatus,
)
from exempt.services.rows import ConnectionRow
from support.records import DAY, NOW, TODAY, YEAR, customer, new_certificate
from support.stores import rows, save_customers


@pytest.fixture
def customers(store: SqlStore, erp: ConnectionRow) -> list[int]:
    """The ids of two cards."""
    save_customers(store, erp, customer("A"), customer("B"))
    with store.reading() as tx:
        return [card.id for card in tx.reports.customers()]


def add(store: SqlStore, customer_ids: list[int], new: NewCertificate) -> int:
    with store.writing() as tx:
        return tx.certificates.add(customer_ids, new, NOW)


def get(store: SqlStore, certificate_id: int) -> Certificate:
    with store.reading() as tx:
        found = tx.certificates.get(certificate_id)
    assert found is not None
    return found


def test_a_certificate_is_read_back_as_it_was_entered(
    store: SqlStore, customers: list[int]
) -> None:
    new = new_certificate(
        number="N-1",
        apply_tax=True,
        review_status=ReviewStatus.PENDING,
        effective_date=TODAY,
        expiration_date=TODAY + YEAR,
        coverages=(
            NewCoverage(jurisdiction="TX", exemption_number="E-1", expiration_date=TODAY + DAY),
            NewCoverage(jurisdiction="CA", effective_date=TODAY - DAY),
        ),
    )
    certificate_id = add(store, customers[:1], new)
    facts: dict[str, Any] = {
        "certificate_id": certificate_id,
        "customer_id": customers[0],
        "exemption_reason": ExemptionReason.RESALE,
        "certificate_number": "N-1",
        "signed_date": TODAY - YEAR,
        "apply_tax": True,
        "review_status": ReviewStatus.PENDING,
    }
    california = Coverage(
        **facts,
        jurisdiction="US-CA",
        effective_date=TODAY - DAY,
        expiration_date=TODAY + YEAR,
    )
    texas = Coverage(
        **facts,
        jurisdiction="US-TX",
        exemption_number="E-1",
        effective_date=TODAY,
        expiration_date=TODAY + DAY,
    )
    assert get(store, certificate_id) == Certificate(
        id=certificate_id,
        customer_ids=(customers[0],),
        number="N-1",
        exemption_reason=ExemptionReason.RESALE,
        signed_date=TODAY - YEAR,
        apply_tax=True,
        review_status=ReviewStatus.PENDING,
        coverages=(california, texas),
    )


def test_one_certificate_for_several_customers(store: SqlStore, customers: list[int]) -> None:
    shared = add(store, customers, new_certificate("TX", "CA"))
    own = add(store, customers[1:], new_certificate("NY"))
    assert get(store, shared).customer_ids == tuple(customers)
    assert [c.jurisdiction for c in get(store, shared).coverages] == ["US-CA", "US-TX"]
    with store.reading() as tx:
        assert [c.id for c in tx.certificates.find()] == [shared, own]
        assert [c.id for c in tx.certificates.find(customers[0])] == [shared]
        assert tx.certificates.find(customers[0])[0].customer_ids == tuple(customers)
        held = tx.certificates.coverages(customers)
        assert tx.certificates.coverages([]) == {}
    assert [len(held[each]) for each in customers] == [2, 3]
    assert {c.customer_id for c in held[customers[1]]} == {customers[1]}


def test_a_customer_named_twice_is_one(store: SqlStore, customers: list[int]) -> None:
    certificate_id = add(store, [customers[0], customers[0]], new_certificate())
    assert get(store, certificate_id).customer_ids == (customers[0],)


def test_an_archived_certificate_says_since_when(store: SqlStore, customers: list[int]) -> None:
    certificate_id = add(store, customers, new_certificate())
    with store.writing() as tx:
        tx.certificates.archive(certificate_id, TODAY)
    found = get(store, certificate_id)
    assert (found.archived_date, found.coverages[0].archived_date) == (TODAY, TODAY)


def test_there_is_no_such_certificate(store: SqlStore) -> None:
    with store.reading() as tx:
        assert tx.certificates.get(1) is None


def test_a_certificate_for_nobody_we_know_is_refused(store: SqlStore, customers: list[int]) -> None:
    with pytest.raises(NotFoundError, match="customer 99: there is none: see exempt customers"):
        add(store, [customers[0], 99], new_certificate())
    assert rows(store, "SELECT count(*) FROM certificate") == [(0,)]


def test_files_go_along_opened_only_on_demand(
    store: SqlStore, customers: list[int], documents: LocalDocuments
) -> None:
    certificate_id = add(store, customers, new_certificate())
    sha256, size = documents.put(io.BytesIO(b"%PDF-1.7 ..."))
    with store.writing() as tx:
        tx.certificates.attach(certificate_id, "cert.pdf", "application/pdf", sha256, size)
        (file,) = tx.certificates.files([certificate_id])
        assert tx.certificates.files([]) == ()
        assert tx.certificates.files([certificate_id + 1]) == ()
    assert (file.name, file.media_type, file.size) == ("cert.pdf", "application/pdf", 12)
    assert file.sha256 == hashlib.sha256(b"%PDF-1.7 ...").hexdigest()
    with file.open() as opened:
        assert opened.read() == b"%PDF-1.7 ..."


# --- documents -------------------------------------------------------------------------


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_same_content_is_kept_once(documents: LocalDocuments, tmp_path: Path) -> None:
    first, again = (documents.put(io.BytesIO(b"same")) for _ in range(2))
    assert first == again == (hashlib.sha256(b"same").hexdigest(), 4)
    assert kept(tmp_path / "documents") == [first[0]]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(b"", "the file is empty", id="an empty file"),
        pytest.param(b"12345", "larger than 50 MB: scan it", id="a file one byte too large"),
    ],
)
def test_a_file_that_is_refused_leaves_nothing(
    documents: LocalDocuments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    content: bytes, complaint: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(documents_module, "MAX_BYTES", 4)
    with pytest.raises(RefusedError, match=complaint):
        documents.put(io.BytesIO(content))
    assert kept(tmp_path / "documents") == []
    assert documents.put(io.BytesIO(b"1234"))[1] == 4, "as large as allowed is allowed"


def test_a_file_that_is_gone_is_named(documents: LocalDocuments) -> None:
    with pytest.raises(NotFoundError, match=r"document abc.*: restore it from a backup"):
        documents.open("abc")
