"""Files of sales on the command line: template, check, import, products, complete."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from exempt.cli import daemon_view
from exempt.cli.backfill_view import (
    print_checked,
    print_new_products,
    print_run,
    print_runs,
    print_undone,
    told_checked,
    told_run,
    write_mistakes,
)
from exempt.cli.bars import bar
from exempt.cli.output import one_line, print_json, say
from exempt.errors import RefusedError
from exempt.model.backfill import (
    BackfillField,
    BackfillOptions,
    BackfillRun,
    BackfillState,
    DateForm,
)
from exempt.services import companies
from exempt.services.backfills import importing, new_products, runs, sources, undoing
from exempt.services.backfills.checking import check, every_mistake
from exempt.services.certificates import Act
from exempt.wiring import Exempt
from exempt.wiring.backfills import backfill_parts, importing_of, write_backfill_template


class Asked(NamedTuple):
    """What the options of a check say."""

    file: Path
    company: str | None
    source: str | None
    time_zone: str | None
    date_format: str | None
    maps: Sequence[str]
    ignored: Sequence[str]
    defaults: Sequence[str]
    any_signs: bool
    mistakes: Path | None
    replace: bool

    def options(self) -> BackfillOptions:
        """How the file is read.

        Raises:
            RefusedError: An option is written in another way than it may be.
        """
        mapping: dict[str, BackfillField | None] = {
            theirs: _field("--map", ours) for theirs, ours in _pairs("--map", self.maps)
        }
        mapping |= dict.fromkeys(self.ignored)
        return BackfillOptions(
            mapping=mapping,
            defaults={
                _field("--default", ours): value
                for ours, value in _pairs("--default", self.defaults)
            },
            time_zone=self.time_zone or "UTC",
            date_form=_date_form(self.date_format),
            any_signs=self.any_signs,
        )


def _pairs(option: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        cut = text.partition if option == "--default" else text.rpartition
        left, equals, right = cut("=")
        if not equals or not left.strip() or not right.strip():
            msg = f"{option} {text}: write {_SHAPES[option]}"
            raise RefusedError(msg)
        found.append((left.strip(), right.strip()))
    return found


_SHAPES = {"--map": "THEIRS=OURS", "--default": "TITLE=VALUE", "--assign": "ID=CATEGORY"}


def _field(option: str, title: str) -> BackfillField:
    try:
        return BackfillField(title)
    except ValueError:
        known = ", ".join(BackfillField)
        msg = f"{option}: {title} is no title of the template: one of {known}"
        raise RefusedError(msg) from None


def _date_form(text: str | None) -> DateForm | None:
    try:
        return DateForm(text) if text else None
    except ValueError:
        msg = f"--date-format {text}: one of {', '.join(DateForm)}"
        raise RefusedError(msg) from None


def write_template(file: Path | None, *, xlsx: bool, replace: bool) -> None:
    """``exempt backfill template``."""
    path = file or Path("backfill.xlsx" if xlsx else "backfill.csv")
    if xlsx and path.suffix.lower() != ".xlsx":
        msg = f"{path}: a workbook's name ends in .xlsx"
        raise RefusedError(msg)
    write_backfill_template(path, replace=replace)
    say(
        f"The template is written to {path}: put your sales in place of its examples, then", "green"
    )
    say(f"  exempt backfill check {shlex.quote(str(path))}", wrap=False)


def check_file(exempt: Exempt, act: Act, asked: Asked, *, as_json: bool) -> int:
    """``exempt backfill check``; 1 when there are mistakes."""
    run = _checked(exempt, act, asked, as_json=as_json)
    if as_json:
        print_json(told_checked(run))
    elif not run.mistakes:
        print_new_products(run)
        say()
        say("Nothing is imported so far. To do it:")
        say(f"  exempt backfill import {run.id}", wrap=False)
    return 1 if run.mistakes else 0


def _checked(exempt: Exempt, act: Act, asked: Asked, *, as_json: bool) -> BackfillRun:
    """The file, checked, and what was found said."""
    exempt.settle()
    parts, options = backfill_parts(exempt), asked.options()
    try:
        content = asked.file.open("rb")
    except OSError as error:
        msg = f"{asked.file}: cannot be read: {error.strerror}"
        raise RefusedError(msg) from None
    with content:
        with exempt.store.writing() as tx:
            configured = exempt.connections
            source = sources.find_or_make(tx, asked.source, asked.company, configured)
        run = runs.take_in(exempt.store, parts, asked.file.name, content, source, options, act)
    if run.state is BackfillState.IMPORTING:
        mend = f"go on with exempt backfill import {run.id} --wait, or see exempt backfill list"
        msg = f"{asked.file.name}: is being imported as backfill {run.id}: {mend}"
        raise RefusedError(msg)
    with bar("Checking", quiet=as_json) as told:
        run = check(exempt.store, parts, run.id, exempt.clock, told=told)
    if not as_json:
        print_checked(run, source.name)
    if asked.mistakes and run.mistakes:
        every = every_mistake(exempt.store, parts, run.id, exempt.clock)
        write_mistakes(every, asked.mistakes, replace=asked.replace, quiet=as_json)
    return run


def import_(exempt: Exempt, act: Act, asked: Asked, *, wait: bool, as_json: bool) -> int:
    """``exempt backfill import``; 1 when there are mistakes."""
    number = str(asked.file)
    if number.isdecimal() and not asked.file.exists():
        with exempt.store.reading() as tx:
            run = runs.get(tx, int(number))
    else:
        run = _checked(exempt, act, asked, as_json=as_json)
        if run.mistakes:
            if as_json:
                print_json(told_checked(run))
            return 1
        if not as_json:
            print_new_products(run)
    run = importing.begin(exempt.store, run.id, act)
    if not wait:
        return _left_to_daemon(exempt, run, as_json=as_json)
    with bar("Importing", quiet=as_json) as told:
        run = importing.go_on(importing_of(exempt, told), run.id)
    _say_imported(exempt, run, as_json=as_json)
    return 1 if run.mistakes else 0


def _left_to_daemon(exempt: Exempt, run: BackfillRun, *, as_json: bool) -> int:
    with exempt.store.reading() as tx:
        daemon = daemon_view.look(tx, exempt.clock())
        source = runs.source_of(tx, run)
    if as_json:
        print_json(told_run(run, source.name))
        return 0
    say(f"Backfill {run.id} of {one_line(run.file_name)} is left to the daemon.", "green")
    say(f"  exempt backfill show {run.id}    how far it is", wrap=False)
    if not daemon.alive:
        say(
            f"No daemon runs: start exempt run, or exempt backfill import {run.id} --wait.",
            "yellow",
        )
    return 0


def _say_imported(exempt: Exempt, run: BackfillRun, *, as_json: bool) -> None:
    with exempt.store.reading() as tx:
        source = runs.source_of(tx, run)
    if as_json:
        print_json(told_run(run, source.name))
        return
    print_run(run, source.name)
    if not run.mistakes:
        say()
        say("When you have looked at what came of it:")
        say(f"  exempt backfill complete {run.id}", wrap=False)


def products(
    exempt: Exempt,
    act: Act,
    run_id: int,
    assigned: Sequence[str],
    rest: str | None,
    *,
    as_json: bool,
) -> None:
    """``exempt backfill products``."""
    pairs = dict(_pairs("--assign", assigned))
    if pairs or rest:
        new_products.assign(exempt.store, run_id, pairs, act, rest=rest)
    with exempt.store.reading() as tx:
        run = runs.get(tx, run_id)
        found = new_products.of(tx, run)
    if as_json:
        print_json([product._asdict() for product in found])
        return
    print_new_products(run, found)


def complete(exempt: Exempt, act: Act, run_id: int) -> None:
    """``exempt backfill complete``."""
    run = runs.complete(exempt.store, run_id, act)
    who = f"{run.completed_by} on {run.completed_at:%Y-%m-%d}" if run.completed_at else ""
    say(f"Backfill {run.id} of {one_line(run.file_name)} is complete: {who}.", "green")


def preview_undo(exempt: Exempt, act: Act, run_id: int, *, as_json: bool) -> None:
    """``exempt backfill undo --preview``."""
    seen = undoing.preview(exempt.store, run_id, act)
    if as_json:
        told = {"undone": seen.undone.model_dump(), "looked": seen.looked, "whole": seen.whole}
        print_json({**told, "left": [each._asdict() for each in seen.left]})
        return
    say(f"Undoing backfill {run_id} of {one_line(seen.run.file_name)} would do this:", "bold")
    print_undone(seen.undone, seen.left)
    if not seen.whole:
        say(f"The first {seen.looked:,} records were looked at; the others go the same way.")


def undo(exempt: Exempt, act: Act, run_id: int, *, as_json: bool) -> None:
    """``exempt backfill undo``."""
    with bar("Undoing", quiet=as_json) as told:
        run = undoing.undo(exempt.store, run_id, act, told=told)
    with exempt.store.reading() as tx:
        left = tx.brought.left(run.id, undoing.STREAMS)
        source = runs.source_of(tx, run)
    if as_json:
        print_json({**told_run(run, source.name), "left": [each._asdict() for each in left]})
        return
    say(f"Backfill {run.id} of {one_line(run.file_name)} is undone.", "green")
    print_undone(run.counts.undone, left)


def drop(exempt: Exempt, run_id: int) -> None:
    """``exempt backfill drop``."""
    run = runs.drop(exempt.store, run_id)
    say(f"Backfill {run.id} of {one_line(run.file_name)} is given up.", "green")


def show_list(exempt: Exempt, company: str | None, *, only_this: bool, as_json: bool) -> None:
    """``exempt backfill list``."""
    with exempt.store.reading() as tx:
        found = runs.listed(tx, companies.scope(tx, company, children=not only_this))
    if as_json:
        print_json([told_run(run, source.name) for run, source in found])
    else:
        print_runs([(run, source.name) for run, source in found])


def show_one(
    exempt: Exempt, run_id: int, mistakes: Path | None, *, replace: bool, as_json: bool
) -> None:
    """``exempt backfill show``."""
    with exempt.store.reading() as tx:
        run = runs.get(tx, run_id)
        source = runs.source_of(tx, run)
    if as_json:
        print_json(told_run(run, source.name))
    else:
        print_run(run, source.name)
    if mistakes:
        every = every_mistake(exempt.store, backfill_parts(exempt), run.id, exempt.clock)
        write_mistakes(every, mistakes, replace=replace, quiet=as_json)
