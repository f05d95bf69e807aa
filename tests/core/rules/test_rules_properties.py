"""What holds of every decision, whatever is on file."""

from __future__ import annotations

import datetime as dt
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import Coverage, ReviewStatus
from exempt.model.decision import Card, Decision, Finding, Ground, Profile
from exempt.model.sources import Order
from exempt.rules.decision import decide
from support.records import TODAY, address, card, coverage, order

# Close together, so that ties and boundaries come up.
days = st.dates(TODAY - dt.timedelta(days=4), TODAY + dt.timedelta(days=4))
profiles = st.sampled_from(Profile)
states = st.sampled_from(["US-TX", "US-CA", "US-OR", "CA-ON"])
places = st.one_of(
    st.none(),
    st.sampled_from([address("TX"), address("OR"), address("ON", "CA"), address(None)]),
)
orders = st.builds(
    order, order_date=days, ship_to=places, tax_applicable=st.sampled_from([None, False, True])
)
cards = st.builds(
    card,
    flagged_exempt=st.booleans(),
    resale_certificate_number=st.sampled_from([None, "", "FF-1"]),
)
on_file = st.lists(
    st.builds(
        coverage,
        st.integers(1, 6),
        jurisdiction=states,
        effective_date=days,
        expiration_date=st.none() | days,
        apply_tax=st.booleans(),
        review_status=st.sampled_from(ReviewStatus),
        archived_date=st.none() | days,
        certificate_number=st.sampled_from([None, "N"]),
        exemption_number=st.sampled_from([None, "E"]),
    ),
    max_size=6,
    unique_by=lambda c: (c.certificate_id, c.jurisdiction),
)


def used(decision: Decision, held: list[Coverage]) -> Coverage | None:
    return next(
        (
            c
            for c in held
            if (c.certificate_id, c.jurisdiction)
            == (decision.certificate_id, decision.jurisdiction)
        ),
        None,
    )


@given(orders, cards, on_file, profiles, st.randoms())
def test_the_order_in_which_certificates_come_is_irrelevant(
    sale: Order, who: Card, held: list[Coverage], profile: Profile, chance: Random
) -> None:
    shuffled = list(held)
    chance.shuffle(shuffled)
    assert decide(sale, who, held, profile) == decide(sale, who, shuffled, profile)


@given(orders, cards, on_file)
def test_the_one_used_is_accepted_in_force_and_of_the_state(
    sale: Order, who: Card, held: list[Coverage]
) -> None:
    decision = decide(sale, who, held)
    if (chosen := used(decision, held)) is not None:
        assert chosen.in_force(sale.order_date)
        assert chosen.review_status is ReviewStatus.ACCEPTED
        assert chosen.archived_date is None or sale.order_date < chosen.archived_date
        assert sale.ship_to is not None
        assert chosen.jurisdiction == sale.ship_to.jurisdiction


@given(orders, cards, on_file)
def test_r2_uses_at_least_what_the_default_uses(
    sale: Order, who: Card, held: list[Coverage]
) -> None:
    if decide(sale, who, held).ground is Ground.CERTIFICATE:
        assert decide(sale, who, held, Profile.R2).ground is Ground.CERTIFICATE


@given(orders, cards, on_file, profiles)
def test_every_certificate_is_looked_at_once(
    sale: Order, who: Card, held: list[Coverage], profile: Profile
) -> None:
    steps = decide(sale, who, held, profile).steps
    looked_at = [(s.certificate_id, s.jurisdiction) for s in steps]
    assert looked_at == sorted((c.certificate_id, c.jurisdiction) for c in held)


@given(orders, st.none() | cards, on_file, profiles)
def test_exactly_one_is_chosen_where_a_certificate_is_the_ground_and_else_none(
    sale: Order, who: Card | None, held: list[Coverage], profile: Profile
) -> None:
    decision = decide(sale, who, held, profile)
    chosen = [s for s in decision.steps if s.finding is Finding.CHOSEN]
    assert len(chosen) == (decision.ground is Ground.CERTIFICATE)
    assert (decision.certificate_id is not None) == (decision.ground is Ground.CERTIFICATE)


@given(orders, st.none() | cards, on_file, profiles)
def test_an_order_is_exempt_by_a_certificate_or_a_free_form_number_only(
    sale: Order, who: Card | None, held: list[Coverage], profile: Profile
) -> None:
    decision = decide(sale, who, held, profile)
    if decision.exempt:
        assert decision.ground in (Ground.CERTIFICATE, Ground.FREE_FORM_NUMBER)
    shows_number = decision.ground in (Ground.CERTIFICATE, Ground.FREE_FORM_NUMBER)
    assert (decision.certificate_number is not None) == shows_number


@given(orders, cards, on_file, profiles)
def test_what_was_refused_can_be_left_out(
    sale: Order, who: Card, held: list[Coverage], profile: Profile
) -> None:
    """The decision hangs on the one used alone."""
    decision = decide(sale, who, held, profile)
    chosen = used(decision, held)
    alone = decide(sale, who, [chosen] if chosen else [], profile)
    assert alone.model_copy(update={"steps": ()}) == decision.model_copy(update={"steps": ()})


@given(orders, cards, on_file, profiles)
def test_the_same_facts_give_the_same_decision(
    sale: Order, who: Card, held: list[Coverage], profile: Profile
) -> None:
    decision = decide(sale, who, held, profile)
    assert Decision.model_validate_json(decision.model_dump_json()) == decision
    assert decide(sale, who, held, profile) == decision
