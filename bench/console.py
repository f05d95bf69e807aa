"""Every page of the console over 100,000 certificates and 1,000,000 orders: first byte, and weight.

``uv run --group bench python bench/console.py``. The pages are those that the
application has, whatever they are, called by an administrator through all of it
but the network, on SQLite. The first byte is held against 100 ms; what a browser
loads for the page at its first visit, as it goes over the line, against 150 kB.
``--database`` keeps the filled file for the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from console_fill import TODAY, fill

from exempt.cli.toml import to_toml
from exempt.model.access import Role
from exempt.web.app import all_pages
from exempt.web.pages import Page
from exempt.wiring import Exempt
from exempt.wiring.web import app_of
from support.access import signed_in

URL = "https://exempt.example"
FIRST_BYTE, WEIGHT = 100.0, 150_000
"""The limits: milliseconds, and bytes."""

ROUNDS = 7
NOW = dt.datetime.combine(TODAY, dt.time(12), dt.UTC)
PLACES = {"jurisdiction": "US-TX", "state": "US-TX", "purpose": "request", "name": "billing"}
"""What stands for the parts of a path that are no numbers; numbers are 77."""

MORE = (
    "/certificates?words=customer+777",
    "/certificates?status=expired&page=50",
    "/customers?words=customer+4999",
    "/customers?page=200",
    "/orders?words=INV-99",
    "/orders?decided=without",
    "/orders?page=150",
    "/reports/compliance?from=2026-01-01&to=2026-10-19",
    "/search?words=customer+4999",
)
"""Further questions to pages, where these are there."""


class Answer(NamedTuple):
    """What became of a call; ``first`` is how long the first byte took, in milliseconds."""

    status: int
    first: float
    media_type: str
    body: bytes


def main() -> None:
    """Measure, and print the median of each page as a ratio to its limit."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name:
        path = options.database or Path(name) / "exempt.db"
        if not path.exists():
            print(f"filling {options.orders:,} orders", file=sys.stderr)
            fill(path, options.certificates, options.orders)
        measured = asyncio.run(_Console(Path(name), path).measured())
    print(f"{'page':62} {'status':>6} {'ms':>8} {'of 100 ms':>10} {'kB':>7} {'of 150 kB':>10}")
    for page, answer, weight in measured:
        ratio = f"{answer.first:8.1f} {answer.first / FIRST_BYTE:10.2f}"
        print(f"{page:62} {answer.status:6} {ratio} {weight / 1000:7.1f} {weight / WEIGHT:10.2f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--certificates", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--orders", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument(
        "--database", type=Path, help="an SQLite file; filled where it is not there"
    )
    return parser.parse_args()


def _paths() -> Iterator[str]:
    """Every page of staff that is looked at, but for files."""
    known = set()
    for page in all_pages():
        looked_at = page.method == "GET" and page.may is not None and not page.slow
        if looked_at and not page.path.endswith("events"):  # these go on for ever
            known.add(page.path)
            yield _filled_in(page)
    yield from (each for each in MORE if each.partition("?")[0] in known)


def _filled_in(page: Page) -> str:
    def part(found: re.Match[str]) -> str:
        return "77" if found[2] else PLACES.get(found[1], "unknown")

    return re.sub(r"\{(\w+)(:int)?\}", part, page.path)


class _Console:
    """The application over a database, and an administrator who is signed in."""

    def __init__(self, folder: Path, database: Path) -> None:
        settings = folder / "exempt.toml"
        tables = {"exempt": {"database": "env:DATABASE"}, "web": {"url": URL}}
        companies = {"n": {"name": "Northwind Supply"}}
        settings.write_text(to_toml({**tables, "companies": companies}), encoding="utf-8")
        environ = {"DATABASE": f"sqlite:///{database}"}
        self._exempt = Exempt(settings, clock=lambda: NOW, environ=environ)
        self._app = app_of(self._exempt, listens_at=URL)
        cookies = signed_in(self._exempt.store, Role.ADMINISTRATOR, at=NOW, secure=True)
        self._cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._weights: dict[str, int] = {}

    async def measured(self) -> list[tuple[str, Answer, int]]:
        """Each page with a middling answer and its weight, the slowest first."""
        found = []
        for path in _paths():
            answers = [await self._call(path) for _ in range(ROUNDS)]
            first = statistics.median(answer.first for answer in answers[1:])
            found.append((path, answers[-1]._replace(first=first), await self._weight(answers[-1])))
        self._exempt.close()
        return sorted(found, key=lambda one: -one[1].first)

    async def _weight(self, answer: Answer) -> int:
        """Bytes on the line for a page and all that it names of ours."""
        if not answer.media_type.startswith("text/html"):
            return len(answer.body)
        named = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', answer.body))
        for each in named - {name.encode() for name in self._weights}:
            self._weights[each.decode()] = len((await self._call(each.decode())).body)
        return len(answer.body) + sum(self._weights[each.decode()] for each in named)

    async def _call(self, address: str) -> Answer:
        path, _, query = address.partition("?")
        began, first, status, media_type = time.perf_counter(), 0.0, 0, ""
        parts: list[bytes] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal first, status, media_type
            if message["type"] == "http.response.start":
                status = message["status"]
                media_type = dict(message["headers"]).get(b"content-type", b"").decode()
            elif message["type"] == "http.response.body":
                first = first or (time.perf_counter() - began) * 1000
                parts.append(message.get("body", b""))

        await self._app(self._scope(path, query), receive, send)
        return Answer(status, first, media_type, b"".join(parts))

    def _scope(self, path: str, query: str) -> dict[str, Any]:
        heads = {"host": "exempt.example", "accept": "text/html", "cookie": self._cookie}
        heads["accept-encoding"] = "gzip"
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "server": ("exempt.example", 443),
            "client": ("127.0.0.1", 1),
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in heads.items()],
            "state": {},
        }


if __name__ == "__main__":
    main()
