"""For which states a customer can be asked, and why not for others."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.model.certificate import Certificate, CertificateKind, ReviewStatus
from exempt.rules.requestable import Offer, offers
from support.records import DAY, TODAY, YEAR, details, in_state

SOON = 30
TX = "US-TX"


def held(
    one: int = 1, place: str = TX, *, of: dict[str, Any] | None = None, **whole: Any
) -> Certificate:
    """An accepted certificate for Texas, signed a year ago."""
    entered = details(jurisdictions=[in_state(place, **(of or {}))])
    fields = {"id": one, "review_status": ReviewStatus.ACCEPTED, **whole}
    return Certificate(**{**dict(entered), **fields})


def offer(*certificates: Certificate, asked: dict[str, dt.date] | None = None) -> Offer:
    (found,) = offers(certificates, [TX], TODAY, SOON, asked or {})
    return found


def until(days: int) -> dict[str, Any]:
    return {"of": {"expiration_date": TODAY + days * DAY}}


MATRIX = [
    pytest.param([], True, "There is no certificate for it.", id="there is none"),
    pytest.param([held()], False, "The one on file is active, and has no end.",
                 id="active without an end"),
    pytest.param([held(**until(31))], False, f"The one on file is active until {TODAY + 31 * DAY}.",
                 id="active"),
    pytest.param([held(**until(30))], True, f"The one on file ends on {TODAY + 30 * DAY}.",
                 id="expiring soon"),
    pytest.param([held(**until(0))], True, f"The one on file ends on {TODAY}.",
                 id="expiring today"),
    pytest.param([held(**until(-1))], True, f"The one on file ended on {TODAY - DAY}.",
                 id="expired"),
    pytest.param([held(archived_date=TODAY)], True, "The one on file was archived.",
                 id="archived"),
    pytest.param([held(review_status=ReviewStatus.REJECTED)], True, "The one on file was rejected.",
                 id="rejected"),
    pytest.param([held(review_status=ReviewStatus.PENDING)], False,
                 "One waits for review: accept it or reject it first.", id="waiting for review"),
    pytest.param([held(of={"effective_date": TODAY + DAY})], False,
                 f"One is on file that takes effect on {TODAY + DAY}.", id="in the future"),
    pytest.param([held(signed_date=TODAY + DAY)], False,
                 f"One is on file that takes effect on {TODAY + DAY}.", id="signed in the future"),
    pytest.param([held(kind=CertificateKind.SINGLE_USE, order_numbers=("O-1",))], True,
                 "There is no certificate for it.", id="only one for a single sale"),
    pytest.param([held(place="US-CA")], True, "There is no certificate for it.",
                 id="only one for another state"),
    pytest.param([held(**until(-1)), held(2)], False, "The one on file is active, and has no end.",
                 id="renewed already"),
    pytest.param([held(1, **until(9)), held(2, **until(20))], True,
                 f"The one on file ends on {TODAY + 20 * DAY}.", id="of two the one that lasts"),
    pytest.param([held(of={"held_through": TODAY + DAY})], False,
                 "The one on file is active, and has no end.", id="its next sale prolongs it"),
    pytest.param([held(of={"held_through": TODAY - DAY})], True,
                 f"The one on file ended on {TODAY - DAY}.", id="ended for want of sales"),
]  # fmt: skip


@pytest.mark.parametrize(("certificates", "offered", "why"), MATRIX)
def test_when_asking_is_offered(certificates: list[Certificate], offered: bool, why: str) -> None:
    """A29."""
    found = offer(*certificates)
    assert (found.offered, found.why) == (offered, why)
    assert found.renews == (offered and "ends on" in why)


def test_what_was_asked_for_is_not_asked_for_again() -> None:
    found = offer(asked={TX: TODAY - DAY})
    assert not found.offered
    assert found.why == f"It was asked for on {TODAY - DAY}: send that request again."
    assert not offer(held(**until(9)), asked={TX: TODAY}).renews


def test_where_no_sales_tax_is_levied_none_is_needed() -> None:
    (found,) = offers([], ["US-OR"], TODAY, SOON, {})
    assert (found.offered, found.why) == (False, "Oregon levies no sales tax: none is needed.")


def test_the_number_that_a_renewal_is_about() -> None:
    end = TODAY + DAY
    assert offer(held(**until(1)))[4:] == (end, "N-1")
    of_state = held(of={"expiration_date": end, "exemption_number": "1-23"}, number=None)
    assert offer(of_state).number == "1-23"
    assert offer(held(of={"expiration_date": TODAY + YEAR})).end == TODAY + YEAR
