"""A saved certificate on paper: its sheet, and the pages of its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Caller
from exempt.model.certificate import AttachedFile
from exempt.services import certificates, papers
from exempt.services.files import Documents, open_whole
from exempt.services.papers import Inspector
from exempt.services.policy import Policy
from exempt.services.ports import Store, Transaction
from exempt.services.sheet import Printer, Scan, look, sheet_of


class Press(NamedTuple):
    """What is needed to print."""

    store: Store
    documents: Documents
    inspector: Inspector
    printer: Printer
    policy: Policy
    expiring_soon_days: int


def printed(
    press: Press, certificate_id: int, at: dt.datetime, caller: Caller | None = None
) -> bytes:
    """The PDF of a certificate as it stands that day; the same day, the same bytes.

    Raises:
        NotFoundError: There is none, or *caller* does not see its company.
    """
    with press.store.reading() as tx:
        certificate = certificates.get(tx, certificate_id)
        if caller is not None and not _sees(tx, caller, certificate.customer_ids):
            msg = f"certificate {certificate_id}: there is none"
            raise NotFoundError(msg)
        looked = look(tx, certificate, at.date(), press.expiring_soon_days, press.policy)
    scans = [scan for file in certificate.files for scan in pages_of(press, file, at)]
    return press.printer(sheet_of(looked), scans)


def pages_of(press: Press, file: AttachedFile, at: dt.datetime) -> Iterator[Scan]:
    """The pages of a file as pictures; an empty one where there is none to be had."""
    held = (press.store, press.documents, press.inspector)
    try:
        count = papers.paper_of(*held, file.sha256, at).pages
    except (NotFoundError, RefusedError):
        yield Scan(file.name, b"")
        return
    for page in range(1, count + 1):
        name = f"{file.name}, page {page} of {count}" if count > 1 else file.name
        try:
            image = papers.page_image(*held, file.sha256, page)
            with open_whole(press.documents, image.image_sha256, name) as picture:
                yield Scan(name, picture.read())
        except (NotFoundError, RefusedError):
            yield Scan(name, b"")


def _sees(tx: Transaction, caller: Caller, customer_ids: tuple[int, ...]) -> bool:
    return any(caller.sees(card.company_id) for card in tx.cards.find(customer_ids))
