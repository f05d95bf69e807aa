"""Addresses, jurisdictions, and the spellings of both that are understood."""

from __future__ import annotations

import functools
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints, field_validator

from exempt.data import jurisdictions
from exempt.model.record import Record, Text

_CODE = re.compile(r"^[A-Za-z0-9]{1,3}$")

_COUNTRIES = {
    "USA": "US",
    "UNITED STATES": "US",
    "UNITED STATES OF AMERICA": "US",
    "CAN": "CA",
    "CANADA": "CA",
}


def _country(value: object) -> object:
    if isinstance(value, str):
        upper = value.strip().upper()
        return _COUNTRIES.get(upper, upper)
    return value


Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), BeforeValidator(_country)]
"""An ISO 3166-1 code of two letters; ``USA`` and ``United States`` are understood."""


@functools.cache
def _us_states() -> dict[str, str]:
    """``TX`` by ``TX``, ``US-TX`` and ``TEXAS``."""
    return {
        spelling: code.removeprefix("US-")
        for code, fact in jurisdictions().items()
        for spelling in (code, code.removeprefix("US-"), fact.name.upper())
    }


def _us_state(value: str) -> str:
    found = _us_states().get(value) or _us_states().get(value.strip().rstrip(".").upper())
    if found is None:
        msg = "unknown state in country 'US': use a two-letter code such as 'TX'"
        raise ValueError(msg)
    return found


def _jurisdiction(value: str) -> str:
    if value in jurisdictions():
        return value
    code = value.strip().upper()
    if code.startswith("US-") or "-" not in code:
        return f"US-{_us_state(code)}"
    return code


Jurisdiction = Annotated[
    str, AfterValidator(_jurisdiction), StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")
]
"""Where a tax is levied, as ISO 3166-2 writes it: ``US-TX``. A bare ``TX`` is understood."""


def state_of(value: str, country: str | None) -> str:
    """*value* as it is kept: two letters in the United States, as it is elsewhere.

    Without a country it is a state of the United States if one is called so.

    Raises:
        ValueError: The country is the United States, and no state is called so.
    """
    if country == "US":
        return _us_state(value)
    if country is None:
        return _us_states().get(value.strip().rstrip(".").upper(), value)
    return value


class Address(Record):
    """A postal address.

    In the United States ``state`` is kept as its two letters, whichever
    spelling came in, and an unknown one is refused. Elsewhere it is kept as it is.
    """

    country: Country
    state: Text | None = None
    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    postal_code: Text | None = None

    @field_validator("state")
    @classmethod
    def _known_state(cls, value: str | None, info: object) -> str | None:
        if not value:
            return None
        country = info.data.get("country")  # type: ignore[attr-defined]
        return state_of(value, country) if country else value

    @property
    def jurisdiction(self) -> str | None:
        """``US-TX``; None where no state is known by its code."""
        if self.state and _CODE.match(self.state):
            return f"{self.country}-{self.state.upper()}"
        return None
