"""Enter and archive certificates; the orders they concern are decided anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import NewCertificate
from exempt.model.decision import Profile
from exempt.services.decide import owe_customers, redecide
from exempt.services.ports import Store, Transaction

_MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}


class Documents(Protocol):
    """Keeps files by the SHA-256 of their content."""

    def put(self, content: BinaryIO) -> tuple[str, int]:
        """Keep a file; returns its SHA-256 as hex, and its size."""
        ...


def add(
    store: Store,
    customer_ids: Sequence[int],
    new: NewCertificate,
    at: dt.datetime,
    profile: Profile,
    *,
    documents: Documents | None = None,
    file: Path | None = None,
) -> tuple[int, int]:
    """Enter a certificate; returns its id and how many decisions it changed.

    Raises:
        RefusedError: The file is of a kind that is not kept.
        NotFoundError: There is no such customer.
    """
    media_type = _media_type(file) if file else ""
    with store.writing() as tx:
        tx.alone(tx.sources.companies_of(customer_ids))
        certificate_id = tx.certificates.add(customer_ids, new, at)
        if file and documents:
            with file.open("rb") as content:
                sha256, size = documents.put(content)
            tx.certificates.attach(certificate_id, file.name, media_type, sha256, size)
        changed = _follow_up(tx, customer_ids, profile, at)
    return certificate_id, changed


def archive(store: Store, certificate_id: int, at: dt.datetime, profile: Profile) -> int:
    """Archive a certificate: it no longer covers orders of that day or later.

    Returns:
        How many decisions changed.

    Raises:
        NotFoundError: There is no such certificate.
        RefusedError: It is archived already.
    """
    with store.writing() as tx:
        certificate = tx.certificates.get(certificate_id)
        if certificate is None:
            msg = f"certificate {certificate_id}: there is none: see exempt certificates list"
            raise NotFoundError(msg)
        if certificate.archived_date:
            msg = (
                f"certificate {certificate_id}: was archived on {certificate.archived_date} already"
            )
            raise RefusedError(msg)
        tx.alone(tx.sources.companies_of(certificate.customer_ids))
        tx.certificates.archive(certificate_id, at.date())
        return _follow_up(tx, certificate.customer_ids, profile, at)


def _follow_up(
    tx: Transaction, customer_ids: Sequence[int], profile: Profile, at: dt.datetime
) -> int:
    changed = redecide(tx, customer_ids, profile, at)
    companies = tx.sources.companies_of(customer_ids)
    for connection in tx.connections.all():
        if connection.company_id in companies:
            owe_customers(tx, connection, at.date(), at)
    return changed


def _media_type(file: Path) -> str:
    found = _MEDIA_TYPES.get(file.suffix.lower())
    if found is None:
        allowed = ", ".join(sorted(_MEDIA_TYPES))
        msg = f"{file.name}: a certificate's file is one of {allowed}: save it as a PDF"
        raise RefusedError(msg)
    return found
