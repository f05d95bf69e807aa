"""An order decided over HTTP, beside a bare server's hello and FastAPI with the same query.

``uv run --group bench python bench/api.py``; README.md beside this file says
what is measured, and how.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import uvloop

from exempt.adapters.store import migrate
from exempt.adapters.store.database import Database

CONTENDERS = ("hello", "exempt", "fastapi")
HERE = Path(__file__).parent


class Run(NamedTuple):
    """What one contender did in one round."""

    calls: int
    seconds: float
    milliseconds: list[float]
    cpu: float

    def row(self) -> tuple[float, float, float, float]:
        """Calls a second, calls a second of the server's processor, median and p99 in ms."""
        ordered = sorted(self.milliseconds)
        p99 = ordered[int(len(ordered) * 0.99)]
        return (
            self.calls / self.seconds,
            self.calls / self.cpu,
            statistics.median(ordered),
            p99,
        )


def main() -> None:
    """Measure, and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name:
        path = Path(name) / "exempt.db"
        print(f"filling a database with {options.certificates:,} certificates", file=sys.stderr)
        _fill(path, options.certificates)
        rows: dict[str, list[tuple[float, float, float, float]]] = {}
        for _round in range(options.rounds):
            for kind in CONTENDERS:  # by turns, so that all see the same machine
                rows.setdefault(kind, []).append(_measured(kind, path, options))
    _print(rows, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--certificates", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="medians are of (%(default)s)")
    return parser.parse_args()


def _fill(path: Path, count: int) -> None:
    """Two certificates a customer, one in Texas and one in California."""
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    day, end = "2025-01-01", "2090-06-01"
    ids = range(1, count + 1)
    with database.writing() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("INSERT INTO company (id, key, name) VALUES (1, 'n', 'Northwind')")
        driver.executemany(
            "INSERT INTO customer (id, company_id, name, number, number_key, flagged_exempt,"
            " created_at) VALUES (?, 1, ?, ?, ?, 0, 0)",
            ((i, f"Customer {i}", f"C-{i}", f"c-{i}") for i in range(1, count // 2 + 1)),
        )
        driver.executemany(
            "INSERT INTO certificate (id, number, signed_date, apply_tax, review_status,"
            " created_at) VALUES (?, ?, ?, 0, 'accepted', 0)",
            ((i, f"N-{i}", day) for i in ids),
        )
        driver.executemany(
            "INSERT INTO certificate_customer VALUES (?, ?)", ((i, (i + 1) // 2) for i in ids)
        )
        driver.executemany(
            "INSERT INTO coverage (certificate_id, jurisdiction, effective_date, expiration_date,"
            " exemption_reason) VALUES (?, ?, ?, ?, 'resale')",
            ((i, "US-TX" if i % 2 else "US-CA", day, end) for i in ids),
        )
        driver.execute("ANALYZE")
    database.close()


def _measured(
    kind: str, path: Path, options: argparse.Namespace
) -> tuple[float, float, float, float]:
    with _serving(kind, path) as (url, pid):
        call = _Calls(options.certificates // 2)
        uvloop.run(_load(url, call, options.connections, min(1.0, options.seconds)))  # warm
        before = _cpu_seconds(pid)
        began = time.perf_counter()
        taken = uvloop.run(_load(url, call, options.connections, options.seconds))
        seconds = time.perf_counter() - began
        return Run(len(taken), seconds, taken, _cpu_seconds(pid) - before).row()


@contextlib.contextmanager
def _serving(kind: str, path: Path) -> Iterator[tuple[str, int]]:
    command = [sys.executable, str(HERE / "api_server.py"), kind, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip(), process.pid
        process.stdin.close()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


class _Calls:
    """Calls for customers at random; the same ones in each run."""

    def __init__(self, customers: int) -> None:
        chance = random.Random(7)  # noqa: S311 - no secret
        self._calls = [_call(chance.randint(1, customers)) for _ in range(20_000)]

    def of(self, number: int) -> bytes:
        """The call with that number, over and over."""
        return self._calls[number % len(self._calls)]


def _call(customer: int) -> bytes:
    question = {
        "company": "n",
        "customer": {"number": f"C-{customer}"},
        "ship_to": {"country": "US", "state": "TX" if customer % 3 else "NY"},
        "number": f"O-{customer}",
        "lines": [{"line_id": "1", "amount": "100.00"}],
    }
    body = json.dumps(question).encode()
    head = (
        "POST /api/v1/decisions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer exk_live_bench\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _load(url: str, calls: _Calls, connections: int, seconds: float) -> list[float]:
    """How many milliseconds each call took."""
    where = urlsplit(url)
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def keep_on(first: int) -> None:
        number = first * 1009
        while time.perf_counter() < end:
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            while time.perf_counter() < end:
                began = time.perf_counter()
                writer.write(calls.of(number))
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                assert head.startswith(b"HTTP/1.1 200"), head
                taken.append((time.perf_counter() - began) * 1000)
                number += 1
                if b"connection: close" in head.lower():
                    break
            writer.close()

    await asyncio.gather(*(keep_on(each) for each in range(connections)))
    return taken


def _print(
    rows: dict[str, list[tuple[float, float, float, float]]], options: argparse.Namespace
) -> None:
    middle = {
        kind: [statistics.median(column) for column in zip(*each, strict=True)]
        for kind, each in rows.items()
    }
    print(
        f"{options.certificates:,} certificates, {options.connections} connections,"
        f" {options.seconds:g} s, medians of {options.rounds}\n"
    )
    print("| | calls/s | of hello | calls/s of one core | median ms | p99 ms |")
    print("|---|---:|---:|---:|---:|---:|")
    for kind, (rate, of_core, median, p99) in middle.items():
        share = rate / middle["hello"][0]
        print(f"| {kind} | {rate:,.0f} | {share:.2f} | {of_core:,.0f} | {median:.2f} | {p99:.2f} |")
    ratio = middle["exempt"][0] / middle["fastapi"][0]
    print(f"\nexempt is {ratio:.1f} times as quick as FastAPI's plain def with the same query.")


if __name__ == "__main__":
    main()
