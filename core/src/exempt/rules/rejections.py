"""What a customer is told of a rejected certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exempt.model.certificate import Rejection, RejectionCode

_SENTENCES: Mapping[RejectionCode, str] = {
    RejectionCode.INCOMPLETE: "Something on it is not filled in.",
    RejectionCode.NOT_SIGNED: "It is not signed, or not dated.",
    RejectionCode.ILLEGIBLE: "It cannot be read: please scan or photograph it again.",
    RejectionCode.WRONG_FORM: "The state does not take this form.",
    RejectionCode.WRONG_BUYER: "It names another buyer.",
    RejectionCode.WRONG_SELLER: "It names another seller.",
    RejectionCode.WRONG_STATE: "It is for another state.",
    RejectionCode.NUMBER_INVALID: "The number on it is not one that the state knows.",
    RejectionCode.REASON_NOT_ACCEPTED: "The reason on it does not exempt these purchases.",
    RejectionCode.EXPIRED: "It has expired.",
    RejectionCode.OTHER: "It cannot be accepted.",
}


def sentence(rejection: Rejection) -> str:
    """What is wrong, for staff and customer alike, with what staff added to it."""
    if rejection.code is RejectionCode.OTHER and rejection.text:
        return rejection.text
    return " ".join(filter(None, (_SENTENCES[rejection.code], rejection.text)))


def in_history(rejections: Sequence[Rejection]) -> str | None:
    """All of them on one line, for a history: ``not_signed; other: It is torn.``."""
    said = [": ".join(filter(None, (each.code.value, each.text))) for each in rejections]
    return "; ".join(said) or None
