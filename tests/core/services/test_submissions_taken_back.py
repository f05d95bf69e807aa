"""What customers send in and take back; and what holds whatever they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import ReviewStatus
from exempt.model.requesting import (
    SubmissionState,
)
from exempt.services import request_steps, submissions
from exempt.services.certificates import archive, review
from support.portal import PortalHouse, portal_house
from support.records import NOW, TODAY
from support.sendings import certificate, drafted, sent, state_of
from support.stores import enter


@pytest.fixture
def house(tmp_path: Path) -> Iterator[PortalHouse]:
    with portal_house(tmp_path) as made:
        yield made


# --- taking back -------------------------------------------------------------------------


def test_what_waits_is_taken_back_and_the_request_is_open_again(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    done = sent(house, request_id)

    submissions.take_back(house.store, done.certificate_id or 0, house.customer_id, house.act())

    made = certificate(house, done)
    assert made.review_status is ReviewStatus.REJECTED
    assert [each.text for each in made.rejections] == [submissions.TAKEN_BACK]
    assert house.sent(request_id)[0].state is SubmissionState.WITHDRAWN
    assert state_of(house, request_id) == "opened"


def test_what_was_accepted_is_archived(house: PortalHouse) -> None:
    with house.store.writing() as tx:
        known = enter(tx, house.customer_id, "TX")

    submissions.take_back(house.store, known, house.customer_id, house.act())

    with house.store.reading() as tx:
        found = tx.certificates.get(known)
    assert found is not None
    assert found.archived_date == TODAY


@pytest.mark.parametrize("whose", ["other", "shared", "nobody"])
def test_what_belongs_to_others_is_not_taken_back(house: PortalHouse, whose: str) -> None:
    with house.store.writing() as tx:
        both = (house.customer_id, house.other_id)
        known = enter(
            tx, house.other_id, "TX", **({"customer_ids": both} if whose == "shared" else {})
        )

    with pytest.raises(NotFoundError):
        number = 99 if whose == "nobody" else known
        submissions.take_back(house.store, number, house.customer_id, house.act())


@pytest.mark.parametrize("how", ["rejected", "archived"])
def test_what_does_not_count_anyway_is_not_taken_back(house: PortalHouse, how: str) -> None:
    act = house.act()
    with house.store.writing() as tx:
        known = enter(tx, house.customer_id, "TX")
    if how == "archived":
        archive(house.store, known, act)
    else:
        review(house.store, known, act, rejections=submissions.why_taken_back())

    with pytest.raises(RefusedError):
        submissions.take_back(house.store, known, house.customer_id, act)


# --- all of it together ------------------------------------------------------------------

STEPS: dict[str, Any] = {
    "save": drafted,
    "send": sent,
    "discard": lambda house, request: submissions.discard(
        house.store, house.sent(request)[-1].id, NOW
    ),
    "take back": lambda house, request: submissions.take_back(
        house.store, house.sent(request)[-1].certificate_id or 0, house.customer_id, house.act()
    ),
    "cancel": lambda house, request: request_steps.cancelled(house.store, request, house.act()),
}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=7))
def test_whatever_happens_each_certificate_has_one_submission_and_one_draft_is_open(
    house: PortalHouse, steps: list[str]
) -> None:
    request_id, _ = house.ask()
    for step in steps:
        try:
            STEPS[step](house, request_id)
        except (RefusedError, NotFoundError, IndexError):
            continue

    all_of_it = house.sent(request_id)
    made = [each for each in all_of_it if each.certificate_id is not None]
    waiting = [each for each in all_of_it if each.state is SubmissionState.WAITING]
    assert sum(each.state is SubmissionState.DRAFT for each in all_of_it) <= 1
    assert len({each.certificate_id for each in made}) == len(made)
    assert len(waiting) <= 1  # the same words and file are sent once
    assert (state_of(house, request_id) == "submitted") == bool(waiting)
    for each in made:
        pending = certificate(house, each).review_status is ReviewStatus.PENDING
        assert pending == (each.state is SubmissionState.WAITING)
