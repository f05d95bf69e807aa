"""What the templates of a write-back may name."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exempt import CertificateFile, ExemptionReason, JurisdictionStatus, PushItem, Target
from exempt_erp_generic.template import spelled
from exempt_erp_generic.times import day_as


@dataclass(frozen=True)
class Facts:
    """One item, seen from one of its jurisdictions and one of its files.

    Attributes:
        status: For an order its only one; for a customer the first one in which
            it is exempt; inside ``for_each_jurisdiction`` the one at hand.
        file: The first one; inside ``for_each_file`` the one at hand.
        reasons: Our reason → the ERP's code.
        values: By placeholder, our value → the ERP's.
        date_format: How the ERP writes days.
    """

    item: PushItem
    status: JurisdictionStatus | None
    file: CertificateFile | None
    reasons: Mapping[ExemptionReason, str]
    values: Mapping[str, Mapping[str, Any]]
    date_format: str = "iso"

    def value(self, name: str) -> Any:
        """The value of a placeholder.

        Raises:
            ValueError: The settings have no code or value for what it stands for.
        """
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
            if status.exempt or kind == "for_each_jurisdiction"
        ]

    def reason_code(self) -> str | None:
        """The ERP's code for the reason."""
        reason = self.status.exemption_reason if self.status else None
        if reason is None:
            return None
        if reason not in self.reasons:
            msg = f"reasons of the settings has no code for {reason.value!r}: add it"
            raise ValueError(msg)
        return self.reasons[reason]

    def content(self) -> str | None:
        """The file in base64, read now."""
        if self.file is None:
            return None
        with self.file.open() as stream:
            return base64.b64encode(stream.read()).decode()


def facts_of(
    item: PushItem,
    reasons: Mapping[ExemptionReason, str],
    values: Mapping[str, Mapping[str, Any]],
    date_format: str,
) -> Facts:
    """The facts of *item* as a whole."""
    exempt = [status for status in item.jurisdictions if status.exempt]
    first = next(iter([*exempt, *item.jurisdictions]), None)
    return Facts(item, first, next(iter(item.files), None), reasons, values, date_format)


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
    "file_base64": Facts.content,
}
"""Every placeholder of a write-back, and how it is filled in."""
