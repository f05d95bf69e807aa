"""The daemon beside bare threads and huey: one command, on your machine.

``uv run --group bench python bench/daemon.py``; README.md beside this file says
what is measured, and how.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contenders import HERE, interpreter
from daemon_worker import CATALOGUE
from databases import Databases, opened

from exempt.adapters.store import migrate
from exempt.adapters.store.database import Database
from exempt.rules.wanted import Wanted, dump
from exempt.services.rows import DeliveryTarget
from exempt.wiring import Exempt

LATENCY = 0.005
LANES = 8
_PAGES = """SELECT max(moved_at) - (SELECT min(changed_at) FROM sales_order) FROM stream_cursor"""
"""From the first page that was stored to the last, in microseconds."""
PARTS = ("push", "limit", "pull", "two", "workers", "idle")


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statuses", type=int, default=10_000, help="to be pushed (%(default)s)")
    parser.add_argument("--orders", type=int, default=50_000, help="to be read (%(default)s)")
    parser.add_argument("--seconds", type=int, default=30, help="to be idle (%(default)s)")
    parser.add_argument("--only", default=",".join(PARTS), help="%(default)s")
    parser.add_argument("--databases", default="sqlite,postgresql", help="%(default)s")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL has a user of its own
        for kind in options.databases.split(","):
            with opened(kind, folder) as databases:
                bench = Bench(folder, databases, options)
                print(f"\n{databases.version}", flush=True)
                for part in options.only.split(","):
                    getattr(bench, part)()


class Bench:
    """All parts, on one kind of database."""

    def __init__(self, folder: Path, databases: Databases, options: argparse.Namespace) -> None:
        self._folder, self._databases, self._options = folder, databases, options

    def push(self) -> None:
        """Statuses one a call, beside threads that do nothing else, and huey's."""
        number = self._options.statuses
        ours = self._pushed(number, {"erp": {"lanes": LANES}}, workers=1)
        bare = _bare(number)
        say(f"push {number:,} at {LATENCY * 1000:g} ms, {LANES} at once", f"{ours:,.0f}/s")
        say("  bare threads, which keep nothing (the limit)", f"{bare:,.0f}/s", ours / bare)
        huey = float(_said(interpreter("peer_huey.py"), "peer_huey.py", number, LATENCY, LANES))
        say("  huey on SQLite, a task a status", f"{huey:,.0f}/s", ours / huey)

    def limit(self) -> None:
        """The same with a limit of its rate."""
        rate = 200
        number = min(self._options.statuses, rate * 15)
        connection = {"lanes": LANES, "rate_per_second": rate}
        ours = self._pushed(number, {"erp": connection}, workers=1)
        say(f"push {number:,}, at most {rate} a second", f"{ours:,.1f}/s", ours / rate)

    def workers(self) -> None:
        """Four connections, by one worker and by two."""
        if self._databases.kind == "SQLite":
            return
        number = self._options.statuses // 4
        four = {f"erp{n}": {"lanes": LANES} for n in range(4)}
        one, two = (self._pushed(number, four, workers=n) for n in (1, 2))
        say(f"push {4 * number:,} to 4 connections, one worker", f"{one:,.0f}/s")
        say("  two workers", f"{two:,.0f}/s", two / one)

    def pull(self) -> None:
        """Orders read by a job, beside the same read by exempt sync."""
        source = {"does": "orders", "latency": 0, "orders": self._options.orders}
        settings = self._ready({"erp": source})
        began = time.perf_counter()
        subprocess.run([sys.executable, HERE / "daemon_worker.py", settings, "sync"], check=True)
        whole = time.perf_counter() - began
        bare = self._asked(_PAGES)
        self._pulled({"erp": source})
        job = self._asked(_PAGES)
        say(f"pull {self._options.orders:,} orders as a job", f"{job:,.2f} s")
        say(
            f"  exempt sync, first page to last (whole process {whole:.1f} s)",
            f"{bare:,.2f} s",
            job / bare,
        )

    def two(self) -> None:
        """Two connections read at once, beside one alone; a page takes 100 ms to come."""
        orders = self._options.orders // 10
        source = {"does": "orders", "latency": 0.1, "orders": orders, "page_size": 200}
        alone = self._pulled({"erp": source})["erp"]
        both = max(self._pulled({"erp": source, "shop": source}).values())
        say(f"pull {orders:,} orders, 200 a page, 100 ms a page", f"{alone:,.2f} s")
        say("  two of these at once, the slower one", f"{both:,.2f} s", both / alone)

    def idle(self) -> None:
        """What exempt run takes with nothing to do."""
        settings = self._ready({"erp": {"does": "orders", "latency": 0}})
        command = [sys.executable, "-m", "exempt", "-s", settings, "run"]
        text = Path(settings).read_text(encoding="utf-8")
        without = text.partition("[connections")[0] + '[daemon]\nlisten = "127.0.0.1:0"\n'
        Path(settings).write_text(without, encoding="utf-8")
        with _running(command, self._environ):
            pass
        with _running(command, self._environ) as process:
            self._until("SELECT count(*) FROM worker", 1)
            time.sleep(5)
            before = _processor(process.pid)
            time.sleep(self._options.seconds)
            used = (_processor(process.pid) - before) / self._options.seconds
            memory = _memory(process.pid)
        say("idle: of one processor", f"{100 * used:.2f} %")
        say("idle: memory", f"{memory / 1e6:.0f} MB")

    # --- how ---------------------------------------------------------------------------------

    @property
    def _environ(self) -> dict[str, str]:
        return {"BENCH_DATABASE": self._databases.address("daemon")}

    def _ready(self, connections: Mapping[str, Mapping[str, Any]]) -> str:
        """An empty database with all tables, and settings for these connections."""
        url = self._databases.empty("daemon")
        database = Database(url)
        migrate.upgrade(database)
        database.close()
        lines = ['[exempt]\ndatabase = "env:BENCH_DATABASE"', '[companies.seller]\nname = "S"']
        for name, connection in connections.items():
            told = {"does": "push_orders", "latency": LATENCY, "orders": 0, **connection}
            lines.append(
                f'[connections.{name}]\nconnector = "slow_{told.get("lanes", 1)}"\n'
                f'company = "seller"\nwrite_back = true\n'
                f"page_size = {told.get('page_size', 1000)}\n"
                + (
                    f"rate_per_second = {told['rate_per_second']}\n"
                    if "rate_per_second" in told
                    else ""
                )
                + f'settings = {{ does = "{told["does"]}", latency = {told["latency"]},'
                f" orders = {told['orders']} }}"
            )
        path = self._folder / "exempt.toml"
        path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
        os.environ.update(self._environ)
        return str(path)

    def _pushed(
        self, number: int, connections: Mapping[str, Mapping[str, Any]], workers: int
    ) -> float:
        """The rate at which these many statuses were written to each connection."""
        settings = self._ready(connections)
        owe(settings, number)
        with _workers(settings, workers, self._environ):
            self._until("SELECT count(*) FROM delivery WHERE state = 'pending'", 0)
        took = self._asked(
            "SELECT max(done_at) - (SELECT min(started_at) FROM job"
            " WHERE kind = 'push') FROM delivery"
        )
        return number * len(connections) / took

    def _pulled(self, connections: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
        """How many seconds the pull of each took."""
        settings = self._ready(connections)
        with _workers(settings, 1, self._environ):
            self._until(
                "SELECT count(*) FROM job WHERE kind = 'pull' AND succeeded_at > 0",
                len(connections),
            )
        return {
            name: self._asked(
                f"SELECT ended_at - started_at FROM job WHERE name = 'pull:{name}'"  # noqa: S608
            )
            for name in connections
        }

    def _asked(self, query: str) -> float:
        """A number of microseconds, in seconds."""
        return self._databases.count("daemon", query) / 1e6

    def _until(self, query: str, wanted: int) -> None:
        while self._databases.count("daemon", query) != wanted:
            time.sleep(0.2)


def owe(settings: str, number: int) -> None:
    """Owe each connection these many statuses."""
    exempt = Exempt(Path(settings))
    exempt.catalogue = CATALOGUE
    opened_ = {name: exempt.open(name) for name in exempt.names()}
    at = dt.datetime.now(dt.UTC)
    wanted = dump(Wanted(tax_applicable=True))
    for row in exempt.register(opened_).values():
        owed = [(f"O-{n}", 1, wanted) for n in range(number)]
        with exempt.store.writing() as tx:
            tx.deliveries.owe(row.id, DeliveryTarget.ORDER, owed, at)
    exempt.close()


@contextmanager
def _workers(settings: str, number: int, environ: Mapping[str, str]) -> Iterator[None]:
    running = []
    try:
        for each in range(number):
            command = [sys.executable, HERE / "daemon_worker.py", settings, f"w{each}"]
            running.append(subprocess.Popen(command, env={**os.environ, **environ}))
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait()


@contextmanager
def _running(command: list[Any], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=quiet, stderr=quiet)
    try:
        time.sleep(3)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _bare(number: int) -> float:
    """Calls of that latency by as many threads, and nothing else."""
    began = time.perf_counter()
    with ThreadPoolExecutor(LANES) as pool:
        for _ in pool.map(lambda _n: time.sleep(LATENCY), range(number)):
            pass
    return number / (time.perf_counter() - began)


def _said(python: str, script: str, *arguments: object) -> str:
    command = [python, str(HERE / script), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _processor(process: int) -> float:
    """Seconds of the processor that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(process: int) -> int:
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def say(what: str, found: str, ratio: float | None = None) -> None:
    """A line."""
    print(f"  {what:62}{found:>12}" + (f"   x {ratio:.2f}" if ratio else ""), flush=True)


if __name__ == "__main__":
    main()
