"""What a customer is told of a rejected certificate."""

from __future__ import annotations

import pytest

from exempt.model.certificate import Rejection, RejectionCode
from exempt.rules.rejections import in_history, sentence

SENTENCES = {
    "incomplete": "Something on it is not filled in.",
    "not_signed": "It is not signed, or not dated.",
    "illegible": "It cannot be read: please scan or photograph it again.",
    "wrong_form": "The state does not take this form.",
    "wrong_buyer": "It names another buyer.",
    "wrong_seller": "It names another seller.",
    "wrong_state": "It is for another state.",
    "number_invalid": "The number on it is not one that the state knows.",
    "reason_not_accepted": "The reason on it does not exempt these purchases.",
    "expired": "It has expired.",
    "other": "It cannot be accepted.",
}


@pytest.mark.parametrize("code", RejectionCode)
def test_each_code_is_a_sentence(code: RejectionCode) -> None:
    assert sentence(Rejection(code=code)) == SENTENCES[code]


@pytest.mark.parametrize("code", RejectionCode)
def test_what_staff_added_follows_it(code: RejectionCode) -> None:
    added = Rejection(code=code, text="Box 3 is empty.")
    first = "" if code is RejectionCode.OTHER else f"{SENTENCES[code]} "
    assert sentence(added) == f"{first}Box 3 is empty.", "which says it all by itself"


@pytest.mark.parametrize(
    ("rejections", "kept"),
    [
        pytest.param((), None, id="nothing is wrong"),
        pytest.param(
            (
                Rejection(code=RejectionCode.EXPIRED),
                Rejection(code=RejectionCode.OTHER, text="It is torn."),
            ),
            "expired; other: It is torn.",
            id="all on one line",
        ),
    ],
)
def test_a_history_keeps_them_on_one_line(
    rejections: tuple[Rejection, ...], kept: str | None
) -> None:
    assert in_history(rejections) == kept
