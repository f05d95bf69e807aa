"""What decisions go by, beside the facts: the profile, and the pack of state rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from exempt.model.decision import Profile
from exempt.model.rulesdata import RulesPack
from exempt.rules.pack import shipped_pack
from exempt.rules.validity import REVIEW_AFTER_YEARS


@dataclass(frozen=True)
class Policy:
    """How this installation decides and checks.

    Attributes:
        profile: Which rule chooses a certificate.
        pack: What the states ask of certificates.
        review_after_years: When to look again at a certificate without an end.
    """

    profile: Profile = Profile.DEFAULT
    pack: RulesPack = field(default_factory=shipped_pack)
    review_after_years: int = REVIEW_AFTER_YEARS
