"""A certificate that waits for review, with all that it is judged by, and what a check is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from exempt.model.certificate import Certificate, ExemptionReason, RejectionCode
from exempt.model.paper import FieldName, Paper, Reading
from exempt.model.requesting import Signature
from exempt.rules.comparing import Compared
from exempt.rules.objections import Objection


class CheckCode(StrEnum):
    """What is checked, as a stable word for scripts."""

    DOCUMENT = "document"
    BUYER_NAME = "buyer_name"
    SELLER_NAME = "seller_name"
    STATES = "states"
    FORM = "form"
    NUMBER = "number"
    REASON = "reason"
    DATES = "dates"
    KIND = "kind"
    SIGNATURE = "signature"
    DUPLICATE = "duplicate"


class Verdict(StrEnum):
    """What a check found: in order, to be looked at, wrong, or that it cannot tell."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Check(NamedTuple):
    """One check.

    Attributes:
        title: What is checked.
        sentences: What was found.
        rejection: What the customer would be told if this is why it is rejected.
    """

    code: CheckCode
    verdict: Verdict
    title: str
    sentences: tuple[str, ...]
    rejection: RejectionCode | None = None


@dataclass(frozen=True)
class Case:
    """A certificate that waits for review, with all that it is judged by.

    Attributes:
        on: Today.
        papers: What is known of each of its files; None = nobody looked at it.
        readings: What was read in each of them; None = nobody read it yet.
        compared: See `exempt.rules.comparing`.
        objections: What the states' rules have against it, by jurisdiction.
        signature: How the customer signed on-line.
        asked: The reasons that the request proposed.
        others: Further certificates of its customers.
    """

    certificate: Certificate
    on: dt.date
    papers: Sequence[Paper | None] = ()
    readings: Sequence[Reading | None] = ()
    compared: Sequence[Compared] = ()
    objections: Mapping[str, Sequence[Objection]] = field(default_factory=dict)
    signature: Signature | None = None
    asked: Sequence[ExemptionReason] = ()
    others: Sequence[Certificate] = ()

    @property
    def was_read(self) -> bool:
        """Whether anything could be read."""
        return any(reading and reading.found for reading in self.readings)

    def of(self, name: FieldName) -> list[Compared]:
        """How a field compares, in each state."""
        return [each for each in self.compared if each.field is name]

    def seen(self, name: FieldName) -> str | None:
        """What was read for a field, as it stands on the document."""
        best = [found for r in self.readings if r and (found := r.best(name))]
        return (best[0].seen or best[0].value) if best else None


class Point(NamedTuple):
    """Something that a check found."""

    verdict: Verdict
    sentence: str


Points = Iterator[Point]


def fine(sentence: str) -> Point:
    """It is in order."""
    return Point(Verdict.PASS, sentence)


def warn(sentence: str) -> Point:
    """It is to be looked at."""
    return Point(Verdict.WARN, sentence)


def fail(sentence: str) -> Point:
    """It is wrong."""
    return Point(Verdict.FAIL, sentence)


def unknown(sentence: str) -> Point:
    """The machine cannot tell."""
    return Point(Verdict.UNKNOWN, sentence)
