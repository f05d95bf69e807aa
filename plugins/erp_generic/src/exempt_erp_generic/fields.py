"""Where each field of a record comes from, as it stands in the settings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from exempt import Settings
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.template import spelled
from exempt_erp_generic.times import TimeFormat, Zone, moment_of

Scalar = bool | int | float | str


class Value(Settings):
    """One field: a path in the row, or a constant. A bare text is a path."""

    path: Expression | None = Field(None, description="JMESPath expression, applied to the row.")
    const: Scalar | None = Field(None, description="The same value for every record.")
    default: Scalar | None = Field(None, description="Taken where the path finds nothing.")
    map: dict[str, Scalar] = Field(
        default_factory=dict,
        description="The ERP's value → ours, '' where it means nothing; '*' is any other.",
    )
    blank: tuple[str, ...] = Field((), description="Values of the ERP that mean nothing.")
    optional: bool = Field(
        default=False, description="Whether rows may lack the path altogether, and no check minds."
    )

    @model_validator(mode="before")
    @classmethod
    def _bare_text(cls, data: object) -> object:
        return {"path": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.const is None):
            msg = "give either a path or a const"
            raise ValueError(msg)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core)]}

    def read(self, row: Any, zone: ZoneInfo) -> Any:
        """The field's value in *row*; None = nothing there.

        Raises:
            ValueError: What is there cannot be understood.
        """
        found = self.const if self.path is None else self.path(row)
        if isinstance(found, str):
            found = found.strip()
        if found == "" or (self.blank and spelled(found) in self.blank):
            found = None
        if found is not None and self.map:
            mapped = self._mapped(spelled(found))
            found = None if mapped == "" else mapped
        if found is None:
            found = self.default
        return None if found is None else self.convert(found, zone)

    def _mapped(self, word: str) -> Scalar:
        if word in self.map:
            return self.map[word]
        if "*" in self.map:
            return self.map["*"]
        msg = (
            f"has a value that its map does not list: add it, or '*' for any other ({self.path});"
            " or leave such rows out by a filter in records"
        )
        raise ValueError(msg)

    def convert(self, found: Any, _zone: ZoneInfo) -> Any:
        """*found* in a form that the record understands."""
        return found


class TextValue(Value):
    """A text; numbers are written out."""

    def convert(self, found: Any, _zone: ZoneInfo) -> str:
        """*found* as text."""
        if isinstance(found, (str, int, Decimal, float)) and not isinstance(found, bool):
            return str(found)
        msg = f"is a {type(found).__name__}, not a text: let the path lead further ({self.path})"
        raise ValueError(msg)


class AmountValue(Value):
    """An amount, as a JSON number or as text with a point."""

    scale: int = Field(
        0,
        ge=-6,
        le=6,
        description="Moves the point: -2 for an ERP that writes cents. A const or a default too.",
    )

    def convert(self, found: Any, _zone: ZoneInfo) -> Decimal:
        """*found* as an exact number."""
        try:
            if not isinstance(found, bool):
                return self._scaled(Decimal(str(found)))
        except ArithmeticError:
            pass
        msg = f"is no number: let the path lead to one ({self.path})"
        raise ValueError(msg)

    def _scaled(self, amount: Decimal) -> Decimal:
        """*amount* with its point moved, letter by letter: nothing is rounded."""
        sign, digits, exponent = amount.as_tuple()
        if not self.scale or not isinstance(exponent, int):
            return amount
        return Decimal((sign, digits, exponent + self.scale))


class DayValue(Value):
    """A day."""

    formats: tuple[TimeFormat, ...] = Field(("iso",), description="How the ERP writes it.")
    time_zone: Zone | None = Field(
        None, description="Of moments without an offset; else the connection's."
    )

    def convert(self, found: Any, zone: ZoneInfo) -> dt.date:
        """*found* as a day; a moment of a known zone falls on a day in *zone*."""
        moment = moment_of(found, self.formats)
        if moment.tzinfo is None and self.time_zone:
            moment = moment.replace(tzinfo=self.time_zone)
        return (moment.astimezone(zone) if moment.tzinfo else moment).date()


class MomentValue(DayValue):
    """A moment."""

    def convert(self, found: Any, zone: ZoneInfo) -> dt.datetime:
        """*found* as a moment in UTC; without an offset it is taken to be in *zone*."""
        moment = moment_of(found, self.formats)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.time_zone or zone)
        return moment.astimezone(dt.UTC)


class AddressFields(Settings):
    """An address; where all but the country is empty, there is none."""

    country: TextValue | None = Field(
        None, description="Two letters; else the connection's country."
    )
    state: TextValue | None = Field(None, description="State or province.")
    line1: TextValue | None = Field(None, description="Street.")
    line2: TextValue | None = Field(None, description="Second line.")
    city: TextValue | None = Field(None, description="City.")
    postal_code: TextValue | None = Field(None, description="ZIP.")


class AddressesFields(AddressFields):
    """One address, or with ``records`` a list of them."""

    records: Expression | None = Field(
        None, description="Path to a list in the row; the other paths then start at its entries."
    )


class RecordFields(Settings):
    """What all records have."""

    external_id: TextValue = Field(description="The ERP's own, stable identifier.")
    updated_at: MomentValue | None = Field(None, description="When the ERP last changed it.")


class CustomerFields(RecordFields):
    """A customer."""

    name: TextValue = Field(description="The company's name.")
    number: TextValue | None = Field(None, description="The number people know it by.")
    email: TextValue | None = Field(None, description="Accounts payable.")
    tax_id: TextValue | None = Field(None, description="Its tax registration.")
    parent_external_id: TextValue | None = Field(None, description="Its billing customer.")
    bill_to: Value | None = Field(None, description="Whether invoices go to it.")
    billing_address: AddressFields | None = Field(None, description="Where invoices go.")
    ship_to: AddressesFields | None = Field(None, description="Where goods go.")
    exempt: Value | None = Field(None, description="The ERP's own flag.")
    exemption_number: TextValue | None = Field(None, description="Kept beside the flag.")
    exemption_code: TextValue | None = Field(None, description="Reason code kept beside the flag.")
    resale_certificate_number: TextValue | None = Field(
        None, description="A number that prevails over every certificate."
    )
    code: TextValue | None = Field(None, description="A second number.")


class LineFields(Settings):
    """A line of an order."""

    line_id: TextValue | None = Field(None, description="Else the lines are counted from 1.")
    product_external_id: TextValue | None = Field(None, description="The product.")
    amount: AmountValue = Field(description="Without tax, after discounts.")
    tax: AmountValue | None = Field(None, description="Tax on the line.")
    not_taxed_reason: Value | None = Field(
        None,
        description="Why the ERP puts no tax on it: customer_exempt, transaction_exempt,"
        " not_collecting, product_not_taxed or no_tax.",
    )


class OrderFields(RecordFields):
    """An order, invoice or credit."""

    customer_external_id: TextValue = Field(description="The billing customer's external_id.")
    kind: Value | None = Field(None, description="order, invoice or credit.")
    number: TextValue | None = Field(None, description="The number people know it by.")
    order_date: DayValue = Field(description="The day the decision goes by.")
    event_start_date: DayValue | None = Field(
        None, description="First day of the event that it is for, such as a rental's."
    )
    event_end_date: DayValue | None = Field(None, description="Last day of that event.")
    ship_to: AddressFields | None = Field(None, description="Where the goods go.")
    currency: TextValue | None = Field(None, description="Else the connection's currency.")
    total: AmountValue | None = Field(None, description="Without tax; else the sum of the lines.")
    tax: AmountValue | None = Field(None, description="The tax charged.")
    purchase_order_number: TextValue | None = Field(None, description="The customer's own number.")
    tax_applicable: Value | None = Field(None, description="Whether the ERP taxes it now.")
    certificate_number: TextValue | None = Field(None, description="The certificate it shows now.")
    closed: Value | None = Field(None, description="Takes no more changes.")
    voided: Value | None = Field(None, description="Cancelled.")
    marketplace: TextValue | None = Field(
        None, description="The marketplace that sold it and collects the tax, by name."
    )


class ProductFields(RecordFields):
    """A product."""

    name: TextValue = Field(description="Its name.")
    tax_code: TextValue | None = Field(None, description="Its tax code.")
    active: Value | None = Field(None, description="Whether it is still sold.")


class EmployeeFields(RecordFields):
    """An employee."""

    label: TextValue | None = Field(
        None, description="How people call the record; no need for a name."
    )
    work_location: AddressFields | None = Field(None, description="Where they work.")
    home_location: AddressFields | None = Field(None, description="Where they live.")
    start_date: DayValue | None = Field(None, description="First day.")
    end_date: DayValue | None = Field(None, description="Last day.")
    contractor: Value | None = Field(
        None, description="Whether they work for you without being employed."
    )
