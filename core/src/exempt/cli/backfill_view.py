"""What the commands on files of sales show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from exempt.cli.output import count, one_line, print_facts, print_table, say
from exempt.data import currency_exponent
from exempt.model.backfill import BackfillRun, BackfillState, BackfillUndone, Mistake
from exempt.services.backfills.checking import GOOD
from exempt.services.backfills.new_products import NewProduct
from exempt.services.brought_ports import LeftRecord
from exempt.wiring.spreadsheets import write_table

SHOWN = 50
_HEADS = ("row", "column", "title", "value", "what is wrong", "how to mend it", "kind")


def print_checked(run: BackfillRun, source: str) -> None:
    """What a check found; without mistakes it ends in the words that say so."""
    counts = run.counts
    if run.mistakes:
        print_mistakes(run.mistakes, counts.wrong)
        return
    print_facts(_facts(run, source))
    if counts.already_there:
        what = count(counts.already_there, "sale")
        say(f"{what} {source} has shown itself: they stay as it shows them.", "yellow")
    if counts.shrinking:
        what = count(counts.shrinking, "sale is", "sales are")
        say(f"{what} there with more lines than this file has: the file's replace them.", "yellow")
    say(GOOD, "green")


def print_mistakes(mistakes: Sequence[Mistake], wrong: int) -> None:
    """The first mistakes, each with its place and how to mend it."""
    title = f"{count(wrong, 'mistake')} in the file; nothing was imported"
    heads = ("Row", "Column", "Value", "What is wrong", "How to mend it")
    rows = [
        (m.row, f"{m.column} {m.title}".strip(), m.value, m.what, m.mend) for m in mistakes[:SHOWN]
    ]
    print_table(title, heads, rows, right=(0,))
    if wrong > SHOWN:
        say(f"The first {SHOWN} are shown; --mistakes FILE writes all of them.")


def write_mistakes(mistakes: Iterator[Mistake], path: Path, *, replace: bool, quiet: bool) -> None:
    """Write all mistakes as a table."""
    rows = ((m.row, m.column, m.title, m.value, m.what, m.mend, m.kind.value) for m in mistakes)
    number = write_table(path, "Mistakes", _HEADS, rows, replace=replace)
    if not quiet:
        say(f"{count(number, 'mistake')} written to {path}.")


def print_new_products(run: BackfillRun, found: Sequence[NewProduct] | None = None) -> None:
    """The products that a file brings, and the categories of those that have one."""
    number = run.counts.new_products
    if not number:
        if found is not None:
            say("The file brings no new products.")
        return
    if found is None:
        say()
        say(f"{count(number, 'new product')}: see, and give them their tax categories:")
        say(f"  exempt backfill products {run.id}", wrap=False)
        return
    rows = [(each.external_id, each.name, each.tax_category or "–") for each in found]
    print_table("New products", ("Product ID", "Name", "Tax category"), rows)
    if number > len(found):
        say(f"The first {len(found):,} of {number:,}.")
    if any(each.tax_category is None for each in found):
        say(f"  exempt backfill products {run.id} --assign ID=CATEGORY", wrap=False)
        say(f"  exempt backfill products {run.id} --rest CATEGORY", wrap=False)
        say("Those without a category count as taxable everywhere, and hold up nothing.")


def print_runs(found: Sequence[tuple[BackfillRun, str]]) -> None:
    """Files, the newest first."""
    heads = ("ID", "File", "Source", "State", "Rows", "Sales", "Mistakes", "Checked")
    rows = [
        (
            run.id,
            one_line(run.file_name),
            source,
            _state(run),
            f"{run.counts.rows:,}",
            f"{run.counts.transactions:,}",
            f"{run.counts.wrong:,}" if run.counts.wrong else "",
            f"{run.created_at:%Y-%m-%d} {run.created_by}",
        )
        for run, source in found
    ]
    print_table("Files of sales", heads, rows, right=(0, 4, 5, 6))


def print_run(run: BackfillRun, source: str) -> None:
    """A file: how far it is, what is in it, what came of it, and its first mistakes."""
    say(f"Backfill {run.id}: {one_line(run.file_name)}", "bold")
    print_facts(_facts(run, source))
    if run.mistakes:
        print_mistakes(run.mistakes, run.counts.wrong)


def print_undone(undone: BackfillUndone, left: Sequence[LeftRecord]) -> None:
    """What was put back of a file, and what stays."""
    gone = (
        f"{count(undone.removed, 'sale')}, {count(undone.customers, 'customer')},"
        f" {count(undone.products, 'product')}"
    )
    before = f"{count(undone.restored, 'sale')}, {undone.details:,} customers and products"
    stay = count(undone.left, "record")
    print_facts([("taken away", gone), ("as before", before), ("stays as it is", stay)])
    if left:
        heads = ("What", "ID", "Why")
        rows = [(each.stream.value, one_line(each.external_id), each.note) for each in left]
        print_table("What stays", heads, rows)


def _facts(run: BackfillRun, source: str) -> Iterator[tuple[str, str]]:
    counts = run.counts
    yield "source", source
    yield "state", _state(run)
    yield "checked", f"{run.created_at:%Y-%m-%d %H:%M} UTC by {run.created_by}"
    if counts.rows:
        yield "rows", f"{counts.rows:,}"
    if counts.transactions:
        yield "sales", f"{counts.transactions:,}"
        yield "customers", f"{counts.customers:,}"
        yield "products", f"{counts.products:,}, {counts.new_products:,} new"
    if counts.first_day:
        yield "days", f"{counts.first_day} to {counts.last_day}"
    for currency, amount in sorted(counts.sums.items()):
        yield "sum", f"{amount:,.{currency_exponent(currency)}f} {currency}"
    if counts.stored:
        yield (
            "stored",
            (
                f"{counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} unchanged,"
                f" {counts.already_there:,} already there"
            ),
        )
    if run.imported_at:
        yield "imported", f"{run.imported_at:%Y-%m-%d %H:%M} UTC for {run.imported_by}"
    if run.completed_at:
        yield "complete", f"{run.completed_at:%Y-%m-%d %H:%M} UTC by {run.completed_by}"
    if run.undone_at:
        yield "undone", f"{run.undone_at:%Y-%m-%d %H:%M} UTC by {run.undone_by}"


def _state(run: BackfillRun) -> str:
    if run.state is BackfillState.IMPORTING and run.counts.rows:
        return f"importing, {run.counts.stored / run.counts.rows:.0%}"
    return run.state.value


def told_run(run: BackfillRun, source: str) -> dict[str, Any]:
    """A file, for scripts."""
    told = run.model_dump(mode="json", exclude={"connection_id", "position", "mistakes"})
    return {**told, "source": source, "mistakes": [_told(each) for each in run.mistakes]}


def told_checked(run: BackfillRun) -> dict[str, Any]:
    """What a check found, for scripts."""
    return {
        "id": run.id,
        "good": not run.mistakes,
        "message": "" if run.mistakes else GOOD,
        "counts": run.counts.model_dump(mode="json"),
        "mistakes": [_told(each) for each in run.mistakes],
    }


def _told(mistake: Mistake) -> dict[str, Any]:
    return mistake._asdict()
