"""Writing back: the status a customer or an order shall show, and what became of it."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import IO, Any, Protocol

from pydantic import ConfigDict, Field

from exempt.model.address import Jurisdiction
from exempt.model.certificate import ExemptionReason, Percentage
from exempt.model.record import Day, ExternalId, Key, Record, Text


class Target(StrEnum):
    """What an exemption status is written to."""

    CUSTOMER = "customer"
    ORDER = "order"


class CertificateFile(Protocol):
    """A certificate's document; its bytes are read only when asked for."""

    @property
    def name(self) -> str:
        """Its file name."""
        ...

    @property
    def media_type(self) -> str:
        """``application/pdf``, ``image/png`` or ``image/jpeg``."""
        ...

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes, as hex."""
        ...

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        ...


class JurisdictionStatus(Record):
    """Whether a customer, or an order, is exempt in one jurisdiction, and by what.

    Attributes:
        exempt: Whether all of a sale is exempt.
        exempt_percentage: Where only a part is: how much, between 0 and 100;
            ``exempt`` is then false. None otherwise.
    """

    jurisdiction: Jurisdiction
    exempt: bool
    exempt_percentage: Percentage | None = None
    certificate_number: Text | None = None
    exemption_reason: ExemptionReason | None = None
    exemption_number: Text | None = None
    signed_date: Day | None = None
    effective_date: Day | None = None
    expiration_date: Day | None = None


class PushItem(Record):
    """The exemption status one customer or order shall show.

    It is the whole desired state, not a change: writing it twice does no harm.

    Attributes:
        key: Made by the core from what is wanted; goes to a vendor that knows
            idempotency keys, and names the item in the result.
        target: What ``external_id`` identifies.
        version: Grows with every change of the desired state of one thing.
        jurisdictions: A customer's: each state where it holds an exemption or
            has goods sent to. An order's: the state of its ship-to.
        tax_applicable: For an order: whether tax applies. For a customer: None.
        certificate_number: For an order: the number to show; None = blank it.
        files: The certificates' documents, opened only on demand.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    key: Key
    target: Target
    external_id: ExternalId
    version: int
    jurisdictions: tuple[JurisdictionStatus, ...] = ()
    tax_applicable: bool | None = None
    certificate_number: Text | None = None
    files: tuple[Any, ...] = Field(default=(), repr=False)


class PushRequest(Record):
    """Asks to write statuses: at most ``push_batch_max`` items, no two for one thing.

    With ``dry_run`` nothing may be written; the results say what would happen.
    """

    items: tuple[PushItem, ...]
    dry_run: bool = False


class Outcome(StrEnum):
    """What became of one item.

    ========== ===================================================================
    applied    it was written
    unchanged  it already was so
    rejected   the remote refuses the value; trying again is useless
    missing    the remote has no such customer or order
    conflict   it was changed there since we read it: read again, then decide
    retry      not done; try later
    unknown    maybe done: it is read again before anything is written again
    ========== ===================================================================
    """

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    MISSING = "missing"
    CONFLICT = "conflict"
    RETRY = "retry"
    UNKNOWN = "unknown"


class ItemResult(Record):
    """What became of the item with *key*; ``message`` tells a person why."""

    key: Key
    outcome: Outcome
    message: str = ""
    remote_id: ExternalId | None = None
    retry_after: dt.timedelta | None = None


class PushResult(Record):
    """One result a key; a key without one counts as ``retry``."""

    results: tuple[ItemResult, ...] = ()
