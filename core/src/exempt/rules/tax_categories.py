"""The pick list of product types and tax categories, read from the text of its table."""

from __future__ import annotations

import difflib
import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exempt.data.products import CATEGORIES, shipped_text
from exempt.errors import NotFoundError, SettingsError
from exempt.model.products import CodeSystem, TaxCategory
from exempt.rules.sourced_tables import SourcedTable


@dataclass(frozen=True)
class TaxCategories:
    """Every product type and tax category.

    Attributes:
        rows: In the order of the list: a type, then the categories in it.
        digest: Another one for other contents.
    """

    rows: tuple[TaxCategory, ...]
    digest: str

    @functools.cached_property
    def _categories(self) -> Mapping[str, TaxCategory]:
        return {row.category: row for row in self.rows if row.product_type is not None}

    @functools.cached_property
    def types(self) -> Mapping[str, TaxCategory]:
        """The product types, by key."""
        return {row.category: row for row in self.rows if row.product_type is None}

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all tax categories."""
        return tuple(self._categories)

    def of_type(self, product_type: str) -> tuple[TaxCategory, ...]:
        """The tax categories in a product type; nothing where there is no such type."""
        return tuple(each for each in self.rows if each.product_type == product_type)

    def get(self, category: str) -> TaxCategory | None:
        """The tax category with this key; None too for a product type."""
        return self._categories.get(category)

    def title(self, category: str) -> str:
        """``Clothing: everyday``, type and category; the key itself where it is not known."""
        found = self.get(category)
        if found is None:
            return category
        return f"{self.types[found.product_type or ''].title}: {found.title}"

    def find(self, category: str) -> TaxCategory:
        """The tax category with this key.

        Raises:
            NotFoundError: There is none; the message names one that is like it.
        """
        found = self.get(category)
        if found is None:
            raise NotFoundError(f"tax category {category!r}: {self._mend(category)}")
        return found

    def _mend(self, category: str) -> str:
        if category in self.types:
            inside = ", ".join(each.category for each in self.of_type(category))
            return f"is a product type: choose one in it: {inside}"
        near = difflib.get_close_matches(category.lower(), self.keys, 1, 0.5)
        return f"there is none: {f'did you mean {near[0]}?' if near else 'look at the list'}"

    @functools.cached_property
    def by_code(self) -> Mapping[str, tuple[CodeSystem, TaxCategory]]:
        """What codes of other systems mean, with whose they are; in capitals."""
        return {
            code.upper(): (system, row)
            for row in self._categories.values()
            for system, code in row.codes()
        }


@functools.cache
def shipped_categories() -> TaxCategories:
    """The pick list that comes with Exempt."""
    return read_categories(shipped_text(CATEGORIES), "exempt.data")


def read_categories(text: str, where: str) -> TaxCategories:
    """The pick list in *text*, a CSV table with the fields of `TaxCategory`.

    Args:
        text: The table.
        where: The folder or package it is from, for errors.

    Raises:
        SettingsError: Something is wrong with it; every mistake is named by
            file, line and column.
    """
    table = SourcedTable(TaxCategory, f"{where}/{CATEGORIES}").read(text)
    if not table.mistakes:
        table.mistakes += [*_without_type(table), *_codes_twice(table)]
    if table.mistakes:
        raise SettingsError("\n".join(table.mistakes))
    return TaxCategories(tuple(table.rows), hashlib.sha256(text.encode()).hexdigest()[:8])


def _without_type(table: SourcedTable[TaxCategory]) -> Iterator[str]:
    types = {row.category for row in table.rows if row.product_type is None}
    for row in table.rows:
        if row.product_type is not None and row.product_type not in types:
            place = f"{table.name}, line {table.lines[row.key]}, column product_type"
            yield f"{place}: {row.product_type} has no row of its own: add it above"


def _codes_twice(table: SourcedTable[TaxCategory]) -> Iterator[str]:
    """A code means one category, or nobody could tell which."""
    taken: dict[str, str] = {}
    for row in table.rows:
        for system, code in row.codes():
            before = taken.setdefault(code.upper(), row.category)
            if before != row.category:
                place = f"{table.name}, line {table.lines[row.key]}, column {system}"
                yield f"{place}: {code} means {before} already: keep one"
