"""A folder for an auditor: a table of certificates, their files, and a page for each to print."""

from __future__ import annotations

import csv
import hashlib
import itertools
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from exempt.cli.output import count, print_json, say
from exempt.errors import ExemptError, NotFoundError, RefusedError
from exempt.model.certificate import AttachedFile, Certificate, JurisdictionDetails
from exempt.rules.rejections import sentence
from exempt.rules.spreadsheet import safe_cell
from exempt.services.ports import Transaction
from exempt.services.printing import pages_of
from exempt.services.rows import CertificateFilter
from exempt.services.sheet import Looked, Scan, look, sheet_of
from exempt.wiring import Exempt
from exempt.wiring.papers import press_of

TABLE = "certificates.csv"
_AT_ONCE = 200
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


def export(
    exempt: Exempt,
    folder: Path,
    certificate_ids: Sequence[int],
    wanted: CertificateFilter,
    *,
    as_json: bool,
) -> int:
    """``exempt certificates export``; 1 when a file could not be exported."""
    if certificate_ids and wanted != CertificateFilter(statuses=[]):
        msg = "certificates export: name certificates, or say which are to fit, not both"
        raise RefusedError(msg)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder}: is there already: name a folder that is not"
        raise RefusedError(msg)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".export-", dir=folder.parent))
    try:
        done = _Export(exempt, part).run(certificate_ids, wanted)
        if folder.exists():
            folder.rmdir()
        part.replace(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    done.folder = folder
    _tell(exempt, done, as_json=as_json)
    return 1 if done.problems else 0


def _tell(exempt: Exempt, done: Exported, *, as_json: bool) -> None:
    if as_json:
        print_json({**vars(done), "folder": str(done.folder)})
        return
    files = count(done.files, "file")
    say(f"{count(done.certificates, 'certificate')} in {done.folder / TABLE}; {files} as kept.")
    if exempt.printer:
        say(f"{count(done.printed, 'certificate')} to print, as PDF.")
    else:
        say("No pages to print: these need the extra documents: pip install 'exempt[documents]'",
            "yellow")  # fmt: skip
    for problem in done.problems:
        say(f"✗ {problem}", "red")


class _Export:
    def __init__(self, exempt: Exempt, folder: Path) -> None:
        self._exempt = exempt
        self._folder = folder
        self._on = exempt.clock().date()
        self._soon = exempt.settings.file.exempt.expiring_soon_days
        self._taken: set[str] = set()
        self._done = Exported(folder)
        self._press = press_of(exempt) if exempt.printer else None

    def run(self, certificate_ids: Sequence[int], wanted: CertificateFilter) -> Exported:
        """Export certificates, all as they stood at one moment."""
        with (
            self._exempt.store.reading() as tx,
            (self._folder / TABLE).open("w", encoding="utf-8-sig", newline="") as table,
        ):
            rows = _Rows(table)
            for certificate in self._certificates(tx, certificate_ids, wanted):
                self._one(rows, look(tx, certificate, self._on, self._soon, self._exempt.policy))
        return self._done

    def _certificates(
        self, tx: Transaction, certificate_ids: Sequence[int], wanted: CertificateFilter
    ) -> Iterator[Certificate]:
        if certificate_ids:
            ids = list(dict.fromkeys(certificate_ids))
            found = tx.certificates.find(ids)
            for missing in sorted(set(ids) - {each.id for each in found}):
                msg = f"certificate {missing}: there is none: see exempt certificates list"
                raise NotFoundError(msg)
            yield from found
            return
        offset = 0
        while True:
            page = wanted._replace(limit=_AT_ONCE, offset=offset)
            found = tx.search.certificates(page, self._on, self._soon).certificates
            yield from found
            if len(found) < _AT_ONCE:
                return
            offset += _AT_ONCE

    def _one(self, rows: _Rows, looked: Looked) -> None:
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
            self._done.files += 1
            files.append(f"{name}, sha256 {file.sha256}")
            if self._press:
                scans += pages_of(self._press, file, self._exempt.clock())
        rows.add(looked, "; ".join(files), self._print(looked, scans))
        self._done.certificates += 1

    def _content(self, certificate_id: int, file: AttachedFile) -> bytes | None:
        """The bytes of a file as they were kept; None, and a problem, where they are not."""
        try:
            with self._exempt.documents.open(file.sha256) as kept:
                content = kept.read()
        except (ExemptError, OSError) as error:
            said = str(error) if isinstance(error, ExemptError) else error.strerror
            self._done.problems.append(f"certificate {certificate_id}, {file.name}: {said}")
            return None
        if hashlib.sha256(content).hexdigest() == file.sha256:
            return content
        self._done.problems.append(
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
        if self._press is None:
            return ""
        name = f"certificate-{looked.certificate.id}.pdf"
        (self._folder / name).write_bytes(self._press.printer(sheet_of(looked), scans))
        self._done.printed += 1
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
