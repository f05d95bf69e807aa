"""What was decided for an order, and the steps that led there."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from exempt.model.record import Day, Record, Text


class Profile(StrEnum):
    """Which rule chooses the certificate.

    ``default`` also wants the certificate to be in effect on the day of the
    order; ``r2`` looks at the expiration date alone, as R2 does.
    """

    DEFAULT = "default"
    R2 = "r2"


class Ground(StrEnum):
    """Why an order is taxed or not.

    =================  =========  ====================================================
    ground             tax        meaning
    =================  =========  ====================================================
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
    LATER_EXPIRATION = "later_expiration"
    EARLIER_EFFECTIVE = "earlier_effective"
    HIGHER_ID = "higher_id"
    OTHER_JURISDICTION = "other_jurisdiction"
    EXPIRED = "expired"
    NOT_YET_EFFECTIVE = "not_yet_effective"
    ARCHIVED = "archived"
    PENDING_REVIEW = "pending_review"
    REJECTED = "rejected"
    OVERRULED = "overruled"


class Step(Record):
    """One certificate that was looked at, as it stood then, and what was found."""

    finding: Finding
    certificate_id: int
    certificate_number: Text
    jurisdiction: str
    effective_date: Day
    expiration_date: Day | None


class Decision(Record):
    """Whether tax applies to an order, and why.

    Attributes:
        certificate_id: The certificate that covers it, if one does.
        certificate_number: What the order shall show; None = blank.
        jurisdiction: The state of the ship-to, if it has one.
        order_date: The day the decision went by.
        rule: The rule and its version, so that the decision can be replayed.
        steps: Every certificate of the customer, in the order of their ids.
    """

    ground: Ground
    tax_applicable: bool
    certificate_id: int | None = None
    certificate_number: Text | None = None
    jurisdiction: str | None = None
    order_date: Day
    rule: str
    steps: tuple[Step, ...] = ()

    @property
    def exempt(self) -> bool:
        """Whether the order is not taxed."""
        return not self.tax_applicable


class Card(NamedTuple):
    """What a decision must know of a customer."""

    customer_id: int
    name: str
    flagged_exempt: bool = False
    resale_certificate_number: str | None = None
