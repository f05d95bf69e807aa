"""What the watch over economic nexus needs of the store: crossings worked out, registrations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from exempt.model.nexus import Spell


class Crossing(NamedTuple):
    """A time in which a threshold was met, and the order whose sale crossed the line.

    Attributes:
        order_id: None = the line was lowered, or its order is known no more.
    """

    spell: Spell
    order_id: int | None = None


class KeptCrossings(NamedTuple):
    """What was worked out of a company's sales in a jurisdiction.

    Attributes:
        touched: Whether sales came, changed or went since.
        went_by: What the work went by, beside the sales; another one makes it stale.
        through: The last day that was looked at; None = nothing was worked out yet.
        holds_through: The last day for which the same would be found, if sales
            stay as they are.
        refreshed_at: When it was worked out.
    """

    touched: bool
    went_by: str
    through: dt.date | None
    holds_through: dt.date | None
    crossings: tuple[Crossing, ...]
    refreshed_at: dt.datetime | None

    def holds(self, on: dt.date, went_by: str) -> bool:
        """Whether it is what would be found on the day *on*, by *went_by*, today."""
        if self.touched or self.went_by != went_by:
            return False
        return (
            self.through is not None
            and self.holds_through is not None
            and self.through <= on <= self.holds_through
        )


class CrossingOrder(NamedTuple):
    """The order that crossed a line, as people know it.

    Attributes:
        total: In major units of its currency.
    """

    order_id: int
    company_id: int
    connection: str
    external_id: str
    number: str | None
    customer_name: str | None
    day: dt.date
    total: Decimal
    currency: str

    @property
    def label(self) -> str:
        """What people call it."""
        return self.number or self.external_id


class RegistrationRow(NamedTuple):
    """That a company is registered to collect in a jurisdiction.

    Attributes:
        registered_from: The first day.
        registered_through: The last day; None = it goes on.
        number: The permit's, as the state gave it.
        removed_at: When it was taken back as a mistake, by ``removed_by``.
    """

    id: int
    company_id: int
    jurisdiction: str
    registered_from: dt.date
    registered_through: dt.date | None
    number: str
    notes: str
    made_at: dt.datetime
    made_by: str
    removed_at: dt.datetime | None
    removed_by: str | None

    def in_force(self, on: dt.date) -> bool:
        """Whether the company is registered on *on*, first and last day included."""
        last = self.registered_through or dt.date.max
        return self.removed_at is None and self.registered_from <= on <= last


class NewRegistration(NamedTuple):
    """A registration to be kept."""

    jurisdiction: str
    registered_from: dt.date
    registered_through: dt.date | None = None
    number: str = ""
    notes: str = ""


class Exposures(Protocol):
    """What was worked out of sales, and where companies are registered."""

    def kept(
        self, company_ids: Collection[int], jurisdictions: Collection[str] | None = None
    ) -> dict[tuple[int, str], KeptCrossings]:
        """What is kept of these companies, by company and jurisdiction."""
        ...

    def keep(self, company_id: int, jurisdiction: str, kept: KeptCrossings) -> None:
        """Keep what was worked out, in place of what was kept before."""
        ...

    def looked_at(self, company_ids: Collection[int], jurisdiction: str) -> None:
        """Let sales of these companies there count as looked at: nothing is touched."""
        ...

    def orders(self, order_ids: Collection[int]) -> Mapping[int, CrossingOrder]:
        """Orders as people know them, by our own id."""
        ...

    # --- registrations ---

    def register(
        self, company_id: int, new: Sequence[NewRegistration], at: dt.datetime, by: str
    ) -> list[RegistrationRow]:
        """Keep these, in their order."""
        ...

    def registration(self, registration_id: int) -> RegistrationRow | None:
        """One, removed or not."""
        ...

    def registrations(
        self, company_ids: Collection[int] | None = None, *, removed: bool = False
    ) -> list[RegistrationRow]:
        """Those of these companies, or of all, by state and day; *removed* ones, too."""
        ...

    def unregister(self, registration_id: int, at: dt.datetime, by: str) -> None:
        """Take one back; it is kept, with who did so."""
        ...
