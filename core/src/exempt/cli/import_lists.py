"""Imports of customers listed, shown, and written to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exempt.cli.import_view import (
    SHOWN,
    cells_of,
    facts_of,
    print_customers,
    print_findings,
    print_head,
    print_left,
    told,
    told_done,
)
from exempt.cli.output import count, print_facts, print_json, print_table, say
from exempt.model.imports import ChangeKind, Finding, ImportRun, ImportState
from exempt.services import companies
from exempt.services.importing import runs
from exempt.services.importing.checking import findings
from exempt.services.importing.showing import (
    changes_sheet,
    findings_sheet,
    first_changes,
    part_of,
    tally_of,
)
from exempt.services.tables_out import Sheet
from exempt.wiring import Exempt
from exempt.wiring.spreadsheets import write_table

_LISTED = 100


def show_list(exempt: Exempt, company: str | None, *, only_this: bool, as_json: bool) -> None:
    """``exempt imports list``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        scope = companies.scope(tx, company, children=not only_this)
        found = runs.listed(tx, scope, _LISTED)
        keys = companies.keys(tx)
    if as_json:
        print_json({"imports": [{**told(run), "company": keys[run.company_id]} for run in found]})
        return
    if not found:
        say("There is no import yet: see exempt customers template, and exempt customers import.")
        return
    several = ("Company",) if len(keys) > 1 else ()
    print_table(
        "",
        ("Id", "File", *several, "State", "Rows", "New", "Changed", "When", "Who"),
        [
            (
                run.id,
                run.file_name,
                *([keys[run.company_id]] if several else []),
                state_of(run),
                f"{run.counts.rows:,}",
                f"{tally_of(run).new:,}",
                f"{tally_of(run).changed:,}",
                f"{run.applied_at or run.created_at:%Y-%m-%d}",
                run.applied_by or run.created_by,
            )
            for run in found
        ],
        right=(0, *range(3 + len(several), 6 + len(several))),
        whole=("Id", "State", "Rows", "New", "Changed", "When"),
    )


def state_of(run: ImportRun) -> str:
    """Its state; of one that goes on, or was interrupted, with how much of it is done."""
    if run.state is not ImportState.APPLYING:
        return run.state.value
    return f"{run.state.value}, {int(100 * part_of(run))} %"


def show_one(exempt: Exempt, import_id: int, *, as_json: bool) -> None:
    """``exempt imports show``."""
    with exempt.store.reading() as tx:
        report = runs.report(tx, import_id)
    run = report.run
    found: list[Finding] = []
    for each in findings(exempt.store, import_id):
        found.append(each)
        if len(found) == _LISTED:
            break
    if as_json:
        print_json({**told_done(report), "findings": [each._asdict() for each in found]})
        return
    print_head(run)
    print_facts(
        [
            ("State", state_of(run)),
            *([("Applied", _when(run.applied_at, run.applied_by))] if run.applied_at else []),
            *([("Undone", _when(run.undone_at, run.undone_by))] if run.undone_at else []),
            *facts_of(tally_of(run), done=bool(run.applied_at)),
        ]
    )
    if refused := [each for each in found if each.refused]:
        bad = run.counts.bad + (0 if run.applied_at else run.counts.planned.left)
        print_findings("Rows that cannot go in", refused[:SHOWN], bad)
    print_customers(exempt, "Made", report.made, run.counts.done.new)
    print_customers(exempt, "Changed", report.changed, run.counts.done.changed)
    print_left(report.left, run.counts.undone.left)


def _when(moment: Any, who: str | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} by {who}"


def show_changes(
    exempt: Exempt,
    import_id: int,
    kind: str | None,
    to: Path | None,
    *,
    replace: bool,
    as_json: bool,
) -> None:
    """``exempt imports changes``."""
    with exempt.store.reading() as tx:
        run = runs.get(tx, import_id)
    wanted = ChangeKind(kind) if kind else None
    if to:
        write_changes(exempt, run, wanted, to, replace=replace, quiet=as_json)
        return
    found = first_changes(exempt.store, run, wanted, _LISTED)
    if as_json:
        print_json({"import": told(run), "changes": [each._asdict() for each in found]})
        return
    if not found:
        say("There is no such change.")
        return
    heads = ("Row", "Number", "Name", "What", "Column", "Old", "New")
    print_table(
        "", heads, [cells_of(each)[:7] for each in found], right=(0,), whole=("Row", "What")
    )
    if len(found) == _LISTED:
        say("These are the first; --to FILE.csv writes all of them.")


# --- files -------------------------------------------------------------------------------


def write_changes(
    exempt: Exempt,
    run: ImportRun,
    kind: ChangeKind | None,
    path: Path,
    *,
    replace: bool,
    quiet: bool,
) -> None:
    """Write every change to a table."""
    sheet = changes_sheet(exempt.store, run, kind)
    _write(path, sheet, "change", replace=replace, quiet=quiet)


def write_findings(
    exempt: Exempt, import_id: int, path: Path, *, replace: bool, quiet: bool
) -> None:
    """Write every problem and warning to a table."""
    sheet = findings_sheet(exempt.store, import_id)
    _write(path, sheet, "finding", replace=replace, quiet=quiet)


def _write(path: Path, sheet: Sheet, what: str, *, replace: bool, quiet: bool) -> None:
    written = write_table(path, sheet.title, sheet.heads, sheet.rows, replace=replace)
    if not quiet:
        say(f"{count(written, what)} written to {path}.", "green")
