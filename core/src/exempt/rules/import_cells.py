"""What a cell may hold by its column, and how it is kept."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping

from pydantic import TypeAdapter, ValidationError

from exempt.model.address import Country, Jurisdiction, state_of
from exempt.model.custom import CustomField, CustomKind
from exempt.model.customer import usable_email

YES_NO = ("exempt", "excluded_from_mailings")
"""The fields that are yes or no, and no where the cell is blank."""

LONGEST = 500
"""Characters of a text."""

_LONGEST_NUMBER = 255
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)

Reader = Callable[[str], str | None]
"""A text as it is kept, None for one of blanks; a ValueError says what is wrong with it."""


def reader_of(field: str, custom: Mapping[str, CustomField]) -> Reader:
    """What reads the cells of the column of a field; *custom* are the seller's own, by key."""
    if field.startswith("custom."):
        return functools.partial(_own, custom[field.removeprefix("custom.")])
    if field in YES_NO:
        return CustomField(title=field, kind=CustomKind.YES_NO).read
    return _READERS.get(field, read_text)


def read_text(text: str) -> str | None:
    """Any text of at most 500 characters."""
    text = text.strip()
    if len(text) > LONGEST:
        msg = f"has {len(text):,} characters, and {LONGEST} are the most: shorten it"
        raise ValueError(msg)
    if "\0" in text:
        msg = "holds a character that is none (NUL): type it again"
        raise ValueError(msg)
    return text or None


def _own(field: CustomField, text: str) -> str | None:
    return read_text(field.read(text) or "")


def _number(text: str) -> str | None:
    number = read_text(text)
    if number and len(number) > _LONGEST_NUMBER:
        msg = f"has {len(number)} characters, and {_LONGEST_NUMBER} are the most: shorten it"
        raise ValueError(msg)
    if number and _ROUNDED.fullmatch(number):
        msg = "was rounded by the spreadsheet: make the column a text, and type it again"
        raise ValueError(msg)
    return number


def _email(text: str) -> str | None:
    email = read_text(text)
    if email and not usable_email(email):
        msg = "is no e-mail address: write one, such as ap@example.com"
        raise ValueError(msg)
    return email


_COUNTRY: TypeAdapter[str] = TypeAdapter(Country)
_JURISDICTION: TypeAdapter[str] = TypeAdapter(Jurisdiction)
UNKNOWN_ZONE = "is no state: use a two-letter code such as TX, or CA-ON outside the United States"


@functools.lru_cache(4096)
def _country(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return _COUNTRY.validate_python(text)
    except ValidationError:
        msg = "is no country: use a two-letter code such as US"
        raise ValueError(msg) from None


_READERS: Mapping[str, Reader] = {"number": _number, "email": _email, "country": _country}


@functools.lru_cache(4096)
def known_state(state: str, country: str | None) -> str:
    """A state as it is kept, see `state_of`."""
    return state_of(state, country)


@functools.lru_cache(4096)
def jurisdiction_of(state: str, country: str | None) -> str:
    """The state that goods go to, in a country; None stands for the United States."""
    outside = country is not None and country != "US"
    return _JURISDICTION.validate_python(f"{country}-{state.upper()}" if outside else state)
