"""What went wrong with a call of the API, as RFC 9457 has it: ``application/problem+json``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from exempt.errors import ConflictError, ExemptError, NotFoundError, RefusedError, TransientError

MEDIA_TYPE = "application/problem+json"


class Kind(StrEnum):
    """What kind of thing went wrong; programs go by it."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    NOT_ALLOWED = "not-allowed"
    REQUESTS_DISABLED = "requests-disabled"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    TOO_SLOW = "too-slow"
    IN_PROGRESS = "in-progress"
    ANSWER_LOST = "answer-lost"
    REFUSED = "refused"
    CHANGED_MEANWHILE = "changed-meanwhile"
    TOO_LARGE = "too-large"
    MEDIA_TYPE = "media-type"
    INVALID = "invalid"
    KEY_REUSED = "key-reused"
    PRECONDITION_REQUIRED = "precondition-required"
    TOO_MANY_CALLS = "too-many-calls"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


STATUSES: Mapping[Kind, tuple[int, str]] = {
    Kind.MALFORMED: (400, "The body cannot be read"),
    Kind.UNAUTHENTICATED: (401, "An API key is needed"),
    Kind.NOT_ALLOWED: (403, "The key has no right to do that"),
    Kind.REQUESTS_DISABLED: (403, "Requests are switched off"),
    Kind.NOT_FOUND: (404, "There is no such thing"),
    Kind.METHOD_NOT_ALLOWED: (405, "The address does not take this method"),
    Kind.TOO_SLOW: (408, "The body took too long"),
    Kind.IN_PROGRESS: (409, "The call is being answered"),
    Kind.ANSWER_LOST: (409, "The call was carried out, and its answer was lost"),
    Kind.REFUSED: (409, "The state of things does not allow that"),
    Kind.CHANGED_MEANWHILE: (412, "Somebody changed it meanwhile"),
    Kind.TOO_LARGE: (413, "The body is too large"),
    Kind.MEDIA_TYPE: (415, "The body is of a type that is not read here"),
    Kind.INVALID: (422, "Something in the call is wrong"),
    Kind.KEY_REUSED: (422, "The idempotency key was used for another call"),
    Kind.PRECONDITION_REQUIRED: (428, "A change needs If-Match"),
    Kind.TOO_MANY_CALLS: (429, "Too many calls"),
    Kind.INTERNAL: (500, "Something unforeseen happened"),
    Kind.UNAVAILABLE: (503, "It cannot be done now"),
}
"""The status of each kind, and its title."""


class Wrong(NamedTuple):
    """One thing that is wrong with a call, by where it stands.

    Attributes:
        place: ``pointer`` for a field of the body, as a JSON pointer; ``parameter``
            or ``header`` for one of those by its name.
    """

    place: str
    name: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """As it stands in a problem."""
        return {self.place: self.name, "detail": self.detail}


class Problem(Exception):
    """Raised where a call is refused; the message says what is wrong and how to mend it."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status = STATUSES[kind][0]
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        said: dict[str, Any] = {
            "type": f"urn:exempt:problem:{self.kind}",
            "title": STATUSES[self.kind][1],
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            said["errors"] = [each.as_json() for each in self.errors]
        return said


def invalid(errors: Iterable[Wrong]) -> Problem:
    """The problem of a call in which something is wrong."""
    found = list(errors)
    told = "; ".join(f"{each.name or 'the body'}: {each.detail}" for each in found[:5])
    return Problem(Kind.INVALID, told or "the call is wrong", errors=found)


def of_error(error: ExemptError) -> Problem:
    """The problem that an error of a service is."""
    said = in_words_of_the_api(str(error))
    if isinstance(error, NotFoundError):
        return Problem(Kind.NOT_FOUND, said)
    if isinstance(error, ConflictError):
        return Problem(Kind.CHANGED_MEANWHILE, said)
    if isinstance(error, RefusedError):
        return Problem(Kind.REFUSED, said)
    if isinstance(error, TransientError):
        wait = 30 if error.retry_after is None else max(1, round(error.retry_after.total_seconds()))
        return Problem(Kind.UNAVAILABLE, said, headers={"Retry-After": str(wait)})
    return Problem(Kind.REFUSED, said)


_PHRASES = (
    (r"say --anyway", 'send "anyway": true'),
    (r"Say --company with one of", "Name the company: one of"),
    (r": see exempt [\w -]+ list\b", ""),
    (r": see exempt [\w -]+$", ""),
)


def in_words_of_the_api(message: str) -> str:
    """*message* without what only somebody at a command line could do."""
    for pattern, instead in _PHRASES:
        message = re.sub(pattern, instead, message)
    return message


# --- what pydantic finds wrong --------------------------------------------------------------

_SAID: Mapping[str, str] = {
    "missing": "is missing: add it",
    "extra_forbidden": "is not known here: leave it out",
    "string_type": "is no text: write one in quotes",
    "string_too_short": "is too short: write at least {min_length} characters",
    "string_too_long": "is too long: write at most {max_length} characters",
    "string_pattern_mismatch": "is not written as it should be: it has to fit {pattern}",
    "int_type": "is no whole number: write one without quotes",
    "int_parsing": "is no whole number: write one, such as 12",
    "int_from_float": "is no whole number: write one, such as 12",
    "int_parsing_size": "is larger than numbers are here",
    "bool_type": "is neither true nor false: write one of them",
    "bool_parsing": "is neither true nor false: write one of them",
    "decimal_type": 'is no amount: write it in quotes, as "12.50"',
    "decimal_parsing": 'is no amount: write it in quotes, as "12.50"',
    "finite_number": 'is no amount: write it in quotes, as "12.50"',
    "enum": "is none of these: write {expected}",
    "literal_error": "is none of these: write {expected}",
    "greater_than": "is too small: write more than {gt}",
    "greater_than_equal": "is too small: write {ge} or more",
    "less_than": "is too large: write less than {lt}",
    "less_than_equal": "is too large: write {le} or less",
    "too_short": "has too few entries: give at least {min_length}",
    "too_long": "has too many entries: give at most {max_length}",
    "dict_type": "is no object: write one in braces",
    "model_type": "is no object: write one in braces",
    "model_attributes_type": "is no object: write one in braces",
    "tuple_type": "is no list: write one in brackets",
    "list_type": "is no list: write one in brackets",
    "date_type": "is no date: write it as YYYY-MM-DD",
    "date_parsing": "is no date: write it as YYYY-MM-DD",
    "date_from_datetime_parsing": "is no date: write it as YYYY-MM-DD",
}


def mistakes(found: Iterable[Mapping[str, Any]]) -> list[Wrong]:
    """What pydantic found, in plain words and without the values."""
    return [_mistake(each["loc"], each) for each in found]


def _mistake(location: Sequence[Any], found: Mapping[str, Any]) -> Wrong:
    detail = _said(found)
    place, *rest = location or ("body",)
    rest = [part for part in rest if part != "[key]"]  # it is the name that is wrong
    if place == "body":
        return Wrong("pointer", pointer(rest), detail)
    if place == "header":
        return Wrong("header", "-".join(map(str, rest)), detail)
    return Wrong("parameter", ".".join(map(str, rest)), detail)


def pointer(parts: Iterable[Any]) -> str:
    """Where in a body, as RFC 6901 writes it; the body itself is ``""``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _said(found: Mapping[str, Any]) -> str:
    if template := _SAID.get(found["type"]):
        return template.format_map(found.get("ctx") or {})
    said = str(found["msg"]).removeprefix("Value error, ")
    return said[:1].lower() + said[1:]
