"""The law on exemption certificates as dated records, each with its source.

A pack of rules is what a seller goes by: ours is shipped in ``exempt.data``,
and a plugin or a folder may bring another. Nothing here is tax advice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from exempt.model.address import Jurisdiction
from exempt.model.certificate import ExemptionReason
from exempt.model.record import Day, Record, Text
from exempt.model.terms import Term, ValidityKind, misfit


class Confidence(StrEnum):
    """How sure we are of a row: as sure as of its least certain cell."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Sourced(Record):
    """A row of data that can be held against its source.

    Attributes:
        source: The kind of publication, in words.
        as_of: The day of what the source says.
        review_by: The last day on which the row may be used without a second look.
    """

    source: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=3)]
    as_of: Day
    review_by: Day
    confidence: Confidence

    key_column: ClassVar[str]

    @field_validator("review_by")
    @classmethod
    def _after_as_of(cls, value: Day, info: ValidationInfo) -> Day:
        as_of = info.data.get("as_of")
        if as_of is not None and value <= as_of:
            msg = f"must lie after as_of, {as_of}: a year later is usual"
            raise ValueError(msg)
        return value

    @property
    def key(self) -> str:
        """What the row is about; no other row of its kind has the same."""
        return str(getattr(self, self.key_column))


class Issuer(StrEnum):
    """Who makes the document: the state, or the buyer by filling in a form."""

    STATE = "state"
    PURCHASER = "purchaser"


class SstMembership(StrEnum):
    """Whether a state belongs to the Streamlined Sales Tax agreement."""

    FULL = "full"
    ASSOCIATE = "associate"
    NONE = "none"


class Acceptance(StrEnum):
    """Whether a state takes something.

    ``limited``: in narrow cases only; a condition in words says in which.
    ``not_needed``: the state levies no sales tax, so the question never comes up.
    """

    YES = "yes"
    LIMITED = "limited"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"


def _compiles(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        msg = f"does not compile as a regular expression: {error}"
        raise ValueError(msg) from None
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"https://[^\s/]+\.[^\s/]+/?\S*", value):
        msg = "write the whole address, beginning with https://"
        raise ValueError(msg)
    return value


Pattern = Annotated[str, StringConstraints(max_length=200), AfterValidator(_compiles)]
Days = Annotated[int, Field(ge=0, le=3660)]


class StateRule(Sourced):
    """What one jurisdiction asks of an exemption certificate.

    An empty cell means "not found", which is not "none".

    Attributes:
        validity_value: How long, in the sense of ``validity_kind``. For the
            open kinds: the span after which the state advises a new one.
        note: What no column says, in our own words.
        form_number: The form for resale; empty where the state prescribes none.
        mtc_condition: When or how the multijurisdiction form is taken; what to
            do instead where it is not. So ``home_state_condition``.
        home_state_number: Whether the number of another state will do.
        blanket_allowed: Whether one certificate serves for many sales.
        expired_is_bad_faith: Whether taking one that has expired leaves the
            seller without protection even for sales before its end.
        id_name: What the state calls its number.
        id_pattern: A regular expression for the whole number as
            `canonical_number` writes it. A group named ``year`` holds the last
            two digits of the year in which the certificate ends.
        cure_days: Days after a sale within which a certificate may still come in.
        audit_cure_days: Days after an auditor asked for it.
        retention_years: Years that the seller keeps it; halves are possible.
    """

    key_column: ClassVar[str] = "jurisdiction"

    jurisdiction: Jurisdiction
    validity_kind: ValidityKind
    validity_value: Annotated[Term, Field(validate_default=True)] = Term()
    note: Text = ""
    form_number: Text | None = None
    form_title: Text | None = None
    form_revision: Text | None = None
    issuer: Issuer | None = None
    sst: SstMembership
    mtc_accepted: Acceptance
    mtc_condition: Text | None = None
    sst_form_accepted: Acceptance
    home_state_number: Acceptance
    home_state_condition: Text | None = None
    blanket_allowed: Acceptance
    expired_is_bad_faith: bool = False
    id_name: Text | None = None
    id_format: Text | None = None
    id_pattern: Pattern | None = None
    verify_url: Annotated[Text, AfterValidator(_address)] | None = None
    cure_days: Days | None = None
    audit_cure_days: Days | None = None
    retention_years: Annotated[Decimal, Field(ge=0, le=30, multiple_of=Decimal("0.5"))] | None = (
        None
    )

    @field_validator("validity_value")
    @classmethod
    def _fits_its_kind(cls, value: Term, info: ValidationInfo) -> Term:
        kind = info.data.get("validity_kind")
        if kind and (wrong := misfit(kind, value)):
            raise ValueError(wrong)
        return value


def _alternatives(value: object) -> object:
    """``F|M`` as its parts."""
    return [part.strip() for part in value.split("|")] if isinstance(value, str) else value


class ReasonCodes(Sourced):
    """One of our reasons for exemption in the codes of other systems.

    Attributes:
        title: For people.
        sst_scheme: The form whose letter it is: states reuse letters for
            other things, and so do older revisions.
        sst_revision: The day of that form's revision.
        avatax_entity_use: AvaTax entity use codes, the usual one first; written ``F|M``.
        stripe_tax_exempt: Stripe knows no reasons, only this flag.
    """

    key_column: ClassVar[str] = "exemption_reason"

    exemption_reason: ExemptionReason
    title: Annotated[Text, StringConstraints(min_length=1)]
    sst_scheme: Annotated[Text, StringConstraints(min_length=1)]
    sst_revision: Day
    sst_letter: Annotated[str, StringConstraints(pattern=r"^[A-Z]$")]
    avatax_entity_use: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,25}$")], ...],
        BeforeValidator(_alternatives),
        Field(min_length=1),
    ]
    stripe_tax_exempt: Literal["none", "exempt", "reverse"]
    taxjar_exemption_type: Literal["wholesale", "government", "other", "non_exempt"]


class RulesPack(Record):
    """All rules that a decision may go by.

    Attributes:
        version: Another one for other contents, so that a decision that names
            it can be replayed.
        states: One a jurisdiction; of a jurisdiction without one nothing is known.
        reasons: One for each reason there is.
    """

    version: Annotated[Text, StringConstraints(min_length=1)]
    states: tuple[StateRule, ...]
    reasons: tuple[ReasonCodes, ...]

    @model_validator(mode="after")
    def _complete(self) -> RulesPack:
        if twice := repeated(row.key for row in (*self.states, *self.reasons)):
            msg = f"{', '.join(twice)}: more than one row: keep one"
            raise ValueError(msg)
        if missing := set(ExemptionReason) - {row.exemption_reason for row in self.reasons}:
            msg = f"{', '.join(sorted(missing))}: no row among the reasons: add one"
            raise ValueError(msg)
        return self

    @cached_property
    def _states(self) -> dict[str, StateRule]:
        return {rule.jurisdiction: rule for rule in self.states}

    @cached_property
    def _reasons(self) -> dict[ExemptionReason, ReasonCodes]:
        return {codes.exemption_reason: codes for codes in self.reasons}

    def state(self, jurisdiction: str) -> StateRule | None:
        """The rule of ``US-TX``; None where nothing is known."""
        return self._states.get(jurisdiction)

    def reason(self, reason: ExemptionReason) -> ReasonCodes:
        """The codes of *reason*."""
        return self._reasons[reason]


def repeated(keys: Iterable[str]) -> list[str]:
    """The *keys* that come more than once, each once, in order."""
    return sorted(key for key, times in Counter(keys).items() if times > 1)
