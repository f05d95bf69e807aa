"""Certificates: what is on file, and the coverages that decisions look at."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from exempt.adapters.store import stamps
from exempt.adapters.store import tables as t
from exempt.adapters.store.columns import moment
from exempt.adapters.store.database import insert, many, one_of, run, run_many
from exempt.errors import NotFoundError
from exempt.model.certificate import (
    AttachedFile,
    Certificate,
    CertificateDetails,
    Coverage,
    JurisdictionDetails,
    Rejection,
    ReviewStatus,
)
from exempt.model.pushing import CertificateFile
from exempt.services import register_ports as ports

OpenFile = Callable[[str], IO[bytes]]
"""Opens a kept file by its SHA-256."""

_REJECTIONS = TypeAdapter(tuple[Rejection, ...])
_COVERAGES = (
    "SELECT h.customer_id, c.id, h.holder_id, v.jurisdiction,"
    " coalesce(v.validated_reason, v.exemption_reason), c.number, v.exemption_number, c.form_kind,"
    " c.kind, c.order_numbers, c.signed_date, v.effective_date, v.expiration_date, g.held_through,"
    " c.apply_tax, c.exempt_percentage, c.review_status, c.archived_date"
    " FROM holder h JOIN certificate_customer k ON k.customer_id = h.holder_id"
    " JOIN certificate c ON c.id = k.certificate_id JOIN coverage v ON v.certificate_id = c.id"
    " LEFT JOIN coverage_hold g ON g.certificate_id = c.id AND g.customer_id = h.holder_id"
    " AND g.jurisdiction = v.jurisdiction ORDER BY c.id, v.jurisdiction, h.holder_id"
)


def _holders(connection: sa.Connection) -> str:
    """Whose certificates each of some customers may use: its own, and its billing customers'."""
    return (
        f"WITH holder (customer_id, holder_id) AS (SELECT s.id, s.id FROM customer s"  # noqa: S608
        f" WHERE {one_of(connection, 's.id')} UNION SELECT l.ship_to_id, l.bill_to_id"
        f" FROM ship_to_link l WHERE {one_of(connection, 'l.ship_to_id')}) "
    )


@dataclass(frozen=True)
class KeptFile:
    """A certificate's document; `open` reads it from where files are kept."""

    name: str
    media_type: str
    sha256: str
    size: int
    opener: OpenFile

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        return self.opener(self.sha256)


class Certificates(ports.Certificates):
    """The certificate register."""

    def __init__(self, connection: sa.Connection, open_file: OpenFile) -> None:
        self._c = connection
        self._open_file = open_file
        self._touched: set[int] = set()

    def add(
        self,
        details: CertificateDetails,
        review_status: ReviewStatus,
        at: dt.datetime,
        *,
        by: str,
        source: str,
    ) -> int:
        certificate_id = self._c.execute(
            sa.insert(t.certificate)
            .values(
                **_row(details),
                review_status=review_status.value,
                created_at=at,
                created_by=by,
                source=source,
            )
            .returning(t.certificate.c.id)
        ).scalar_one()
        self._insert_parts(certificate_id, details)
        return int(certificate_id)

    def note(self) -> None:
        """Note that what changed did, as the last thing of a transaction."""
        if self._touched:
            stamps.changed(self._c, self._touched)
            self._touched.clear()

    def save(self, certificate: Certificate) -> bool:
        c = t.certificate.c
        moved = self._c.execute(
            sa.update(t.certificate)
            .where(c.id == certificate.id, c.version == certificate.version)
            .values(
                **_row(certificate),
                version=certificate.version + 1,
                review_status=certificate.review_status.value,
                rejections=_REJECTIONS.dump_json(certificate.rejections).decode(),
                archived_date=certificate.archived_date,
            )
        )
        if moved.rowcount == 0:
            return False
        sql = "SELECT customer_id FROM certificate_customer WHERE certificate_id = ?"
        self._touched.update(row[0] for row in run(self._c, sql, certificate.id))
        for part in (t.coverage_hold, t.coverage, t.certificate_customer):
            self._c.execute(sa.delete(part).where(part.c.certificate_id == certificate.id))
        self._insert_parts(certificate.id, certificate)
        return True

    def _insert_parts(self, certificate_id: int, details: CertificateDetails) -> None:
        sql = f"SELECT id FROM customer WHERE {one_of(self._c, 'id')}"  # noqa: S608
        known = {row[0] for row in run(self._c, sql, many(self._c, details.customer_ids))}
        for customer_id in details.customer_ids:
            if customer_id not in known:
                msg = f"customer {customer_id}: there is none: see exempt customers list"
                raise NotFoundError(msg)
        self._touched.update(details.customer_ids)
        self._c.execute(
            sa.insert(t.certificate_customer),
            [{"certificate_id": certificate_id, "customer_id": c} for c in details.customer_ids],
        )
        self._c.execute(
            sa.insert(t.coverage),
            [
                {
                    "certificate_id": certificate_id,
                    **one.model_dump(exclude={"held_through"}),
                    "effective_date": details.effective_on(one),
                }
                for one in details.jurisdictions
            ],
        )

    def get(self, certificate_id: int) -> Certificate | None:
        return next(iter(self.find([certificate_id])), None)

    def find(self, certificate_ids: Collection[int]) -> list[Certificate]:
        ids = many(self._c, list(certificate_ids))
        customers = self._of("SELECT certificate_id, customer_id FROM certificate_customer", ids, 2)
        columns = ", ".join(_JURISDICTION)
        coverages = self._of(f"SELECT certificate_id, {columns} FROM coverage", ids, "jurisdiction")  # noqa: S608
        columns = "name, media_type, sha256, size, added_at, added_by"
        files = self._of(f"SELECT certificate_id, {columns} FROM certificate_file", ids, "id")  # noqa: S608
        columns = ", ".join(_CERTIFICATE)
        sql = f"SELECT {columns} FROM certificate WHERE {one_of(self._c, 'id')}"  # noqa: S608
        rows = {row[0]: dict(zip(_CERTIFICATE, row, strict=True)) for row in run(self._c, sql, ids)}
        return [
            _certificate(rows[each], customers[each], coverages[each], files.get(each, []))
            for each in certificate_ids
            if each in rows
        ]

    def _of(self, sql: str, ids: Any, order: object) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = defaultdict(list)
        condition = f"WHERE {one_of(self._c, 'certificate_id')} ORDER BY certificate_id, {order}"
        for row in run(self._c, f"{sql} {condition}", ids):
            found[row[0]].append(tuple(row[1:]))
        return found

    def any_of(self, company_id: int) -> bool:
        sql = (
            "SELECT 1 FROM certificate_customer k JOIN customer c ON c.id = k.customer_id"
            " WHERE c.company_id = ? LIMIT 1"
        )
        return bool(run(self._c, sql, company_id))

    def coverages(self, customer_ids: Collection[int]) -> dict[int, list[Coverage]]:
        found: dict[int, list[Coverage]] = defaultdict(list)
        seen: set[tuple[int, int, str]] = set()
        for row in self._coverages(customer_ids):
            key = (row[0], row[1], row[3])
            if key not in seen:  # held in its own name and in its billing customer's
                seen.add(key)
                found[row[0]].append(coverage_of(row[1:]))
        return found

    def held_by_each(self, customer_ids: Collection[int]) -> dict[int, list[Coverage]]:
        found: dict[int, list[Coverage]] = defaultdict(list)
        for row in self._coverages(customer_ids):
            found[row[0]].append(coverage_of(row[1:]))
        return found

    def _coverages(self, customer_ids: Collection[int]) -> Sequence[Any]:
        if not customer_ids:
            return ()
        ids = many(self._c, list(customer_ids))
        return run(self._c, _holders(self._c) + _COVERAGES, ids, ids)

    def ending(self, first: dt.date, last: dt.date) -> set[int]:
        sql = (
            "SELECT DISTINCT k.customer_id FROM coverage v JOIN certificate c"
            " ON c.id = v.certificate_id JOIN certificate_customer k ON k.certificate_id = c.id"
            " JOIN customer u ON u.id = k.customer_id WHERE c.review_status = 'accepted'"
            " AND u.gone_at IS NULL AND v.expiration_date BETWEEN ? AND ?"
        )
        return {row[0] for row in run(self._c, sql, first.isoformat(), last.isoformat())}

    def holds(self, certificate_ids: Collection[int]) -> dict[tuple[int, int, str], dt.date]:
        sql = (
            "SELECT certificate_id, customer_id, jurisdiction, held_through FROM coverage_hold"  # noqa: S608
            f" WHERE {one_of(self._c, 'certificate_id')}"
        )
        rows = run(self._c, sql, many(self._c, list(certificate_ids)))
        return {(row[0], row[1], row[2]): dt.date.fromisoformat(row[3]) for row in rows}

    def set_holds(self, holds: Mapping[tuple[int, int, str], dt.date | None]) -> None:
        keys = list(holds)
        sql = (
            "DELETE FROM coverage_hold"
            " WHERE certificate_id = ? AND customer_id = ? AND jurisdiction = ?"
        )
        run_many(self._c, sql, keys)
        columns = ("certificate_id", "customer_id", "jurisdiction", "held_through")
        rows = [(*key, until.isoformat()) for key, until in holds.items() if until]
        insert(self._c, "coverage_hold", columns, rows)
        # While one of its customers has no such end, the certificate has none.
        latest = (
            "SELECT CASE WHEN count(*) = count(h.held_through) THEN max(h.held_through) END"
            " FROM certificate_customer k LEFT JOIN coverage_hold h"
            " ON h.certificate_id = k.certificate_id AND h.customer_id = k.customer_id"
            " AND h.jurisdiction = coverage.jurisdiction WHERE k.certificate_id = ?"
        )
        sql = (
            f"UPDATE coverage SET held_through = ({latest})"  # noqa: S608
            " WHERE certificate_id = ? AND jurisdiction = ?"
        )
        self._touched.update(customer_id for _, customer_id, _ in keys)
        touched = {(certificate_id, place) for certificate_id, _, place in keys}
        run_many(self._c, sql, [(each[0], *each) for each in sorted(touched)])

    def ids_after(self, after: int, limit: int) -> list[int]:
        c = t.certificate.c
        return list(
            self._c.scalars(sa.select(c.id).where(c.id > after).order_by(c.id).limit(limit))
        )

    def rules(self) -> str | None:
        m = t.meta.c
        found: str | None = self._c.scalar(sa.select(m.value).where(m.key == "rules"))
        return found

    def remember_rules(self, rules: str) -> None:
        # Two runs may come to it at once.
        sql = (
            "INSERT INTO meta (key, value) VALUES ('rules', ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        run(self._c, sql, rules)

    def attach(self, certificate_id: int, file: AttachedFile) -> None:
        self._c.execute(
            sa.insert(t.certificate_file).values(certificate_id=certificate_id, **file.model_dump())
        )

    def detach(self, certificate_id: int, sha256: str) -> bool:
        f = t.certificate_file.c
        gone = self._c.execute(
            sa.delete(t.certificate_file).where(
                f.certificate_id == certificate_id, f.sha256 == sha256
            )
        )
        return gone.rowcount > 0

    def files(self, certificate_ids: Collection[int]) -> tuple[CertificateFile, ...]:
        if not certificate_ids:
            return ()
        sql = (
            "SELECT name, media_type, sha256, size FROM certificate_file"  # noqa: S608
            f" WHERE {one_of(self._c, 'certificate_id')} ORDER BY id"
        )
        rows = run(self._c, sql, many(self._c, list(certificate_ids)))
        return tuple(
            KeptFile(name, media_type, sha256, size, self._open_file)
            for name, media_type, sha256, size in rows
        )


_CERTIFICATE = tuple(column.name for column in t.certificate.columns)
_JURISDICTION = tuple(JurisdictionDetails.model_fields)


def _row(details: CertificateDetails) -> dict[str, Any]:
    return {
        "number": details.number,
        "kind": details.kind.value,
        "form_kind": details.form_kind.value,
        "order_numbers": json.dumps(details.order_numbers),
        "signed_date": details.signed_date,
        "apply_tax": details.apply_tax,
        "exempt_percentage": int(details.exempt_percentage * 100),
        "notes": details.notes,
        "custom": json.dumps(dict(sorted(details.custom.items())), ensure_ascii=False),
    }


def coverage_of(row: Sequence[Any]) -> Coverage:
    """The coverage in a row of `_COVERAGES`, its first column aside."""
    return Coverage(
        certificate_id=row[0],
        customer_id=row[1],
        jurisdiction=row[2],
        exemption_reason=row[3],
        certificate_number=row[4],
        exemption_number=row[5],
        form_kind=row[6],
        kind=row[7],
        order_numbers=json.loads(row[8]) if row[8] != "[]" else (),
        signed_date=row[9],
        effective_date=row[10],
        expiration_date=row[11],
        held_through=row[12],
        apply_tax=bool(row[13]),
        exempt_percentage=_percentage(row[14]),
        review_status=row[15],
        archived_date=row[16],
    )


def _percentage(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


def _certificate(
    row: Any, customers: Sequence[Any], coverages: Sequence[Any], files: Sequence[Any]
) -> Certificate:
    return Certificate(
        id=row["id"],
        version=row["version"],
        customer_ids=tuple(customer_id for (customer_id,) in customers),
        number=row["number"],
        kind=row["kind"],
        order_numbers=json.loads(row["order_numbers"]),
        form_kind=row["form_kind"],
        signed_date=row["signed_date"],
        apply_tax=bool(row["apply_tax"]),
        exempt_percentage=_percentage(row["exempt_percentage"]),
        notes=row["notes"],
        custom=json.loads(row["custom"]),
        jurisdictions=tuple(
            JurisdictionDetails(**dict(zip(_JURISDICTION, one, strict=True))) for one in coverages
        ),
        review_status=row["review_status"],
        rejections=_REJECTIONS.validate_json(row["rejections"]),
        archived_date=row["archived_date"],
        entered_at=moment(row["created_at"]),
        entered_by=row["created_by"] or None,
        source=row["source"],
        files=tuple(
            AttachedFile(
                name=name,
                media_type=media_type,
                sha256=sha256,
                size=size,
                added_at=None if added_at is None else moment(added_at),
                added_by=added_by,
            )
            for name, media_type, sha256, size, added_at, added_by in files
        ),
    )
