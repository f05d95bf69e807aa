"""The map of a company's exposures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from exempt.data import jurisdiction_name
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
    return draw(map(_tile, views), company.name, on, address_of=address_of)


def _tile(view: ExposureView) -> Tile:
    return Tile(
        view.jurisdiction,
        view.exposure.percent if view.levies else None,
        met=view.status is ExposureStatus.MET,
        near=view.status is ExposureStatus.APPROACHING,
        sold=view.own.anything,
        registered=view.registration is not None,
        physical=view.physical_since is not None,
        said=_said(view),
    )


def _said(view: ExposureView) -> str:
    name = jurisdiction_name(view.jurisdiction)
    if not view.levies:
        return f"{name}: no sales tax"
    said = [f"{name}: {view.exposure.percent} % of its line"]
    if spell := view.spell:
        said.append(f"met from {spell.met_on}, collect from {spell.collect_from}")
    if view.registration:
        said.append(f"registered since {view.registration.registered_from}")
    if view.physical_since:
        said.append(f"physical nexus since {view.physical_since}")
    return "; ".join(said)
