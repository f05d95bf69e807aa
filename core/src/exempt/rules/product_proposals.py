"""What a product may be for tax: by what people said elsewhere, by its tax code, by its name.

A proposal assigns nothing: a person accepts it.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from exempt.data.products import WORDS, shipped_text
from exempt.errors import SettingsError
from exempt.model.products import CodeSystem, KnownProduct, ProductWord
from exempt.model.rulesdata import Confidence
from exempt.rules.sourced_tables import SourcedTable
from exempt.rules.tax_categories import TaxCategories, shipped_categories

SURE = 75
"""The weight of words from which on a name speaks clearly, though never for certain."""

_SYSTEMS = {
    CodeSystem.STRIPE: "Stripe's",
    CodeSystem.AVALARA: "Avalara's",
    CodeSystem.TAXJAR: "TaxJar's",
}


class Proposal(NamedTuple):
    """A tax category for a product, and why; the reason is a sentence without its full stop."""

    category: str
    confidence: Confidence
    reason: str


def propose(product: KnownProduct, categories: TaxCategories, words: Words) -> Proposal | None:
    """What *product* may be; None where nothing speaks for anything.

    What a person chose for the same id in another connection goes before the
    code that its source has, and that before its name. Where two of one kind
    contradict each other, neither counts.
    """
    return (
        _by_elsewhere(product.elsewhere, categories)
        or _by_code(product.tax_code, categories)
        or _by_name(product.name or "", words)
    )


def _by_elsewhere(elsewhere: Mapping[str, str], categories: TaxCategories) -> Proposal | None:
    chosen = {each for each in elsewhere.values() if categories.get(each) is not None}
    if len(chosen) != 1:
        return None
    names = ", ".join(sorted(elsewhere))
    return Proposal(chosen.pop(), Confidence.HIGH, f"the same product has it in {names}")


def _by_code(code: str | None, categories: TaxCategories) -> Proposal | None:
    code = (code or "").strip()
    found = categories.by_code.get(code.upper())
    if found is None:
        return None
    system, row = found
    confidence = row.confidence
    if system is CodeSystem.TAXJAR and confidence is Confidence.HIGH:
        confidence = Confidence.MEDIUM  # five digits may be anybody's code
    return Proposal(row.category, confidence, f"{code} is {_SYSTEMS[system]} code for it")


def _by_name(name: str, words: Words) -> Proposal | None:
    found = words.found_in(name)
    weights: dict[str, int] = defaultdict(int)
    for each in found:
        weights[each.tax_category] = max(weights[each.tax_category], each.weight)
    best = sorted(weights.items(), key=lambda one: -one[1])
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    category, weight = best[0]
    spoken = " and ".join(f'"{each.words}"' for each in found if each.tax_category == category)
    confidence = Confidence.MEDIUM if weight >= SURE else Confidence.LOW
    return Proposal(category, confidence, f"its name has {spoken}")


@dataclass(frozen=True)
class Words:
    """What words in the names of products speak for."""

    rows: tuple[ProductWord, ...]

    def found_in(self, name: str) -> list[ProductWord]:
        """Those that stand in *name*, as one or as several of them; & is *and*.

        Of words within others just the longest: shipping and handling is neither
        the one nor the other.
        """
        plain = " ".join(re.findall(r"[^\W_]+", name.lower().replace("&", " and ")))
        found = dict.fromkeys(match[1] for match in self._pattern.finditer(plain))
        return [row for each in found for row in self._by_words[each]]

    @functools.cached_property
    def _by_words(self) -> Mapping[str, list[ProductWord]]:
        found: dict[str, list[ProductWord]] = defaultdict(list)
        for row in self.rows:
            found[row.words].append(row)
        return dict(found)

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._by_words, key=len, reverse=True)
        any_of = "|".join(map(re.escape, longest_first)) or "(?!)"  # nothing stands anywhere
        return re.compile(rf"(?<!\w)({any_of})(?:es|s)?(?!\w)")


@functools.cache
def shipped_words() -> Words:
    """The words that come with Exempt."""
    return read_words(shipped_text(WORDS), "exempt.data")


def read_words(text: str, where: str) -> Words:
    """The words in *text*, a CSV table with the fields of `ProductWord`.

    Raises:
        SettingsError: Something is wrong with it; every mistake is named by
            file, line and column.
    """
    table = SourcedTable(ProductWord, f"{where}/{WORDS}").read(text)
    known = shipped_categories()
    table.mistakes += [
        f"{table.name}, line {table.lines[row.key]}, column tax_category:"
        f" {row.tax_category} is not in the list of tax categories"
        for row in table.rows
        if known.get(row.tax_category) is None
    ]
    if table.mistakes:
        raise SettingsError("\n".join(table.mistakes))
    return Words(tuple(table.rows))


def as_sure(one: Confidence, as_other: Confidence) -> bool:
    """Whether *one* is as sure as the other, or surer."""
    order = tuple(Confidence)
    return order.index(one) <= order.index(as_other)
