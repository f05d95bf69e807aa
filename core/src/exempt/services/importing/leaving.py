"""Imports that are left to the daemon, from the file that came in to the undoing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import IO, NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.custom import CustomField
from exempt.model.imports import ImportRun, ImportState, ReadingOptions
from exempt.rules.import_titles import lay_out
from exempt.services.backfill_ports import Parts
from exempt.services.certificates import Act
from exempt.services.importing import checking, runs, staging
from exempt.services.importing.staging import Told, no_one
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store

LONGEST_NAME = 255

READ = (ImportState.STAGING, ImportState.STAGED)
"""What the daemon reads and checks, where it was left to it."""

_GONE = "the file is not there any more: import it again"


class FileKept(NamedTuple):
    """A table among the documents, under the name that somebody gave it."""

    sha256: str
    name: str


class Heads(NamedTuple):
    """What the first rows of a table say.

    Attributes:
        first: The first row below the titles that says anything; "" for blank cells.
    """

    titles: tuple[str, ...]
    first: tuple[str, ...]


def keep(parts: Parts, name: str, content: IO[bytes]) -> FileKept:
    """Keep a file that came in.

    Raises:
        RefusedError: It is empty, too large, or there is no room for it.
    """
    return FileKept(parts.keep(content), shown_name(name))


def shown_name(name: str) -> str:
    """The name of a file as it is kept: without folders, and without what cannot be shown."""
    last = PurePath(name.replace("\\", "/")).name[-LONGEST_NAME:]
    return "".join(filter(str.isprintable, last)) or "file"


def heads(parts: Parts, file: FileKept) -> Heads:
    """The titles of a table, and what stands below them first.

    Raises:
        RefusedError: It is no table.
        NotFoundError: It is not there any more.
    """
    with parts.table(file.sha256, file.name) as table:
        line = next(iter(table.lines()), None)
        cells = line.cells if line else ()
        return Heads(tuple(table.titles), tuple((cell.text or "")[:80] for cell in cells))


def begin(
    store: Store,
    parts: Parts,
    file: FileKept,
    company_id: int,
    act: Act,
    *,
    options: ReadingOptions | None = None,
    custom: Mapping[str, CustomField] | None = None,
) -> ImportRun:
    """Have a kept file read and checked; the same one that is not applied yet is checked anew.

    Raises:
        RefusedError: It is no table, or a title is wrong.
        NotFoundError: It is not there any more.
    """
    with parts.table(file.sha256, file.name) as table:
        layout = lay_out(file.name, table.titles, options or ReadingOptions(), custom or {})
    with store.writing() as tx:
        run = tx.imports.unfinished(company_id, layout, file.sha256)
        if run is None:
            run = tx.imports.begin(company_id, layout, file.name, file.sha256, act.at, by=act.by)
        if run.state is ImportState.CHECKED:
            run = run.model_copy(update={"state": ImportState.STAGED})
        if run.state in READ:
            counts = run.counts.model_copy(update={"by_daemon": True})
            run = run.model_copy(update={"counts": counts})
            tx.imports.save(run)
            tx.jobs.ask(JobKind.IMPORT)
    return run


def check_again(store: Store, import_id: int) -> ImportRun:
    """Have a checked import held against the register once more.

    Raises:
        RefusedError: It is not checked, or is applied.
        NotFoundError: There is no such import.
    """
    with store.writing() as tx:
        run = runs.get(tx, import_id)
        if run.state not in {ImportState.CHECKED, *READ}:
            msg = f"import {run.id}: is {run.state.value}: it is not checked any more"
            raise RefusedError(msg)
        if run.state is ImportState.CHECKED:
            counts = run.counts.model_copy(update={"by_daemon": True})
            run = run.model_copy(update={"state": ImportState.STAGED, "counts": counts})
            tx.imports.save(run)
            tx.jobs.ask(JobKind.IMPORT)
    return run


def waits(run: ImportRun) -> bool:
    """Whether the daemon has something to read or check."""
    return run.state in READ and run.counts.by_daemon


def go_on(store: Store, parts: Parts, import_id: int, *, told: Told = no_one) -> ImportRun:
    """Read the file of an import to its end, and check it.

    Returns:
        The import: ``checked``, or ``dropped`` where its file cannot be read.

    Raises:
        RefusedError: Another import into this company is running.
        NotFoundError: There is no such import.
    """
    with store.reading() as tx:
        run = runs.get(tx, import_id)
    if run.state is ImportState.STAGING:
        run = _read(store, parts, run, told)
    if run.state is ImportState.STAGED:
        run = checking.check(store, import_id, told=told, most=checking.Shown(0, 0, 0)).run
    return run


def _read(store: Store, parts: Parts, run: ImportRun, told: Told) -> ImportRun:
    try:
        with parts.table(run.sha256, run.file_name) as table:
            return staging.go_on(store, run.id, table, told)
    except NotFoundError:
        return runs.clear(store, run, ImportState.DROPPED, why=_GONE)
    except RefusedError as error:
        with store.reading() as tx:
            now = runs.get(tx, run.id)
        if now.state is ImportState.DROPPED:
            return now
        if now.state is ImportState.STAGING and _is_no_table(parts, run):
            return runs.clear(store, run, ImportState.DROPPED, why=str(error))
        raise  # another import is running


def _is_no_table(parts: Parts, run: ImportRun) -> bool:
    try:
        with parts.table(run.sha256, run.file_name):
            return False
    except RefusedError:
        return True
