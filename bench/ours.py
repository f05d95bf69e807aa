"""Exempt itself: ``ours.py prepare FOLDER`` once, then ``ours.py ingest FOLDER``, maybe ``again``.

FOLDER holds the pages. The database is named by the variable ``BENCH_DATABASE``.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

from connector import INFO, PARSED
from measure import Clock, Time, told
from source import COVERED

from exempt.discovery import Catalogue
from exempt.model.certificate import (
    CertificateDetails,
    ExemptionReason,
    JurisdictionDetails,
    ReviewStatus,
)
from exempt.services.rows import CustomerFilter
from exempt.wiring import Exempt

SETTINGS = """
[exempt]
database = "env:BENCH_DATABASE"

[companies.seller]
name = "The seller"

[connections.source]
connector = "pages"
company = "seller"
settings = {{ folder = "{folder}", stream = "{stream}" }}
"""


def main() -> None:
    """Do what the command line says, and print how long it took as JSON."""
    step, folder = sys.argv[1], Path(sys.argv[2])
    settings = folder / "exempt.toml"
    stream = "customers" if step == "prepare" else "orders"
    settings.write_text(SETTINGS.format(folder=folder, stream=stream), encoding="utf-8")
    exempt = Exempt(settings)
    exempt.catalogue = Catalogue({INFO.name: INFO}, ())
    try:
        took = sync(exempt)
        if step == "prepare":
            certify(exempt)
        print(json.dumps(told(took)))
    finally:
        exempt.close()


def sync(exempt: Exempt) -> Time:
    """Read the stream; how long it took, without the parsing of JSON."""
    _ = exempt.store  # opened, and its version looked at, before the clock starts
    clock = Clock()
    for result in exempt.sync():
        if result.problem:
            raise result.problem
    took = clock.took()
    return Time(took.wall - sum(t.wall for t in PARSED), took.cpu - sum(t.cpu for t in PARSED))


def certify(exempt: Exempt) -> None:
    """Enter a certificate for every customer that claims an exemption."""
    with exempt.store.writing() as tx:
        flagged = tx.cards.page(CustomerFilter(flagged=True), exempt.clock().date())
        for customer in flagged.customers:
            tx.certificates.add(
                _certificate(customer.id),
                ReviewStatus.ACCEPTED,
                exempt.clock(),
                by="bench",
                source="import",
            )


def _certificate(customer_id: int) -> CertificateDetails:
    return CertificateDetails(
        customer_ids=(customer_id,),
        number=f"R-{customer_id:08}",
        signed_date=dt.date(2024, 12, 1),
        jurisdictions=tuple(
            JurisdictionDetails(
                jurisdiction=f"US-{state}",
                exemption_reason=ExemptionReason.RESALE,
                expiration_date=dt.date(2028, 12, 31),
            )
            for state in COVERED
        ),
    )


if __name__ == "__main__":
    main()
