"""What the sample company sold in its old shop, as a file for `exempt backfill`."""

from __future__ import annotations

import csv
from pathlib import Path

from exempt.model.backfill import BackfillOptions, BackfillRun
from exempt.services.backfills import importing, runs, sources
from exempt.services.backfills.checking import check
from exempt.testing import sample
from exempt.testing.sample_history import past_sales
from exempt.wiring import Exempt
from exempt.wiring.backfills import backfill_parts, importing_of

FILE_NAME = "old-shop.csv"
SOURCE = "old-shop"

_TITLES = (
    "transaction_id",
    "date",
    "customer_id",
    "customer_name",
    "city",
    "state",
    "zip",
    "country",
    "product_id",
    "product_name",
    "amount",
    "currency",
)


def write_past_sales(folder: Path) -> Path:
    """Write the file; returns where it lies."""
    path = folder / FILE_NAME
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_TITLES)
        for sale in past_sales():
            place = sale.place
            rows.writerow(
                (
                    sale.number,
                    sale.day,
                    sale.buyer,
                    sample.BUYER[sale.buyer].name,
                    place.city,
                    place.state,
                    place.postal_code,
                    place.country,
                    sale.sku,
                    sample.ITEM[sale.sku].name,
                    sale.amount,
                    "USD",
                )
            )
    return path


def import_past_sales(exempt: Exempt, path: Path, by: str) -> BackfillRun:
    """Check the file, and import it at once."""
    parts, act = backfill_parts(exempt), exempt.act(by)
    with exempt.store.writing() as tx:
        source = sources.find_or_make(tx, SOURCE, None, exempt.connections)
    with path.open("rb") as content:
        options = BackfillOptions()
        run = runs.take_in(exempt.store, parts, path.name, content, source, options, act)
    check(exempt.store, parts, run.id, exempt.clock)
    importing.begin(exempt.store, run.id, act)
    return importing.go_on(importing_of(exempt), run.id)
