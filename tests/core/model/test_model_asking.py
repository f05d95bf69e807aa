"""The question whether an order is to be taxed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from exempt.model.asking import Buyer, Question


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({"id": 1}, id="ours"),
        pytest.param({"number": "C-1"}, id="the seller's"),
        pytest.param({"external_id": "cus_1", "connection": "stripe"}, id="a source's"),
    ],
)
def test_a_buyer_has_one_name(names: dict[str, Any]) -> None:
    assert Buyer(**names).model_dump(exclude_none=True) == names


@pytest.mark.parametrize(
    ("names", "why"),
    [
        pytest.param({}, "name the customer once", id="none"),
        pytest.param({"id": 1, "number": "C-1"}, "name the customer once", id="two"),
        pytest.param({"external_id": "cus_1"}, "belong together", id="no connection"),
        pytest.param({"id": 1, "connection": "stripe"}, "belong together", id="no external id"),
        pytest.param({"id": 0}, "greater than or equal to 1", id="no id"),
    ],
)
def test_a_buyer_without_one_name_is_refused(names: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Buyer(**names)


def test_what_is_not_known_may_be_left_out() -> None:
    question = Question.model_validate_json('{"customer": {"number": "C-1"}}')
    assert question.ship_to is None
    assert question.currency == "USD"
