"""The question whether an order is to be taxed, asked while it is entered; and the answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import Field, model_validator

from exempt.model.address import Address
from exempt.model.certificate import Coverage
from exempt.model.decision import Card, Finding, Ground
from exempt.model.record import Amount, Currency, Day, ExternalId, Record, Text
from exempt.model.sources import NotTaxedReason


class Buyer(Record):
    """The billing customer of an order, by one of its names.

    Attributes:
        id: Ours.
        number: The seller's customer number, in ``company`` of the question.
        external_id: Its id in ``connection``.
    """

    id: Annotated[int, Field(ge=1, le=2**53)] | None = None
    number: ExternalId | None = None
    external_id: ExternalId | None = None
    connection: ExternalId | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Buyer:
        names = (self.id, self.number, self.external_id)
        if sum(name is not None for name in names) != 1:
            msg = "name the customer once: by id, by number, or by external_id and connection"
            raise ValueError(msg)
        if (self.external_id is None) != (self.connection is None):
            msg = "external_id and connection belong together: give both, or neither"
            raise ValueError(msg)
        return self


class QuestionLine(Record):
    """One line of the order; ``not_taxed_reason`` is what the shop knows of it by itself."""

    line_id: ExternalId
    product_external_id: ExternalId | None = None
    amount: Amount = Decimal(0)
    not_taxed_reason: NotTaxedReason | None = None


class Question(Record):
    """An order that is being entered, as far as the decision goes by it.

    Attributes:
        company: The key of the seller's company; None = there is just one that fits.
        order_date: The day that the decision goes by; None = today.
        number: The order's number, for certificates that are bound to orders.
        tax_applicable: False = exemption is claimed for it.
    """

    company: ExternalId | None = None
    customer: Buyer
    ship_to: Address | None = None
    order_date: Day | None = None
    number: ExternalId | None = None
    purchase_order_number: Text | None = None
    currency: Currency = "USD"
    lines: Annotated[tuple[QuestionLine, ...], Field(max_length=1000)] = ()
    tax_applicable: bool | None = None


class Holder(NamedTuple):
    """A billing customer, and what it may use.

    Attributes:
        mailbox: The address that a request would go to; None = none reaches it.
        excluded_from_mailings: Nobody writes to it.
    """

    card: Card
    company_id: int
    number: str | None
    mailbox: str | None
    excluded_from_mailings: bool
    held: Sequence[Coverage]


class Lack(StrEnum):
    """Why whoever enters the order is asked whether to send a request."""

    NEW_CUSTOMER = "new_customer"
    MISSING = "missing"
    EXPIRED = "expired"
    PENDING_REVIEW = "pending_review"
    REJECTED = "rejected"


class Action(Record):
    """A call of the API that does what a prompt asks."""

    method: str
    href: str
    body: dict[str, Any]


class Prompt(Record):
    """What to ask whoever enters the order, and what "yes" does; "no" goes on without.

    Attributes:
        yes: The call that sends the request; None = nobody can be written to, see ``why_not``.
    """

    lack: Lack
    text: str
    yes: Action | None = None
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """Why no tax is on a line; None = tax applies to it, or to a part of it."""

    line_id: str
    not_taxed_reason: NotTaxedReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFile:
    """The certificate that covers the order.

    Attributes:
        status: ``active`` or ``expiring_soon`` on the order's day.
    """

    id: int
    number: str
    status: str
    expiration_date: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A certificate that was looked at, and what was found, as a sentence."""

    certificate_id: int
    jurisdiction: str
    finding: Finding
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether tax applies, by which certificate, why, and what may be done about it.

    Attributes:
        exempt: Not taxed at all; ``exempt_percentage`` has the part that is not.
        jurisdiction: Where the goods go; None = not known.
        rule: The rule and its version.
        customer_id: Ours; None = it is not known here.
        verdict: In a few sentences.
        steps: Each certificate that was looked at, in the order of their ids.
    """

    exempt: bool
    tax_applicable: bool
    exempt_percentage: Decimal
    ground: Ground
    rule: str
    jurisdiction: str | None
    order_date: dt.date
    customer_id: int | None = None
    certificate: OnFile | None = None
    verdict: str
    steps: tuple[Looked, ...] = ()
    lines: tuple[LineAnswer, ...] = ()
    prompt: Prompt | None = None
