"""Certificates laid out in a folder for an auditor: a table, their files, and pages to print."""

from __future__ import annotations

import csv
import hashlib
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

from exempt.errors import ExemptError
from exempt.model.certificate import AttachedFile, Certificate, JurisdictionDetails
from exempt.rules.rejections import sentence
from exempt.rules.spreadsheet import safe_cell
from exempt.services.files import Documents
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Transaction
from exempt.services.printing import Press, pages_of
from exempt.services.sheet import Looked, Scan, look, sheet_of

TABLE = "certificates.csv"
_UNSAFE = re.compile(r"[^\w.() -]+")
_LONGEST_NAME = 120

_WHOLE = (
    *("certificate_id", "version", "status", "customers", "number", "kind", "order_numbers"),
    *("form_kind", "signed_date", "apply_tax", "exempt_percentage", "notes"),
    "custom",
    *("review_status", "rejections", "archived_date", "entered_at", "entered_by", "source"),
    *("files", "printed"),
)
_EACH = (
    *("jurisdiction", "jurisdiction_status", "exemption_number", "identification_type"),
    *("issued_by", "exemption_reason", "validated_reason", "verified_date", "effective_date"),
    *("expiration_date", "held_through", "jurisdiction_notes"),
)


@dataclass
class Exported:
    """What a folder holds, and what could not be put there."""

    folder: Path
    certificates: int = 0
    files: int = 0
    printed: int = 0
    problems: list[str] = field(default_factory=list)


class Packing(NamedTuple):
    """What is needed to lay out certificates.

    Attributes:
        press: Prints a page of each; None = there are none to print.
    """

    documents: Documents
    clock: Clock
    policy: Policy
    soon_days: int
    press: Press | None = None


def pack(
    tx: Transaction, packing: Packing, folder: Path, certificates: Iterable[Certificate]
) -> Exported:
    """Put *certificates* into *folder*, as they stand in the transaction."""
    packed = _Folder(packing, folder)
    with (folder / TABLE).open("w", encoding="utf-8-sig", newline="") as table:
        rows = _Rows(table)
        for certificate in certificates:
            on = packing.clock().date()
            packed.add(rows, look(tx, certificate, on, packing.soon_days, packing.policy))
    return packed.done


class _Folder:
    def __init__(self, packing: Packing, folder: Path) -> None:
        self._packing = packing
        self._folder = folder
        self._taken: set[str] = set()
        self.done = Exported(folder)

    def add(self, rows: _Rows, looked: Looked) -> None:
        """Put one certificate there."""
        certificate = looked.certificate
        files: list[str] = []
        scans: list[Scan] = []
        for file in certificate.files:
            content = self._content(certificate.id, file)
            if content is None:
                files.append(f"{file.name}, missing, sha256 {file.sha256}")
                continue
            name = self._free_name(certificate.id, file.name)
            (self._folder / name).write_bytes(content)
            self.done.files += 1
            files.append(f"{name}, sha256 {file.sha256}")
            if self._packing.press:
                scans += pages_of(self._packing.press, file, self._packing.clock())
        rows.add(looked, "; ".join(files), self._print(looked, scans))
        self.done.certificates += 1

    def _content(self, certificate_id: int, file: AttachedFile) -> bytes | None:
        """The bytes of a file as they were kept; None, and a problem, where they are not."""
        try:
            with self._packing.documents.open(file.sha256) as kept:
                content = kept.read()
        except (ExemptError, OSError) as error:
            said = str(error) if isinstance(error, ExemptError) else error.strerror
            self.done.problems.append(f"certificate {certificate_id}, {file.name}: {said}")
            return None
        if hashlib.sha256(content).hexdigest() == file.sha256:
            return content
        self.done.problems.append(
            f"certificate {certificate_id}, {file.name}: was changed since it was kept:"
            " restore it from a backup"
        )
        return None

    def _free_name(self, certificate_id: int, name: str) -> str:
        """A name that is safe everywhere, and not taken yet."""
        stem, dot, suffix = _UNSAFE.sub("_", name).rpartition(".")
        stem = stem[:_LONGEST_NAME].strip(". ") or "file"
        for number in itertools.count(1):
            more = f"-{number}" if number > 1 else ""
            found = f"certificate-{certificate_id}-{stem}{more}{dot}{suffix}"
            if found.casefold() not in self._taken:
                self._taken.add(found.casefold())
                return found
        raise AssertionError

    def _print(self, looked: Looked, scans: Sequence[Scan]) -> str:
        if self._packing.press is None:
            return ""
        name = f"certificate-{looked.certificate.id}.pdf"
        (self._folder / name).write_bytes(self._packing.press.printer(sheet_of(looked), scans))
        self.done.printed += 1
        return name


class _Rows:
    """The table: a row for each state of a certificate."""

    def __init__(self, table: TextIO) -> None:
        self._rows = csv.writer(table)
        self._rows.writerow((*_WHOLE, *_EACH))

    def add(self, looked: Looked, files: str, printed: str) -> None:
        """Write down one certificate."""
        whole = _whole(looked) | {"files": files, "printed": printed}
        for one in looked.certificate.jurisdictions:
            each = _each(looked, one)
            cells = (*(whole[name] for name in _WHOLE), *(each[name] for name in _EACH))
            self._rows.writerow([cell(value) for value in cells])


def _whole(looked: Looked) -> dict[str, object]:
    certificate = looked.certificate
    plain = {name: getattr(certificate, name) for name in _WHOLE if hasattr(certificate, name)}
    return plain | {
        "certificate_id": certificate.id,
        "status": looked.status,
        "customers": "; ".join(map(looked.customer, certificate.customer_ids)),
        "order_numbers": "; ".join(certificate.order_numbers),
        "exempt_percentage": f"{certificate.exempt_percentage.normalize():f}",
        "entered_at": f"{certificate.entered_at:%Y-%m-%dT%H:%M:%SZ}"
        if certificate.entered_at
        else "",
        "rejections": "; ".join(map(sentence, certificate.rejections)),
        "custom": "; ".join(f"{key}={value}" for key, value in certificate.custom.items()),
    }


def _each(looked: Looked, one: JurisdictionDetails) -> dict[str, object]:
    return {
        **one.model_dump(),
        "jurisdiction_status": looked.status_of(one),
        "effective_date": looked.certificate.effective_on(one),
        "jurisdiction_notes": one.notes,
    }


def cell(value: object) -> str:
    """*value* as text that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else safe_cell(str(value))
