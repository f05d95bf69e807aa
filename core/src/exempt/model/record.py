"""The base of every record, and the types that its fields share."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


class Record(BaseModel):
    """A frozen fact, validated once where it enters.

    Unknown fields are refused, and an error never shows the value it refused:
    records carry customer data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$")
]
"""At most 500 characters, no NUL (PostgreSQL cannot keep one), no blanks around it."""

ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
"""An identifier as the remote writes it, 1 to 255 characters."""

Key = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
"""An idempotency key: printable ASCII without spaces, safe in a header."""


def _iso(value: object) -> object:
    """*value*, unless it is a number: pydantic would take 0 for the first day of 1970."""
    fine = "-" in value[1:] if isinstance(value, str) else isinstance(value, dt.date)
    if not fine:
        msg = "write a date as YYYY-MM-DD"
        raise ValueError(msg)
    return value


Day = Annotated[
    dt.date, Field(ge=dt.date(1950, 1, 1), le=dt.date(2099, 12, 31)), BeforeValidator(_iso)
]
"""A calendar day, 1950-01-01 to 2099-12-31. What lies outside is a slip of the
keyboard, a spreadsheet's day zero or a stand-in for "no end": leave the field empty."""

Moment = AwareDatetime
"""A moment with its time zone; kept as UTC."""

# Bounds, not max_digits: counting digits takes longer than everything else on an amount.
Amount = Annotated[Decimal, Field(ge=Decimal(-(10**13)), le=Decimal(10**13), allow_inf_nan=False)]
"""An amount in the record's currency, up to ten trillion; negative for credits. Tables
keep it in minor units (cents), so what is finer is rounded half to even there."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code in capitals."""


class SourceRecord(Record):
    """Something a remote keeps.

    Attributes:
        external_id: The remote's identifier, stable for the life of the thing.
        updated_at: When the remote last changed it. Of two states of one thing
            the later wins; without a moment, the one that arrived last.
    """

    external_id: ExternalId
    updated_at: Moment | None = None
