"""The certificate register, and the files that belong to it."""

from __future__ import annotations

import hashlib
import io
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from exempt.adapters import documents as documents_module
from exempt.adapters.documents import LocalDocuments
from exempt.adapters.store.store import SqlStore
from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import (
    AttachedFile,
    Certificate,
    CertificateKind,
    Coverage,
    ExemptionReason,
    Rejection,
    RejectionCode,
    ReviewStatus,
)
from exempt.model.decision import ManualChoice
from exempt.model.forms import FormKind, IdentificationType
from exempt.rules.history import FieldChange
from exempt.services.rows import ConnectionRow, Subject
from support.records import DAY, NOW, TODAY, YEAR, customer, details, in_state, order
from support.stores import customers_in, enter, everything, rows, save_customers, save_orders


@pytest.fixture
def customers(store: SqlStore, erp: ConnectionRow) -> list[int]:
    """The ids of two cards."""
    save_customers(store, erp, customer("A"), customer("B"))
    with store.reading() as tx:
        return [card.id for card in customers_in(tx)]


def get(store: SqlStore, certificate_id: int) -> Certificate:
    with store.reading() as tx:
        found = tx.certificates.get(certificate_id)
    assert found is not None
    return found


def test_a_certificate_is_read_back_as_it_was_entered(
    store: SqlStore, customers: list[int]
) -> None:
    new = details(
        customer_ids=tuple(customers),
        kind=CertificateKind.SINGLE_USE,
        order_numbers=("PO-7", "SO-8"),
        form_kind=FormKind.MTC,
        apply_tax=True,
        exempt_percentage=Decimal("33.33"),
        notes="Ask for\nAnna.",
        jurisdictions=(
            in_state("CA", effective_date=TODAY - DAY),
            in_state(
                "TX",
                exemption_number="E-1",
                identification_type=IdentificationType.STATE_TAX_ID,
                issued_by="US-OK",
                exemption_reason=ExemptionReason.OTHER,
                validated_reason=ExemptionReason.RESALE,
                verified_date=TODAY,
                effective_date=TODAY,
                expiration_date=TODAY + DAY,
                notes="Number checked.",
            ),
        ),
    )
    with store.writing() as tx:
        number = tx.certificates.add(new, ReviewStatus.PENDING, NOW, by="anna", source="portal")
    found = get(store, number)
    assert found.details == new
    assert (found.id, found.version, found.review_status) == (number, 1, ReviewStatus.PENDING)
    assert (found.entered_at, found.entered_by, found.source) == (NOW, "anna", "portal")
    assert (found.files, found.rejections, found.archived_date) == ((), (), None)


def test_a_decision_looks_at_what_was_entered(store: SqlStore, customers: list[int]) -> None:
    with store.writing() as tx:
        number = enter(
            tx,
            customers[0],
            "TX",
            "CA",
            validated_reason=ExemptionReason.RESALE,
            exemption_reason=ExemptionReason.OTHER,
            exemption_number="E-1",
            order_numbers=("PO-7",),
            kind=CertificateKind.SINGLE_USE,
            exempt_percentage=Decimal(40),
            expiration_date=TODAY,
        )
        california, texas = tx.certificates.coverages(customers)[customers[0]]
    assert texas == Coverage(
        certificate_id=number,
        customer_id=customers[0],
        jurisdiction="US-TX",
        exemption_reason=ExemptionReason.RESALE,
        certificate_number="N-1",
        exemption_number="E-1",
        kind=CertificateKind.SINGLE_USE,
        order_numbers=("PO-7",),
        signed_date=TODAY - YEAR,
        effective_date=TODAY - YEAR,
        expiration_date=TODAY,
        exempt_percentage=Decimal(40),
    )
    assert california == texas.model_copy(update={"jurisdiction": "US-CA"})


def test_one_certificate_for_several_customers(store: SqlStore, customers: list[int]) -> None:
    with store.writing() as tx:
        shared = enter(tx, customers[0], "TX", "CA", customer_ids=tuple(customers))
        own = enter(tx, customers[1], "NY")
        assert [c.id for c in tx.certificates.find([own, 99, shared])] == [own, shared]
        held = tx.certificates.coverages(customers)
        assert tx.certificates.coverages([]) == {}
    assert get(store, shared).customer_ids == tuple(customers)
    assert [one.jurisdiction for one in get(store, shared).jurisdictions] == ["US-CA", "US-TX"]
    assert [len(held[each]) for each in customers] == [2, 3]
    assert {c.customer_id for c in held[customers[1]]} == {customers[1]}


def test_a_ship_to_customer_may_use_those_of_its_billing_customer(
    store: SqlStore, erp: ConnectionRow, customers: list[int]
) -> None:
    save_customers(store, erp, customer("A-1", parent_external_id="A"))
    with store.writing() as tx:
        (ship_to,) = (c.id for c in customers_in(tx, "A-1"))
        shared = enter(tx, customers[0], "TX", customer_ids=(customers[0], ship_to))
        enter(tx, customers[1], "TX")
        theirs = enter(tx, customers[0], "CA")
        held = tx.certificates.coverages([ship_to])[ship_to]
    assert [(c.certificate_id, c.customer_id) for c in held] == [
        (shared, customers[0]),
        (theirs, customers[0]),
    ], "one that both hold counts once"
    save_customers(store, erp, customer("A-1", parent_external_id=None))
    with store.reading() as tx:
        held = tx.certificates.coverages([ship_to])[ship_to]
    assert [c.certificate_id for c in held] == [shared], "until it belongs to it no more"


def test_what_was_seen_must_be_what_is_saved_over(store: SqlStore, customers: list[int]) -> None:
    with store.writing() as tx:
        number = enter(tx, customers[0], "TX", "CA")
    seen = get(store, number)
    after = seen.model_copy(
        update={
            "customer_ids": (customers[1],),
            "number": "N-2",
            "jurisdictions": (in_state("NY", effective_date=TODAY),),
            "review_status": ReviewStatus.REJECTED,
            "rejections": (Rejection(code=RejectionCode.OTHER, text="No."),),
            "archived_date": TODAY,
        }
    )
    with store.writing() as tx:
        assert tx.certificates.save(after)
    assert get(store, number) == after.model_copy(update={"version": 2})
    before = everything(store)
    with store.writing() as tx:
        assert not tx.certificates.save(after)
        assert not tx.certificates.save(after.model_copy(update={"id": 99}))
    assert everything(store) == before


def test_there_is_no_such_certificate(store: SqlStore) -> None:
    with store.reading() as tx:
        assert tx.certificates.get(1) is None


def test_a_certificate_for_nobody_we_know_is_refused(store: SqlStore, customers: list[int]) -> None:
    with (
        pytest.raises(NotFoundError, match="customer 99: there is none: see exempt customers"),
        store.writing() as tx,
    ):
        enter(tx, customers[0], customer_ids=(customers[0], 99))
    assert rows(store, "SELECT count(*) FROM certificate") == [(0,)]


def test_how_long_it_holds_by_its_sales_is_kept(store: SqlStore, customers: list[int]) -> None:
    with store.writing() as tx:
        number = enter(tx, customers[0], "NJ", "TX", customer_ids=tuple(customers))
        keys = [(number, each, "US-NJ") for each in customers]
        tx.certificates.set_holds({keys[0]: TODAY, keys[1]: TODAY + DAY})
        assert tx.certificates.holds([number]) == {keys[0]: TODAY, keys[1]: TODAY + DAY}
        held = tx.certificates.coverages(customers)
    assert [[c.held_through for c in held[each]] for each in customers] == [
        [TODAY, None],
        [TODAY + DAY, None],
    ]
    assert get(store, number).jurisdictions[0].held_through == TODAY + DAY, "the latest of them"
    with store.writing() as tx:
        tx.certificates.set_holds(dict.fromkeys(keys))
        assert tx.certificates.holds([number]) == {}
    assert get(store, number).jurisdictions[0].held_through is None


def test_files_go_along_opened_only_on_demand(
    store: SqlStore, customers: list[int], documents: LocalDocuments
) -> None:
    sha256, size = documents.put(io.BytesIO(b"%PDF-1.7 ..."))
    kept = AttachedFile(
        name="cert.pdf",
        media_type="application/pdf",
        sha256=sha256,
        size=size,
        added_at=NOW,
        added_by="anna",
    )
    with store.writing() as tx:
        certificate_id = enter(tx, customers[0])
        tx.certificates.attach(certificate_id, kept)
        (file,) = tx.certificates.files([certificate_id])
        assert tx.certificates.files([]) == ()
        assert tx.certificates.files([certificate_id + 1]) == ()
    assert get(store, certificate_id).files == (kept,)
    assert (file.name, file.media_type, file.size) == ("cert.pdf", "application/pdf", 12)
    assert file.sha256 == hashlib.sha256(b"%PDF-1.7 ...").hexdigest()
    with file.open() as opened:
        assert opened.read() == b"%PDF-1.7 ..."


# --- history ---------------------------------------------------------------------------


def test_a_history_is_only_added_to(store: SqlStore) -> None:
    changes = [FieldChange("number", "N-1", None), FieldChange("notes", None, "Mended.")]
    with store.writing() as tx:
        tx.history.add(Subject.CERTIFICATE, 1, changes, NOW, "anna")
        tx.history.add(Subject.CERTIFICATE, 1, [], NOW, "anna")
        tx.history.add(Subject.ORDER, 1, changes[:1], NOW + DAY, "erp")
        assert [(c.field, c.old, c.new) for c in tx.history.of(Subject.CERTIFICATE, 1)] == [
            tuple(change) for change in changes
        ]
        assert [(c.changed_at, c.changed_by) for c in tx.history.of(Subject.ORDER, 1)] == [
            (NOW + DAY, "erp")
        ]
        assert tx.history.of(Subject.ORDER, 2) == []
    again = "INTO history SELECT * FROM history" if store.database.is_sqlite else ""
    replacing = [f"INSERT OR REPLACE {again}", f"REPLACE {again}"] if again else []
    for statement in ("UPDATE history SET new = 'x'", "DELETE FROM history", *replacing):
        with (
            pytest.raises(sa.exc.DBAPIError, match="history is only added to"),
            store.database.writing() as connection,
        ):
            connection.execute(sa.text(statement))


# --- choices by hand -------------------------------------------------------------------


def test_what_was_decided_by_hand(store: SqlStore, erp: ConnectionRow) -> None:
    first, second = save_orders(store, erp, order("O-1"), order("O-2")).touched
    choice = ManualChoice(order_id=first.id, tax_applicable=False, made_at=NOW, made_by="anna")
    with store.writing() as tx:
        assert tx.choices.of([first.id, second.id]) == {}
        assert not tx.choices.end(first.id, "nothing to end", NOW)
        tx.choices.make(choice)
        assert tx.choices.of([first.id, second.id]) == {first.id: choice}
        assert tx.choices.of(range(2, 1000)) == ({first.id: choice} if first.id > 1 else {})
        assert tx.choices.of([second.id]) == {}
        assert tx.choices.end(first.id, "ship-to changed", NOW + DAY)
        assert tx.choices.of([first.id]) == {}
        again = choice.model_copy(update={"tax_applicable": True, "reason": "After all."})
        tx.choices.make(again)
        ended = {"ended_at": NOW + DAY, "ended_reason": "ship-to changed"}
        assert tx.choices.all_of(first.id) == [choice.model_copy(update=ended), again]


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
        pytest.param(b"12345", "larger than 0 MB: scan it", id="a file one byte too large"),
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
