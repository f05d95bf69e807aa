"""Read the rows of a file, each by itself, and keep them until the import is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.custom import CustomField
from exempt.model.imports import ImportRun, ImportState, ReadingOptions
from exempt.model.tabular import TableFile
from exempt.rules.import_rows import RowReader, StagedRow
from exempt.rules.import_titles import lay_out
from exempt.services.certificates import Act
from exempt.services.importing import runs
from exempt.services.ports import Store

Told = Callable[[int, float], None]
"""Told how many rows are done, and what part of the whole, from 0 to 1."""


class Upload(NamedTuple):
    """A file to import.

    Attributes:
        sha256: Of its bytes: the same file goes on where it stopped.
    """

    table: TableFile
    sha256: str


def no_one(_rows: int, _part: float) -> None:
    """Nobody is told."""


def stage(
    store: Store,
    upload: Upload,
    company_id: int,
    act: Act,
    *,
    options: ReadingOptions | None = None,
    custom: Mapping[str, CustomField] | None = None,
    told: Told = no_one,
) -> ImportRun:
    """Read a file; one that was begun before, and is not applied, goes on where it stopped.

    Args:
        store: Where it is kept.
        upload: The file.
        company_id: Whose customers they are.
        act: Who imports.
        options: How it is read.
        custom: The seller's own fields of customers, by key.
        told: Told after each transaction.

    Returns:
        The import; ``staged``, or further if the same file came that far before.

    Raises:
        RefusedError: A title is wrong, the file cannot be read, or has no
            rows; then nothing of it is kept.
    """
    layout = lay_out(
        upload.table.name, upload.table.titles, options or ReadingOptions(), custom or {}
    )
    with runs.alone(store, company_id):
        with store.writing() as tx:
            run = tx.imports.unfinished(company_id, layout, upload.sha256)
            if run is None:
                run = tx.imports.begin(
                    company_id, layout, upload.table.name, upload.sha256, act.at, by=act.by
                )
        if run.state is not ImportState.STAGING:
            return run
        return _read_on(store, run, upload.table, told)


def go_on(store: Store, import_id: int, table: TableFile, told: Told = no_one) -> ImportRun:
    """Read the file of an import from where that stopped, to its end; see `stage`.

    Raises:
        RefusedError: As `stage` does.
        NotFoundError: There is no such import.
    """
    with store.reading() as tx:
        run = runs.get(tx, import_id)
    with runs.alone(store, run.company_id):
        with store.reading() as tx:
            run = runs.get(tx, import_id)
        if run.state is not ImportState.STAGING:
            return run
        return _read_on(store, run, table, told)


def _read_on(store: Store, run: ImportRun, table: TableFile, told: Told) -> ImportRun:
    try:
        return _read(store, run, table, RowReader(run.layout), told)
    except RefusedError as error:
        runs.clear(store, run, ImportState.DROPPED, why=str(error))
        raise


def _read(
    store: Store, run: ImportRun, table: TableFile, reader: RowReader, told: Told
) -> ImportRun:
    before = int(run.position or 0)
    batch: list[StagedRow] = []
    left_out = last = 0
    for line in table.lines():
        if line.row <= before:
            continue
        last = line.row
        if not reader.wanted(line):
            left_out += 1
            continue
        batch.append(reader.read(line))
        if len(batch) == runs.ROWS:
            part = table.progress()
            run = _keep(store, run, batch, left_out, last, part)
            told(run.counts.rows, part)
            batch, left_out = [], 0
    run = _keep(store, run, batch, left_out, last, 0.0, over=True)
    if not run.counts.rows:
        what = "all its rows are left out" if run.counts.left_out else "has titles, and no rows"
        msg = f"{table.name}: {what}: there is nothing to import"
        raise RefusedError(msg)
    told(run.counts.rows, 1.0)
    return run


def _keep(  # noqa: PLR0917 - what was read, and how far that is
    store: Store,
    run: ImportRun,
    batch: list[StagedRow],
    left_out: int,
    last: int,
    part: float,
    *,
    over: bool = False,
) -> ImportRun:
    counts = run.counts.model_copy(
        update={
            "rows": run.counts.rows + len(batch),
            "part": part,
            "left_out": run.counts.left_out + left_out,
            "bad": run.counts.bad + sum(bool(row.problems) for row in batch),
            "noted": run.counts.noted + sum(bool(row.notes and not row.problems) for row in batch),
        }
    )
    run = run.model_copy(
        update={
            "counts": counts,
            "position": "" if over else str(last),
            "state": ImportState.STAGED if over else ImportState.STAGING,
        }
    )
    with store.writing() as tx:
        tx.imports.add_rows(run.id, batch)
        if over:
            tx.imports.all_added()
        tx.imports.save(run)
    return run
