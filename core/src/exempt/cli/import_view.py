"""Imports of customers as people see them: what was found, what changes, what was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from exempt.cli.output import count, one_line, print_facts, print_table, say
from exempt.model.customer import CARD_TITLES
from exempt.model.imports import (
    CellChange,
    Finding,
    ImportRun,
    Tally,
)
from exempt.services.import_ports import KeptChange
from exempt.services.importing.checking import Checked
from exempt.services.importing.runs import Report
from exempt.services.importing.showing import title_of
from exempt.wiring import Exempt

SHOWN = 20


# --- a check -----------------------------------------------------------------------------


def print_checked(checked: Checked, *, changes: bool = True) -> None:
    """What a check found, and with *changes* what the import would do."""
    run = checked.run
    print_head(run)
    counts, planned = run.counts, run.counts.planned
    if counts.stuck:
        more = counts.bad + planned.left
        print_findings(f"{counts.stuck} cannot go in", checked.problems, more)
    else:
        say("All looks good!", "green")
    noted = counts.noted + planned.lacking
    if checked.warnings:
        print_findings(f"{count(noted, 'warning')}", checked.warnings, noted)
    if not changes:
        return
    print_facts(facts_of(planned, done=False))
    _print_changes(checked.changes, planned)
    _print_erasures(checked.erasures, planned.erasures)


def print_head(run: ImportRun) -> None:
    """What an import is of."""
    counts = run.counts
    out = f", {counts.left_out:,} left out" if counts.left_out else ""
    say(
        f"Import {run.id}: {one_line(run.file_name)}, {run.layout.template.value} template,"
        f" {count(counts.rows, 'row')}{out}"
    )


def facts_of(tally: Tally, *, done: bool) -> Iterator[tuple[str, str]]:
    """What happens, or happened, line by line."""
    yield "New", count(tally.new, "customer")
    if tally.changed:
        fields = count(tally.changes + tally.erasures, "field")
        yield "Changed", f"{count(tally.changed, 'customer')}, {fields}"
    if tally.unchanged:
        yield "Unchanged", count(tally.unchanged, "customer")
    if tally.erasures:
        yield "Erased", f"{count(tally.erasures, 'field')}, since their cells are blank"
    if tally.zones:
        yield "Ship-to", count(tally.zones, "state")
    if tally.links:
        yield "Linked", count(tally.links, "ship-to customer")
    if tally.kept:
        fields = count(tally.kept, "field")
        yield "Kept", f"{fields}, on which a connection has the last word"
    if tally.left and done:
        yield "Left", count(tally.left, "customer")
    if tally.orders:
        yield "Orders", f"{count(tally.orders, 'decision')} changed"


def print_findings(title: str, found: Sequence[Finding], total: int) -> None:
    """What is to be said of rows."""
    print_table(
        title,
        ("Row", "Number", "Column", "Said"),
        [(each.row, each.number, _column(each), each.text) for each in found],
        right=(0,),
        whole=("Row",),
    )
    if total > len(found):
        say("  --all-problems FILE.csv writes all of them.", wrap=False)


def _column(found: Finding) -> str:
    return f"{found.title} ({found.letter})" if found.letter else found.title


def _print_changes(changes: Sequence[CellChange], planned: Tally) -> None:
    if not changes:
        return
    total = planned.new + planned.changes + planned.zones + planned.links + planned.kept
    more = f", the first {len(changes)}" if total > len(changes) else ""
    print_table(
        f"{count(total, 'change')}{more}",
        ("Row", "Number", "Name", "What", "Column", "Old", "New"),
        [cells_of(change)[:7] for change in changes],
        right=(0,),
        whole=("Row", "What"),
    )


def _print_erasures(erasures: Sequence[CellChange], total: int) -> None:
    if not erasures:
        return
    more = f", the first {len(erasures)}" if total > len(erasures) else ""
    print_table(
        f"{count(total, 'field')} erased{more}",
        ("Row", "Number", "Name", "Column", "Is erased"),
        [(c.row, c.number, c.name, c.title, c.old) for c in erasures],
        right=(0,),
        whole=("Row",),
    )


def cells_of(change: CellChange) -> tuple[Any, ...]:
    """A change as a row of a table; its note comes last."""
    kind = change.kind.value
    what = f"{kind}: {change.note}" if change.note else kind
    return (
        *(change.row, change.number, change.name, what),
        *(title_of(change), change.old, change.new, change.note),
    )


def told_check(checked: Checked) -> dict[str, Any]:
    """A check as JSON."""
    return {
        "import": told(checked.run),
        "problems": [each._asdict() for each in checked.problems],
        "warnings": [each._asdict() for each in checked.warnings],
        "changes": [each._asdict() for each in checked.changes],
        "erasures": [each._asdict() for each in checked.erasures],
    }


def told(run: ImportRun) -> dict[str, Any]:
    """An import as JSON."""
    return {
        "template": run.layout.template.value,
        **run.model_dump(mode="json", exclude={"layout"}),
    }


# --- what was done -----------------------------------------------------------------------


def print_done(exempt: Exempt, report: Report) -> None:
    """What became of an import."""
    run = report.run
    say(f"Import {run.id} of {one_line(run.file_name)} is {run.state.value}.", "green")
    print_facts(facts_of(run.counts.done, done=True))
    print_customers(exempt, "Made", report.made, run.counts.done.new)
    print_customers(exempt, "Changed", report.changed, run.counts.done.changed)
    if run.counts.done.left or run.counts.bad:
        say(f"  exempt imports show {run.id}    the rows that did not go in", wrap=False)
    say(f"  exempt imports undo {run.id}    puts all of it back", wrap=False)


def print_customers(exempt: Exempt, title: str, ids: Sequence[int], total: int) -> None:
    """The first of some customers."""
    if not ids:
        return
    shown = ids[:SHOWN]
    with exempt.store.reading() as tx:
        cards = tx.cards.find(shown)
    more = f", the first {len(shown)}" if total > len(shown) else ""
    print_table(
        f"{title}{more}",
        ("Customer", "Number", "Name"),
        [(f"id:{card.id}", card.number, card.name) for card in cards],
        whole=("Customer",),
    )


def print_undone(report: Report) -> None:
    """What was put back."""
    run, undone = report.run, report.run.counts.undone
    say(f"Import {run.id} of {one_line(run.file_name)} is {run.state.value}.", "green")
    fields = undone.changes + undone.erasures
    print_facts(
        [
            ("Put back", f"{count(fields, 'field')}, {count(undone.zones, 'ship-to state')}"),
            ("Removed", f"{count(undone.new, 'customer')}, {count(undone.links, 'link')}"),
        ]
    )
    print_left(report.left, undone.left)


def print_left(left: Sequence[KeptChange], total: int) -> None:
    """What could not be put back."""
    if not left:
        return
    more = f", the first {SHOWN}" if total > SHOWN else ""
    print_table(
        f"{count(total, 'change')} left as they are{more}",
        ("Customer", "Number", "Name", "Field", "Why"),
        [
            (
                f"id:{each.change.customer_id}",
                each.number,
                each.name,
                CARD_TITLES.get(each.change.field, each.change.field),
                each.change.note,
            )
            for each in left[:SHOWN]
        ],
        whole=("Customer",),
    )


def told_done(report: Report) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "import": told(report.run),
        "made": report.made,
        "changed": report.changed,
        "left": [kept_as_dict(each) for each in report.left],
    }


def kept_as_dict(kept: KeptChange) -> dict[str, Any]:
    """A change as JSON."""
    return {"number": kept.number, "name": kept.name, **kept.change._asdict()}
