"""How an order counts towards a state's threshold: where, when, and how much of it is what.

Source: the bases of the states' thresholds (gross, retail, taxable). Retail
sales are all but those for resale, for which the law wants a certificate on
file; taxable sales are retail sales that no exemption of the customer and none
of the product takes out. So each order is divided among four treatments, of
which every base counts the first so and so many: see `Treatment` and `Base`.

An order that its source does not tax counts as taxable where no certificate is
on file: the law counts it unless a certificate says otherwise.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Protocol

from exempt.data import currency_exponent
from exempt.model.address import Address
from exempt.model.certificate import ExemptionReason
from exempt.model.decision import Decision, Finding, Ground
from exempt.model.nexus import USD, Counts, Sale, Treatment
from exempt.model.sources import NotTaxedReason, Order, OrderKind, OrderLine

_USED = {Finding.CHOSEN, Finding.CHOSEN_BY_HAND}
_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
"""Of the United States, and countries of their own by ISO 3166-1: some write them so."""
_TAXABLE = Treatment.TAXABLE
_CENTS_OF_A_DOLLAR = 100
_WHOLE = 10_000
"""A hundred percent in steps of 0.01."""
COUNTED = {
    Counts.ALL: tuple(OrderKind),
    Counts.ORDERS: (OrderKind.ORDER, OrderKind.CREDIT),
    Counts.INVOICES: (OrderKind.INVOICE, OrderKind.CREDIT),
    Counts.NONE: (),
}
"""Which kinds of documents each lets count."""


class Taxed(Protocol):
    """Which products a state taxes."""

    def taxed(self, category: str | None, jurisdiction: str, day: dt.date) -> bool:
        """Whether *jurisdiction* taxes *category* on *day*; one that is not known is taxed."""
        ...


class AllTaxed:
    """Every product is taxed."""

    def taxed(self, category: str | None, jurisdiction: str, day: dt.date) -> bool:  # noqa: ARG002
        """Yes."""
        return True


def no_rate(currency: str, day: dt.date) -> Decimal | None:  # noqa: ARG001 - see `Counting.rate`
    """No rate is known."""
    return None


@dataclass(frozen=True)
class Counting:
    """What the counting of a connection's orders goes by.

    Attributes:
        counts: Which documents are sales.
        marketplace: Whether all of them are a marketplace's.
        rate: US dollars for one unit of a currency on a day; None = not known.
        categories: The tax category of products, by external id.
        taxability: Which categories a state taxes.
    """

    counts: Counts = Counts.ALL
    marketplace: bool = False
    rate: Callable[[str, dt.date], Decimal | None] = no_rate
    categories: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    taxability: Taxed = field(default_factory=AllTaxed)

    @functools.cached_property
    def kinds(self) -> tuple[OrderKind, ...]:
        """The kinds of documents that are counted."""
        return COUNTED[self.counts]


def sale_of(order: Order, decision: Decision | None, counting: Counting) -> Sale | None:
    """How *order* counts; None where it does not: cancelled, or of a kind that is not counted.

    Its exempt part is what a certificate or number covers, by *decision*; of
    the rest the lines whose product is not taxed there are ``not_taxed``, and
    what remains is taxable. An amount that stands on no line, as delivery or a
    discount on the whole, is shared as the lines are. Whatever is rounded, the
    four amounts come to the order's total.

    A credit counts on its own day, and is no transaction.

    Args:
        order: What was sold; not one that its source deleted.
        decision: The one in force; None = there is none.
        counting: What counting goes by.
    """
    if order.voided or order.kind not in counting.kinds:
        return None
    place, day = jurisdiction_of(order.ship_to), order.order_date
    marketplace = counting.marketplace or bool(order.marketplace)
    currency, total = _converted(order, counting)
    credit = order.kind is OrderKind.CREDIT or total < 0
    untaxed, lines = _untaxed(order, place, counting)
    if not untaxed and (decision is None or not decision.exempt_percentage):  # as of most
        counts_as = None if credit else _TAXABLE
        return Sale(place, day, currency, marketplace, total, 0, 0, 0, counts_as)
    covered, part = _covered(decision)
    covers = _rounded(total * part, _WHOLE)
    not_taxed = _rounded((total - covers) * untaxed, lines)
    amounts = {_TAXABLE: total - covers - not_taxed, Treatment.NOT_TAXED: not_taxed}
    amounts |= {Treatment.EXEMPT: 0, Treatment.RESALE: 0, covered: covers}
    rest = Treatment.NOT_TAXED if untaxed == lines else _TAXABLE
    would_be = covered if part == _WHOLE else rest  # an order over nothing
    counts_as = next((each for each in Treatment if amounts[each]), would_be)
    where = (place, day, currency, marketplace)
    return Sale._make((*where, *amounts.values(), None if credit else counts_as))


def jurisdiction_of(ship_to: Address | None) -> str:
    """``US-TX``; the country of a place abroad, ``DE``; empty where the state is not known."""
    if ship_to is None:
        return ""
    if ship_to.country == "US":
        return f"US-{ship_to.state}" if ship_to.state else ""
    return f"US-{ship_to.country}" if ship_to.country in _TERRITORIES else ship_to.country


def _converted(order: Order, counting: Counting) -> tuple[str, int]:
    """The total in cents of USD; in minor units of its own currency where no rate is known."""
    if order.currency == USD:
        return USD, round(order.total * _CENTS_OF_A_DOLLAR)
    total = _minor(order.total, order.currency)
    rate = counting.rate(order.currency, order.order_date)
    if rate is None:
        return order.currency, total
    return USD, round(Decimal(total) / _units(order.currency) * rate * _CENTS_OF_A_DOLLAR)


def _minor(amount: Decimal, currency: str) -> int:
    """As tables keep it, so that an order counts the same when it is read from there."""
    return round(amount * _units(currency))


@functools.cache
def _units(currency: str) -> Decimal:
    return Decimal(10) ** currency_exponent(currency)


def _covered(decision: Decision | None) -> tuple[Treatment, int]:
    """What the exempt part of an order is, and how much of it, in hundredths of a percent."""
    if decision is None or not decision.exempt_percentage:
        return Treatment.EXEMPT, 0
    part = int(decision.exempt_percentage * 100)
    if decision.ground is Ground.FREE_FORM_NUMBER:  # R2's "Resale Certificate No"
        return Treatment.RESALE, part
    used = next((step for step in decision.steps if step.finding in _USED), None)
    for_resale = used is not None and used.exemption_reason is ExemptionReason.RESALE
    by_certificate = decision.ground is Ground.CERTIFICATE
    return (Treatment.RESALE if by_certificate and for_resale else Treatment.EXEMPT), part


def _untaxed(order: Order, place: str, counting: Counting) -> tuple[int, int]:
    """How much of the lines is of products that are not taxed there, of how much in all.

    Where the lines do not come to the order's total it is a part of it, and
    neither less than nothing nor more than all.
    """
    categories = counting.categories
    for line in order.lines:
        if line.not_taxed_reason or line.product_external_id in categories:
            break
    else:  # as of most
        return 0, 1
    lines = [line for line in order.lines if _is_untaxed(line, order, place, counting)]
    if not lines:
        return 0, 1
    if len(lines) == len(order.lines):
        return 1, 1
    untaxed = sum(_minor(line.amount, order.currency) for line in lines)
    of_all = sum(_minor(line.amount, order.currency) for line in order.lines)
    if of_all == 0:
        return 0, 1
    if of_all != _minor(order.total, order.currency):
        share = min(max(Fraction(untaxed, of_all), Fraction(0)), Fraction(1))
        return share.numerator, share.denominator
    return untaxed, of_all


def _is_untaxed(line: OrderLine, order: Order, place: str, counting: Counting) -> bool:
    if line.not_taxed_reason is NotTaxedReason.PRODUCT_NOT_TAXED:
        return True
    category = counting.categories.get(line.product_external_id or "")
    return category is not None and not counting.taxability.taxed(category, place, order.order_date)


def _rounded(numerator: int, denominator: int) -> int:
    """The quotient, rounded half to even."""
    quotient, remainder = divmod(numerator, denominator)
    return round(Fraction(numerator, denominator)) if remainder else quotient
