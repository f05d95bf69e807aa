"""Facts that change with the law: dated tables, each row with its source.

``jurisdictions.csv``: ``sales_tax`` is ``state`` (levied by the state),
``local`` (by municipalities only), ``none``, or ``unknown``.
"""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import NamedTuple


class JurisdictionFact(NamedTuple):
    """One row of ``jurisdictions.csv``."""

    code: str
    name: str
    kind: str
    sales_tax: str
    source: str
    as_of: str
    confidence: str


@functools.cache
def jurisdictions() -> dict[str, JurisdictionFact]:
    """Every known jurisdiction by its ISO 3166-2 code (``US-TX``)."""
    text = resources.files(__package__).joinpath("jurisdictions.csv").read_text(encoding="utf-8")
    return {row["code"]: JurisdictionFact(**row) for row in csv.DictReader(text.splitlines())}


def jurisdiction_name(code: str) -> str:
    """``Texas`` for ``US-TX``; the code itself where no name is known."""
    fact = jurisdictions().get(code)
    return fact.name if fact else code
