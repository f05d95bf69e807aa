"""Certificates and their coverages."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import IO, Any

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store.database import many, one_of, run
from exempt.errors import NotFoundError
from exempt.model.certificate import Certificate, Coverage, NewCertificate
from exempt.model.pushing import CertificateFile
from exempt.services import ports

OpenFile = Callable[[str], IO[bytes]]
"""Opens a kept file by its SHA-256."""

_COVERAGES = (
    "SELECT k.customer_id, c.id, v.jurisdiction, c.exemption_reason, c.number, v.exemption_number,"
    " c.signed_date, v.effective_date, v.expiration_date, c.apply_tax, c.review_status,"
    " c.archived_date FROM certificate_customer k JOIN certificate c ON c.id = k.certificate_id"
    " JOIN coverage v ON v.certificate_id = c.id"
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

    def add(self, customer_ids: Sequence[int], new: NewCertificate, at: dt.datetime) -> int:
        known = set(
            self._c.scalars(sa.select(t.customer.c.id).where(t.customer.c.id.in_(customer_ids)))
        )
        for customer_id in customer_ids:
            if customer_id not in known:
                msg = f"customer {customer_id}: there is none: see exempt customers"
                raise NotFoundError(msg)
        certificate_id = self._c.execute(
            sa.insert(t.certificate)
            .values(
                number=new.number,
                exemption_reason=new.exemption_reason.value,
                signed_date=new.signed_date,
                apply_tax=new.apply_tax,
                review_status=new.review_status.value,
                created_at=at,
            )
            .returning(t.certificate.c.id)
        ).scalar_one()
        self._c.execute(
            sa.insert(t.certificate_customer),
            [{"certificate_id": certificate_id, "customer_id": c} for c in set(customer_ids)],
        )
        self._c.execute(
            sa.insert(t.coverage),
            [
                {
                    "certificate_id": certificate_id,
                    "jurisdiction": coverage.jurisdiction,
                    "exemption_number": coverage.exemption_number,
                    "effective_date": new.effective_on(coverage),
                    "expiration_date": new.expires_on(coverage),
                }
                for coverage in new.coverages
            ],
        )
        return int(certificate_id)

    def archive(self, certificate_id: int, on: dt.date) -> None:
        self._c.execute(
            sa.update(t.certificate)
            .where(t.certificate.c.id == certificate_id)
            .values(archived_date=on)
        )

    def get(self, certificate_id: int) -> Certificate | None:
        return next(iter(self._certificates("c.id = ?", certificate_id)), None)

    def find(self, customer_id: int | None = None) -> list[Certificate]:
        if customer_id is None:
            return self._certificates("1 = 1")
        of_customer = (
            "c.id IN (SELECT certificate_id FROM certificate_customer WHERE customer_id = ?)"
        )
        return self._certificates(of_customer, customer_id)

    def _certificates(self, condition: str, *parameters: object) -> list[Certificate]:
        by_certificate: dict[int, list[Coverage]] = defaultdict(list)
        sql = f"{_COVERAGES} WHERE {condition} ORDER BY c.id, v.jurisdiction, k.customer_id"
        for row in run(self._c, sql, *parameters):
            coverage = _coverage(row)
            by_certificate[coverage.certificate_id].append(coverage)
        return [_certificate(coverages) for coverages in by_certificate.values()]

    def coverages(self, customer_ids: Collection[int]) -> dict[int, list[Coverage]]:
        found: dict[int, list[Coverage]] = defaultdict(list)
        if customer_ids:
            sql = f"{_COVERAGES} WHERE {one_of(self._c, 'k.customer_id')} ORDER BY c.id"
            for row in run(self._c, sql, many(self._c, list(customer_ids))):
                found[row[0]].append(_coverage(row))
        return found

    def attach(
        self, certificate_id: int, name: str, media_type: str, sha256: str, size: int
    ) -> None:
        self._c.execute(
            sa.insert(t.certificate_file).values(
                certificate_id=certificate_id,
                name=name,
                media_type=media_type,
                sha256=sha256,
                size=size,
            )
        )

    def files(self, certificate_ids: Collection[int]) -> tuple[CertificateFile, ...]:
        if not certificate_ids:
            return ()
        f = t.certificate_file.c
        rows = self._c.execute(
            sa.select(f.name, f.media_type, f.sha256, f.size)
            .where(f.certificate_id.in_(certificate_ids))
            .order_by(f.id)
        )
        return tuple(KeptFile(*row, opener=self._open_file) for row in rows)


def _coverage(row: Any) -> Coverage:
    return Coverage(
        customer_id=row[0],
        certificate_id=row[1],
        jurisdiction=row[2],
        exemption_reason=row[3],
        certificate_number=row[4],
        exemption_number=row[5],
        signed_date=row[6],
        effective_date=row[7],
        expiration_date=row[8],
        apply_tax=bool(row[9]),
        review_status=row[10],
        archived_date=row[11],
    )


def _certificate(coverages: Sequence[Coverage]) -> Certificate:
    first = coverages[0]
    one_customer = [c for c in coverages if c.customer_id == first.customer_id]
    return Certificate(
        id=first.certificate_id,
        customer_ids=tuple(dict.fromkeys(c.customer_id for c in coverages)),
        number=first.certificate_number,
        exemption_reason=first.exemption_reason,
        signed_date=first.signed_date or first.effective_date,
        apply_tax=first.apply_tax,
        review_status=first.review_status,
        archived_date=first.archived_date,
        coverages=tuple(one_customer),
    )
