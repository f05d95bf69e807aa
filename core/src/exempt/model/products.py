"""What products are, for tax: the pick list of types and categories, and what states tax."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from exempt.model.address import Jurisdiction
from exempt.model.record import Day, Record, Text
from exempt.model.rulesdata import Sourced

CategoryKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""The key of a product type or a tax category: ``clothing``, ``saas_business``."""


def _alternatives(value: object) -> object:
    """``P0000000|PC030000`` as its parts."""
    return [part.strip() for part in value.split("|")] if isinstance(value, str) else value


_Code = Annotated[str, StringConstraints(pattern=r"^[!-{}~]{1,40}$")]
Codes = Annotated[tuple[_Code, ...], BeforeValidator(_alternatives)]
"""Codes of another system, divided by ``|``."""


class CodeSystem(StrEnum):
    """Whose tax codes we know."""

    STRIPE = "stripe"
    AVALARA = "avalara"
    TAXJAR = "taxjar"


class TaxCategory(Sourced):
    """A row of the pick list: a product type, or a tax category in one.

    Attributes:
        category: Its key; no other type or category has the same.
        product_type: The type that the category is in; None = it is a type itself.
        title: For people, and ``description`` in one line, in plain words.
        stripe: The codes of other systems that mean it, as their own lists say.
    """

    key_column: ClassVar[str] = "category"

    category: CategoryKey
    product_type: CategoryKey | None = None
    title: Annotated[Text, StringConstraints(min_length=1)]
    description: Annotated[Text, StringConstraints(min_length=1)]
    stripe: Codes = ()
    avalara: Codes = ()
    taxjar: Codes = ()

    def codes(self) -> tuple[tuple[CodeSystem, str], ...]:
        """The codes that mean it, with whose they are."""
        return tuple((system, code) for system in CodeSystem for code in getattr(self, system))


class Taxed(StrEnum):
    """Whether a jurisdiction taxes a category; what is unknown counts as taxed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class TaxabilityRow(Sourced):
    """Whether a jurisdiction taxes a category, for a time.

    Attributes:
        jurisdiction: None = wherever no row of its own says otherwise.
        taxed: ``yes`` also at a reduced rate, or in part: the sale counts.
        in_force_from: The first day; None = for as long as Exempt looks back.
        in_force_through: The last day; None = it is in force.
        note: What no column says, in our own words.
    """

    key_column: ClassVar[str] = "version"

    tax_category: CategoryKey
    jurisdiction: Jurisdiction | None = None
    taxed: Taxed
    in_force_from: Day | None = None
    in_force_through: Annotated[Day | None, Field(validate_default=True)] = None
    note: Text = ""

    @field_validator("in_force_through")
    @classmethod
    def _not_before_its_first_day(cls, value: Day | None, info: ValidationInfo) -> Day | None:
        first = info.data.get("in_force_from")
        if value is not None and first is not None and value < first:
            msg = f"lies before in_force_from, {first}: one of the two is wrong"
            raise ValueError(msg)
        return value

    @property
    def version(self) -> str:
        """``clothing US-PA``, and from when on, where it says so."""
        words = (self.tax_category, self.jurisdiction or "everywhere")
        since = f" from {self.in_force_from}" if self.in_force_from else ""
        return " ".join(words) + since

    def in_force(self, on: dt.date) -> bool:
        """Whether *on* lies in its period, first and last day included."""
        first, last = self.in_force_from, self.in_force_through
        return (first is None or first <= on) and (last is None or on <= last)


class WhyTaxed(StrEnum):
    """On what it rests whether a product is taxed.

    ========  ======================================================================
    listed    a row says so
    unknown   no row says so, or one says that it is not known: it counts as taxed
    unmapped  nobody has said yet what the product is: it counts as taxed
    ========  ======================================================================
    """

    LISTED = "listed"
    UNKNOWN = "unknown"
    UNMAPPED = "unmapped"


class TaxabilityAnswer(NamedTuple):
    """Whether a product is taxed in a jurisdiction on a day, and on what that rests."""

    taxed: bool
    why: WhyTaxed
    row: TaxabilityRow | None


# --- proposals ---------------------------------------------------------------------------


class ProductWord(Sourced):
    """A word in the name of a product, and what it speaks for.

    Attributes:
        words: One word or several in a row, as the name is written in small letters.
        weight: 1 to 100: how sure it makes; the heaviest category wins.
    """

    key_column: ClassVar[str] = "version"

    words: Annotated[Text, StringConstraints(min_length=2, to_lower=True)]
    tax_category: CategoryKey
    weight: Annotated[int, Field(ge=1, le=100)]

    @property
    def version(self) -> str:
        """``annual plan: saas_business``."""
        return f"{self.words}: {self.tax_category}"


class KnownProduct(Record):
    """What is known of a product, to propose its category.

    Attributes:
        tax_code: Its code in its source.
        elsewhere: The categories that the same id has in other connections of the
            company, by their names.
    """

    external_id: str
    name: str | None = None
    tax_code: str | None = None
    elsewhere: Mapping[str, str] = {}
