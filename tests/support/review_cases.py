"""Certificates that wait, and one check of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exempt.model.certificate import AttachedFile, Certificate, ReviewStatus
from exempt.model.paper import FieldName, Found, Paper, Reading
from exempt.rules.comparing import Names, compare
from exempt.rules.objections import Objection, ObjectionCode, ObjectionSeverity
from exempt.rules.review_case import Case, Check, CheckCode, Verdict
from exempt.rules.review_checks import review_checks
from support.records import NOW, TODAY, details

PASS, WARN, FAIL, UNKNOWN = Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN
REFUSE = ObjectionSeverity.REFUSE

PAPER = Paper(
    sha256="a",
    media_type="application/pdf",
    pages=2,
    shown_sha256="b",
    shown_media_type="application/pdf",
    checked_at=NOW,
)


def a_file(sha256: str = "a") -> AttachedFile:
    return AttachedFile(name="a.pdf", media_type="application/pdf", sha256=sha256, size=1)


def certificate(*states: str, number: int = 1, **changes: Any) -> Certificate:
    """A certificate with a file that waits for review."""
    own = {
        name: changes.pop(name)
        for name in ("review_status", "archived_date", "files")
        if name in changes
    }
    fields = {"review_status": ReviewStatus.PENDING, "files": (a_file(),), **own}
    return Certificate(id=number, **dict(details(*states, **changes)), **fields)


def read(*found: tuple[FieldName, str], **of_it: Any) -> Reading:
    return Reading(found=tuple(Found(field=f, value=v, confidence=0.9) for f, v in found), **of_it)


def checked(
    code: CheckCode,
    of: Certificate | None = None,
    reading: Reading | None = None,
    **case: Any,
) -> Check:
    """One check of a certificate."""
    it = of or certificate()
    readings = [reading]
    compared = compare(it, readings, Names(["Lone Star"], ["Northwind"]))
    fields = {"papers": [PAPER], "readings": readings, "compared": compared, **case}
    checks = review_checks(Case(it, TODAY, **fields))
    assert [check.code for check in checks] == list(CheckCode)
    return next(check for check in checks if check.code is code)


def objecting(
    code: ObjectionCode, severity: ObjectionSeverity = REFUSE, place: str = "US-TX"
) -> dict[str, Sequence[Objection]]:
    return {place: (Objection(code=code, severity=severity, sentence="It is so."),)}
