"""What there is for each state, as a customer is told it."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.certificate import Certificate, Rejection, RejectionCode, ReviewStatus
from exempt.rules.holdings import Holding, holdings
from exempt.rules.status import CertificateStatus
from support.records import DAY, TODAY, YEAR, details

PENDING: dict[str, Any] = {"review_status": ReviewStatus.PENDING}
WRONG = (Rejection(code=RejectionCode.NOT_SIGNED),)
REJECTED: dict[str, Any] = {"review_status": ReviewStatus.REJECTED, "rejections": WRONG}


def certificate(number: int = 1, *states: str, **changes: Any) -> Certificate:
    """One on file, accepted, without an end."""
    of_it = {name: changes.pop(name) for name in list(changes) if name in _OF_IT}
    said = details(*states, **changes).model_dump()
    return Certificate(**said, id=number, **{"review_status": ReviewStatus.ACCEPTED, **of_it})


_OF_IT = {"review_status", "rejections", "archived_date"}


@pytest.mark.parametrize(
    ("on_file", "status", "wanted"),
    [
        pytest.param([], None, True, id="nothing"),
        pytest.param([certificate()], CertificateStatus.ACTIVE, False, id="in use"),
        pytest.param(
            [certificate(expiration_date=TODAY + DAY)],
            CertificateStatus.EXPIRING_SOON,
            True,
            id="ends soon",
        ),
        pytest.param(
            [certificate(expiration_date=TODAY - DAY)],
            CertificateStatus.EXPIRED,
            True,
            id="has ended",
        ),
        pytest.param([certificate(**PENDING)], CertificateStatus.PENDING, False, id="waits"),
        pytest.param([certificate(**REJECTED)], CertificateStatus.INVALID, True, id="rejected"),
        pytest.param([certificate(archived_date=TODAY)], None, True, id="archived"),
        pytest.param(
            [certificate(effective_date=TODAY + DAY)], CertificateStatus.FUTURE, False, id="to come"
        ),
        pytest.param([certificate(1, "CA")], None, True, id="for another state"),
    ],
)
def test_one_certificate(
    on_file: list[Certificate],
    status: CertificateStatus | None,
    wanted: bool,
) -> None:
    (found,) = holdings(on_file, ["US-TX"], TODAY, 30)

    assert (found.jurisdiction, found.status, found.wanted) == ("US-TX", status, wanted)


@pytest.mark.parametrize(
    ("on_file", "best"),
    [
        pytest.param(
            [certificate(1, **PENDING), certificate(2, **REJECTED)],
            CertificateStatus.PENDING,
            id="what waits before what was rejected",
        ),
        pytest.param(
            [certificate(1, expiration_date=TODAY - DAY), certificate(2, **PENDING)],
            CertificateStatus.PENDING,
            id="what waits before what has ended",
        ),
        pytest.param(
            [certificate(1, expiration_date=TODAY + DAY), certificate(2, **PENDING)],
            CertificateStatus.PENDING,
            id="a new one that waits before one that ends soon",
        ),
        pytest.param(
            [certificate(1), certificate(2, **PENDING)],
            CertificateStatus.ACTIVE,
            id="what is in use before all",
        ),
        pytest.param(
            [certificate(1, expiration_date=TODAY - DAY), certificate(2, **REJECTED)],
            CertificateStatus.INVALID,
            id="what was rejected before what has ended: it tells more",
        ),
    ],
)
def test_of_several_the_best_one_is_told(
    on_file: list[Certificate], best: CertificateStatus
) -> None:
    assert holdings(on_file, ["US-TX"], TODAY, 30)[0].status is best
    assert holdings(on_file[::-1], ["US-TX"], TODAY, 30)[0].status is best


def test_of_equally_good_ones_the_last_one_is_told() -> None:
    on_file = [certificate(2, expiration_date=TODAY + YEAR), certificate(1)]

    assert holdings(on_file, ["US-TX"], TODAY, 30) == (
        Holding("US-TX", CertificateStatus.ACTIVE, TODAY + YEAR),
    )


def test_each_state_is_told_for_itself_in_the_order_asked_for() -> None:
    on_file = [certificate(1, "CA"), certificate(2, "TX", **REJECTED)]

    assert holdings(on_file, ["US-TX", "US-NY", "US-CA"], TODAY, 30) == (
        Holding("US-TX", CertificateStatus.INVALID, None, WRONG),
        Holding("US-NY"),
        Holding("US-CA", CertificateStatus.ACTIVE),
    )
