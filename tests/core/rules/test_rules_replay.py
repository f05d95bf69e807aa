"""A decision made once more, from what it went by."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.errors import RefusedError
from exempt.model.decision import ByHand, Decision, Profile
from exempt.rules.replay import replay
from support.records import DAY, TODAY, address, coverage, facts, order
from support.rules_records import ORDINARY, decided

HELD = [coverage(1, order_numbers=("O-1",)), coverage(2, jurisdiction="US-CA")]
OREGON = order(ship_to=address("OR"))
KEPT = decided(HELD, by_hand=ByHand(certificate_id=2, reason="as agreed"))


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    "decision",
    [
        pytest.param(decided, id="of nothing on file"),
        pytest.param(lambda **more: decided(HELD, **more), id="by a certificate"),
        pytest.param(
            lambda **more: decided([coverage(certificate_number=None)], **more),
            id="by a certificate without a number",
        ),
        pytest.param(
            lambda **more: decided(HELD, by_hand=ByHand(certificate_id=2), **more),
            id="by a choice",
        ),
        pytest.param(
            lambda **more: decided(HELD, by_hand=ByHand(tax_applicable=True), **more),
            id="by an override",
        ),
    ],
)
def test_a_replay_gives_the_same_result(decision: Any, profile: Profile) -> None:
    kept = decision(profile=profile)
    assert replay(kept) == kept
    assert replay(Decision.model_validate_json(kept.model_dump_json())) == kept


def changed_step(**changes: Any) -> dict[str, Any]:
    first, *rest = KEPT.steps
    return {"steps": (first.model_copy(update=changes), *rest)}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"tax_applicable": True}, id="the outcome"),
        pytest.param({"exempt_percentage": 50}, id="the part that is exempt"),
        pytest.param({"certificate_id": 1}, id="the certificate used"),
        pytest.param({"certificate_number": "N-9"}, id="the number shown"),
        pytest.param({"ground": "override"}, id="the ground"),
        pytest.param({"steps": KEPT.steps[:1]}, id="a step left out"),
        pytest.param({"steps": KEPT.steps[::-1]}, id="the order of steps"),
        pytest.param({"facts": KEPT.facts._replace(by_hand=None)}, id="what was decided by hand"),
        pytest.param({"facts": KEPT.facts._replace(order_date=TODAY - 999 * DAY)}, id="the day"),
        pytest.param(changed_step(finding="chosen"), id="what was found"),
        pytest.param(changed_step(against="expired"), id="what spoke against"),
        pytest.param(changed_step(review_status="pending"), id="how a certificate stood"),
    ],
)
def test_a_decision_that_was_tampered_with_is_not_the_same(changes: dict[str, Any]) -> None:
    tampered = Decision.model_validate({**dict(KEPT), **changes})
    assert replay(tampered) != tampered


def test_a_decision_by_a_version_of_the_rule_that_is_gone_is_refused() -> None:
    old = decided().model_copy(update={"rule": "default-1"})
    with pytest.raises(RefusedError) as caught:
        replay(old)
    assert str(caught.value) == (
        "a decision by rule default-1 cannot be replayed: this version knows default-2, r2-2"
    )


def test_facts_say_enough_to_decide_again() -> None:
    kept = decided(HELD, order(purchase_order_number="PO-1"))
    assert kept.facts == facts(order_numbers=("o-1", "po-1"))


@pytest.mark.parametrize(
    ("decision", "claimed"),
    [
        pytest.param(decided(), True, id="nothing on file: the claim makes it one to look into"),
        pytest.param(decided(HELD[1:]), True, id="nothing on file that covers it"),
        pytest.param(decided(who=ORDINARY), False, id="nobody claims it"),
        pytest.param(decided(HELD), False, id="a certificate covers it, claimed or not"),
        pytest.param(decided(sale=OREGON), False, id="no tax is levied, claimed or not"),
        pytest.param(decided(sale=OREGON, who=None), False, id="the customer is not known"),
        pytest.param(decided(by_hand=ByHand(tax_applicable=False)), False, id="by hand"),
    ],
)
def test_whether_exemption_is_claimed_is_kept_where_it_was_asked(
    decision: Decision, claimed: bool
) -> None:
    """Else the echo of our own writing would look like another fact."""
    assert decision.facts.claimed is claimed
