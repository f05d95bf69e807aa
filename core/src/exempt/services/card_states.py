"""Where goods of a customer go: what covers it there, what was sold, and whom to ask."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from exempt.data import currency_exponent, jurisdiction_name
from exempt.model.certificate import Coverage
from exempt.rules.coverage_map import Cover, CoverMap, coverage_map
from exempt.rules.day_words import short_date
from exempt.services.card_sheet import CoveredState, LookedCard
from exempt.services.rows import Exposure


class Amount(NamedTuple):
    """So much of a currency."""

    value: Decimal
    currency: str


class StateView(NamedTuple):
    """A state that goods of a customer go to.

    Attributes:
        jurisdiction: None = orders do not say where they went.
        said: How it stands there, in a few words.
        until: The last day of what covers it; None = no end, or nothing does.
        orders: How many went there.
        untaxed: What was sold there without tax.
        claimed: What was sold there for which exemption is claimed and nothing is on file.
        asked: Whether the customer was asked for it.
    """

    jurisdiction: str | None
    name: str
    cover: Cover
    said: str
    coverage: Coverage | None
    until: dt.date | None
    orders: int
    untaxed: list[Amount]
    claimed: list[Amount]
    asked: bool


class StatesView(NamedTuple):
    """All of them, by name, and the picture."""

    states: list[StateView]
    map: CoverMap


def states_of(looked: LookedCard, on: dt.date, soon_days: int) -> StatesView:
    """How a customer stands on the day *on*, state by state."""
    sold = defaultdict(list)
    for one in looked.exposure:
        sold[one.jurisdiction].append(one)
    known: dict[str | None, CoveredState] = {one.jurisdiction: one for one in looked.states}
    asked = {place for one in looked.to_ask for place in one.asked}
    views = []
    for place in {*known, *sold}:
        state, sales = known.get(place), sold[place]
        cover = _cover(looked, state, sales, on + dt.timedelta(soon_days))
        coverage = state.coverage if state else None
        views.append(
            StateView(
                jurisdiction=place,
                name=jurisdiction_name(place) if place else "Not known",
                cover=cover,
                said=_said(looked, cover, coverage),
                coverage=coverage,
                until=coverage.last_date if coverage else None,
                orders=sum(one.orders for one in sales),
                untaxed=_amounts(one for one in sales if not one.tax_applicable),
                claimed=_amounts(one for one in sales if one.claimed_only),
                asked=place in asked,
            )
        )
    views.sort(key=lambda one: (one.jurisdiction is None, one.name))
    drawn = {one.jurisdiction: (one.cover, one.said) for one in views if one.jurisdiction}
    return StatesView(views, coverage_map(drawn))


def _cover(
    looked: LookedCard, state: CoveredState | None, sales: Iterable[Exposure], soon: dt.date
) -> Cover:
    if state and state.coverage:
        last = state.coverage.last_date
        return Cover.SOON if last and last <= soon else Cover.COVERED
    if state and not state.needed:
        return Cover.NO_TAX
    if looked.free_form:
        return Cover.COVERED
    claims = looked.card.flagged_exempt or any(one.claimed_only for one in sales)
    return Cover.MISSING if claims else Cover.TAXED


def _said(looked: LookedCard, cover: Cover, coverage: Coverage | None) -> str:
    if coverage is None:
        if cover is Cover.COVERED:
            return f"free-form number {looked.free_form}"
        return _BARE[cover]
    of_other = "" if coverage.customer_id == looked.card.id else " of a linked customer"
    number = coverage.certificate_number or f"id {coverage.certificate_id}"
    last = coverage.last_date
    end = f"to {short_date(last)}" if last else "without an end"
    return f"certificate {number}{of_other}, {end}"


_BARE = {
    Cover.MISSING: "no certificate in force",
    Cover.TAXED: "taxed, nothing on file",
    Cover.NO_TAX: "no sales tax",
}


def _amounts(sales: Iterable[Exposure]) -> list[Amount]:
    sums: dict[str, int] = defaultdict(int)
    for one in sales:
        sums[one.currency] += one.total_minor
    return [
        Amount(Decimal(total).scaleb(-currency_exponent(currency)), currency)
        for currency, total in sorted(sums.items())
    ]
