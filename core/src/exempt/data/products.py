"""The texts of the tables about products: the pick list, what states tax, words in names."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from exempt.data.pack import TAXABILITY, table_text

CATEGORIES = "tax_categories.csv"
WORDS = "product_words.csv"


__all__ = ["CATEGORIES", "TAXABILITY", "WORDS", "shipped_text", "taxability_text_in"]


def shipped_text(name: str) -> str:
    """One of the tables as it comes with Exempt."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8-sig")


def taxability_text_in(folder: Path) -> str | None:
    """What states tax, by *folder*; None = it has no such table.

    Raises:
        SettingsError: The file cannot be read or is no UTF-8 text.
    """
    path = folder / TAXABILITY
    return table_text(path) if path.exists() else None
