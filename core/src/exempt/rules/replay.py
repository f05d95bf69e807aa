"""A decision made once more, from what it went by."""

from __future__ import annotations

from exempt.errors import RefusedError
from exempt.model.certificate import Coverage
from exempt.model.decision import Decision, Profile, Step
from exempt.rules.decision import decide, rule_name

_PROFILES = {rule_name(profile): profile for profile in Profile}


def replay(decision: Decision) -> Decision:
    """What the rule of *decision* says of the facts and certificates that it kept.

    It equals *decision*, unless what is kept of it was tampered with.

    Raises:
        RefusedError: It was made by a version of the rule that is gone.
    """
    profile = _PROFILES.get(decision.rule)
    if profile is None:
        msg = (
            f"a decision by rule {decision.rule} cannot be replayed: this version knows"
            f" {', '.join(sorted(_PROFILES))}"
        )
        raise RefusedError(msg)
    return decide(decision.facts, [_coverage(step) for step in decision.steps], profile)


def _coverage(step: Step) -> Coverage:
    """What was looked at, as far as the rule goes by it."""
    return Coverage(
        certificate_id=step.certificate_id,
        customer_id=step.customer_id,
        jurisdiction=step.jurisdiction,
        exemption_reason=step.exemption_reason,
        certificate_number=step.certificate_number,
        kind=step.kind,
        order_numbers=step.order_numbers,
        effective_date=step.effective_date,
        expiration_date=step.expiration_date,
        held_through=step.held_through,
        apply_tax=step.apply_tax,
        exempt_percentage=step.exempt_percentage,
        review_status=step.review_status,
        archived_date=step.archived_date,
        also_for=step.also_for,
    )
