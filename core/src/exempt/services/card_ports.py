"""What the services need of customer cards in the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Protocol

from exempt.model.customer import CustomerCard, CustomerDetails, CustomerOrigin
from exempt.services.rows import (
    CompanyRow,
    CustomerFilter,
    CustomerPage,
    CustomerRecord,
    Exposure,
    ShipToLink,
)


class Cards(Protocol):
    """Customer cards."""

    def companies(self) -> list[CompanyRow]:
        """All companies, each after the one it belongs to, else by key."""
        ...

    def make(
        self,
        company_id: int,
        new: Sequence[CustomerDetails],
        at: dt.datetime,
        *,
        by: str,
        origin: CustomerOrigin,
    ) -> list[int]:
        """Make cards, with their ship-to zones; returns their ids in the same order."""
        ...

    def find(self, customer_ids: Collection[int]) -> list[CustomerCard]:
        """Those cards, gone ones too, in order of id; unknown ones are absent."""
        ...

    def try_again(self, customer_ids: Collection[int]) -> None:
        """Let mail go to the addresses of these cards although some came back from them."""
        ...

    def save(self, cards: Sequence[CustomerCard], at: dt.datetime, *, by: str) -> list[int]:
        """Keep cards in these states and raise their versions.

        What others claim, links and what a card was merged into are not saved.

        Returns:
            The ids of cards that are at another version by now; these are left alone.
        """
        ...

    def numbered(self, company_id: int, numbers: Collection[str]) -> dict[str, list[int]]:
        """The cards with these numbers, by `number_key`; numbers that no card has are absent.

        A number that only merged cards have is that of the card that stands for them.
        """
        ...

    def recount(
        self, customer_ids: Collection[int], at: dt.datetime, *, by: str, anew: bool = False
    ) -> set[int]:
        """Work out anew whether exemption is claimed; returns the cards where it changed.

        With *anew* a claim ends that nobody makes any more, also where a source
        was told of it before.
        """
        ...

    def page(self, filters: CustomerFilter, on: dt.date) -> CustomerPage:
        """A part of a list, by name."""
        ...

    def places(self, customer_ids: Collection[int]) -> dict[int, set[str]]:
        """The states that goods go to, by sources or by hand; else those of addresses."""
        ...

    def exposure(self, customer_ids: Collection[int]) -> list[Exposure]:
        """Their sales by state and by what was decided, cancelled and deleted ones left out."""
        ...

    def certificates_of(self, customer_id: int) -> list[int]:
        """The certificates that a customer holds itself."""
        ...

    def owners(self, customer_ids: Collection[int]) -> dict[int, dict[str, str]]:
        """By card and field of `ownership.OWNABLE`: the connection that has the last word."""
        ...

    def owns(self, connection_id: int) -> set[str]:
        """The fields that a connection has the last word on."""
        ...

    def of_connection(self, connection_id: int, after: int, limit: int) -> list[int]:
        """The next cards, by id, with a record of a connection."""
        ...

    def set_owns(self, connection_id: int, fields: Collection[str]) -> None:
        """Let a connection have the last word on these fields."""
        ...

    # --- ship-to customers ---------------------------------------------------------------

    def ship_tos(self, customer_ids: Collection[int]) -> list[ShipToLink]:
        """The links in which these cards are, on either side."""
        ...

    def link_ship_tos(
        self, pairs: Collection[tuple[int, int]], at: dt.datetime, *, by: str
    ) -> list[tuple[int, int]]:
        """Link billing customers to ship-to customers; returns the pairs that are new."""
        ...

    def unlink_ship_tos(self, pairs: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
        """Undo links that were made by hand; returns the pairs that were undone."""
        ...

    # --- records of sources --------------------------------------------------------------

    def records(self, customer_ids: Collection[int]) -> list[CustomerRecord]:
        """The records of sources on these cards."""
        ...

    def record(self, connection: str, external_id: str) -> CustomerRecord | None:
        """One record of a source."""
        ...

    def move_records(
        self, record_ids: Collection[int], to: int, at: dt.datetime, *, by: str
    ) -> None:
        """Put records of sources on another card by hand, with the links that follow them."""
        ...

    def as_details(self, record_id: int) -> CustomerDetails:
        """What a card of its own would take over of a record."""
        ...

    def refill(self, customer_ids: Collection[int], at: dt.datetime, *, by: str) -> None:
        """Fill what is blank on cards from their records, and what a source owns."""
        ...

    def give_up(
        self,
        customer_id: int,
        record_id: int,
        by_hand: Collection[str],
        at: dt.datetime,
        *,
        by: str,
    ) -> None:
        """Take from a card what it has only of a record that is on another card by now.

        See `exempt.rules.leaving`. Where the source that led has no record on it
        any more, the next one leads.
        """
        ...

    def merge(self, keep_id: int, other_id: int, at: dt.datetime, *, by: str) -> None:
        """Put all that hangs on one card onto another, which stands for it from now on.

        Records of sources, certificates, requests, ship-to links and zones,
        comments and files; what the cards say of themselves is for whoever asks.
        """
        ...

    def retire(
        self,
        customer_ids: Collection[int],
        at: dt.datetime,
        *,
        into: int | None = None,
        with_deleted: bool = False,
    ) -> list[int]:
        """Let cards be gone on which nothing hangs; returns those on which something does.

        The card *into*, if any, stands for them from now on. *with_deleted* says
        that records which their sources have no more do not hold a card.
        """
        ...

    def revive(self, customer_ids: Collection[int]) -> None:
        """Take back `retire`."""
        ...

    def set_not_same(self, pair: tuple[int, int], at: dt.datetime, *, by: str) -> None:
        """Remember that two cards are not the same customer."""
        ...

    def merged_into(self, customer_id: int) -> list[int]:
        """The cards that were merged into one, and into those."""
        ...
