"""The map of exposures: a tile for every state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal

from exempt.data import jurisdiction_name
from exempt.data.tiles import state_tiles
from exempt.model.nexus import ExposureStatus
from exempt.rules.country_map import Tile, draw
from exempt.services.exposures import ExposureView, exposures
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow


def map_of(
    tx: Transaction,
    company: CompanyRow,
    on: dt.date,
    policy: Policy,
    *,
    address_of: Callable[[str], str] | None = None,
) -> str:
    """How near one company is to the thresholds of all states on a day, as an SVG.

    Args:
        tx: Where everything is.
        company: Whose.
        on: The day.
        policy: The thresholds.
        address_of: Where the tile of a state leads to, by its code.
    """
    views = exposures(tx, {company.id}, on, policy)
    return draw(map(tile, views), company.name, on, address_of=address_of)


def tiles(views: Iterable[ExposureView]) -> dict[str, tuple[Tile, ExposureView | None]]:
    """A tile for every state; of several companies the one that is nearest the line there.

    Args:
        views: The nearest to a line first, as `exposures` gives them.
    """
    nearest: dict[str, ExposureView] = {}
    for view in views:
        known = nearest.setdefault(view.jurisdiction, view)
        if not _anything(known) and _anything(view):
            nearest[view.jurisdiction] = view
    drawn: dict[str, tuple[Tile, ExposureView | None]] = {}
    for code in state_tiles():
        found = nearest.get(code)
        drawn[code] = (tile(found) if found else Tile(code, None), found)
    return drawn


def _anything(view: ExposureView) -> bool:
    return view.sells or view.own.anything


def tile(view: ExposureView) -> Tile:
    """How a state is drawn; what only related companies sold there is not the company's own."""
    percent = view.exposure.percent if _anything(view) else Decimal(0)
    return Tile(
        view.jurisdiction,
        percent if view.levies else None,
        met=view.status is ExposureStatus.MET,
        near=view.status is ExposureStatus.APPROACHING,
        sold=_anything(view),
        registered=view.registration is not None,
        physical=view.physical_since is not None,
        said=_said(view),
    )


def _said(view: ExposureView) -> str:
    name = jurisdiction_name(view.jurisdiction)
    if not view.levies:
        return f"{name}: no sales tax"
    said = [f"{name}: {_share(view)}"]
    if (spell := view.spell) and _anything(view):
        said.append(f"met from {spell.met_on}, collect from {spell.collect_from}")
    if view.registration:
        said.append(f"registered since {view.registration.registered_from}")
    if view.physical_since:
        said.append(f"physical nexus since {view.physical_since}")
    return "; ".join(said)


def _share(view: ExposureView) -> str:
    percent = view.exposure.percent
    if view.with_companies and not _anything(view) and percent:
        return f"no sales of its own; those of related companies are {percent} % of the threshold"
    return f"{percent} % of its threshold"
