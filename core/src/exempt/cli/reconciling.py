"""Customers held against the sources, on the command line."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from exempt.cli.output import count, one_line, print_json, print_table, say
from exempt.services.reconciling import Difference, DifferenceKind, Reconciliation, readers
from exempt.wiring import Exempt
from exempt.wiring.spreadsheets import write_table

_SHOWN = 20
_HEADS = {
    "connection": "Source",
    "kind": "What",
    "customer_id": "Customer id",
    "number": "Customer number",
    "name": "Customer name",
    "external_id": "Id in the source",
    "field": "Field",
    "ours": "In Exempt",
    "theirs": "In the source",
    "advice": "What to do",
}
_TITLES: Mapping[DifferenceKind, tuple[str, str]] = {
    DifferenceKind.MISSING_THERE: ("missing in {}", "customer"),
    DifferenceKind.MISSING_HERE: ("of {} missing here", "customer"),
    DifferenceKind.DIFFERS: ("not as in {}", "field"),
    DifferenceKind.CLAIM: ("exempt in {} without a certificate in force", "customer"),
}


class Wanted(NamedTuple):
    """What the options say."""

    names: Sequence[str]
    everyone: bool
    to: Path | None
    replace: bool


@dataclass
class _Source:
    """One source while its differences come by: their numbers, and the first of each kind."""

    reconciliation: Reconciliation
    counts: Counter[DifferenceKind] = field(default_factory=Counter)
    first: dict[DifferenceKind, list[Difference]] = field(default_factory=dict)

    def differences(self) -> Iterator[Difference]:
        for one in self.reconciliation.differences():
            self.counts[one.kind] += 1
            shown = self.first.setdefault(one.kind, [])
            if len(shown) < _SHOWN:
                shown.append(one)
            yield one

    @property
    def name(self) -> str:
        return self.reconciliation.connection.name


def reconcile(exempt: Exempt, wanted: Wanted, *, as_json: bool) -> None:
    """``exempt customers reconcile``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        known = {row.name for row in tx.connections.all()}
        exempt.names([name for name in wanted.names if name not in known])
        rows = readers(tx, wanted.names)
    on = exempt.clock().date()
    sources = [_Source(Reconciliation(exempt.store, row, on, wanted.everyone)) for row in rows]
    every = (one for source in sources for one in source.differences())
    kept: list[dict[str, Any]] = []
    if wanted.to:
        write_table(
            wanted.to,
            "Differences",
            list(_HEADS.values()),
            map(_row, every),
            replace=wanted.replace,
        )
    elif as_json:
        kept = [one._asdict() for one in every]
    else:
        deque(every, maxlen=0)
    if as_json:
        print_json({"sources": [_told(source) for source in sources], "differences": kept})
        return
    for source in sources:
        _show(source, every_shown=wanted.to is not None)
        say()
    _sum_up(sources, wanted.to)


def _row(one: Difference) -> list[str | int | None]:
    return [str(value) if isinstance(value, DifferenceKind) else value for value in one]


def _told(source: _Source) -> dict[str, Any]:
    reconciliation = source.reconciliation
    return {
        "connection": source.name,
        "complete": reconciliation.complete,
        "records": reconciliation.records,
        "agree": reconciliation.agreeing,
        **{kind.value: source.counts[kind] for kind in DifferenceKind},
    }


# --- for people --------------------------------------------------------------------------


def _show(source: _Source, *, every_shown: bool) -> None:
    reconciliation, counts = source.reconciliation, source.counts
    agreeing, records = reconciliation.agreeing, reconciliation.records
    if not reconciliation.complete:
        say(
            f"! {source.name}: its customers were not read to the end: run exempt sync"
            f" {source.name}, then look again.",
            "yellow",
        )
    if not _differences(counts):
        say(f"✓ {source.name}: {count(records, 'customer')}, all as their cards say.", "green")
    else:
        say(f"✗ {source.name}: {agreeing:,} of {count(records, 'customer')} as their cards say.")
    if every_shown:
        for kind in filter(counts.get, DifferenceKind):
            say(f"  {_title(source, kind)}")
        return
    for kind in filter(counts.get, DifferenceKind):
        _print(source, kind)


def _title(source: _Source, kind: DifferenceKind) -> str:
    title, what = _TITLES[kind]
    return f"{count(source.counts[kind], what)} {title.format(source.name)}"


def _print(source: _Source, kind: DifferenceKind) -> None:
    shown = source.first[kind]
    heads: tuple[str, ...] = ("Customer", f"Id in {source.name}", "Why")
    rows: list[tuple[object, ...]] = [(_customer(d), d.external_id, d.theirs) for d in shown]
    if kind is DifferenceKind.DIFFERS:
        heads = ("Customer", "Field", "In Exempt", f"In {source.name}", "What to do")
        rows = [(_customer(d), d.field, d.ours, d.theirs, d.advice) for d in shown]
    say()
    say(_title(source, kind), "bold")  # a table's own title is broken where the table is narrow
    print_table("", heads, rows)
    if kind is not DifferenceKind.DIFFERS:
        for advice in dict.fromkeys(d.advice for d in shown):
            say(f"  {advice[0].upper()}{advice[1:]}.")
    if (more := source.counts[kind] - len(shown)) > 0:
        say(f"  … and {more:,} more: --to FILE.csv or FILE.xlsx writes them all.")


def _customer(one: Difference) -> str:
    if one.customer_id is None:
        return "–"
    return " ".join(filter(None, (one.number or f"id:{one.customer_id}", one_line(one.name))))


def _differences(counts: Mapping[DifferenceKind, int]) -> int:
    """Their number, but for hints."""
    return sum(n for kind, n in counts.items() if kind is not DifferenceKind.CLAIM)


def _sum_up(sources: Sequence[_Source], to: Path | None) -> None:
    if not sources:
        say("No source of customers was read yet: connect one, then run exempt sync.")
        return
    differences = sum(_differences(source.counts) for source in sources)
    hints = sum(source.counts[DifferenceKind.CLAIM] for source in sources)
    if to:
        say(f"All of them are in {to}.")
    said = f"differ: {count(differences, 'difference')}" if differences else "agree"
    hinted = f"; {count(hints, 'hint')}" if hints else ""
    say(f"The lists {said}{hinted}.")
