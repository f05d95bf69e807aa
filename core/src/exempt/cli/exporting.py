"""A folder for an auditor: a table of certificates, their files, and a page for each to print."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from exempt.cli.output import count, print_json, say
from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Certificate
from exempt.services.packing import TABLE, Exported, Packing, pack
from exempt.services.ports import Transaction
from exempt.services.rows import CertificateFilter
from exempt.wiring import Exempt
from exempt.wiring.papers import press_of

_AT_ONCE = 200


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
        with exempt.store.reading() as tx:  # all as they stood at one moment
            found = _certificates(tx, exempt, certificate_ids, wanted)
            done = pack(tx, _packing(exempt), part, found)
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


def _packing(exempt: Exempt) -> Packing:
    return Packing(
        exempt.documents,
        exempt.clock,
        exempt.policy,
        exempt.settings.file.exempt.expiring_soon_days,
        press_of(exempt) if exempt.printer else None,
    )


def _certificates(
    tx: Transaction,
    exempt: Exempt,
    certificate_ids: Sequence[int],
    wanted: CertificateFilter,
) -> Iterator[Certificate]:
    if certificate_ids:
        ids = list(dict.fromkeys(certificate_ids))
        found = tx.certificates.find(ids)
        for missing in sorted(set(ids) - {each.id for each in found}):
            msg = f"certificate {missing}: there is none: see exempt certificates list"
            raise NotFoundError(msg)
        yield from found
        return
    on, soon_days = exempt.clock().date(), exempt.settings.file.exempt.expiring_soon_days
    offset = 0
    while True:
        page = wanted._replace(limit=_AT_ONCE, offset=offset)
        found = tx.search.certificates(page, on, soon_days).certificates
        yield from found
        if len(found) < _AT_ONCE:
            return
        offset += _AT_ONCE
