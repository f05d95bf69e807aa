"""How sales are counted and watched, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping

from exempt.rules.taxability import Taxability
from exempt.rules.thresholds import Thresholds
from exempt.services.policy import NexusPolicy
from exempt.settings.tables import ConnectionSettings, SettingsFile
from exempt.wiring.connections import CountsOf, Marketplaces


def nexus_policy(
    file: SettingsFile,
    connections: Mapping[str, ConnectionSettings],
    thresholds: Thresholds,
    taxability: Taxability,
) -> NexusPolicy:
    """What the settings say of it, with the *thresholds* and *taxability* that they choose.

    It follows *connections*, which come and go.
    """
    return NexusPolicy(
        counts=CountsOf(connections),
        marketplaces=Marketplaces(connections),
        approaching_percent=file.nexus.approaching_percent,
        lookback_years=file.nexus.lookback_years,
        lookback=file.nexus.lookback,
        alerts_to=file.nexus.alerts_to,
        fiscal_years={key: each.fiscal_year_begins for key, each in file.companies.items()},
        thresholds=thresholds,
        taxability=taxability,
    )
