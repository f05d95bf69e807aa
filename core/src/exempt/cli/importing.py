"""Import customers on the command line: check, apply, undo, resume."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from exempt.cli import daemon_view
from exempt.cli.import_lists import write_changes, write_findings
from exempt.cli.import_view import (
    print_checked,
    print_done,
    print_undone,
    told,
    told_check,
    told_done,
)
from exempt.cli.output import console, count, one_line, print_json, say
from exempt.errors import RefusedError
from exempt.model.imports import ImportRun, ImportState, ReadingOptions, Template
from exempt.services import companies
from exempt.services.certificates import Act
from exempt.services.importing import applying, runs, undoing
from exempt.services.importing.checking import Checked, check
from exempt.services.importing.staging import Told, no_one
from exempt.services.job_ports import JobKind
from exempt.wiring import Exempt
from exempt.wiring.imports import read_customers, write_customer_template


class Asked(NamedTuple):
    """What the options of an import say."""

    file: Path
    company: str | None
    template: str | None
    maps: Sequence[str]
    ignored: Sequence[str]
    aliases: bool
    only: Sequence[str]
    apply: bool
    background: bool
    erase: bool
    skip_bad_rows: bool
    all_problems: Path | None
    preview: Path | None
    replace: bool

    def again(self, run: ImportRun, checked: Checked) -> str:
        """The command that applies what was checked."""
        words = ["exempt", "customers", "import", str(self.file)]
        pairs = (
            *(("--company", self.company), ("--template", self.template)),
            *(("--map", each) for each in self.maps),
            *(("--ignore", each) for each in self.ignored),
            *(("--only", each) for each in self.only),
        )
        words += [word for option, value in pairs if value for word in (option, value)]
        flags = {
            "--aliases": self.aliases,
            "--apply": True,
            "--background": self.background,
            "--erase": bool(checked.run.counts.planned.erasures),
            "--skip-bad-rows": bool(run.counts.stuck),
        }
        return shlex.join([*words, *(flag for flag, wanted in flags.items() if wanted)])


def write_template(exempt: Exempt, which: str, file: Path, *, replace: bool) -> None:
    """``exempt customers template``."""
    custom = exempt.settings.file.custom_fields.customers
    write_customer_template(file, Template(which), custom, replace=replace)
    say(f"The {which} template is written to {file}: fill it in, then", "green")
    say(f"  exempt customers import {shlex.quote(str(file))}", wrap=False)


def import_customers(exempt: Exempt, act: Act, asked: Asked, *, as_json: bool) -> int:
    """``exempt customers import``; 1 when rows cannot go in, or were left."""
    run = _staged(exempt, act, asked, quiet=as_json)
    if run.state is ImportState.APPLYING:
        if not asked.apply:
            msg = f"import {run.id} of this file was interrupted: exempt imports resume {run.id}"
            raise RefusedError(msg)
        if asked.background:
            return _left_to_daemon(exempt, run, as_json=as_json)
        return _resumed(exempt, act, run, as_json=as_json)
    with _bar("Checking", quiet=as_json) as progress:
        checked = check(exempt.store, run.id, told=progress)
    run = checked.run
    if asked.all_problems:
        write_findings(exempt, run.id, asked.all_problems, replace=asked.replace, quiet=as_json)
    if asked.preview:
        write_changes(exempt, run, None, asked.preview, replace=asked.replace, quiet=as_json)
    if asked.apply:
        if not as_json:
            counts = run.counts
            stops = not asked.skip_bad_rows and bool(counts.stuck)
            stops = stops or (not asked.erase and bool(counts.planned.erasures))
            print_checked(checked, changes=stops)
        return _apply(exempt, act, run, asked, as_json=as_json)
    if as_json:
        print_json(told_check(checked))
    else:
        print_checked(checked)
        say()
        say("Nothing is changed so far. To do it:")
        say(f"  {asked.again(run, checked)}", wrap=False)
        say(f"  exempt imports changes {run.id}    every change, cell by cell", wrap=False)
    return 1 if run.counts.stuck else 0


def _apply(exempt: Exempt, act: Act, run: ImportRun, asked: Asked, *, as_json: bool) -> int:
    confirmed = {"erase": asked.erase, "skip_bad_rows": asked.skip_bad_rows}
    if asked.background:
        run = applying.leave_to_daemon(exempt.store, run.id, act, **confirmed)
        return _left_to_daemon(exempt, run, as_json=as_json)
    with _bar("Importing", quiet=as_json) as progress:
        run = applying.apply(exempt.store, run.id, act, **confirmed, told=progress)
    return _done(exempt, run, as_json=as_json)


def _left_to_daemon(exempt: Exempt, run: ImportRun, *, as_json: bool) -> int:
    """Say how an import goes on that the daemon applies, beginning within seconds."""
    with exempt.store.writing() as tx:
        tx.jobs.ask(JobKind.IMPORT)
        daemon = daemon_view.look(tx, exempt.clock())
    if as_json:
        print_json({"import": told(run)})
        return 0
    say(f"Import {run.id} of {one_line(run.file_name)} is left to the daemon.", "green")
    say(f"  exempt imports show {run.id}    how far it is", wrap=False)
    if not daemon.alive:
        say(f"No daemon runs: start exempt run, or exempt imports resume {run.id}.", "yellow")
    return 0


def _staged(exempt: Exempt, act: Act, asked: Asked, *, quiet: bool) -> ImportRun:
    exempt.settle()
    options = ReadingOptions(
        template=Template(asked.template) if asked.template else None,
        aliases=asked.aliases,
        mapping={**_pairs(asked.maps, "--map"), **dict.fromkeys(asked.ignored)},
        only=tuple(_each(asked.only, "--only")),
    )
    with exempt.store.reading() as tx:
        company = companies.only_one(tx, asked.company)
    with _bar("Reading", quiet=quiet) as progress:
        read = read_customers(
            exempt.store,
            asked.file,
            company.id,
            act,
            options=options,
            custom=exempt.settings.file.custom_fields.customers,
            told=progress,
        )
    if read.encoding == "cp1252" and not quiet:
        say(
            f"{asked.file.name}: its letters were taken for those of Windows (cp1252): look at"
            " names with accents, or save the table as CSV UTF-8",
            "yellow",
        )
    return read.run


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    return dict(_each(texts, option))


def _each(texts: Sequence[str], option: str) -> Iterator[tuple[str, str]]:
    for text in texts:
        title, equals, value = text.partition("=")
        if not equals:
            msg = f"{option} {text}: write TITLE={'TITLE' if option == '--map' else 'TEXT'}"
            raise RefusedError(msg)
        yield title.strip(), value.strip()


def resume(exempt: Exempt, act: Act, import_id: int, *, as_json: bool) -> int:
    """``exempt imports resume``; 1 when something was left."""
    with exempt.store.reading() as tx:
        run = runs.get(tx, import_id)
    if run.state is ImportState.UNDOING:
        undo(exempt, act, import_id, as_json=as_json)
        return 0
    if run.state in {ImportState.STAGING, ImportState.STAGED, ImportState.CHECKED}:
        msg = (
            f"import {run.id}: is {run.state.value}, and changed nothing so far: import"
            f" {run.file_name} again, it goes on where it stopped"
        )
        raise RefusedError(msg)
    return _resumed(exempt, act, run, as_json=as_json)


def _resumed(exempt: Exempt, act: Act, run: ImportRun, *, as_json: bool) -> int:
    with _bar("Importing", quiet=as_json) as progress:
        run = applying.resume(exempt.store, run.id, act, told=progress)
    return _done(exempt, run, as_json=as_json)


def _done(exempt: Exempt, run: ImportRun, *, as_json: bool) -> int:
    with exempt.store.reading() as tx:
        report = runs.report(tx, run.id)
    if as_json:
        print_json(told_done(report))
    else:
        print_done(exempt, report)
    return 1 if run.counts.done.left else 0


def undo(exempt: Exempt, act: Act, import_id: int, *, as_json: bool) -> None:
    """``exempt imports undo``."""
    with _bar("Undoing", quiet=as_json) as progress:
        run = undoing.undo(exempt.store, import_id, act, told=progress)
    with exempt.store.reading() as tx:
        report = runs.report(tx, run.id)
    if as_json:
        print_json(told_done(report))
    else:
        print_undone(report)


def drop(exempt: Exempt, import_id: int) -> None:
    """``exempt imports drop``."""
    run = runs.drop(exempt.store, import_id)
    rows = count(run.counts.rows, "row")
    say(f"Import {run.id} of {one_line(run.file_name)}, {rows}, is given up.", "green")


@contextmanager
def _bar(label: str, *, quiet: bool) -> Iterator[Told]:
    """Show how far something is, on a terminal."""
    if quiet or not console.is_terminal:
        yield no_one
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TextColumn("{task.fields[rows]}"), console=console) as progress:
        task = progress.add_task(label, total=1.0, rows="")

        def tell(rows: int, part: float) -> None:
            progress.update(task, completed=part, rows=f"{rows:,} rows")

        yield tell
