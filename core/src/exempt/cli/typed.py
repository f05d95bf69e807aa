"""What somebody typed, read into the fields of records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from exempt.data import jurisdictions
from exempt.errors import RefusedError
from exempt.model.address import Jurisdiction
from exempt.model.certificate import CertificateDetails
from exempt.model.record import Day

E = TypeVar("E", bound=StrEnum)

_OPTIONS = {
    "number": "--number",
    "signed_date": "--signed",
    "form_kind": "--form",
    "order_numbers": "--order",
    "exempt_percentage": "--percentage",
    "notes": "--notes",
    "exemption_number": "--state",
    "exemption_reason": "--reason",
    "validated_reason": "--validated",
    "verified_date": "--verified",
    "effective_date": "--effective",
    "expiration_date": "--expires",
    "identification_type": "--id-type",
    "issued_by": "--issued-by",
}
_CODES = {"form_kind", "exemption_reason", "validated_reason", "identification_type"}


def jurisdiction(text: str, place: str) -> str:
    """The code of a state; *place* says where it was typed.

    Raises:
        RefusedError: There is no such state.
    """
    try:
        code: str = TypeAdapter(Jurisdiction).validate_python(text)
    except ValidationError:
        code = ""
    if code not in jurisdictions():
        msg = f"{place}: unknown state: use a two-letter code such as TX"
        raise RefusedError(msg)
    return code


def day(text: str, place: str) -> dt.date:
    """A day.

    Raises:
        RefusedError: It is none.
    """
    try:
        found: dt.date = TypeAdapter(Day).validate_python(text)
    except ValidationError:
        msg = f"{place}: write a date as YYYY-MM-DD, from 1950 to 2099"
        raise RefusedError(msg) from None
    return found


def one_of(kind: type[E], text: str, place: str) -> E:
    """A code, whether written with hyphens, underscores or spaces.

    Raises:
        RefusedError: There is no such code.
    """
    try:
        return kind(code(text))
    except ValueError:
        msg = f"{place}: write one of {', '.join(kind)}"
        raise RefusedError(msg) from None


def code(text: str) -> str:
    """``expiring_soon`` for ``expiring-soon``."""
    return text.strip().lower().replace("-", "_").replace(" ", "_")


def read(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Fields of a certificate as records take them, those that were given; empty text is None."""
    for name, value in fields.items():
        if value is None:
            continue
        if name == "order_numbers":
            yield name, tuple(filter(None, (each.strip() for each in value)))
        elif name in _CODES:
            yield name, code(value) or None
        elif name == "expiration_date" and code(value) == "never":
            yield name, None
        else:
            yield name, None if value == "" and name != "notes" else value


def details_of(fields: Mapping[str, Any], name: str) -> CertificateDetails:
    """The record of *fields*, checked.

    Raises:
        RefusedError: Something is wrong; each mistake is named by its option.
    """
    try:
        return CertificateDetails.model_validate(fields)
    except ValidationError as error:
        mistakes = dict.fromkeys(_mistake(found) for found in error.errors(include_url=False))
        msg = f"{name}: {'; '.join(mistakes)}"
        raise RefusedError(msg) from None


def _mistake(found: Any) -> str:
    names = [part for part in found["loc"] if isinstance(part, str)]
    of_a_state = names[:1] == ["jurisdictions"]
    field = names[-1] if names else ""
    option = "--state-notes" if of_a_state and field == "notes" else _OPTIONS.get(field, field)
    wrong = found["msg"].removeprefix("Value error, ")
    if found["type"] == "enum":
        wrong = f"write {found['ctx']['expected']}".replace("'", "")
    elif found["input"] is None:
        wrong = "cannot be empty"
    return f"{option}: {wrong}" if option else wrong


def keys_and_values(texts: Iterable[str], option: str) -> dict[str, str]:
    """What was typed as ``KEY=VALUE``.

    Raises:
        RefusedError: One of them is not.
    """
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            msg = f"{option} {text}: write KEY=VALUE"
            raise RefusedError(msg)
        found[key.strip()] = value
    return found
