"""Facts that change with the law: dated tables, each row with its source.

``jurisdictions.csv``: ``sales_tax`` is ``state`` (levied by the state),
``local`` (by municipalities only), ``none``, or ``unknown``.
``currencies.csv``: the decimals of a currency's minor unit, where they are not 2.
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
    return {row["code"]: JurisdictionFact(**row) for row in _rows("jurisdictions.csv")}


def jurisdiction_name(code: str) -> str:
    """``Texas`` for ``US-TX``; the code itself where no name is known."""
    fact = jurisdictions().get(code)
    return fact.name if fact else code


@functools.cache
def _exponents() -> dict[str, int]:
    return {row["code"]: int(row["exponent"]) for row in _rows("currencies.csv")}


def currency_exponent(code: str) -> int:
    """How many decimals *code* has: 2 for USD, 0 for JPY, 3 for KWD."""
    return _exponents().get(code, 2)


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
