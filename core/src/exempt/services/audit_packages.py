"""What an auditor asks for, of one state and some days, in one file.

A ZIP of the certificates that were in force there, their files, every change
of them, and the sales that were exempt; who took it out is kept with the user.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from exempt.data import jurisdiction_name
from exempt.errors import RefusedError
from exempt.model.access import Caller
from exempt.model.certificate import Certificate
from exempt.rules.history import FieldChange
from exempt.services.listing_ports import Next
from exempt.services.order_ports import Decided, OrderFilter, OrderRow
from exempt.services.packing import TABLE, Exported, Packing, pack
from exempt.services.ports import Store, Transaction
from exempt.services.report_ports import Covering
from exempt.services.rows import Subject
from exempt.services.tables_out import Form, Row, Sheet, all_rows_in, spooled

MOST_PRINTED = 300
"""Certificates for which pages are drawn while somebody waits."""

_AT_ONCE = 200
_MANY_AT_ONCE = 1_000
_PACKED = {".pdf", ".jpg", ".jpeg", ".png"}
_CHANGES = ("Certificate", "Changed at", "By", "Field", "Before", "After")
_SALES = (
    *("Order", "Date", "Customer", "State", "Currency", "Total", "Exempt percentage"),
    *("Why", "Certificate", "Certificate number", "Connection", "Decided at"),
)


class Package(NamedTuple):
    """A package that was made.

    Attributes:
        file: The ZIP, open at its beginning; gone from the disk when it is closed.
        name: What the file is to be called.
    """

    file: IO[bytes]
    name: str


class _Counts(NamedTuple):
    """How many rows the tables beside that of the certificates have."""

    changes: int
    sales: int


def make(store: Store, packing: Packing, wanted: Covering, by: Caller) -> Package:
    """Make the package of a state and a period, and remember that *by* took it out.

    Raises:
        RefusedError: Pages of more than `MOST_PRINTED` certificates would have to be drawn.
    """
    at = packing.clock()
    with TemporaryDirectory(prefix="exempt-audit-") as name:
        folder, path = Path(name, "package"), Path(name, "package.zip")
        folder.mkdir()
        with store.reading() as tx:
            ids = _ids(tx, wanted)
            _refuse_many(packing, len(ids))
            done = pack(tx, packing, folder, _found(tx, ids))
            counts = _Counts(
                _save(folder / "history.csv", _CHANGES, _changes(tx, ids)),
                _save(folder / "sales.csv", _SALES, _sales(tx, wanted)),
            )
        about = _about(wanted, by, at, done, counts)
        (folder / "about.txt").write_text(about, encoding="utf-8")
        _list_files(folder)
        _zip(folder, path, at)
        if by.user_id is not None:
            said = f"{_spoken(wanted)}: {done.certificates:,} certificates, sha256 {_sha256(path)}"
            with store.writing() as tx:
                change = FieldChange("audit_package", None, said)
                tx.history.add(Subject.USER, by.user_id, [change], at, by.name)
        file = path.open("rb")
    state = wanted.jurisdiction.removeprefix("US-").lower()
    return Package(file, f"audit-{state}-{at.date()}.zip")


def _refuse_many(packing: Packing, certificates: int) -> None:
    if packing.press and certificates > MOST_PRINTED:
        msg = (
            f"{certificates:,} certificates are too many to draw pages of:"
            " take fewer days, or leave the pages out."
        )
        raise RefusedError(msg)


# --- what is in it ---------------------------------------------------------------------


def _ids(tx: Transaction, wanted: Covering) -> list[int]:
    ids: list[int] = []
    while found := tx.reporting.covering(wanted, Next(ids[-1] if ids else 0, _MANY_AT_ONCE)):
        ids += found
    return ids


def _found(tx: Transaction, ids: list[int]) -> Iterator[Certificate]:
    for at in range(0, len(ids), _AT_ONCE):
        yield from tx.certificates.find(ids[at : at + _AT_ONCE])


def _changes(tx: Transaction, ids: list[int]) -> Iterator[Row]:
    for each in ids:
        for one in tx.history.of(Subject.CERTIFICATE, each):
            yield (each, one.changed_at, one.changed_by, one.field, one.old, one.new)


def _sales(tx: Transaction, wanted: Covering) -> Iterator[Row]:
    filters = OrderFilter(
        company_ids=wanted.company_ids,
        decided=Decided.EXEMPT,
        jurisdiction=wanted.jurisdiction,
        first=wanted.period.first,
        last=wanted.period.last,
    )
    return all_rows_in(
        tx, lambda tx, beyond: tx.orders.portion(filters, beyond, _MANY_AT_ONCE), _sale
    )


def _sale(row: OrderRow) -> Row:
    return (
        *(row.number, row.order_date, row.customer, row.jurisdiction, row.currency, row.total),
        *(row.exempt_percentage, row.ground, row.certificate_id, row.certificate_number),
        *(row.connection, row.decided_at),
    )


# --- the files -------------------------------------------------------------------------


def _save(path: Path, heads: tuple[str, ...], rows: Iterable[Row]) -> int:
    """Write a table; returns how many rows it has."""
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    with spooled(Sheet(path.stem, heads, counted()), Form.CSV) as file, path.open("wb") as kept:
        shutil.copyfileobj(file, kept)
    return count


def _about(wanted: Covering, by: Caller, at: dt.datetime, done: Exported, counts: _Counts) -> str:
    lines = [
        f"Exemption certificates: {_spoken(wanted)}",
        "",
        f"Made {at:%Y-%m-%d %H:%M} UTC by {by.title or by.name}.",
        "",
        f"{TABLE}: {done.certificates:,} certificates, accepted and in force in these days",
        f"certificate-…: {done.files:,} files as they were received",
        f"certificate-N.pdf: {done.printed:,} pages to print",
        f"history.csv: {counts.changes:,} changes of these certificates: who, when, before, after",
        f"sales.csv: {counts.sales:,} orders to there in these days that were decided exempt",
        "manifest.csv: the SHA-256 of every file",
        *(f"NOT HERE: {each}" for each in done.problems),
    ]
    return "\n".join(lines) + "\n"


def _list_files(folder: Path) -> None:
    """Say how each file can be told to be unchanged."""
    files = sorted(folder.iterdir())
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(("File", "SHA-256"))
        writer.writerows((each.name, _sha256(each)) for each in files)


def _zip(folder: Path, path: Path, at: dt.datetime) -> None:
    moment = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    with ZipFile(path, "w") as archive:
        for each in sorted(folder.iterdir()):
            entry = ZipInfo(each.name, moment)
            entry.compress_type = ZIP_STORED if each.suffix.lower() in _PACKED else ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with each.open("rb") as file, archive.open(entry, "w") as packed:
                shutil.copyfileobj(file, packed)


def _spoken(wanted: Covering) -> str:
    first, last = wanted.period
    place = jurisdiction_name(wanted.jurisdiction)
    return f"{place}, {first or 'the beginning'} through {last or 'today'}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
