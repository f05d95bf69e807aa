"""What goes in and out of the API of registrations to collect."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from exempt.model.address import Jurisdiction
from exempt.model.record import Day, ExternalId, Text
from exempt.rules.registrations import Number
from exempt.services.registrations import AT_ONCE
from exempt.web.api.bodies import Body
from exempt.web.api.paging import Listed, Part

EXAMPLE = {
    "company": "northwind",
    "registrations": [
        {"jurisdiction": "US-TX", "registered_from": "2026-01-01", "number": "32012345678"},
        {"jurisdiction": "US-OH", "registered_from": "2026-02-01"},
    ],
}


class Registration(Body):
    """That a company is registered to collect.

    Attributes:
        registered_through: The last day; null = it goes on.
        number: The permit's.
        made_by: Who stated it.
        removed_at: When it was taken back, by `removed_by`.
    """

    id: int
    company: str
    jurisdiction: str
    registered_from: dt.date
    registered_through: dt.date | None
    number: str
    notes: str
    in_force: bool
    made_at: dt.datetime
    made_by: str
    removed_at: dt.datetime | None
    removed_by: str | None


class NewRegistration(Body):
    """A registration to be kept.

    Attributes:
        registered_through: The last day, if it has ended.
        number: The permit's, as the state gave it.
    """

    jurisdiction: Jurisdiction
    registered_from: Day
    registered_through: Day | None = None
    number: Number = ""
    notes: Text = ""


class NewRegistrations(Body):
    """Registrations of a company: all of them are kept, or none.

    Attributes:
        company: Its key; needed where the key sees several.
    """

    company: ExternalId | None = None
    registrations: Annotated[tuple[NewRegistration, ...], Field(min_length=1, max_length=AT_ONCE)]


class RegistrationsMade(Body):
    """What was kept, in its order."""

    data: tuple[Registration, ...]


class RegistrationList(Listed[Registration]):
    """A part of a list of registrations, in the order of their ids."""


class RegistrationQuery(Part):
    """Which registrations are wanted."""

    company: ExternalId | None = Field(None, description="Of this company, by its key.")
    jurisdiction: Jurisdiction | None = Field(None, description="In this one.")
    removed: bool = Field(default=False, description="Those that were taken back, too.")
