"""What holds of every decision, whatever is on file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import CertificateKind, Coverage, ReviewStatus
from exempt.model.decision import ByHand, Decision, Facts, Finding, Ground, Profile
from exempt.rules.decision import decide, refusal
from exempt.rules.explain import step, verdict
from exempt.rules.replay import replay
from support.records import TODAY, coverage, facts

# Close together, so that ties and boundaries come up.
days = st.dates(TODAY - dt.timedelta(days=4), TODAY + dt.timedelta(days=4))
profiles = st.sampled_from(Profile)
states = st.sampled_from(["US-TX", "US-CA", "US-OR", "CA-ON"])
numbers = st.sampled_from([(), ("po-1",), ("PO-2", "PO-1 ")])
ids = st.integers(1, 6)
by_hands = st.builds(ByHand, st.none() | ids, st.none(), st.sampled_from(["", "as agreed"]))
overrides = st.builds(ByHand, st.none() | ids, st.booleans(), st.just("as agreed"))
places = st.sampled_from(
    [("US-TX", "US"), ("US-OR", "US"), ("CA-ON", "CA"), (None, "DE"), (None, "US"), (None, None)]
)


def at(place: tuple[str | None, str | None], **changes: Any) -> Facts:
    return facts(**changes)._replace(jurisdiction=place[0], country=place[1])


any_facts = st.builds(
    at,
    places,
    order_date=days,
    customer_known=st.booleans(),
    claimed=st.booleans(),
    free_form_number=st.sampled_from([None, "FF-1"]),
    order_numbers=st.sampled_from([(), ("po-1",), ("o-1", "po-2")]),
    by_hand=st.none() | by_hands | overrides,
)
by_rule = any_facts.map(lambda f: f._replace(by_hand=None))
on_file = st.lists(
    st.builds(
        coverage,
        ids,
        customer_id=st.integers(1, 2),
        jurisdiction=states,
        effective_date=days,
        expiration_date=st.none() | days,
        held_through=st.none() | days,
        apply_tax=st.booleans(),
        exempt_percentage=st.sampled_from([Decimal(100), Decimal(100), Decimal("33.33")]),
        kind=st.sampled_from(CertificateKind),
        order_numbers=numbers,
        review_status=st.sampled_from([ReviewStatus.ACCEPTED, *ReviewStatus]),
        archived_date=st.none() | days,
        certificate_number=st.sampled_from([None, "N"]),
        exemption_number=st.sampled_from([None, "E"]),
    ),
    max_size=6,
    unique_by=lambda c: (c.certificate_id, c.jurisdiction, c.customer_id),
)
USED = {Finding.CHOSEN, Finding.CHOSEN_BY_HAND}


def used(decision: Decision, held: list[Coverage]) -> list[Coverage]:
    """The coverages that the steps call used."""
    names = {
        (s.certificate_id, s.jurisdiction, s.customer_id)
        for s in decision.steps
        if s.finding in USED
    }
    return [c for c in held if (c.certificate_id, c.jurisdiction, c.customer_id) in names]


def outcome(decision: Decision) -> Decision:
    """The decision without the way that led there."""
    return decision.model_copy(update={"steps": ()})


@given(any_facts, on_file, profiles, st.randoms())
def test_the_order_in_which_certificates_come_is_irrelevant(
    these: Facts, held: list[Coverage], profile: Profile, chance: Random
) -> None:
    shuffled = list(held)
    chance.shuffle(shuffled)
    assert decide(these, held, profile) == decide(these, shuffled, profile)


@given(any_facts, on_file, profiles)
def test_a_replay_gives_the_same_result(
    these: Facts, held: list[Coverage], profile: Profile
) -> None:
    decision = decide(these, held, profile)
    assert replay(decision) == decision
    assert replay(Decision.model_validate_json(decision.model_dump_json())) == decision


@given(any_facts, on_file, profiles, st.integers(1, 400))
def test_one_more_that_has_expired_changes_nothing(
    these: Facts, held: list[Coverage], profile: Profile, ago: int
) -> None:
    long_ago = these.order_date - dt.timedelta(days=ago)
    gone = coverage(99, effective_date=long_ago, expiration_date=long_ago)
    assert outcome(decide(these, [*held, gone], profile)) == outcome(decide(these, held, profile))


@given(any_facts, on_file, profiles)
def test_none_that_is_refused_is_used_unless_by_hand(
    these: Facts, held: list[Coverage], profile: Profile
) -> None:
    decision = decide(these, held, profile)
    for chosen in used(decision, held):
        by_hand = these.by_hand is not None and these.by_hand.certificate_id is not None
        against = refusal(chosen, these, profile)
        assert against is None or by_hand
        assert [s.against for s in decision.steps if s.finding in USED] == [against]
        assert chosen.review_status is ReviewStatus.ACCEPTED


@given(by_rule, on_file)
def test_the_one_used_is_accepted_in_force_and_of_the_state(
    these: Facts, held: list[Coverage]
) -> None:
    for chosen in used(decide(these, held), held):
        assert chosen.in_force(these.order_date)
        assert chosen.review_status is ReviewStatus.ACCEPTED
        assert chosen.archived_date is None or these.order_date < chosen.archived_date
        assert chosen.jurisdiction == these.jurisdiction


@given(by_rule, on_file, profiles)
def test_none_that_would_do_expires_sooner_than_the_one_used(
    these: Facts, held: list[Coverage], profile: Profile
) -> None:
    for chosen in used(decide(these, held, profile), held):
        fit = [c for c in held if refusal(c, these, profile) is None]
        ends = [c.expiration_date or dt.date.max for c in fit]
        assert (chosen.expiration_date or dt.date.max) == min(ends)


@given(by_rule, on_file)
def test_r2_uses_one_wherever_the_default_does(these: Facts, held: list[Coverage]) -> None:
    if decide(these, held).ground is Ground.CERTIFICATE:
        assert decide(these, held, Profile.R2).ground is Ground.CERTIFICATE


@given(any_facts, on_file, profiles)
def test_every_certificate_is_looked_at_once(
    these: Facts, held: list[Coverage], profile: Profile
) -> None:
    """In the state of the order each coverage; one for others has a step for all of them."""
    steps = decide(these, held, profile).steps
    here = {c.certificate_id for c in held if c.jurisdiction == these.jurisdiction}
    looked_at = [(s.certificate_id, s.jurisdiction, s.customer_id) for s in steps]
    assert [each for each in looked_at if each[0] in here] == sorted(
        (c.certificate_id, c.jurisdiction, c.customer_id)
        for c in held
        if c.jurisdiction == these.jurisdiction
    )
    elsewhere = [s for s in steps if s.certificate_id not in here]
    assert len(elsewhere) == len({c.certificate_id for c in held} - here)
    for one in elsewhere:
        places = sorted({c.jurisdiction for c in held if c.certificate_id == one.certificate_id})
        assert (one.jurisdiction, one.also_for) == (places[0], len(places) - 1)


@given(any_facts, on_file, profiles)
def test_one_is_used_where_a_certificate_is_the_ground_and_else_none(
    these: Facts, held: list[Coverage], profile: Profile
) -> None:
    decision = decide(these, held, profile)
    by_certificate = decision.ground is Ground.CERTIFICATE
    found = [s.certificate_id for s in decision.steps if s.finding in USED]
    assert found == ([decision.certificate_id] if by_certificate else [])
    assert (decision.certificate_id is not None) is by_certificate


@given(any_facts, on_file, profiles)
def test_tax_applies_unless_all_of_it_is_exempt(
    these: Facts, held: list[Coverage], profile: Profile
) -> None:
    decision = decide(these, held, profile)
    assert decision.exempt is (decision.exempt_percentage == 100)
    if decision.exempt_percentage:
        assert decision.ground in {Ground.CERTIFICATE, Ground.FREE_FORM_NUMBER, Ground.OVERRIDE}
    shows_number = decision.ground in {Ground.CERTIFICATE, Ground.FREE_FORM_NUMBER}
    assert (decision.certificate_number is not None) is shows_number


@given(any_facts, on_file, profiles)
def test_what_was_passed_over_can_be_left_out(
    these: Facts, held: list[Coverage], profile: Profile
) -> None:
    """The decision hangs on the one used alone."""
    decision = decide(these, held, profile)
    alone = decide(these, used(decision, held), profile)
    assert outcome(alone) == outcome(decision)


@given(any_facts, on_file, profiles)
def test_a_decision_can_be_told(these: Facts, held: list[Coverage], profile: Profile) -> None:
    decision = decide(these, held, profile)
    for said in (verdict(decision), *map(step, decision.steps)):
        assert said.endswith(".")
        assert "None" not in said
        assert "  " not in said
        assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in said.split(". "))
