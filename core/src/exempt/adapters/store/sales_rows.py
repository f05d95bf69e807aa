"""Rows of sales, as they are written and as they are read back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from exempt.adapters.store.database import Row
from exempt.adapters.store.nexus_tables import AMOUNTS
from exempt.model.nexus import Sale, Treatment

SALE = ("jurisdiction", "day", "currency", "marketplace", *AMOUNTS, "counts_as")
"""The columns of a `Sale`."""

_TREATMENTS = {each.value: each for each in Treatment}
_NAMES: dict[Treatment | None, str] = {each: each.value for each in Treatment}


def row_of_sale(sale: Sale) -> Row:
    """A row of SALE."""
    place, day, currency, marketplace, *amounts, counts_as = sale
    return (place, day.isoformat(), currency, marketplace, *amounts, _NAMES.get(counts_as))


def sale_of_row(row: Sequence[Any]) -> Sale:
    """The sale in a row of SALE."""
    place, day, currency, marketplace, *amounts, counts_as = row
    treatment = _TREATMENTS[counts_as] if counts_as else None
    where = (place, dt.date.fromisoformat(day), currency, bool(marketplace))
    return Sale._make((*where, *amounts, treatment))
