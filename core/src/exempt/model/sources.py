"""What connectors fetch: customers, orders, products and employees."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from exempt.model.address import Address
from exempt.model.record import Amount, Currency, Day, ExternalId, Record, SourceRecord, Text


class Customer(SourceRecord):
    """A customer as one source keeps it.

    Attributes:
        number: The number people know the customer by; the first thing by
            which records of several sources are taken for the same customer.
        email: Where accounts payable reads mail; the third thing.
        tax_id: The customer's own tax registration, where the source has it;
            the second thing.
        code: A second number that the source keeps for it.
        parent_external_id: The billing customer, for a ship-to location that
            the source keeps as a customer of its own.
        bill_to: Invoices go to it.
        ship_to: Where its goods go.
        exempt: The source's own flag, None where it keeps none.
        exemption_number: A number the source keeps beside the flag.
        exemption_code: A reason code the source keeps beside the flag. The
            customer counts as flagged by either of the two.
        resale_certificate_number: A free-form number that the seller lets
            prevail over every certificate (R2's "Resale Certificate No").
    """

    name: Annotated[Text, Field(min_length=1)]
    number: ExternalId | None = None
    email: Text | None = None
    tax_id: Text | None = None
    parent_external_id: ExternalId | None = None
    bill_to: bool = True
    billing_address: Address | None = None
    ship_to: tuple[Address, ...] = ()
    exempt: bool | None = None
    exemption_number: Text | None = None
    exemption_code: Text | None = None
    resale_certificate_number: Text | None = None
    code: Text | None = None

    @property
    def flagged_exempt(self) -> bool:
        """Whether the source takes this customer for exempt, by flag, number or code."""
        return bool(self.exempt or self.exemption_number or self.exemption_code)


class OrderKind(StrEnum):
    """Which document it is; all are decided alike."""

    ORDER = "order"
    INVOICE = "invoice"
    CREDIT = "credit"


class NotTaxedReason(StrEnum):
    """Why no tax is on a line.

    ===================  ==========================================================
    customer_exempt      the customer is exempt, by a certificate or a number
    transaction_exempt   just this sale is: a single-use certificate, or by hand
    not_collecting       the seller does not collect there
    product_not_taxed    the state does not tax this product
    no_tax               the state levies no sales tax
    ===================  ==========================================================
    """

    CUSTOMER_EXEMPT = "customer_exempt"
    TRANSACTION_EXEMPT = "transaction_exempt"
    NOT_COLLECTING = "not_collecting"
    PRODUCT_NOT_TAXED = "product_not_taxed"
    NO_TAX = "no_tax"


class OrderLine(Record):
    """One line of an order; ``amount`` is without tax, after discounts.

    Attributes:
        not_taxed_reason: Why the source puts no tax on it, where it says so.
    """

    line_id: ExternalId
    product_external_id: ExternalId | None = None
    amount: Amount
    tax: Amount | None = None
    not_taxed_reason: NotTaxedReason | None = None


class Order(SourceRecord):
    """An order, invoice or credit as one source keeps it.

    Attributes:
        customer_external_id: The billing customer, in the same source.
        order_date: The day the decision goes by (R2's "prep date"), in the
            seller's time zone.
        event_start_date: The first day of the event that it is for, such as a
            rental's; a change of it, as of ``event_end_date``, has the
            certificate chosen anew.
        ship_to: Where the goods go; its state is the jurisdiction.
        total: Without tax, after discounts; negative for a credit.
        tax: The tax the source charged, None where it does not say.
        purchase_order_number: The customer's own number.
        tax_applicable: Whether the source taxes the order now; None = it does not say.
        certificate_number: The certificate the source shows on it now.
        closed: The source takes no more changes: decided, but never written to.
        voided: Cancelled: kept, but neither decided nor written to.
        marketplace: The marketplace through which it was sold and that collects
            the tax, by name; many states leave such sales out of their
            thresholds. Since version 1.1.
    """

    customer_external_id: ExternalId
    kind: OrderKind = OrderKind.ORDER
    number: ExternalId | None = None
    order_date: Day
    event_start_date: Day | None = None
    event_end_date: Day | None = None
    ship_to: Address | None = None
    currency: Currency
    total: Amount
    tax: Amount | None = None
    lines: tuple[OrderLine, ...] = ()
    purchase_order_number: Text | None = None
    tax_applicable: bool | None = None
    certificate_number: Text | None = None
    closed: bool = False
    voided: bool = False
    marketplace: Text | None = None


class Product(SourceRecord):
    """A product or service as one source keeps it."""

    name: Text
    tax_code: Text | None = None
    active: bool = True


class Employee(SourceRecord):
    """An employee as one source keeps it: where and since when, and no more.

    The home address counts beside the place of work: remote work makes nexus
    at home. No name is needed; a connector that may pass one uses ``label``.

    Attributes:
        contractor: Whether they work for the seller without being employed: a
            representative may make nexus, too. Since version 1.1.
    """

    label: Text | None = None
    work_location: Address | None = None
    home_location: Address | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    contractor: bool = False
