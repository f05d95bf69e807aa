"""How statuses and certificates are written back, as it stands in the settings."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from exempt import Settings
from exempt_erp_generic.auth import check_kept
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.facts import PLACEHOLDERS
from exempt_erp_generic.fields import Scalar
from exempt_erp_generic.queries import AS_LISTS, names_of
from exempt_erp_generic.reading import body_with_post
from exempt_erp_generic.rules import OutcomeRule
from exempt_erp_generic.secrecy import Headers
from exempt_erp_generic.template import Anything, Body, Naming, Template, nearest
from exempt_erp_generic.times import TimeFormat

PUSH = Naming(frozenset(PLACEHOLDERS))
PUSH_KEPT = Naming(frozenset(PLACEHOLDERS), kept=True)
FILE_NAME = Naming(frozenset({"file_name", "file_digest", "external_id", "certificate_number"}))
PART = Naming(frozenset({*PLACEHOLDERS, "file"}), kept=True)
BATCH = Naming(frozenset({"batch", "day"}))

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def _plain_names(keep: dict[str, Expression]) -> dict[str, Expression]:
    for name in keep:
        if not _NAME.fullmatch(name):
            msg = f"{name!r} is no name: write small letters, digits and _"
            raise ValueError(msg)
    return keep


Keep = Annotated[dict[str, Expression], AfterValidator(_plain_names)]
"""Name → path in an answer, for ``{kept.name}`` later on."""


class ReadBack(Settings):
    """How to see what the ERP shows now, so that nothing is written without need."""

    method: Literal["GET", "POST"] = Field("GET", description="HTTP method.")
    path: Annotated[Template, PUSH] | None = Field(None, description="Else the path of the write.")
    params: Annotated[dict[str, list[Annotated[Template, PUSH]]], AS_LISTS] = Field(
        default_factory=dict, description="Query parameters, with placeholders."
    )
    base64url: tuple[str, ...] = Field(
        (), description="Query parameters whose value is sent in base64url."
    )
    body: Annotated[Body, PUSH] | None = Field(
        None, description="With POST: table of texts with placeholders, sent as JSON."
    )
    record: Expression = Field(
        default_factory=lambda: Expression("@"),
        description="JMESPath to the record in the answer; null = no such record.",
    )
    compare: dict[Expression, Annotated[Anything, PUSH]] = Field(
        default_factory=dict,
        description="JMESPath in the ERP's record → what shall stand there; else the body.",
    )
    keep: Keep = Field(
        default_factory=dict,
        description="Name → JMESPath in the ERP's record, for {kept.name} in the write.",
    )

    @model_validator(mode="after")
    def _body_with_post(self) -> Self:
        return body_with_post(self)


class Existing(Settings):
    """How to see which files the ERP has already."""

    method: Literal["GET", "POST"] = Field("GET", description="HTTP method.")
    path: Annotated[Template, PUSH_KEPT] = Field(description="Below base_url, with placeholders.")
    params: Annotated[dict[str, list[Annotated[Template, PUSH_KEPT]]], AS_LISTS] = Field(
        default_factory=dict, description="Query parameters, with placeholders."
    )
    base64url: tuple[str, ...] = Field(
        (), description="Query parameters whose value is sent in base64url."
    )
    body: Annotated[Body, PUSH_KEPT] | None = Field(
        None, description="With POST: table of texts with placeholders, sent as JSON."
    )
    names: Expression = Field(
        description="JMESPath to the list of names in the answer, of files that are complete."
    )

    @property
    def names_used(self) -> frozenset[str]:
        """The placeholders it names."""
        texts = [text for text in (self.path, self.body) if text]
        return names_of(self.params).union(*(text.names for text in texts))

    @model_validator(mode="after")
    def _body_with_post(self) -> Self:
        return body_with_post(self)


class AttachmentCall(Settings):
    """One call that brings a file, or a part of the news of it, to the ERP."""

    method: Literal["POST", "PUT", "PATCH"] = Field("POST", description="HTTP method.")
    path: Annotated[Template, PUSH_KEPT] = Field(description="Below base_url, with placeholders.")
    params: Annotated[dict[str, list[Annotated[Template, PUSH_KEPT]]], AS_LISTS] = Field(
        default_factory=dict, description="Query parameters, with placeholders."
    )
    headers: Headers = Field(default_factory=dict, description="Sent with this call.")
    body: Annotated[Body, PUSH_KEPT] | None = Field(
        None,
        description="Table of texts with placeholders, sent as JSON; {file_base64} is the file.",
    )
    multipart: dict[str, Annotated[Template, PART]] = Field(
        default_factory=dict,
        description="Part of a form → its text with placeholders, or '{file}', the file itself.",
    )
    json_parts: dict[str, Annotated[Body, PUSH_KEPT]] = Field(
        default_factory=dict,
        description="Beside multipart: part of the form → table of texts, sent as JSON before the"
        " others.",
    )
    raw: bool = Field(default=False, description="The file itself is the body.")
    keep: Keep = Field(
        default_factory=dict,
        description="Name → JMESPath in the answer, for {kept.name} in the calls after it.",
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum([self.body is not None, bool(self.multipart), self.raw]) != 1:
            msg = "give one of body, multipart and raw = true: how the call carries what it says"
            raise ValueError(msg)
        if self.json_parts and not self.multipart:
            msg = "json_parts stand beside multipart, which has the file"
            raise ValueError(msg)
        return self

    @property
    def names(self) -> frozenset[str]:
        """The placeholders it names."""
        texts: list[Template | Body] = [self.path, *self.multipart.values()]
        texts += [*self.json_parts.values(), *([self.body] if self.body else [])]
        return names_of(self.params).union(*(text.names for text in texts))


class Attachments(Settings):
    """How the certificates' files are written, after the status."""

    name: Annotated[Template, FILE_NAME] = Field(
        default_factory=lambda: Template(
            "exempt-{file_digest}-{file_name}", {"file_digest", "file_name"}
        ),
        description="What a file is called at the ERP, for {attachment_name}; {file_digest} makes"
        " it its own.",
    )
    existing: Existing | None = Field(
        None, description="Ask which files are there, and write only the others."
    )
    calls: tuple[AttachmentCall, ...] = Field(
        min_length=1, description="The calls for one file, one after the other."
    )
    size_max: int = Field(
        20_000_000, ge=1, le=100_000_000, description="The largest file to send, in bytes."
    )

    @property
    def may_repeat(self) -> bool:
        """Whether the same file may be sent again without standing there twice."""
        return self.existing is not None or all(call.method == "PUT" for call in self.calls)

    def check(self, kept: frozenset[str]) -> None:
        """Refuse a ``{kept.…}`` that neither the read before nor an earlier call keeps."""
        if self.existing:
            check_kept("attachments.existing", self.existing.names_used, kept)
        for number, call in enumerate(self.calls):
            check_kept(f"attachments.calls.{number}", call.names, kept)
            kept |= call.keep.keys()


class Drop(Settings):
    """A folder in which the ERP finds CSV files, in place of a call."""

    folder: str = Field(
        min_length=1,
        description="Relative to the folder of the settings.",
        json_schema_extra={"format": "path"},
    )
    name: Annotated[Template, BATCH] = Field(
        default_factory=lambda: Template("exempt-{batch}.csv", {"batch"}),
        description="Name of a file; {batch} must be in it, so that writing twice is writing once.",
    )
    columns: dict[str, Annotated[Template, PUSH]] = Field(
        min_length=1, description="Name of a column → text with placeholders."
    )
    rows: Literal["item", "jurisdiction"] = Field(
        "item", description="A row for each customer or order, or for each of its jurisdictions."
    )
    delimiter: str = Field(
        ",", pattern=r'^[^"\r\n\x00]$', description="What divides cells: one character."
    )
    encoding: Literal["utf-8", "utf-8-sig", "cp1252"] = Field(
        "utf-8", description="Of the text; utf-8-sig begins with a byte order mark, for Excel."
    )

    @field_validator("name")
    @classmethod
    def _own_name(cls, name: Template) -> Template:
        if "batch" not in name.names or "/" in name.text or "\\" in name.text:
            msg = "must name {batch}, so that no file takes another's place, and no folder"
            raise ValueError(msg)
        return name


class WriteBack(Settings):
    """How one exemption status is written."""

    method: Literal["PATCH", "PUT", "POST"] = Field("PATCH", description="HTTP method.")
    path: Annotated[Template, PUSH_KEPT] | None = Field(
        None, description="Below base_url, with placeholders."
    )
    params: Annotated[dict[str, list[Annotated[Template, PUSH_KEPT]]], AS_LISTS] = Field(
        default_factory=dict, description="Query parameters, with placeholders."
    )
    body: Annotated[Body, PUSH_KEPT] | None = Field(
        None, description="Table of texts with placeholders, sent as JSON."
    )
    drop: Drop | None = Field(None, description="CSV files in a folder, in place of path and body.")
    headers: Headers = Field(default_factory=dict, description="Sent with each write.")
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
    attachments: Attachments | None = Field(
        None, description="How the certificates' files are written, after the status."
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
    def _a_call_or_a_drop(self) -> Self:
        if self.drop:
            used = [name for name in _OF_CALLS if getattr(self, name)]
            if used:
                msg = f"{used[0]} is of calls: leave it out beside drop"
                raise ValueError(msg)
        elif self.path is None or self.body is None:
            msg = "give path and body, for a call, or drop, for CSV files in a folder"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _names_its_target(self) -> Self:
        if "external_id" not in self.names:
            where = "no column" if self.drop else "neither path nor body"
            verb = "names {external_id}, by which the ERP tells which is meant"
            msg = f"{where} {verb}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _keeps_what_it_names(self) -> Self:
        kept = frozenset(self.read.keep) if self.read else frozenset[str]()
        check_kept("path, params or body", self.names, kept)
        if self.attachments:
            self.attachments.check(kept)
        return self

    @property
    def names(self) -> frozenset[str]:
        """The placeholders it names."""
        texts: list[Template | Body] = [text for text in (self.path, self.body) if text]
        if self.read:
            texts += self.read.compare.values()
        if self.drop:
            texts += self.drop.columns.values()
        return names_of(self.params).union(*(text.names for text in texts))

    @property
    def may_repeat(self) -> bool:
        """Whether the same write may be sent again."""
        return self.method == "PUT" if self.repeatable is None else self.repeatable


_OF_CALLS = ("path", "params", "body", "headers", "etag", "read", "outcomes", "attachments")


class PushSettings(Settings):
    """What is written back."""

    customers: WriteBack | None = Field(None, description="To a customer's record.")
    orders: WriteBack | None = Field(None, description="To an order.")
