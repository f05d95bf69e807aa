"""What is said around a table of exposures: what needs a person, and what the figures leave out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from exempt.model.nexus import ExposureStatus
from exempt.rules.lookback import Lacking
from exempt.rules.twice import Twins
from exempt.services import companies, histories
from exempt.services.counted_twice import NEWEST, counted_twice
from exempt.services.exposure_sales import Unplaced, unplaced
from exempt.services.exposures import ExposureView
from exempt.services.policy import Policy
from exempt.services.ports import Transaction


class Needing(NamedTuple):
    """Exposures that need a person.

    Attributes:
        met: The threshold is met, and nobody is registered.
        physical: There is physical nexus, and nobody is registered.
        near: A threshold is near, or comes to be met.
    """

    met: tuple[ExposureView, ...]
    physical: tuple[ExposureView, ...]
    near: tuple[ExposureView, ...]


def needing(views: Iterable[ExposureView]) -> Needing:
    """Those of *views* that need a person."""
    views = tuple(views)
    unregistered = [view for view in views if view.unregistered]
    return Needing(
        met=tuple(view for view in unregistered if view.status is ExposureStatus.MET),
        physical=tuple(view for view in unregistered if view.status is not ExposureStatus.MET),
        near=tuple(view for view in views if view.status is ExposureStatus.APPROACHING),
    )


def is_ahead(view: ExposureView) -> bool:
    """Whether the line is crossed in a window that counts only later."""
    return view.spell is not None and view.spell.met_on > view.exposure.on


class Beside(NamedTuple):
    """What is said below a table.

    Attributes:
        waiting: Connections whose orders are being counted anew.
        late: Who lacks sales that states look back to, in words.
        twice: Which sales seem to count twice.
    """

    unplaced: Sequence[Unplaced] = ()
    waiting: Sequence[str] = ()
    late: Sequence[str] = ()
    twice: Sequence[Twins] = ()


def beside(
    tx: Transaction,
    company_ids: Collection[int] | None,
    on: dt.date,
    policy: Policy,
    *,
    newest: int = NEWEST,
) -> Beside:
    """What is to be said of the sales of these companies on a day; None = of all.

    Among so many of the *newest* orders of each it looks for those that count twice.
    """
    ids = ids_of(tx, company_ids)
    return Beside(
        unplaced=unplaced(tx, ids, on),
        waiting=waiting(tx, ids),
        late=_late(tx, policy, ids, on),
        twice=counted_twice(tx, ids, newest),
    )


def ids_of(tx: Transaction, company_ids: Collection[int] | None) -> frozenset[int]:
    """These companies; None = all that there are."""
    if company_ids is not None:
        return frozenset(company_ids)
    return frozenset(row.id for row in tx.cards.companies())


def waiting(tx: Transaction, company_ids: Collection[int]) -> list[str]:
    """The connections of companies whose orders are still being counted anew."""
    rows = {row.id: row for row in tx.connections.all() if row.company_id in company_ids}
    asked = (each.connection_id for each in tx.recounts.all())
    return sorted(rows[each].name for each in asked if each in rows)


def _late(tx: Transaction, policy: Policy, company_ids: Collection[int], on: dt.date) -> list[str]:
    """Where what is known begins later than the states look back, a sentence for each company."""
    names = companies.names(tx)
    found = []
    for start in histories.starts(tx, company_ids, policy, on):
        lacks = [lack for _, lacking in start.all_lacks() for lack in lacking]
        if lacks:
            name, first = names[start.company_id], min(each.wanted.first_day for each in lacks)
            days = [each.known_from for each in lacks if each.known_from]
            known = f"no sale from before {max(days)} is known" if days else "no sale is known"
            if any(each.why is Lacking.BEING_READ for each in lacks):
                known = "sales are still being read"
            found.append(f"{name}: {known}; states look back to {first}")
    return found
