"""How sales are counted and watched, as the settings say."""

from __future__ import annotations

from exempt.services.policy import NexusPolicy
from exempt.settings.tables import SettingsFile


def nexus_policy(file: SettingsFile) -> NexusPolicy:
    """What the settings say of it."""
    return NexusPolicy(
        counts={name: each.counts for name, each in file.connections.items()},
        marketplaces=frozenset(name for name, each in file.connections.items() if each.marketplace),
        approaching_percent=file.nexus.approaching_percent,
        lookback_years=file.nexus.lookback_years,
        lookback=file.nexus.lookback,
        fiscal_years={key: each.fiscal_year_begins for key, each in file.companies.items()},
    )
