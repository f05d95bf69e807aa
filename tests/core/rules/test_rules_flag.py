"""A customer is flagged by the source's flag, or by an exemption number, or by a code."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.decision import Ground
from support.records import card, customer
from support.rules_records import decided


@pytest.mark.parametrize(
    ("facts", "flagged"),
    [
        pytest.param({}, False, id="by nothing"),
        pytest.param({"exempt": True}, True, id="by the flag"),
        pytest.param({"exempt": False}, False, id="not by a flag that is off"),
        pytest.param({"exemption_number": "1-23"}, True, id="by a number without a code"),
        pytest.param({"exemption_code": "G"}, True, id="by a code without a number"),
        pytest.param({"exemption_number": "1-23", "exemption_code": "G"}, True, id="by both"),
        pytest.param({"exempt": False, "exemption_code": "G"}, True, id="by a code, flag or not"),
        pytest.param({"exemption_number": "", "exemption_code": ""}, False, id="not by blanks"),
        pytest.param({"tax_id": "12-3456789"}, False, id="not by a tax registration"),
    ],
)
def test_flagged(facts: dict[str, Any], flagged: bool) -> None:
    assert customer(**facts).flagged_exempt is flagged


@pytest.mark.parametrize(
    ("flagged", "ground"),
    [
        pytest.param(True, Ground.NO_CERTIFICATE, id="a flagged customer is to be asked"),
        pytest.param(False, Ground.NOT_CLAIMED, id="any other is simply taxed"),
    ],
)
def test_the_flag_alone_exempts_nobody(flagged: bool, ground: Ground) -> None:
    decision = decided(who=card(flagged_exempt=flagged))
    assert (decision.ground, decision.tax_applicable) == (ground, True)
