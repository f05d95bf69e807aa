"""What the metadata of a customer says, within Stripe's limits."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exempt import ExemptionReason, JurisdictionStatus, PushItem, Target
from exempt_billing_stripe.metadata import metadata_of, own_metadata


def status(state: str, *, exempt: bool = True, **given: Any) -> JurisdictionStatus:
    return JurisdictionStatus(jurisdiction=f"US-{state}", exempt=exempt, **given)


def item(*jurisdictions: JurisdictionStatus) -> PushItem:
    return PushItem(
        key="key-1",
        target=Target.CUSTOMER,
        external_id="cus_1",
        version=1,
        jurisdictions=jurisdictions,
    )


TEXAS = status(
    "TX",
    exemption_reason=ExemptionReason.RESALE,
    exemption_number="1-23",
    signed_date=dt.date(2024, 2, 1),
)


def test_a_part_stands_beside_what_is_wholly_exempt() -> None:
    part = status("IL", exempt=False, exempt_percentage=Decimal("62.50"), exemption_number="E-9")
    shown = metadata_of(item(part, TEXAS, status("CA", exempt=False)), "exempt_")
    assert shown == {
        "exempt_states": "TX",
        "exempt_percentages": "IL=62.5",
        "exempt_reasons": "TX=resale",
        "exempt_numbers": "IL=E-9; TX=1-23",
        "exempt_signed": "TX=2024-02-01",
    }
    assert own_metadata(shown, "exempt_") == shown


def test_several_states_share_a_key() -> None:
    shown = metadata_of(item(TEXAS, status("CA", exemption_number=" 99 ")), "exempt_")
    assert shown["exempt_states"] == "CA; TX"
    assert shown["exempt_numbers"] == "CA=99; TX=1-23"
    assert shown["exempt_signed"] == "TX=2024-02-01"


def test_a_full_key_goes_on_in_the_next() -> None:
    states = ("AL", "AR", "AZ", "CA", "CO", "CT", "FL", "GA")
    numbers = [status(state, exemption_number="9" * 150) for state in states]
    shown = metadata_of(item(*numbers), "exempt_")
    assert [key for key in shown if key.startswith("exempt_numbers")] == [
        "exempt_numbers",
        "exempt_numbers_2",
        "exempt_numbers_3",
    ]


def test_what_fits_in_no_key_is_counted() -> None:
    states = ("AL", "AR", "AZ", "CA", "CO", "CT")
    numbers = [status(state, exemption_number="9" * 400) for state in states]
    shown = metadata_of(item(*numbers), "exempt_")
    assert shown["exempt_numbers_4"].endswith("; and 2 more")
    assert "exempt_numbers_5" not in shown


def test_what_is_too_long_for_stripe_is_told() -> None:
    shown = metadata_of(item(status("TX", exemption_number="9" * 500)), "exempt_")
    assert shown["exempt_numbers"] == "TX=(too long for Stripe)"


CODES = ["AL", "AR", "AZ", "CA", "CO", "CT", "DC", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS"]


@given(
    st.lists(st.sampled_from(CODES), unique=True),
    st.text("0123456789-", min_size=1, max_size=500),
)
def test_metadata_keeps_to_stripes_limits(states: list[str], number: str) -> None:
    jurisdictions = [
        status(state, exemption_number=number, certificate_number=number) for state in states
    ]
    shown = metadata_of(item(*jurisdictions), "exempt_")
    assert len(shown) <= 25
    assert all(len(key) <= 40 and 0 < len(value) <= 500 for key, value in shown.items())
    assert own_metadata(shown, "exempt_") == shown
