"""Hold the customers of a source against the cards: who is missing where, and what differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.rules.reconciling import advice, differing, title
from exempt.rules.wanted import serves_all_orders
from exempt.services.ports import Store, Transaction
from exempt.services.reconciling_ports import (
    ComparedRecord,
    MissingCard,
    RejectedCustomer,
    UnknownCustomer,
)
from exempt.services.rows import ConnectionRow


class DifferenceKind(StrEnum):
    """What two lists of customers may differ in.

    =============  ===============================================================
    missing_there  the card claims exemption or holds a certificate, and the
                   source has no record of it
    missing_here   the source has a customer that could not be read, or that
                   only its orders name
    differs        card and record say different things
    claim          the source takes the customer for exempt, and no certificate
                   is in force: a hint
    =============  ===============================================================
    """

    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    DIFFERS = "differs"
    CLAIM = "claim"


class Difference(NamedTuple):
    """One difference between the cards and a source, and what to do about it.

    Attributes:
        field: What differs, as people call it; None where a whole customer is missing.
        ours: What Exempt says, and ``theirs`` what the source says.
    """

    connection: str
    kind: DifferenceKind
    customer_id: int | None
    number: str | None
    name: str | None
    external_id: str | None
    field: str | None
    ours: str | None
    theirs: str | None
    advice: str


def readers(tx: Transaction, names: Collection[str] = ()) -> list[ConnectionRow]:
    """The connections that read customers, by name; with *names*, just those.

    Raises:
        NotFoundError: One of them was never read.
        RefusedError: One of them reads no customers.
    """
    rows = {row.name: row for row in tx.connections.all()}
    for name in names:
        if name not in rows:
            msg = f"{name}: was never read: run exempt sync {name} first"
            raise NotFoundError(msg)
        if Capability.CUSTOMERS not in rows[name].capabilities:
            msg = f"{name}: reads no customers: name a connection that does"
            raise RefusedError(msg)
    return [
        row
        for row in rows.values()
        if Capability.CUSTOMERS in row.capabilities and (not names or row.name in names)
    ]


@dataclass
class Reconciliation:
    """One source, held against the cards on the day *on*.

    Attributes:
        everyone: Whether also cards without any exemption are missed in the source.
        at_once: How many rows are looked at in one transaction.
        records: How many records were compared, once `differences` is at its end.
        agreeing: How many of them differ from their cards in nothing.
    """

    store: Store
    connection: ConnectionRow
    on: dt.date
    everyone: bool = False
    at_once: int = 1000
    records: int = 0
    agreeing: int = 0

    @property
    def complete(self) -> bool:
        """Whether the source's customers were read to the end."""
        with self.store.reading() as tx:
            parts = tx.cursors.parts(self.connection.id, Stream.CUSTOMERS)
        return bool(parts) and all(part.done for part in parts)

    def differences(self) -> Iterator[Difference]:
        """What differs, a portion at a time: who is missing there, here, then fields and claims."""
        self.records = self.agreeing = 0
        yield from self._missing_there()
        yield from self._rejected()
        yield from self._unknown()
        yield from self._compared()

    def _missing_there(self) -> Iterator[Difference]:
        after = 0
        while True:
            with self.store.reading() as tx:
                rows = tx.reconciling.missing_there(
                    self.connection, after, self.at_once, everyone=self.everyone
                )
            if not rows:
                return
            yield from map(self._missing_card, rows)
            after = rows[-1].id

    def _rejected(self) -> Iterator[Difference]:
        after = 0
        while True:
            with self.store.reading() as tx:
                rows = tx.reconciling.rejected(self.connection.id, after, self.at_once)
            if not rows:
                return
            yield from map(self._rejected_customer, rows)
            after = rows[-1].id

    def _unknown(self) -> Iterator[Difference]:
        after = ""
        while True:
            with self.store.reading() as tx:
                rows = tx.reconciling.unknown(self.connection.id, after, self.at_once)
            if not rows:
                return
            yield from map(self._unknown_customer, rows)
            after = rows[-1].external_id

    def _compared(self) -> Iterator[Difference]:
        with self.store.reading() as tx:
            given = tx.reconciling.given(self.connection.id)
        after = 0
        while True:
            with self.store.reading() as tx:
                rows = tx.reconciling.compared(self.connection.id, after, self.at_once)
                found = list(self._fields_and_claims(tx, rows, given))
            if not rows:
                return
            yield from found
            after = rows[-1].id

    # --- a row of each kind --------------------------------------------------------------

    def _missing_card(self, row: MissingCard) -> Difference:
        there = self.connection.name
        if row.deleted_at:
            said = f"deleted there on {row.deleted_at:%Y-%m-%d}"
            advised = "see whether it is still a customer: if so, enter it there again"
        else:
            said = "never was there"
            advised = f"enter it in {there}, or put its record on this card (customers link)"
        return Difference(
            there,
            DifferenceKind.MISSING_THERE,
            row.id,
            row.number,
            row.name,
            row.external_id,
            None,
            None,
            said,
            advised,
        )

    def _rejected_customer(self, row: RejectedCustomer) -> Difference:
        there = self.connection.name
        return Difference(
            there,
            DifferenceKind.MISSING_HERE,
            row.customer_id,
            row.number,
            row.name,
            row.external_id,
            None,
            "an older state" if row.customer_id else None,
            f"{row.row} could not be read: {row.reason}",
            f"mend the record in {there}: the next sync takes it in",
        )

    def _unknown_customer(self, row: UnknownCustomer) -> Difference:
        there = self.connection.name
        said = "1 order names it" if row.orders == 1 else f"{row.orders:,} orders name it"
        return Difference(
            there,
            DifferenceKind.MISSING_HERE,
            None,
            None,
            None,
            row.external_id,
            None,
            None,
            f"{said}, and the customer was never read",
            f"see that {there} has it: each sync asks for it by its id",
        )

    def _fields_and_claims(
        self, tx: Transaction, rows: Sequence[ComparedRecord], given: Collection[str]
    ) -> Iterator[Difference]:
        there = self.connection.name
        owners = tx.cards.owners({row.customer_id for row in rows})
        claiming = {row.customer_id for row in rows if row.claims and not row.free_form}
        held = tx.certificates.coverages(claiming)
        for row in rows:
            found = list(differing(row.card, row.record, given))
            self.records += 1
            self.agreeing += not found
            of_it = (row.customer_id, row.card.number, row.card.name, row.external_id)
            mine = owners.get(row.customer_id, {})
            for one in found:
                advised = advice(one, there, mine, several=row.several)
                said = (title(one.field), one.ours, one.theirs, advised)
                yield Difference(there, DifferenceKind.DIFFERS, *of_it, *said)
            covers = (serves_all_orders(c, self.on) for c in held.get(row.customer_id, ()))
            if row.customer_id in claiming and not any(covers):
                said = (
                    "exempt",
                    "no certificate in force",
                    row.claims,
                    f"ask the customer for a certificate, or correct {there}",
                )
                yield Difference(there, DifferenceKind.CLAIM, *of_it, *said)
