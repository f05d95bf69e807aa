"""Lists of certificates given out as tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from exempt.model.certificate import Certificate, ReviewStatus
from exempt.rules.status import certificate_status
from exempt.services.certificate_ports import CertificateRows
from exempt.services.listing_ports import Next
from exempt.services.ports import Store, Transaction
from exempt.services.rows import CertificateFilter
from exempt.services.tables_out import Row, Sheet

AT_ONCE = 1_000
HEADS = (
    *("Id", "Number", "Customer", "Customer number", "States", "Numbers in states", "Reason"),
    *("Signed", "Effective", "Expires", "Status", "Review status", "Form", "Kind"),
    *("Entered", "Entered by", "Source", "Archived", "Files", "Notes"),
)


def find(tx: Transaction, certificate_ids: Collection[int]) -> list[Certificate]:
    """Those of these ids that there are."""
    return tx.certificates.find(certificate_ids)


def page(
    tx: Transaction, filters: CertificateFilter, on: dt.date, soon_days: int
) -> CertificateRows:
    """A part of a list, with the statuses of the day *on*."""
    return tx.certificate_lists.page(filters, on, soon_days)


def first_rows(
    tx: Transaction, filters: CertificateFilter, limit: int, on: dt.date, soon_days: int
) -> CertificateRows:
    """Those with the lowest ids; nothing is counted."""
    return tx.certificate_lists.portion(filters, 0, limit, on, soon_days)


def following(
    tx: Transaction,
    filters: CertificateFilter,
    part: Next,
    on: dt.date,
    soon_days: int,
    *,
    review_status: ReviewStatus | None = None,
) -> list[int]:
    """The ids of the next ones that fit, in the order that *part* asks for."""
    return tx.listing.certificates(filters, part, on, soon_days, review_status)


def sheet(store: Store, filters: CertificateFilter, on: dt.date, soon_days: int) -> Sheet:
    """All certificates that fit, by id, a row each."""
    return Sheet("Certificates", HEADS, _rows(store, filters, on, soon_days))


def _rows(store: Store, filters: CertificateFilter, on: dt.date, soon_days: int) -> Iterator[Row]:
    last = 0
    with store.reading() as tx:
        while (
            found := tx.certificate_lists.portion(filters, last, AT_ONCE, on, soon_days)
        ).certificates:
            for one in found.certificates:
                yield _row(one, found, on, soon_days)
            last = found.certificates[-1].id


def _row(one: Certificate, found: CertificateRows, on: dt.date, soon_days: int) -> Row:
    holders = found.of(one)
    numbers = [each.exemption_number for each in one.jurisdictions if each.exemption_number]
    reasons = dict.fromkeys(_spoken(each.reason) for each in one.jurisdictions)
    return (
        one.id,
        one.number,
        "; ".join(each.name for each in holders),
        "; ".join(each.number for each in holders if each.number),
        " ".join(each.jurisdiction for each in one.jurisdictions),
        "; ".join(dict.fromkeys(numbers)),
        "; ".join(reasons),
        one.signed_date,
        min(one.effective_on(each) for each in one.jurisdictions),
        one.first_expiration,
        _spoken(certificate_status(one, on, soon_days)),
        one.review_status.value,
        _spoken(one.form_kind),
        _spoken(one.kind),
        one.entered_at,
        one.entered_by,
        one.source,
        one.archived_date,
        "; ".join(file.name for file in one.files),
        one.notes,
    )


def _spoken(code: str) -> str:
    return code.replace("_", " ")
