"""What was decided for an order, what the decision went by, and the steps that led there."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from exempt.model.certificate import CertificateKind, ExemptionReason, Percentage, ReviewStatus
from exempt.model.record import Day, ExternalId, Moment, Record, Text


class Profile(StrEnum):
    """Which rule chooses the certificate.

    ``default`` also wants the certificate to be in effect on the day of the
    order, and sales to recur where the state says so; ``r2`` looks at the
    expiration date alone, as R2 does.
    """

    DEFAULT = "default"
    R2 = "r2"


class Ground(StrEnum):
    """Why an order is taxed or not.

    =================  =========  ====================================================
    ground             tax        meaning
    =================  =========  ====================================================
    override           as said    somebody decided by hand, with a reason
    certificate        per form   a certificate covers it ("apply tax" may tax it still)
    free_form_number   no         the customer's free-form number prevails over all
    no_certificate     yes        exempt is claimed, and nothing on file covers it
    not_claimed        yes        an ordinary customer
    no_sales_tax       yes        the state levies none, so nothing is needed
    outside            yes        sent where no table of ours reaches
    no_ship_to         yes        the state it goes to is not known
    unknown_customer   yes        the source has not shown us the customer
    =================  =========  ====================================================

    "Yes" leaves the amount to the tax engine; it only means: not exempt.
    """

    OVERRIDE = "override"
    CERTIFICATE = "certificate"
    FREE_FORM_NUMBER = "free_form_number"
    NO_CERTIFICATE = "no_certificate"
    NOT_CLAIMED = "not_claimed"
    NO_SALES_TAX = "no_sales_tax"
    OUTSIDE = "outside"
    NO_SHIP_TO = "no_ship_to"
    UNKNOWN_CUSTOMER = "unknown_customer"


class Finding(StrEnum):
    """What one look at one certificate showed."""

    CHOSEN = "chosen"
    CHOSEN_BY_HAND = "chosen_by_hand"
    LATER_EXPIRATION = "later_expiration"
    EARLIER_EFFECTIVE = "earlier_effective"
    HIGHER_ID = "higher_id"
    OTHER_JURISDICTION = "other_jurisdiction"
    OTHER_ORDERS = "other_orders"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    NOT_YET_EFFECTIVE = "not_yet_effective"
    ARCHIVED = "archived"
    PENDING_REVIEW = "pending_review"
    REJECTED = "rejected"
    OVERRULED = "overruled"
    OVERRULED_BY_HAND = "overruled_by_hand"


class ByHand(NamedTuple):
    """What somebody decided for one order: a certificate to use, or the outcome itself.

    Attributes:
        certificate_id: The certificate to use; None for an override.
        tax_applicable: The override; None for a certificate.
        reason: Why, in the words of who did it.
    """

    certificate_id: int | None = None
    tax_applicable: bool | None = None
    reason: str = ""


class Facts(NamedTuple):
    """What a decision went by, beside the certificates: enough to decide again.

    Attributes:
        order_date: The day that counts.
        jurisdiction: The state of the ship-to, ``US-TX``; None = not known.
        country: The country of the ship-to; None = no ship-to.
        customer_known: Whether its source has shown the billing customer.
        claimed: Whether the customer is flagged exempt, or the source does not tax the order;
            a decision keeps it only where it was asked for.
        free_form_number: The customer's free-form number.
        order_numbers: The order's own numbers, where a certificate is bound to some.
        by_hand: What somebody decided for it.
    """

    order_date: dt.date
    jurisdiction: str | None
    country: str | None = "US"
    customer_known: bool = True
    claimed: bool = False
    free_form_number: str | None = None
    order_numbers: tuple[str, ...] = ()
    by_hand: ByHand | None = None


class Step(Record):
    """One certificate that was looked at, as it stood then, and what was found.

    One that is not for the state of the order has one step: ``also_for`` says for
    how many jurisdictions beside ``jurisdiction`` it is. ``against`` says what
    spoke against one that was chosen by hand.
    """

    finding: Finding
    against: Finding | None = None
    certificate_id: int
    certificate_number: Text
    customer_id: int = 0
    jurisdiction: str
    exemption_reason: ExemptionReason = ExemptionReason.OTHER
    kind: CertificateKind = CertificateKind.BLANKET
    order_numbers: tuple[ExternalId, ...] = ()
    effective_date: Day
    expiration_date: Day | None
    held_through: dt.date | None = None
    apply_tax: bool = False
    exempt_percentage: Percentage = Decimal(100)
    review_status: ReviewStatus = ReviewStatus.ACCEPTED
    archived_date: Day | None = None
    also_for: int = 0


class Decision(Record):
    """Whether tax applies to an order, and why.

    Attributes:
        tax_applicable: Whether tax applies, to all of it or to a part.
        exempt_percentage: How much of it is exempt: 100 when no tax applies,
            0 when it applies to all.
        certificate_id: The certificate that covers it, if one does.
        certificate_number: What the order shall show; None = blank.
        facts: What it went by.
        rule: The rule and its version, by which it can be replayed.
        steps: Each certificate of the customer, in the order of their ids.
    """

    ground: Ground
    tax_applicable: bool
    exempt_percentage: Decimal = Decimal(0)
    certificate_id: int | None = None
    certificate_number: Text | None = None
    facts: Facts
    rule: str
    steps: tuple[Step, ...] = ()

    @property
    def exempt(self) -> bool:
        """Whether the order is not taxed at all."""
        return not self.tax_applicable

    @property
    def jurisdiction(self) -> str | None:
        """The state of the ship-to, if it has one."""
        return self.facts.jurisdiction

    @property
    def order_date(self) -> dt.date:
        """The day the decision went by."""
        return self.facts.order_date


class Card(NamedTuple):
    """What a decision must know of a customer."""

    customer_id: int
    name: str
    flagged_exempt: bool = False
    resale_certificate_number: str | None = None


class ManualChoice(Record):
    """What somebody decided for one order by hand, and what became of it.

    Attributes:
        ended_at: When it ceased to count; None = it counts.
        ended_reason: Why it ceased, such as "ship-to state changed from TX to CA".
    """

    order_id: int
    certificate_id: int | None = None
    tax_applicable: bool | None = None
    reason: Text = ""
    made_at: Moment
    made_by: Text
    ended_at: Moment | None = None
    ended_reason: Text | None = None

    @property
    def by_hand(self) -> ByHand:
        """As a decision goes by it."""
        return ByHand(self.certificate_id, self.tax_applicable, self.reason)
