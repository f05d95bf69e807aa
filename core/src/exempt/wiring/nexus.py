"""How sales are counted and watched, as the settings say."""

from __future__ import annotations

from exempt.rules.taxability import Taxability
from exempt.rules.thresholds import Thresholds
from exempt.services.policy import NexusPolicy
from exempt.settings.tables import SettingsFile


def nexus_policy(file: SettingsFile, thresholds: Thresholds, taxability: Taxability) -> NexusPolicy:
    """What the settings say of it, with the *thresholds* and *taxability* that they choose."""
    return NexusPolicy(
        counts={name: each.counts for name, each in file.connections.items()},
        marketplaces=frozenset(name for name, each in file.connections.items() if each.marketplace),
        approaching_percent=file.nexus.approaching_percent,
        lookback_years=file.nexus.lookback_years,
        lookback=file.nexus.lookback,
        alerts_to=file.nexus.alerts_to,
        fiscal_years={key: each.fiscal_year_begins for key, each in file.companies.items()},
        thresholds=thresholds,
        taxability=taxability,
    )
