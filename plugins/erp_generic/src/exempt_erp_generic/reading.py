"""Where records are read, as it stands in the settings."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from exempt import Settings
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.fields import (
    CustomerFields,
    EmployeeFields,
    LineFields,
    OrderFields,
    ProductFields,
    RecordFields,
)
from exempt_erp_generic.paging import AnyPaging, NoPaging
from exempt_erp_generic.queries import AS_LISTS, names_of
from exempt_erp_generic.secrecy import Headers
from exempt_erp_generic.template import Body, Naming, Template
from exempt_erp_generic.times import TimeFormat, Zone

LIST = Naming(frozenset({"since", "page", "offset", "cursor", "size"}))
ID = Naming(frozenset({"id"}))
_PAGES = frozenset({"page", "offset", "cursor", "size"})
IDS = Naming(_PAGES | {"id", "ids"})

Method = Literal["GET", "POST"]
T = TypeVar("T", bound=Any)


class Incremental(Settings):
    """How to ask for changes only."""

    param: str | None = Field(None, description="Query parameter that asks for changes.")
    value: Annotated[Template, LIST] = Field(
        default_factory=lambda: Template("{since}", {"since"}),
        description="Its value; {since} is the moment.",
    )
    header: str | None = Field(
        None, description="Header that asks for changes, such as If-Modified-Since: {since} alone."
    )
    initial: dt.date = Field(
        dt.date(1970, 1, 1),
        description="What {since} is in params and body where everything is asked for.",
    )
    format: TimeFormat = Field("iso", description="How {since} is written.")
    time_zone: Zone | None = Field(
        None, description="Of {since} in a format without an offset; else the connection's."
    )
    overlap_seconds: int = Field(
        300, ge=0, le=30 * 86_400, description="How far to reach back behind the checkpoint."
    )


class Single(Settings):
    """How to ask for one record."""

    method: Method = Field("GET", description="HTTP method.")
    path: Annotated[Template, ID] = Field(description="Below base_url; {id} is the external_id.")
    params: Annotated[dict[str, list[Annotated[Template, ID]]], AS_LISTS] = Field(
        default_factory=dict, description="Query parameters; {id} may stand in them."
    )
    base64url: tuple[str, ...] = Field(
        (), description="Query parameters whose value is sent in base64url."
    )
    body: Annotated[Body, ID] | None = Field(
        None, description="With POST: table of texts, in which {id} may stand; sent as JSON."
    )
    record: Expression = Field(
        default_factory=lambda: Expression("@"),
        description="JMESPath to the record in the answer; null = no such record.",
    )

    @model_validator(mode="after")
    def _body_with_post(self) -> Self:
        return body_with_post(self)


class Detail(Single):
    """One further call a row, for lists that give little more than identifiers."""

    size: int = Field(25, ge=1, le=1000, description="Rows a page, each with a call of its own.")


class Files(Settings):
    """A folder of CSV files, in place of a list to call."""

    pattern: str = Field(
        min_length=1,
        description="Files by name, such as in/customers-*.csv; from the folder of the settings.",
        json_schema_extra={"format": "path"},
    )
    contents: Literal["snapshot", "changes"] = Field(
        "snapshot",
        description="snapshot: each file has all records, and the newest counts; changes: each"
        " has what changed, and all are read in order.",
    )
    newest: Literal["name", "modified"] = Field(
        "name", description="What orders the files: their names, or when they were changed."
    )
    delimiter: str = Field(
        ",", pattern=r'^[^"\r\n\x00]$', description="What divides cells: one character."
    )
    encoding: Literal["utf-8", "cp1252", "iso-8859-1"] = Field(
        "utf-8", description="Of the text; a byte order mark of UTF-8 is skipped."
    )
    header: tuple[str, ...] = Field(
        (), description="Names of the columns, for files without a first line that names them."
    )


class StreamSettings(Settings):
    """Where one kind of record is read."""

    path: str | None = Field(None, description="Below base_url.")
    files: Files | None = Field(None, description="CSV files in a folder, in place of path.")
    method: Method = Field("GET", description="HTTP method of the list.")
    params: Annotated[dict[str, list[Annotated[Template, LIST]]], AS_LISTS] = Field(
        default_factory=dict,
        description="Query parameters, a list for several of one name; placeholders are those"
        " of paging, and {since}.",
    )
    body: Annotated[Body, LIST] | None = Field(
        None, description="With POST: table of texts with the same placeholders, sent as JSON."
    )
    base64url: tuple[str, ...] = Field(
        (), description="Query parameters whose value is sent in base64url."
    )
    headers: Headers = Field(default_factory=dict, description="Sent with each call of the stream.")
    records: Expression = Field(
        default_factory=lambda: Expression("@"),
        description="JMESPath to the list of rows in the answer.",
    )
    paging: AnyPaging = Field(
        NoPaging(kind="none"), description="How the list is divided into pages."
    )
    incremental: Incremental | None = Field(None, description="How to ask for changes only.")
    detail: Detail | None = Field(
        None, description="One further call a row; its record's keys are added to the row."
    )
    by_id: Single | None = Field(None, description="How to ask for one record; else by detail.")
    deleted: Expression | None = Field(
        None, description="JMESPath over a row that is true of one that was deleted."
    )
    gone: Literal["kept", "deleted"] = Field(
        "kept",
        description="Only without incremental: what becomes of a record that the whole list no"
        " longer has.",
    )
    fields: RecordFields

    @property
    def names(self) -> frozenset[str]:
        """The placeholders of the list's call."""
        value = self.incremental.value.names if self.incremental else ()
        return names_of(self.params).union(value, self.body.names if self.body else ())

    @property
    def single(self) -> Single | None:
        """How to ask for one record."""
        return self.by_id or self.detail

    @model_validator(mode="before")
    @classmethod
    def _paging_is_said(cls, data: Any) -> Any:
        """A list without a word about paging may be half a list."""
        if isinstance(data, dict) and "paging" not in data and "files" not in data:
            msg = "paging is missing: say how the list is divided; kind = 'none' where it is not"
            raise ValueError(msg)
        return data

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.files is None):
            msg = "give either path, for a list to call, or files"
            raise ValueError(msg)
        if self.files:
            self._no_calls()
        return body_with_post(self)

    def _no_calls(self) -> None:
        for name in ("incremental", "detail", "by_id", "body", "params", "headers"):
            if getattr(self, name):
                msg = f"{name} is of lists to call: leave it out beside files"
                raise ValueError(msg)

    @model_validator(mode="after")
    def _moments_for_changes(self) -> Self:
        if self.incremental and not self.fields.updated_at:
            msg = "incremental needs fields.updated_at: say where a row tells its last change"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _ways_of_asking_for_changes(self) -> Self:
        named = "since" in names_of(self.params)
        named |= bool(self.body and "since" in self.body.names)
        if named and not self.incremental:
            msg = "params or body name {since}: add incremental, at least incremental = {}"
            raise ValueError(msg)
        if self.incremental and not (named or self.incremental.param or self.incremental.header):
            msg = (
                "incremental asks nowhere: give param or header, or name {since} in params or body"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _gone_of_a_whole_list(self) -> Self:
        changes = self.incremental or (self.files and self.files.contents == "changes")
        if self.gone == "deleted" and changes:
            msg = "gone = 'deleted' is for whole lists: beside changes it would delete all others"
            raise ValueError(msg)
        return self


class CustomerStream(StreamSettings):
    """Where customers are read."""

    fields: CustomerFields = Field(description="Field of a customer → where it stands in a row.")


class Lines(Settings):
    """The lines of an order: in its row, or in a list of their own."""

    method: Method = Field("GET", description="HTTP method of a list of their own.")
    path: Annotated[Template, IDS] | None = Field(
        None,
        description="A list of their own, below base_url; {id} is the order's external_id, {ids}"
        " those of several.",
    )
    params: Annotated[dict[str, list[Annotated[Template, IDS]]], AS_LISTS] = Field(
        default_factory=dict, description="Query parameters, with {id} or {ids}."
    )
    base64url: tuple[str, ...] = Field(
        (), description="Query parameters whose value is sent in base64url."
    )
    body: Annotated[Body, IDS] | None = Field(
        None, description="With POST: table of texts with {id} or {ids}, sent as JSON."
    )
    paging: AnyPaging = Field(
        NoPaging(kind="none"), description="How a list of their own is divided into pages."
    )
    order: Expression | None = Field(
        None, description="With {ids}: JMESPath in a line to the external_id of its order."
    )
    size: int = Field(25, ge=1, le=1000, description="Orders a page, where lines are called for.")
    records: Expression = Field(
        description="JMESPath to the list of lines in an order's row, or in their own answer."
    )
    fields: LineFields = Field(description="Field of a line → where it stands in the line.")

    @property
    def names(self) -> frozenset[str]:
        """The placeholders of their call."""
        texts = [text for text in (self.path, self.body) if text]
        return names_of(self.params).union(*(text.names for text in texts))

    @model_validator(mode="after")
    def _says_whose(self) -> Self:
        if self.path is None:
            if self.params or self.body or self.order or self.paging.kind != "none":
                msg = "params, body, paging and order are of a list of their own: give its path"
                raise ValueError(msg)
            return self
        if len(self.names - _PAGES) != 1:
            msg = "path, params or body must name {id}, for a call an order, or else {ids}"
            raise ValueError(msg)
        if ("ids" in self.names) != (self.order is not None):
            msg = "{ids} and order belong together: order says whose each line is"
            raise ValueError(msg)
        return body_with_post(self)


class OrderStream(StreamSettings):
    """Where orders are read."""

    fields: OrderFields = Field(description="Field of an order → where it stands in a row.")
    lines: Lines | None = Field(None, description="The lines of an order.")
    negate_credits: bool = Field(
        default=False,
        description="Whether the ERP writes the amounts of a credit without a sign: total, tax and"
        " lines are then turned round, for ours are negative.",
    )

    @model_validator(mode="after")
    def _total_or_lines(self) -> Self:
        if self.fields.total is None and self.lines is None:
            msg = "fields.total is missing: give it, or lines to add up"
            raise ValueError(msg)
        if self.negate_credits and self.fields.kind is None:
            msg = "negate_credits needs fields.kind: say which orders are credits"
            raise ValueError(msg)
        if self.files and self.lines:
            msg = "lines is of lists to call: leave it out beside files"
            raise ValueError(msg)
        return self


class ProductStream(StreamSettings):
    """Where products are read."""

    fields: ProductFields = Field(description="Field of a product → where it stands in a row.")


class EmployeeStream(StreamSettings):
    """Where employees are read."""

    fields: EmployeeFields = Field(description="Field of an employee → where it stands in a row.")


def body_with_post(settings: T) -> T:
    """*settings*, where a body only stands beside POST.

    Raises:
        ValueError: It stands beside GET.
    """
    if settings.body is not None and settings.method == "GET":
        msg = "a GET has no body: set method = 'POST'"
        raise ValueError(msg)
    return settings
