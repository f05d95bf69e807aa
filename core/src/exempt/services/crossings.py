"""When thresholds were crossed: worked out of the sales of single days, and kept until they move.

A jurisdiction's sales of one company are held against the line by themselves; where its law adds
related companies, those of the whole tree are one, kept with the company at its top.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from exempt.model.nexus import USD, Bucket, Sale, Spell, Threshold
from exempt.rules.exposure import crossing, sums
from exempt.rules.lasting import holds_through
from exempt.rules.spells import spells
from exempt.services.exposure_ports import Crossing, KeptCrossings
from exempt.services.policy import NexusPolicy, Policy
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.rows import CompanyRow

VERSION = "1"
"""Of the work; another one has all of it done anew."""

_DAY = dt.timedelta(days=1)
_ORDERS_AT_ONCE = 1000


class Place(NamedTuple):
    """A jurisdiction, and the companies whose sales there are held against its line together.

    Attributes:
        keeper_id: The company that what is worked out is kept with.
        company_ids: Whose sales are added up, the keeper's among them.
        versions: Of the jurisdiction's threshold, the oldest first.
        went_by: What working out goes by, beside the sales.
    """

    keeper_id: int
    company_ids: tuple[int, ...]
    jurisdiction: str
    versions: tuple[Threshold, ...]
    fiscal_year_begins: int
    went_by: str

    @property
    def key(self) -> tuple[int, str]:
        """What tells it from others."""
        return self.keeper_id, self.jurisdiction


class Tree(NamedTuple):
    """The company at the top of a tree, and all that belong to it, itself first."""

    top: CompanyRow
    members: tuple[CompanyRow, ...]


def trees(companies: Sequence[CompanyRow]) -> dict[int, Tree]:
    """The tree that each company belongs to, by its id.

    Args:
        companies: All, each after the one it belongs to.
    """
    top_of: dict[int, CompanyRow] = {}
    for company in companies:
        above = None if company.parent_id is None else top_of.get(company.parent_id)
        top_of[company.id] = above or company
    found = {
        top.id: Tree(top, tuple(each for each in companies if top_of[each.id] is top))
        for top in top_of.values()
    }
    return {company.id: found[top_of[company.id].id] for company in companies}


def place(company: CompanyRow, tree: Tree, jurisdiction: str, nexus: NexusPolicy) -> Place:
    """Whose sales count with those of *company* in a jurisdiction."""
    versions = nexus.thresholds.versions(jurisdiction)
    together = any(version.affiliates for version in versions)
    keeper = tree.top if together else company
    ids = tuple(each.id for each in tree.members) if together else (company.id,)
    begins = nexus.fiscal_years.get(keeper.key, 1)
    whose = ",".join(map(str, ids)) if together else "own"
    went_by = f"{VERSION} {nexus.thresholds.digest} {begins} {whose}"
    return Place(keeper.id, ids, jurisdiction, versions, begins, went_by)


# --- read ------------------------------------------------------------------------------


class Crossed(NamedTuple):
    """What was found; without ``refreshed_at`` it was worked out for this answer."""

    crossings: tuple[Crossing, ...] = ()
    refreshed_at: dt.datetime | None = None


def crossings(
    tx: Transaction, places: Iterable[Place], on: dt.date
) -> dict[tuple[int, str], Crossed]:
    """When the thresholds of *places* were met, as it is known on the day *on*; by `Place.key`.

    What is kept is taken where it holds on that day; the rest is worked out
    now, and not kept.
    """
    wanted = _each_once(places)
    kept = tx.exposures.kept({each for place in wanted for each in place.company_ids})
    found: dict[tuple[int, str], Crossed] = {}
    stale: list[Place] = []
    for each in wanted:
        if not _has_sales(each, kept):
            found[each.key] = Crossed()
        elif _holds(each, kept, on):
            mine = kept[each.key]
            found[each.key] = Crossed(mine.crossings, mine.refreshed_at)
        else:
            stale.append(each)
    for each, days in _days_of(tx, stale):
        found[each.key] = Crossed(_worked_out(tx, each, days, on))
    return found


_Kept = Mapping[tuple[int, str], KeptCrossings]


def _has_sales(place: Place, kept: _Kept) -> bool:
    """Whether anything was ever sold there: whatever is leaves a mark."""
    return any((each, place.jurisdiction) in kept for each in place.company_ids)


def _holds(place: Place, kept: _Kept, on: dt.date) -> bool:
    mine = kept.get(place.key)
    others = [kept.get((each, place.jurisdiction)) for each in place.company_ids]
    touched = any(other is not None and other.touched for other in others)
    return mine is not None and not touched and mine.holds(on, place.went_by)


def _days_of(tx: Transaction, places: Sequence[Place]) -> Iterator[tuple[Place, list[Bucket]]]:
    """The sales of each place, a day each; those of the same companies are read at once."""
    together: dict[tuple[int, ...], list[Place]] = {}
    for each in places:
        together.setdefault(each.company_ids, []).append(each)
    for company_ids, mine in together.items():
        names = {each.jurisdiction for each in mine}
        days = tx.sales.days(company_ids, dt.date.min, dt.date.max, names)
        for each in mine:
            yield each, added(days, company_ids, each.jurisdiction)


def added(
    buckets: Mapping[tuple[int, str], list[Bucket]], company_ids: Iterable[int], jurisdiction: str
) -> list[Bucket]:
    """The sales of several companies in one jurisdiction, one after the other."""
    return [each for company in company_ids for each in buckets.get((company, jurisdiction), ())]


# --- worked out ------------------------------------------------------------------------


def _worked_out(
    tx: Transaction, place: Place, days: Collection[Bucket], on: dt.date
) -> tuple[Crossing, ...]:
    found = spells(place.versions, days, on, fiscal_year_begins=place.fiscal_year_begins)
    return tuple(Crossing(spell, _crossed_by(tx, place, days, spell)) for spell in found)


def _crossed_by(
    tx: Transaction, place: Place, days: Collection[Bucket], spell: Spell
) -> int | None:
    """The order whose sale crossed the line."""
    threshold = next(each for each in place.versions if each.version == spell.version)
    before = sums(threshold, days, spell.first, spell.crossed_on - _DAY)
    return crossing(threshold, before, _sales_of(tx, place, spell.crossed_on))


def _sales_of(tx: Transaction, place: Place, day: dt.date) -> Iterator[tuple[int, Sale]]:
    """The sales of a day, by order."""
    after = None
    while True:
        page = tx.sales.orders(
            place.company_ids, place.jurisdiction, day, day, after=after, limit=_ORDERS_AT_ONCE
        )
        sales = tx.sales.of([each.order_id for each in page])
        yield from ((key, sale) for key, sale in sales.items() if sale.currency == USD)
        if len(page) < _ORDERS_AT_ONCE:
            return
        after = page[-1].place


# --- kept ------------------------------------------------------------------------------


def refresh(store: Store, policy: Policy, clock: Clock, stop: Callable[[], bool]) -> bool:
    """Work out what sales have touched, or a new day or law made stale, and keep it.

    Each jurisdiction is a transaction of its own, in which nothing is counted
    in its companies; so a stop, or a crash, loses nothing that was kept.

    Returns:
        Whether it came to its end.
    """
    on = clock().date()
    with store.reading() as tx:
        to_do = _stale(tx, policy, on)
    for each in to_do:
        if stop():
            return False
        with store.writing() as tx:
            tx.alone(each.company_ids)
            _keep(tx, each, on, clock())
    return True


def _stale(tx: Transaction, policy: Policy, on: dt.date) -> list[Place]:
    """The places with sales for which nothing is kept that holds on the day *on*."""
    companies = tx.cards.companies()
    tree_of = trees(companies)
    by_id = {company.id: company for company in companies}
    kept = tx.exposures.kept(by_id)
    places = [
        place(by_id[company_id], tree_of[company_id], jurisdiction, policy.nexus)
        for company_id, jurisdiction in sorted(kept)
    ]
    return [each for each in _each_once(places) if not _holds(each, kept, on)]


def _each_once(places: Iterable[Place]) -> Iterable[Place]:
    return {each.key: each for each in places}.values()


def _keep(tx: Transaction, place: Place, on: dt.date, at: dt.datetime) -> None:
    kept = tx.exposures.kept(place.company_ids, [place.jurisdiction])
    if _holds(place, kept, on):  # somebody else did it meanwhile
        return
    for _, days in _days_of(tx, [place]):
        lasts = holds_through(place.versions, days, on, fiscal_year_begins=place.fiscal_year_begins)
        found = _worked_out(tx, place, days, on)
        now = KeptCrossings(
            touched=False,
            went_by=place.went_by,
            through=on,
            holds_through=lasts,
            crossings=found,
            refreshed_at=at,
        )
        tx.exposures.keep(place.keeper_id, place.jurisdiction, now)
    tx.exposures.looked_at(place.company_ids, place.jurisdiction)
