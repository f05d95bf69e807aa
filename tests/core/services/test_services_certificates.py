"""Certificates are entered and archived; and somebody is found who is meant."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from exempt import Stream
from exempt.adapters.documents import LocalDocuments
from exempt.errors import NotFoundError, RefusedError
from exempt.model.decision import Profile
from exempt.services import certificates
from exempt.services.customers import find_one
from exempt.services.decide import decide_all
from exempt.services.policy import Policy
from exempt.services.rows import DeliveryTarget, Subject
from support import files
from support.fake_connector import READS, WRITES
from support.records import NOW, TODAY, customer, details, order
from support.stores import customers_in, everything
from support.world import Source, World


@pytest.fixture
def who(erp: Source) -> int:
    """The id of a customer with an order that claims an exemption."""
    erp.remote.put(customer(exempt=True), order())
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    return erp.world.customer_id("C-1")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("cert.pdf", files.PDF, "application/pdf"),
        ("CERT.PDF", files.PDF, "application/pdf"),
        ("scan.png", files.PNG, "image/png"),
        ("photo.jpg", files.JPEG, "image/jpeg"),
        ("scan.tif", b"II*\x00 and its pages", "image/tiff"),
        ("scan.png", files.PDF, "application/pdf"),
        ("cert", files.PDF, "application/pdf"),
    ],
)
def test_a_file_is_kept_with_the_certificate(
    world: World, who: int, documents: LocalDocuments, tmp_path: Path,
    name: str, content: bytes, media_type: str,
) -> None:  # fmt: skip
    path = tmp_path / name
    path.write_bytes(content)
    certificate, _ = world.certify("C-1", "TX")
    attached = certificates.attach(world.store, certificate, documents, path, world.act())
    assert (attached.name, attached.media_type, attached.size) == (name, media_type, len(content))
    assert attached.sha256 == hashlib.sha256(content).hexdigest()
    with world.store.reading() as tx:
        found = tx.certificates.get(certificate)
        *_, last = tx.history.of(Subject.CERTIFICATE, certificate)
    assert found is not None
    assert found.files == (attached,)
    assert (last.field, last.new) == ("file", f"{name}, sha256 {attached.sha256}")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        pytest.param("cert.docx", files.office("word"), "only PDF, PNG, JPEG, TIFF are kept here",
                     id="Word"),
        pytest.param("cert.pdf", b"text", "cert.pdf: is of the kind text, and only", id="text"),
        pytest.param("cert.pdf", files.PROGRAM, "cert.pdf: is a program", id="a program"),
        pytest.param("cert.pdf.exe", files.PDF, "has a name in .exe", id="a program by its name"),
        pytest.param("empty.pdf", b"", "the file is empty: save it", id="an empty file"),
        pytest.param("gone.pdf", None, "gone.pdf: cannot be read: No such file", id="no file"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_kept(
    world: World, who: int, documents: LocalDocuments, tmp_path: Path,
    name: str, content: bytes | None, complaint: str,
) -> None:  # fmt: skip
    certificate, _ = world.certify("C-1", "TX")
    before = everything(world.store)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RefusedError, match=complaint):
        certificates.attach(world.store, certificate, documents, tmp_path / name, world.act())
    assert everything(world.store) == before


def test_a_certificate_for_nobody_changes_nothing(world: World, who: int) -> None:
    before = everything(world.store)
    with pytest.raises(NotFoundError, match="customer 99: there is none"):
        certificates.add(world.store, details(customer_ids=(who, 99)), world.act())
    assert everything(world.store) == before


def test_archiving_counts_from_the_day_it_is_done(world: World, who: int) -> None:
    certificate, changed = world.certify("C-1", "TX")
    assert changed == 1
    assert world.archive(certificate) == 1
    with world.store.reading() as tx:
        found = tx.certificates.get(certificate)
    assert found is not None
    assert found.archived_date == TODAY


def test_a_certificate_is_archived_once(world: World, who: int) -> None:
    certificate, _ = world.certify("C-1", "TX")
    world.archive(certificate)
    before = everything(world.store)
    with pytest.raises(RefusedError, match=f"{certificate}: was archived on 2026-11-20 already"):
        world.archive(certificate)
    assert everything(world.store) == before


def test_there_is_none_to_archive(world: World) -> None:
    with pytest.raises(NotFoundError, match="certificate 7: there is none: see exempt certif"):
        world.archive(7)


def test_customers_of_other_companies_are_not_told_of_it(world: World) -> None:
    ours, theirs = world.connect("ours", WRITES), world.connect("theirs", WRITES, company="south")
    for source in (ours, theirs):
        source.remote.put(customer("C-1", name=source.row.name, exempt=True))
        source.pull(Stream.CUSTOMERS)
    world.certify("ours", "TX")
    assert ours.last("C-1", DeliveryTarget.CUSTOMER).version == 1
    assert theirs.owed() == []


def test_a_connection_that_may_now_be_written_to_is_owed_all_it_does_not_show(
    world: World,
) -> None:
    reads = world.connect("erp", READS)
    reads.remote.put(customer(resale_certificate_number="FF-1"))
    reads.remote.put(*(order(f"O-{n}") for n in range(5)), order("O-9", voided=True))
    reads.sync()
    assert reads.owed() == []
    writes = world.connect("erp", WRITES, remote=reads.remote)
    assert decide_all(world.store, writes.row, Policy(), lambda: NOW, at_once=2) == 0
    assert writes.owed() == [f"O-{n}" for n in range(5)]
    assert decide_all(world.store, writes.row, Policy(Profile.R2), lambda: NOW) == 5, (
        "by another rule"
    )


TWIN = {"exempt": True, "name": "Twin"}


@pytest.fixture
def three(erp: Source) -> dict[str, int]:
    """Three customers, two of one name."""
    erp.remote.put(customer("1", number="C-1", name="Acmé", email="ap@a.example"))
    erp.remote.put(customer("2", number="3", **TWIN), customer("3", email="AP@T.example", **TWIN))
    erp.pull(Stream.CUSTOMERS)
    with erp.world.store.reading() as tx:
        return {(c.number or c.email or ""): c.id for c in customers_in(tx)}


def find(world: World, words: str) -> int:
    with world.store.reading() as tx:
        return find_one(tx.search.customers(words), words).id


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("c-1", "C-1", id="by number, capitals or not"),
        pytest.param(" ACMÉ ", "C-1", id="by name, spaces or not, accents and capitals too"),
        pytest.param("ap@t.example", "AP@T.example", id="by e-mail"),
        pytest.param("id:2", "3", id="by id"),
        pytest.param("3", "3", id="a number comes before an id"),
    ],
)
def test_the_customer_that_somebody_means(
    world: World, three: dict[str, int], words: str, found: str
) -> None:
    assert find(world, words) == three[found]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param("Twin", "customer 'Twin': 2 fit: name one of id:2, id:3", id="two fit"),
        pytest.param("Nobody", "customer 'Nobody': there is none with this", id="none fits"),
        pytest.param("Acm", "there is none", id="part of a name is none"),
        pytest.param("", "there is none", id="nothing is nobody"),
        pytest.param("id:x", "there is none", id="an id is a number"),
    ],
)
def test_a_customer_that_cannot_be_told(
    world: World, three: dict[str, int], words: str, complaint: str
) -> None:
    with pytest.raises(NotFoundError, match=complaint):
        find(world, words)
