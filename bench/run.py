"""Exempt beside the bare driver, dlt and Singer: one command, one table of ratios.

``uv run --group bench python bench/run.py``; README.md beside this file says
what is measured, and how.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import report
import source
from contenders import CONTENDERS, HERE, Ours, Raw, interpreter
from databases import Databases, opened
from measure import Series, Time, run

START_ROWS = 1000
"""What a peer reads in little time, to tell its start from its rate."""

HELP_ROUNDS = 5
"""So many more rounds, as they are short."""


def main() -> None:
    """Measure, and print."""
    options = _options()
    bench = Bench(options)
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL has a user of its own
        if "help" in options.only:
            bench.help()
        if set(options.only) & set(CONTENDERS):
            bench.write_sources(folder)
            for kind in options.databases:
                with opened(kind, folder) as databases:
                    bench.fill(databases, folder)
    if options.json:
        print(json.dumps(report.as_json(bench.results, bench.versions), indent=2))
    else:
        print(report.as_text(bench.results, bench.versions, options.rounds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    everything = [*CONTENDERS, "help"]
    parser.add_argument("--rows", type=int, default=200_000, help="orders (%(default)s)")
    parser.add_argument(
        "--peer-rows",
        type=int,
        default=40_000,
        help="orders that dlt and Singer read; the rest is extrapolated (%(default)s)",
    )
    parser.add_argument("--rounds", type=int, default=3, help="medians are of (%(default)s)")
    parser.add_argument(
        "--only", type=_list_of(everything), default=everything, help=",".join(everything)
    )
    kinds = ["sqlite", "postgresql"]
    parser.add_argument("--databases", type=_list_of(kinds), default=kinds, help=",".join(kinds))
    parser.add_argument("--random-ids", action="store_true", help="ids in no order")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    options.peer_rows = min(options.peer_rows, options.rows)
    return options


def _list_of(allowed: Collection[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = text.split(",")
        if wrong := [name for name in names if name not in allowed]:
            msg = f"{', '.join(wrong)}: not one of {', '.join(allowed)}"
            raise argparse.ArgumentTypeError(msg)
        return names

    return parse


@dataclass
class Bench:
    """What was asked for, and what was found.

    Attributes:
        results: By job and contender, in the order of the table.
    """

    options: argparse.Namespace
    results: dict[tuple[str, str], Series] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)

    def write_sources(self, folder: Path) -> None:
        """The same rows for all: as many as asked for, as peers read, and a few."""
        for name, rows in self._sizes().items():
            part = folder / name
            part.mkdir()
            orders = source.orders(rows, random_ids=self.options.random_ids)
            source.write_pages(part / "orders.jsonl", orders)
            customers = source.customers(source.customer_count(rows))
            source.write_pages(part / "customers.jsonl", customers)

    def _sizes(self) -> dict[str, int]:
        sizes = {"full": self.options.rows}
        if {"dlt", "singer"} & set(self.options.only):
            sizes |= {"peer": self.options.peer_rows, "start": START_ROWS}
        return sizes

    def fill(self, databases: Databases, folder: Path) -> None:
        """All contenders on one kind of database, in turns, round by round."""
        self.versions.append(databases.version)
        environment = {"BENCH_DATABASE": databases.empty("prepared")}
        full = folder / "full"
        if {"ours", "raw"} & set(self.options.only):
            run(
                [sys.executable, str(HERE / "ours.py"), "prepare", str(full)],
                environment=environment,
            )
        if "raw" in self.options.only:
            self._take(databases, full)
        for number in range(self.options.rounds):
            names = [name for name in CONTENDERS if name in self.options.only]
            for name in names if number % 2 == 0 else reversed(names):
                print(f"{databases.kind}, round {number + 1}: {name}", file=sys.stderr)
                self._contend(name, databases, folder)

    def _take(self, databases: Databases, full: Path) -> None:
        """Keep the rows that Exempt writes: the driver alone shall write the same."""
        ours, raw = Ours(), Raw()
        ours.prepare(databases)
        ours.read(databases, full, again=False)
        raw.take(databases, full)

    def _contend(self, name: str, databases: Databases, folder: Path) -> None:
        contender = CONTENDERS[name]()
        rows, size = self.options.rows, "full"
        start: dict[bool, Time] = {}
        steps = (False, True) if contender.again else (False,)
        if contender.whole and self.options.peer_rows < rows:
            size = "peer"
            contender.prepare(databases)
            for again in steps:
                start[again] = contender.read(databases, folder / "start", again=again).whole
        contender.prepare(databases)
        measured = self._sizes()[size]
        for again in steps:
            ran = contender.read(databases, folder / size, again=again)
            contender.check(databases, measured)
            job = f"{'re-sync' if again else 'ingest'}, {databases.kind}"
            whole = ran.whole
            if measured < rows:
                rate = (whole - start[again]) * (1 / (measured - START_ROWS))
                whole = whole.plus(rate * (rows - measured))
            if name != "raw":
                self._add(f"{job}, whole process", contender.title, rows, measured, whole)
            if ran.inside:
                self._add(f"{job}, in process", contender.title, rows, measured, ran.inside)

    def _add(self, job: str, title: str, rows: int, measured: int, time: Time) -> None:
        self.results.setdefault((job, title), Series(rows, measured)).times.append(time)

    def help(self) -> None:
        """How long each takes to say what it can do."""
        commands: dict[str, list[str]] = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "exempt --help": [sys.executable, "-m", "exempt", "--help"],
            "datasette --help": [
                interpreter("peer_datasette.py"),
                str(HERE / "peer_datasette.py"),
                "--help",
            ],
        }
        for command in commands.values():
            run(command, environment={})  # compiled, and in the cache
        for _ in range(self.options.rounds * HELP_ROUNDS):
            for title, command in commands.items():
                self._add("help", title, 1, 1, run(command, environment={}).whole)


if __name__ == "__main__":
    main()
