"""The settings of a connection: the whole description of an ERP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from exempt import CodeSystem, Country, Currency, ExemptionReason, Settings, reason_code
from exempt_erp_generic.auth import AnyAuth, NoAuth, plain_address
from exempt_erp_generic.fields import AddressFields
from exempt_erp_generic.reading import CustomerStream, EmployeeStream, OrderStream, ProductStream
from exempt_erp_generic.rules import ErrorRule
from exempt_erp_generic.secrecy import Headers
from exempt_erp_generic.times import Zone
from exempt_erp_generic.writing import PushSettings

VERSION = 1
STREAMS = ("customers", "orders", "products", "employees")


class ErpSettings(Settings):
    """A connection to an ERP with a REST API."""

    version: Literal[1] = Field(
        1, description="Of the form of these settings; there is only 1 so far."
    )
    base_url: str | None = Field(
        None,
        description="Address of the API; all paths are below it. None where only files are read"
        " and written.",
    )
    auth: AnyAuth = Field(NoAuth(), description="Credentials.")
    headers: Headers = Field(
        default_factory=dict, description="Sent with each call; nothing secret."
    )
    rate_per_second: float | None = Field(None, gt=0, description="The most calls a second.")
    timeout: float = Field(30.0, gt=0, le=600, description="Seconds to wait for an answer.")
    time_zone: Zone = Field(
        ZoneInfo("UTC"), description="Of the ERP's days, and of moments without an offset."
    )
    country: Country | None = Field(None, description="Of addresses that name none.")
    currency: Currency | None = Field(None, description="Of orders that name none.")
    reasons: dict[ExemptionReason, str] = Field(
        default_factory=dict, description="Our exemption reason → the ERP's code."
    )
    reason_codes_of: CodeSystem | None = Field(
        None,
        description="Whose standard codes the ERP uses where reasons has none: avatax, stripe or"
        " taxjar.",
    )
    errors: tuple[ErrorRule, ...] = Field(
        (), description="Answers that are errors of a certain kind; the first that fits counts."
    )
    customers: CustomerStream | None = Field(None, description="Where customers are read.")
    orders: OrderStream | None = Field(None, description="Where orders are read.")
    products: ProductStream | None = Field(None, description="Where products are read.")
    employees: EmployeeStream | None = Field(None, description="Where employees are read.")
    push: PushSettings = Field(PushSettings(), description="How statuses are written back.")

    @field_validator("version", mode="before")
    @classmethod
    def _known_version(cls, version: Any) -> Any:
        if isinstance(version, int) and version > VERSION:
            msg = f"is {version}, and this plugin reads up to {VERSION}: install a newer one"
            raise ValueError(msg)
        return version

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, url: str | None) -> str | None:
        return None if url is None else plain_address(url)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.base_url is None and (called := next(self._calls(), None)):
            msg = f"base_url is missing: {called} is to be called"
            raise ValueError(msg)
        if self.orders and not self.orders.fields.currency and not self.currency:
            msg = "orders.fields.currency is missing: give it, or currency for all orders"
            raise ValueError(msg)
        for stream, field in self._addresses():
            if field.country is None and self.country is None:
                msg = f"{stream}.country is missing: give it, or country for all addresses"
                raise ValueError(msg)
        has_codes = self.reasons or self.reason_codes_of
        for name, push in self.push:
            if push and "reason_code" in push.names and not has_codes:
                msg = (
                    f"push.{name} names {{reason_code}}, but reasons has no codes: add them, or"
                    " name in reason_codes_of whose standard codes count"
                )
                raise ValueError(msg)
        return self

    def reason_code(self, reason: ExemptionReason) -> str | None:
        """The ERP's code for *reason*; None where it has none."""
        return reason_code(reason, self.reason_codes_of, self.reasons)

    def _addresses(self) -> list[tuple[str, AddressFields]]:
        return [
            (f"{name}.fields.{field_name}", field)
            for name in STREAMS
            if (stream := getattr(self, name))
            for field_name, field in stream.fields
            if isinstance(field, AddressFields)
        ]

    def _calls(self) -> Iterator[str]:
        """The parts that are called, and not read from or written to files."""
        yield from (n for n in STREAMS if (stream := getattr(self, n)) and stream.path is not None)
        yield from (f"push.{name}" for name, push in self.push if push and not push.drop)
