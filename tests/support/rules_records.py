"""Ordinary rows of the law; a test changes what matters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from exempt.model.certificate import Coverage, ExemptionReason
from exempt.model.decision import ByHand, Card, Decision, Profile
from exempt.model.rulesdata import Acceptance, ReasonCodes, RulesPack, StateRule
from exempt.model.sources import Order
from exempt.model.terms import Term
from exempt.rules.decision import decide, facts_of
from exempt.rules.objections import Claim
from support.records import card, order

SOURCED: dict[str, Any] = {
    "source": "a form and its instructions",
    "as_of": dt.date(2026, 10, 1),
    "review_by": dt.date(2027, 10, 1),
    "confidence": "high",
}


SALE = order()
ORDINARY = card()
FLAGGED = card(flagged_exempt=True)


def decided(
    held: Sequence[Coverage] = (),
    sale: Order = SALE,
    who: Card | None = FLAGGED,
    *,
    by_hand: ByHand | None = None,
    profile: Profile = Profile.DEFAULT,
) -> Decision:
    """The decision of an order of today to Texas, by a customer who claims exemption."""
    return decide(facts_of(sale, who, held, by_hand), held, profile)


def state_rule(kind: str = "until_revoked", value: str = "", **changes: Any) -> StateRule:
    """Texas, which takes every form and every number, unless *changes* say otherwise."""
    fields: dict[str, Any] = {
        **SOURCED,
        "jurisdiction": "US-TX",
        "validity_kind": kind,
        "validity_value": value or Term(),
        "sst": "none",
        "mtc_accepted": Acceptance.YES,
        "sst_form_accepted": Acceptance.NO,
        "home_state_number": Acceptance.YES,
        "blanket_allowed": Acceptance.YES,
    }
    return StateRule.model_validate({**fields, **changes})


def claim(**changes: Any) -> Claim:
    """A blanket for resale from the first of March 2026 on, on the state's own form."""
    fields: dict[str, Any] = {
        "exemption_reason": ExemptionReason.RESALE,
        "effective_date": dt.date(2026, 3, 1),
    }
    return Claim.model_validate({**fields, **changes})


def reason_codes(reason: ExemptionReason, **changes: Any) -> ReasonCodes:
    """The row of *reason*, which every system calls "other"."""
    fields: dict[str, Any] = {
        **SOURCED,
        "exemption_reason": reason,
        "title": reason.value,
        "sst_scheme": "F0003",
        "sst_revision": dt.date(2021, 12, 21),
        "sst_letter": "L",
        "avatax_entity_use": ("L",),
        "stripe_tax_exempt": "exempt",
        "taxjar_exemption_type": "other",
    }
    return ReasonCodes.model_validate({**fields, **changes})


def pack(*states: StateRule) -> RulesPack:
    """Nothing is known but these states."""
    reasons = tuple(reason_codes(reason) for reason in ExemptionReason)
    return RulesPack(version="1", states=states, reasons=reasons)
