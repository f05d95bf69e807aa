"""Exempt itself: ``ours.py prepare FOLDER`` once, then ``ours.py ingest FOLDER``, maybe ``again``.

FOLDER holds the pages. The database is named by the variable ``BENCH_DATABASE``.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

import source
from connector import INFO, PagesConnector, PagesSettings
from measure import Clock, Time, told

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.connections.context import CoreContext
from exempt.model.certificate import ExemptionReason, NewCertificate, NewCoverage
from exempt.model.fetching import Stream
from exempt.services.pull import Reading, plan, read_part
from exempt.wiring import Exempt

SETTINGS = """
[exempt]
database = "env:BENCH_DATABASE"

[companies.seller]
name = "The seller"

[connections.source]
connector = "pages"
company = "seller"
"""


def main() -> None:
    """Do what the command line says, and print how long it took as JSON."""
    step, folder = sys.argv[1], Path(sys.argv[2])
    settings = folder / "exempt.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    exempt = Exempt(settings)
    try:
        if step == "prepare":
            prepare(exempt)
        else:
            print(json.dumps(told(read(exempt, Stream.ORDERS))))
    finally:
        exempt.close()


def prepare(exempt: Exempt) -> None:
    """Make the tables, pull the customers, enter certificates for some of them."""
    read(exempt, Stream.CUSTOMERS)
    with exempt.store.writing() as tx:
        for customer in tx.reports.customers():
            if customer.flagged_exempt:
                tx.certificates.add([customer.id], _certificate(customer.id), exempt.clock())


def read(exempt: Exempt, stream: Stream) -> Time:
    """Pull a stream through the services; how long it took, without the parsing of JSON."""
    settings = PagesSettings(
        customers=exempt.settings.folder / "customers.jsonl",
        orders=exempt.settings.folder / "orders.jsonl",
    )
    context = CoreContext(
        "source", exempt.settings.folder, exempt.clock, lambda: False, {}, redact=str
    )
    connector = PagesConnector(settings, context)
    connection = OpenConnection("source", INFO, connector, settings)
    row = exempt.register({"source": connection})["source"]
    reading = Reading(store=exempt.store, row=row, connection=connection, clock=exempt.clock)
    clock = Clock()
    for part in plan(reading, stream):
        read_part(reading, stream, part)
    took = clock.took() - connector.parsing
    connection.close()
    return took


def _certificate(customer_id: int) -> NewCertificate:
    return NewCertificate(
        number=f"R-{customer_id:08}",
        exemption_reason=ExemptionReason.RESALE,
        signed_date=dt.date(2024, 12, 1),
        expiration_date=dt.date(2028, 12, 31),
        coverages=tuple(NewCoverage(jurisdiction=f"US-{s}") for s in source.COVERED),
    )


if __name__ == "__main__":
    main()
