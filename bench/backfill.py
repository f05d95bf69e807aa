"""A first reading of Stripe beside its own client, Singer, dlt and a bare HTTP client.

``uv run --group bench python bench/backfill.py``; README.md beside this file
says what is measured, and how.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contenders import HERE, QUIET, interpreter
from measure import Time, run

from exempt import (
    CheckRequest,
    CheckResult,
    Connector,
    ConnectorInfo,
    Customer,
    FetchRequest,
    Page,
    Settings,
    Stream,
    hookimpl,
)
from exempt.adapters.connections.connection import OpenConnection

PARTS = ("ours", "raw", "official", "dlt", "singer", "hook", "memory")


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="medians are of (%(default)s)")
    parser.add_argument("--only", default=",".join(PARTS), help="%(default)s")
    options = parser.parse_args()
    only = options.only.split(",")
    took: dict[str, list[Time]] = {}
    contending = [name for name in only if name not in {"hook", "memory"}]
    with _server(options.customers, options.latency) as url:
        at_once = _ours(url)["at_once"]
        for number in range(options.rounds):
            for name in contending if number % 2 == 0 else reversed(contending):
                print(f"round {number + 1}: {name}", file=sys.stderr)
                took.setdefault(name, []).append(_read(name, url, at_once, options.customers))
    if took:
        print(f"\n{options.customers:,} customers, {options.latency * 1000:g} ms an answer,")
        print(f"{at_once} at once where the client can; medians of {options.rounds} rounds\n")
        _table(took)
    if "hook" in only:
        print(f"\na hook: {_hook():.1f} µs a page more than the method alone (aim: under 10)")
    if "memory" in only:
        _memory(options.customers, options.latency)


def _read(name: str, url: str, at_once: int, customers: int) -> Time:
    if name == "ours":
        told = _ours(url)
    elif name == "raw":
        told = _told([sys.executable, str(HERE / "backfill_raw.py"), str(at_once)], url)
    elif name == "official":
        told = _peer("peer_stripe_official.py", url)
    elif name == "dlt":
        told = _peer("peer_dlt_stripe.py", url)
    else:
        return _singer(url)
    if told["count"] != customers:
        msg = f"{name} read {told['count']} customers instead of {customers}"
        raise SystemExit(msg)
    return Time(told["wall"], told["cpu"])


def _ours(url: str) -> dict[str, Any]:
    return _told([sys.executable, str(HERE / "backfill_ours.py")], url)


def _peer(script: str, url: str) -> dict[str, Any]:
    return _told([interpreter(script), str(HERE / script)], url)


def _told(command: list[str], url: str) -> dict[str, Any]:
    environment = {**os.environ, **QUIET, "BENCH_STRIPE": url}
    printed = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    told: dict[str, Any] = json.loads(printed.stdout.splitlines()[-1])
    return told


def _singer(url: str) -> Time:
    """A process that prints: so its start is in it, which one customer tells."""
    script = "peer_singer_stripe.py"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"

        def whole(address: str) -> Time:
            config.write_text(json.dumps({"url": address}), encoding="utf-8")
            command = [interpreter(script), str(HERE / script), "--config", str(config)]
            return run(command, environment={}).whole

        with _server(1, 0) as little:
            start = whole(little)
        return whole(url) - start


def _table(took: dict[str, list[Time]]) -> None:
    titles = {
        "ours": "Exempt, billing_stripe",
        "raw": "bare httpx, as many at once",
        "official": "stripe 16.1.0, auto-paging",
        "dlt": "dlt 1.31.0, REST source",
        "singer": "Singer SDK 0.54.9, a tap",
    }
    print(f"{'':30}{'wall s':>9}{'CPU s':>9}{'x Exempt':>10}   aim")
    for name, times in took.items():
        wall = statistics.median(each.wall for each in times)
        cpu = statistics.median(each.cpu for each in times)
        ratio = ""
        if ours := took.get("ours"):
            pairs = zip(times, ours, strict=True)
            ratio = f"{statistics.median(a.wall / b.wall for a, b in pairs):.2f}"
        aim = {"official": "at least 8", "raw": f"at least {1 / 1.3:.2f}"}.get(name, "")
        print(f"{titles[name]:30}{wall:9.2f}{cpu:9.2f}{ratio:>10}   {aim}")


def _memory(customers: int, latency: float) -> None:
    """The peak of memory for a tenth of the customers, and for all."""
    print("\npeak of memory")
    for count in (customers // 10, customers):
        with _server(count, latency) as url:
            print(f"{count:>12,} customers {_ours(url)['mb']:6} MB")


class _Nothing(Connector):
    """Answers at once."""

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002
        return CheckResult(account="nothing")

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:  # noqa: ARG002
        return _PAGE


_PAGE: Page[Customer] = Page(
    records=tuple(Customer(external_id=f"{n}", name="Customer") for n in range(100))
)


def _hook(calls: int = 20_000) -> float:
    """Microseconds that a page takes more through the core than by the method itself."""
    info = ConnectorInfo("nothing", "Nothing", Settings, lambda _settings, _context: _Nothing())
    connector = _Nothing()
    connection = OpenConnection("nothing", info, connector, Settings())
    request = FetchRequest()

    def seconds(*, through: bool) -> float:
        began = time.perf_counter()
        for _ in range(calls):
            if through:
                connection.fetch(Stream.CUSTOMERS, request)
            else:
                connector.fetch_customers(request)
        return time.perf_counter() - began

    rounds = [seconds(through=True) - seconds(through=False) for _ in range(5)]
    return statistics.median(rounds) / calls * 1e6


@contextmanager
def _server(customers: int, latency: float) -> Iterator[str]:
    command = [sys.executable, str(HERE / "backfill_server.py"), str(customers), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
