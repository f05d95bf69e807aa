"""What decisions go by, beside the facts: the profile, and the pack of state rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from exempt.model.decision import Profile
from exempt.model.nexus import Counts
from exempt.model.rulesdata import RulesPack
from exempt.rules.pack import shipped_pack
from exempt.rules.taxability import Taxability, shipped_taxability
from exempt.rules.thresholds import Thresholds, shipped_thresholds
from exempt.rules.validity import REVIEW_AFTER_YEARS


@dataclass(frozen=True)
class NexusPolicy:
    """How this installation counts sales, and watches over nexus.

    Attributes:
        counts: Which documents of a connection count, by its name; those that
            are not named: all.
        marketplaces: The connections all of whose sales are a marketplace's.
        approaching_percent: From which share on a threshold is near.
        lookback_years: How many years before this one are of interest.
        lookback: The same for single jurisdictions.
        fiscal_years: The month in which a company's fiscal year begins, by its
            key, where that is not January.
        alerts_to: Who gets a mail of warnings; empty = the administrators.
        thresholds: The law's lines, every version of them.
        taxability: Which products a state taxes.
    """

    counts: Mapping[str, Counts] = field(default_factory=dict)
    marketplaces: Collection[str] = frozenset()
    approaching_percent: int = 80
    lookback_years: int = 3
    lookback: Mapping[str, int] = field(default_factory=dict)
    fiscal_years: Mapping[str, int] = field(default_factory=dict)
    alerts_to: Sequence[str] = ()
    thresholds: Thresholds = field(default_factory=shipped_thresholds)
    taxability: Taxability = field(default_factory=shipped_taxability)


@dataclass(frozen=True)
class Policy:
    """How this installation decides and checks.

    Attributes:
        profile: Which rule chooses a certificate.
        pack: What the states ask of certificates.
        review_after_years: When to look again at a certificate without an end.
        nexus: How sales are counted and watched.
    """

    profile: Profile = Profile.DEFAULT
    pack: RulesPack = field(default_factory=shipped_pack)
    review_after_years: int = REVIEW_AFTER_YEARS
    nexus: NexusPolicy = field(default_factory=NexusPolicy)
