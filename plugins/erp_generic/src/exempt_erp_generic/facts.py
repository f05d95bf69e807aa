"""What the templates of a write-back may name."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from exempt import CertificateFile, ExemptionReason, JurisdictionStatus, PushItem, Target
from exempt_erp_generic.template import KEPT, spelled
from exempt_erp_generic.times import day_as

CodeOf = Callable[[ExemptionReason], str | None]


@dataclass(frozen=True)
class Facts:
    """One item, seen from one of its jurisdictions and one of its files.

    Attributes:
        status: For an order its only one; for a customer the first one in which
            it is exempt, or else the one in which most is; inside
            ``for_each_jurisdiction`` the one at hand.
        file: The first one; inside ``for_each_file`` the one at hand.
        code_of: The ERP's code for one of our reasons, None where it has none.
        values: By placeholder, our value → the ERP's.
        date_format: How the ERP writes days.
        kept: Values of earlier answers, by the name that ``keep`` gives them.
        attachment_name: What the file at hand is called at the ERP.
    """

    item: PushItem
    status: JurisdictionStatus | None
    file: CertificateFile | None
    code_of: CodeOf
    values: Mapping[str, Mapping[str, Any]]
    date_format: str = "iso"
    kept: Mapping[str, Any] = field(default_factory=dict)
    attachment_name: str | None = None

    def value(self, name: str) -> Any:
        """The value of a placeholder.

        Raises:
            ValueError: The settings have no code or value for what it stands for.
        """
        if name.startswith(KEPT):
            return self.kept.get(name.removeprefix(KEPT))
        found = PLACEHOLDERS[name](self)
        if isinstance(found, dt.date):
            found = day_as(self.date_format, found)
        if name not in self.values:
            return found
        if (word := spelled(found)) in self.values[name]:
            return self.values[name][word]
        msg = f"values.{name} of the settings does not say what to write for {word!r}: add it"
        raise ValueError(msg)

    def each(self, kind: str) -> Iterable[Facts]:
        """One for each entry of a list in the body."""
        if kind == "for_each_file":
            return [replace(self, file=file) for file in self.item.files]
        return [
            replace(self, status=status)
            for status in self.item.jurisdictions
            if _exempt_percentage(status) or kind == "for_each_jurisdiction"
        ]

    def reason_code(self) -> str | None:
        """The ERP's code for the reason."""
        reason = self.status.exemption_reason if self.status else None
        if reason is None:
            return None
        if code := self.code_of(reason):
            return code
        msg = (
            f"reasons of the settings has no code for {reason.value!r}: add it, or name in"
            " reason_codes_of whose standard codes count"
        )
        raise ValueError(msg)

    def content(self) -> bytes:
        """The file, read now; nothing without one."""
        if self.file is None:
            return b""
        with self.file.open() as stream:
            return stream.read()

    def base64(self) -> str | None:
        """The file in base64, read now."""
        return base64.b64encode(self.content()).decode() if self.file else None

    def file_digest(self) -> str | None:
        """The first letters of the file's SHA-256, by which it is known again."""
        return self.file.sha256[:12] if self.file else None


def facts_of(
    item: PushItem,
    code_of: CodeOf,
    values: Mapping[str, Mapping[str, Any]],
    date_format: str,
    *,
    with_parts: bool,
) -> Facts:
    """The facts of *item* as a whole.

    A write that names no percentage would make a part of it the whole: without
    *with_parts* nothing is exempt where only a part is.
    """
    if not with_parts:
        statuses = tuple(map(_without_part, item.jurisdictions))
        item = item.model_copy(update={"jurisdictions": statuses})
    most = max(item.jurisdictions, key=_exempt_percentage, default=None)
    return Facts(item, most, next(iter(item.files), None), code_of, values, date_format)


def _without_part(status: JurisdictionStatus) -> JurisdictionStatus:
    if status.exempt_percentage is None:
        return status
    return JurisdictionStatus(jurisdiction=status.jurisdiction, exempt=False)


def _exempt_percentage(status: JurisdictionStatus) -> Decimal:
    """How much of a sale is exempt there."""
    return Decimal(100) if status.exempt else status.exempt_percentage or Decimal(0)


def _percentage_to_show(facts: Facts) -> int | Decimal:
    """Without zeros at its end; of an order outside all jurisdictions: all or nothing."""
    if facts.status is None:
        return 100 if facts.item.tax_applicable is False else 0
    part = _exempt_percentage(facts.status)
    return int(part) if part == part.to_integral_value() else part.normalize()


def _of_status(name: str) -> Callable[[Facts], Any]:
    return lambda facts: getattr(facts.status, name, None)


def _of_file(name: str) -> Callable[[Facts], Any]:
    return lambda facts: getattr(facts.file, name, None)


def _state(facts: Facts) -> str | None:
    return facts.status.jurisdiction.split("-")[1] if facts.status else None


PLACEHOLDERS: Mapping[str, Callable[[Facts], Any]] = {
    "external_id": lambda facts: facts.item.external_id,
    "key": lambda facts: facts.item.key,
    "version": lambda facts: facts.item.version,
    "tax_applicable": lambda facts: facts.item.tax_applicable,
    "certificate_number": lambda facts: (
        facts.item.certificate_number
        if facts.item.target is Target.ORDER
        else getattr(facts.status, "certificate_number", None)
    ),
    "exempt": lambda facts: bool(facts.status and facts.status.exempt),
    "exempt_percentage": _percentage_to_show,
    "exempt_states": lambda facts: [
        s.jurisdiction.split("-")[1] for s in facts.item.jurisdictions if s.exempt
    ],
    "jurisdiction": _of_status("jurisdiction"),
    "state": _state,
    "exemption_number": _of_status("exemption_number"),
    "exemption_reason": lambda facts: (
        r.value if facts.status and (r := facts.status.exemption_reason) else None
    ),
    "reason_code": Facts.reason_code,
    "signed_date": _of_status("signed_date"),
    "effective_date": _of_status("effective_date"),
    "expiration_date": _of_status("expiration_date"),
    "file_name": _of_file("name"),
    "file_type": _of_file("media_type"),
    "file_size": _of_file("size"),
    "file_sha256": _of_file("sha256"),
    "file_digest": Facts.file_digest,
    "file_base64": Facts.base64,
    "attachment_name": lambda facts: facts.attachment_name,
}
"""Every placeholder of a write-back, and how it is filled in."""
