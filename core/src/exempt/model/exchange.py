"""The requests and results of the hooks: one frozen request in, one frozen result out.

Fields are added here over time, never renamed and never removed within a major
version of the specification.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import IO, Annotated, Any, Generic, Protocol, TypeVar

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from exempt.errors import PermanentError
from exempt.model.address import Jurisdiction
from exempt.model.certificate import ExemptionReason
from exempt.model.record import Day, ExternalId, Key, Moment, Record, SourceRecord, Text

S = TypeVar("S", bound=SourceRecord)
Row = TypeVar("Row")

Cursor = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]
"""Where to go on reading; only the connector understands it. At most 4,096
characters, and never a secret: it is stored and shown."""


class Stream(StrEnum):
    """What can be fetched."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"
    EMPLOYEES = "employees"


class Capability(StrEnum):
    """What a connection can do."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"
    EMPLOYEES = "employees"
    PUSH_CUSTOMERS = "push_customers"
    PUSH_ORDERS = "push_orders"
    REQUESTS = "requests"
    WEBHOOKS = "webhooks"


# --- check and choices -----------------------------------------------------------------


class Severity(StrEnum):
    """Whether the connection can work at all."""

    ERROR = "error"
    WARNING = "warning"


class Problem(Record):
    """Something a person should mend.

    Attributes:
        code: A stable word for scripts, such as ``missing_permission``.
        capability: What does not work because of it; None = nothing works.
        message: What is wrong.
        help: What to do about it.
    """

    severity: Severity = Severity.ERROR
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    message: str
    help: str
    capability: Capability | None = None


class CheckRequest(Record):
    """Asks whether the connection works."""


class CheckResult(Record):
    """What a connection found out about itself.

    Attributes:
        account: The account's name as the remote shows it, for a person to recognise.
        problems: Empty when all is well.
        server_time: The remote's clock, if it tells.
    """

    account: str
    problems: tuple[Problem, ...] = ()
    server_time: Moment | None = None


class ChoicesRequest(Record):
    """Asks for the allowed values of *setting* (a dotted path in the settings)."""

    setting: str


class Choice(Record):
    """One allowed value and the words for it."""

    value: str
    label: str


class ChoicesResult(Record):
    """The allowed values, in the order to show them."""

    choices: tuple[Choice, ...] = ()


# --- fetching --------------------------------------------------------------------------


class RangesRequest(Record):
    """Asks how a stream's history can be read in independent parts."""

    stream: Stream
    since: Day | None = None


class RangesResult(Record):
    """Start cursors of ranges that together cover the history, oldest first.

    Each is read by itself, several at once, each through a connector of its
    own. The checkpoint at the end of the last range starts the next run, so
    that range must promise to see whatever changes while the others are read.
    """

    cursors: tuple[Cursor, ...]


class FetchRequest(Record):
    """Asks for one page.

    Attributes:
        cursor: Where to go on: the ``next_cursor`` or ``checkpoint`` of an
            earlier page, or a range's start. None = from the beginning.
        since: With ``cursor=None``: nothing older is of interest.
        ids: Ask for just these records; the page then has no cursor at all.
        page_size: The most records to return.
    """

    cursor: Cursor | None = None
    since: Day | None = None
    ids: tuple[ExternalId, ...] | None = None
    page_size: Annotated[int, Field(ge=1, le=10_000)] = 1000


class Rejected(Record):
    """A row that could not be read.

    Attributes:
        row: Which row, in words the remote's own people understand
            (``row 17``, ``invoice in_123``).
        reason: What is wrong and how to mend it, without the value itself.
        external_id: Its identifier, where that much was legible.
    """

    row: Text
    reason: Annotated[str, StringConstraints(max_length=2000)]
    external_id: ExternalId | None = None


class Page(Record, Generic[S]):
    """One page of a stream: the unit of retry, storage and progress.

    Attributes:
        records: In the stream's order. The same record may come again.
        deleted: Identifiers that the remote no longer has.
        rejected: Rows that could not be read; they never cost the page.
        next_cursor: Go on there; None = this was the last page.
        checkpoint: On the last page: where the next run starts, inclusive.
    """

    # Instances made by the connector are trusted to have been validated when they were made.
    model_config = ConfigDict(revalidate_instances="never")

    records: tuple[S, ...] = ()
    deleted: tuple[ExternalId, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    next_cursor: Cursor | None = None
    checkpoint: Cursor | None = None

    @classmethod
    def read(
        cls,
        rows: Iterable[Row],
        translate: Callable[[Row], S | None],
        *,
        row_name: Callable[[int, Row], str] = lambda number, _row: f"row {number}",
        row_id: Callable[[Row], str | None] = lambda _row: None,
        deleted: Iterable[str] = (),
        next_cursor: str | None = None,
        checkpoint: str | None = None,
    ) -> Page[S]:
        """Translate *rows* one by one; a bad row is set aside with its reason.

        Args:
            rows: As the remote gave them.
            translate: Makes a record of a row, or None to leave the row out.
                A ``ValueError`` (pydantic's too), ``KeyError``, ``TypeError``
                or ``LookupError`` rejects that row alone.
            row_name: Words for a row, from its position (counted from 1) and itself.
            row_id: A row's identifier, if it can be read.
            deleted: See the class.
            next_cursor: See the class.
            checkpoint: See the class.
        """
        records: list[S] = []
        rejected: list[Rejected] = []
        for number, row in enumerate(rows, start=1):
            try:
                record = translate(row)
            except (ValueError, LookupError, TypeError, ArithmeticError) as error:
                rejected.append(
                    Rejected(
                        row=row_name(number, row),
                        reason=reason_of(error),
                        external_id=_legible(row_id, row),
                    )
                )
            else:
                if record is not None:
                    records.append(record)
        return cls(
            records=tuple(records),
            deleted=tuple(deleted),
            rejected=tuple(rejected),
            next_cursor=next_cursor,
            checkpoint=checkpoint,
        )


def _legible(row_id: Callable[[Row], str | None], row: Row) -> str | None:
    try:
        found = row_id(row)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return str(found)[:255] or None if found is not None else None


def reason_of(error: Exception) -> str:
    """One line that says what is wrong with a row, without quoting the row."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'row'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False, include_url=False, include_context=False)
        )[:2000]
    if isinstance(error, KeyError):
        return f"{error.args[0] if error.args else 'a field'}: missing"[:2000]
    return (str(error) or type(error).__name__)[:2000]


# --- writing back ----------------------------------------------------------------------


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
    """Whether a customer, or an order, is exempt in one jurisdiction, and by what."""

    jurisdiction: Jurisdiction
    exempt: bool
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


# --- asking customers ------------------------------------------------------------------


class Purpose(StrEnum):
    """Why a customer or a colleague is written to."""

    REQUEST = "request"
    REMINDER = "reminder"
    EXPIRY = "expiry"
    REJECTION = "rejection"
    RECEIPT = "receipt"
    NOTICE = "notice"


class Attachment(Record):
    """A file sent along."""

    name: Text
    media_type: Text
    content: bytes = Field(repr=False)


class SendRequest(Record):
    """Asks to deliver one message, which the core has worded.

    Attributes:
        key: The same key is the same message: a Message-ID is made from it.
        text: The message as plain text; always there.
        html: The same as HTML, or None.
    """

    key: Key
    purpose: Purpose
    to: tuple[Text, ...] = Field(min_length=1, repr=False)
    subject: Annotated[
        str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00\r\n]*$")
    ]
    text: str = Field(repr=False)
    html: str | None = Field(default=None, repr=False)
    reply_to: Text | None = None
    attachments: tuple[Attachment, ...] = ()


# --- webhooks --------------------------------------------------------------------------


class WebhookRequest(Record):
    """A webhook as it came: the raw body, not yet believed.

    ``headers`` have names in lower case.
    """

    body: bytes = Field(repr=False)
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    query: Mapping[str, str] = Field(default_factory=dict, repr=False)
    received_at: Moment


class WebhookEvent(Record):
    """Records that changed: they are fetched again by their ids."""

    event_id: ExternalId
    stream: Stream
    external_ids: tuple[ExternalId, ...]


class WebhookResult(Record):
    """The events of a genuine webhook, and the answer to give."""

    events: tuple[WebhookEvent, ...] = ()
    status: Annotated[int, Field(ge=200, le=299)] = 200
    body: bytes = b""


class CloseRequest(Record):
    """Says good-bye."""


def expect(kind: type[S], page: object, who: str) -> Page[S]:
    """*page*, or a `PermanentError` when a connector returned something else."""
    if not isinstance(page, Page) or not all(isinstance(r, kind) for r in page.records):
        msg = f"{who}: returned {type(page).__name__} where a Page of {kind.__name__} was due"
        raise PermanentError(msg)
    return page
