"""From many states to one flag, by the rule that the seller chose."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt import JurisdictionStatus
from exempt_billing_stripe.flag import left_behind, wanted_flag
from exempt_billing_stripe.settings import ExemptWhen

ALL, ANY, LOCATION, METADATA = ExemptWhen


def status(state: str, *, exempt: bool, part: int | None = None) -> JurisdictionStatus:
    return JurisdictionStatus(
        jurisdiction=f"US-{state}",
        exempt=exempt,
        exempt_percentage=None if part is None else Decimal(part),
    )


TX, CA = status("TX", exempt=True), status("CA", exempt=True)
OK, NY = status("OK", exempt=False), status("NY", exempt=False)
IL = status("IL", exempt=False, part=60)


@pytest.mark.parametrize(
    ("rule", "statuses", "location", "shown", "flag"),
    [
        pytest.param(ALL, [TX, CA], None, "none", "exempt", id="all: exempt in all of all"),
        pytest.param(ALL, [TX, OK], None, "exempt", "none", id="all: one state is taxable"),
        pytest.param(ALL, [TX, IL], None, "none", "none", id="all: a part is not all"),
        pytest.param(ALL, [], None, "exempt", "none", id="all: no state is no exemption"),
        pytest.param(ANY, [TX, OK], None, "none", "exempt", id="any: one is enough"),
        pytest.param(ANY, [OK, NY], None, "exempt", "none", id="any: not one"),
        pytest.param(ANY, [IL], None, "none", "none", id="any: a part is none"),
        pytest.param(ANY, [], None, "exempt", "none", id="any: no state at all"),
        pytest.param(LOCATION, [TX, OK], "US-TX", "none", "exempt", id="location: exempt there"),
        pytest.param(LOCATION, [TX, OK], "US-OK", "exempt", "none", id="location: taxable there"),
        pytest.param(LOCATION, [TX, IL], "US-IL", "none", "none", id="location: in part only"),
        pytest.param(LOCATION, [TX], "US-CA", "exempt", "none", id="location: a state unheard of"),
        pytest.param(LOCATION, [TX], None, "exempt", "none", id="location: none known"),
        pytest.param(METADATA, [TX], "US-TX", "none", "none", id="metadata only: stays taxed"),
        pytest.param(METADATA, [OK], "US-OK", "exempt", "exempt", id="metadata only: stays exempt"),
        pytest.param(METADATA, [TX], "US-TX", "reverse", "reverse", id="metadata only: reverse"),
    ],
)
def test_flag(
    rule: ExemptWhen,
    statuses: list[JurisdictionStatus],
    location: str | None,
    shown: str,
    flag: str,
) -> None:
    assert wanted_flag(rule, statuses, location, shown) == flag


@pytest.mark.parametrize(
    ("statuses", "flag", "said"),
    [
        pytest.param([TX, CA], "exempt", "", id="exempt everywhere, and so it says"),
        pytest.param([OK, NY], "none", "", id="taxable everywhere, and so it says"),
        pytest.param([], "none", "", id="no state at all"),
        pytest.param([TX, OK], "none", "taxed in Stripe, though exempt in TX", id="taxed"),
        pytest.param(
            [TX, OK, CA, IL],
            "none",
            "taxed in Stripe, though exempt in CA, IL (60 % exempt) and TX",
            id="taxed, in several",
        ),
        pytest.param(
            [TX, OK, NY],
            "exempt",
            "not taxed in Stripe, though taxable in NY and OK",
            id="not taxed",
        ),
        pytest.param(
            [TX, IL],
            "exempt",
            "not taxed in Stripe, though taxable in IL (60 % exempt)",
            id="not taxed, though a part is taxable",
        ),
        pytest.param([TX, OK], "reverse", "", id="reverse charge is another matter"),
    ],
)
def test_who_is_left_behind(statuses: list[JurisdictionStatus], flag: str, said: str) -> None:
    assert left_behind(statuses, flag) == said


MANY = ["AL", "AR", "AZ", "CA", "CO", "CT", "DC", "FL", "GA", "IA", "ID"]
MANY += ["IN", "KS", "KY", "LA", "MA"]


def test_a_long_list_of_states_is_cut() -> None:
    many = [status(state, exempt=True) for state in MANY]
    said = left_behind(many, "none")
    assert said.endswith("IA, ID and 5 more")
    assert len(many) == 16


@given(st.lists(st.sampled_from([TX, CA, OK, NY, IL]), unique=True), st.sampled_from([ALL, ANY]))
def test_somebody_is_left_behind_just_when_the_states_differ(
    statuses: list[JurisdictionStatus], rule: ExemptWhen
) -> None:
    flag = wanted_flag(rule, statuses, None, "none")
    alike = all(each.exempt for each in statuses) or not any(
        each.exempt or each.exempt_percentage for each in statuses
    )
    assert (left_behind(statuses, flag) == "") == alike
