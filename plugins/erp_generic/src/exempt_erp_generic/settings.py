"""The settings of a connection: the whole description of an ERP."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator

from exempt import CodeSystem, Country, Currency, ExemptionReason, Settings, reason_code
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.facts import PLACEHOLDERS
from exempt_erp_generic.fields import (
    AddressFields,
    CustomerFields,
    EmployeeFields,
    LineFields,
    OrderFields,
    ProductFields,
    RecordFields,
    Scalar,
)
from exempt_erp_generic.paging import AnyPaging, Params
from exempt_erp_generic.rules import ErrorRule, OutcomeRule
from exempt_erp_generic.template import Body, Naming, Template, nearest
from exempt_erp_generic.times import TimeFormat

_ID = Naming(frozenset({"id"}))
_SINCE = Naming(frozenset({"since"}))
_PUSH = Naming(frozenset(PLACEHOLDERS))

# --- credentials -------------------------------------------------------------------------


class NoAuth(Settings):
    """No credentials."""

    kind: Literal["none"] = "none"


class BearerAuth(Settings):
    """``Authorization: Bearer …``."""

    kind: Literal["bearer"]
    token: SecretStr = Field(description="The token.")


class BasicAuth(Settings):
    """User and password."""

    kind: Literal["basic"]
    user: str = Field(description="The user's name.")
    password: SecretStr = Field(description="The user's password.")


class ApiKeyAuth(Settings):
    """A key in a header or in the query."""

    kind: Literal["api_key"]
    place: Literal["header", "query"] = Field("header", description="Where the key goes.")
    name: str = Field(min_length=1, description="Name of the header or parameter.")
    value: SecretStr = Field(description="The key.")


AnyAuth = Annotated[
    NoAuth | BearerAuth | BasicAuth | ApiKeyAuth,
    Field(discriminator="kind"),
]

# --- reading -----------------------------------------------------------------------------


class Incremental(Settings):
    """How to ask for changes only."""

    param: str = Field(description="Query parameter that asks for changes.")
    value: Annotated[Template, _SINCE] = Field(
        default_factory=lambda: Template("{since}", {"since"}),
        description="Its value; {since} is the moment.",
    )
    format: TimeFormat = Field("iso", description="How {since} is written.")
    overlap_seconds: int = Field(
        300, ge=0, le=30 * 86_400, description="How far to reach back behind the checkpoint."
    )


class ById(Settings):
    """How to ask for one record."""

    path: Annotated[Template, _ID] = Field(description="Below base_url; {id} is the external_id.")
    params: dict[str, Annotated[Template, _ID]] = Field(
        default_factory=dict, description="Query parameters; {id} may stand in them."
    )
    record: Expression = Field(
        default_factory=lambda: Expression("@"),
        description="JMESPath to the record in the answer; null = no such record.",
    )


class StreamSettings(Settings):
    """Where one kind of record is read."""

    path: str = Field(description="Below base_url.")
    params: Params = Field(default_factory=dict, description="Query parameters.")
    records: Expression = Field(
        default_factory=lambda: Expression("@"),
        description="JMESPath to the list of rows in the answer.",
    )
    paging: AnyPaging = Field(description="How the list is divided into pages.")
    incremental: Incremental | None = Field(None, description="How to ask for changes only.")
    by_id: ById | None = Field(None, description="How to ask for one record.")
    fields: RecordFields

    @model_validator(mode="after")
    def _moments_for_changes(self) -> Self:
        if self.incremental and not self.fields.updated_at:
            msg = "incremental needs fields.updated_at: say where a row tells its last change"
            raise ValueError(msg)
        return self


class CustomerStream(StreamSettings):
    """Where customers are read."""

    fields: CustomerFields = Field(description="Field of a customer → where it stands in a row.")


class Lines(Settings):
    """The lines of an order."""

    records: Expression = Field(description="JMESPath to the list of lines in an order's row.")
    fields: LineFields = Field(description="Field of a line → where it stands in the line.")


class OrderStream(StreamSettings):
    """Where orders are read."""

    fields: OrderFields = Field(description="Field of an order → where it stands in a row.")
    lines: Lines | None = Field(None, description="The lines of an order.")

    @model_validator(mode="after")
    def _total_or_lines(self) -> Self:
        if self.fields.total is None and self.lines is None:
            msg = "fields.total is missing: give it, or lines to add up"
            raise ValueError(msg)
        return self


class ProductStream(StreamSettings):
    """Where products are read."""

    fields: ProductFields = Field(description="Field of a product → where it stands in a row.")


class EmployeeStream(StreamSettings):
    """Where employees are read."""

    fields: EmployeeFields = Field(description="Field of an employee → where it stands in a row.")


# --- writing back ------------------------------------------------------------------------


class ReadBack(Settings):
    """How to see what the ERP shows now, so that nothing is written without need."""

    path: Annotated[Template, _PUSH] | None = Field(None, description="Else the path of the write.")
    compare: dict[Expression, Annotated[Template, _PUSH]] = Field(
        default_factory=dict,
        description="JMESPath in the ERP's record → what shall stand there; else the body.",
    )


class WriteBack(Settings):
    """How one exemption status is written."""

    method: Literal["PATCH", "PUT", "POST"] = Field("PATCH", description="HTTP method.")
    path: Annotated[Template, _PUSH] = Field(description="Below base_url, with placeholders.")
    body: Annotated[Body, _PUSH] = Field(description="Table of texts with placeholders.")
    headers: dict[str, str] = Field(default_factory=dict, description="Sent with each write.")
    idempotency_header: str = Field(
        "Idempotency-Key", description="Header that carries the item's key; empty = none."
    )
    repeatable: bool | None = Field(
        None,
        description="Whether a write whose answer was lost may be sent again: the ERP honours the"
        " idempotency header, or writing twice does no harm. By default only with PUT.",
    )
    etag: bool = Field(default=False, description="Read first, and send If-Match with its ETag.")
    read: ReadBack | None = Field(None, description="Read first, and write only what differs.")
    outcomes: tuple[OutcomeRule, ...] = Field(
        (), description="What answers mean, before the usual meanings of statuses."
    )
    message: Expression | None = Field(
        None, description="JMESPath to the ERP's words in an answer that is a refusal."
    )
    date_format: TimeFormat = Field("iso", description="How the ERP writes days.")
    values: dict[str, dict[str, Scalar]] = Field(
        default_factory=dict, description="By placeholder, our value → the ERP's."
    )

    @field_validator("values")
    @classmethod
    def _known_placeholders(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in values:
            if name not in PLACEHOLDERS:
                msg = f"unknown placeholder {{{name}}}: {nearest(name, PLACEHOLDERS)}"
                raise ValueError(msg)
        return values

    @model_validator(mode="after")
    def _names_its_target(self) -> Self:
        if "external_id" not in self.names:
            msg = "neither path nor body names {external_id}, by which the ERP tells which is meant"
            raise ValueError(msg)
        return self

    @property
    def names(self) -> frozenset[str]:
        """The placeholders it names."""
        compared = [t.names for t in self.read.compare.values()] if self.read else []
        return self.path.names.union(self.body.names, *compared)

    @property
    def may_repeat(self) -> bool:
        """Whether the same write may be sent again."""
        return self.method == "PUT" if self.repeatable is None else self.repeatable


class PushSettings(Settings):
    """What is written back."""

    customers: WriteBack | None = Field(None, description="To a customer's record.")
    orders: WriteBack | None = Field(None, description="To an order.")


# --- the whole ---------------------------------------------------------------------------


class ErpSettings(Settings):
    """A connection to an ERP with a REST API."""

    base_url: str = Field(description="Address of the API; all paths are below it.")
    auth: AnyAuth = Field(NoAuth(), description="Credentials.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Sent with each call; nothing secret."
    )
    rate_per_second: float | None = Field(None, gt=0, description="The most calls a second.")
    timeout: float = Field(30.0, gt=0, le=600, description="Seconds to wait for an answer.")
    time_zone: ZoneInfo = Field(
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

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = "is no address: write it as https://erp.example/api"
            raise ValueError(msg)
        if parts.username or parts.query or parts.fragment:
            msg = "has a user, a query or a fragment: these go into auth, and into params"
            raise ValueError(msg)
        return url

    @field_validator("headers")
    @classmethod
    def _nothing_secret(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if name.lower() in {"authorization", "cookie", "proxy-authorization"}:
                msg = f"{name} is a secret: give it in auth"
                raise ValueError(msg)
        return headers

    @model_validator(mode="after")
    def _complete(self) -> Self:
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
            for name in ("customers", "orders", "employees")
            if (stream := getattr(self, name))
            for field_name, field in stream.fields
            if isinstance(field, AddressFields)
        ]
