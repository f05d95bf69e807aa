"""Who reads the orders, and how each is started."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from databases import Databases
from measure import Ran, run

HERE = Path(__file__).parent
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}


@functools.cache
def interpreter(script: str) -> str:
    """The Python of a peer's own environment, which uv makes from what the script needs."""
    uv, path = os.environ.get("UV", "uv"), str(HERE / script)  # UV is set by uv run
    make = [uv, "sync", "--quiet", "--script", path, "--python", sys.executable]
    subprocess.run(make, check=True)
    find = [uv, "python", "find", "--script", path]
    found = subprocess.run(find, check=True, capture_output=True, text=True)
    return found.stdout.strip()


class Contender(Protocol):
    """Reads the orders of a folder into a database.

    Attributes:
        title: For the table.
        whole: Whether it is measured as a process, and not from within.
        again: Whether it can read the same orders once more.
    """

    title: str
    whole: bool
    again: bool

    def prepare(self, databases: Databases) -> None:
        """Make its database."""
        ...

    def read(self, databases: Databases, folder: Path, *, again: bool) -> Ran:
        """Read the orders, for the first time or *again*."""
        ...

    def check(self, databases: Databases, rows: int) -> None:
        """See that all is there."""
        ...


class Ours:
    """Exempt: its services, its store."""

    title = "Exempt"
    whole = False
    again = True
    tables: Mapping[str, int] = {"sales_order": 1, "order_line": 2, "decision": 1}
    script = "ours.py"
    name = "ours"

    def prepare(self, databases: Databases) -> None:
        """Customers and certificates are there already."""
        self._address = databases.copy("prepared", self.name)

    def read(self, databases: Databases, folder: Path, *, again: bool) -> Ran:  # noqa: ARG002
        """Pull the stream of orders."""
        step = "again" if again else "ingest"
        command = [sys.executable, str(HERE / self.script), step, str(folder)]
        return run(command, environment={"BENCH_DATABASE": self._address})

    def check(self, databases: Databases, rows: int) -> None:
        """Orders, lines and decisions."""
        _expect(databases, self.name, {t: n * rows for t, n in self.tables.items()})


class Raw(Ours):
    """The driver, with rows that are ready."""

    title = "raw driver"
    script = "raw.py"
    name = "raw"

    def take(self, databases: Databases, folder: Path) -> None:
        """Keep what Exempt has just written."""
        address = databases.address("ours")
        command = [sys.executable, str(HERE / self.script), "take", str(folder)]
        run(command, environment={"BENCH_DATABASE": address})


class Dlt:
    """dlt, merging by the order's id."""

    title = "dlt 1.31.0"
    whole = True
    again = True

    def prepare(self, databases: Databases) -> None:
        """It makes its tables by itself."""
        self._address = databases.empty("dlt")

    def read(self, databases: Databases, folder: Path, *, again: bool) -> Ran:
        """Run its pipeline."""
        state = folder / f"dlt-{databases.kind}"
        if not again:
            shutil.rmtree(state, ignore_errors=True)
        environment = {**QUIET, "BENCH_DATABASE": self._address, "BENCH_STATE": str(state)}
        script = "peer_dlt.py"
        return run([interpreter(script), str(HERE / script), str(folder)], environment=environment)

    def check(self, databases: Databases, rows: int) -> None:
        """Orders and lines."""
        schema = "" if databases.kind == "SQLite" else "bench."
        _expect(databases, "dlt", {f"{schema}orders": rows, f"{schema}orders__lines": 2 * rows})


class Singer:
    """A tap and the SQL target of the Singer SDK."""

    title = "Singer SDK 0.54.9"
    whole = True
    again = False  # the target appends

    def prepare(self, databases: Databases) -> None:
        """It makes its tables by itself."""
        self._address = databases.empty("singer")

    def read(self, databases: Databases, folder: Path, *, again: bool) -> Ran:  # noqa: ARG002
        """Run tap and target as a pipe."""
        address = self._address.replace("postgresql://", "postgresql+psycopg://")
        tap, target = folder / "tap.json", folder / "target.json"
        tap.write_text(json.dumps({"orders": str(folder / "orders.jsonl")}), encoding="utf-8")
        target.write_text(json.dumps({"sqlalchemy_url": address}), encoding="utf-8")
        return run(
            *(
                [interpreter(script), str(HERE / script), "--config", str(config)]
                for script, config in (
                    ("peer_singer_tap.py", tap),
                    ("peer_singer_target.py", target),
                )
            ),
            environment={},
        )

    def check(self, databases: Databases, rows: int) -> None:
        """Orders and lines."""
        _expect(databases, "singer", {"orders": rows, "order_lines": 2 * rows})


def _expect(databases: Databases, name: str, tables: Mapping[str, int]) -> None:
    for table, rows in tables.items():
        found = databases.count(name, f"SELECT count(*) FROM {table}")  # noqa: S608
        if found != rows:
            msg = f"{databases.kind}, {name}: {table} has {found} rows instead of {rows}"
            raise SystemExit(msg)


CONTENDERS: Mapping[str, type[Ours | Raw | Dlt | Singer]] = {
    "raw": Raw,
    "ours": Ours,
    "dlt": Dlt,
    "singer": Singer,
}
