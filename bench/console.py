"""Every page of the console over 100,000 certificates and 1,000,000 orders: first byte, and weight.

``uv run --group bench python bench/console.py``; README.md beside this file says
what is measured, and how.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gzip
import re
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from asgi import Answer, call
from console_fill import TODAY, fill
from console_peers import beside
from console_postgresql import copied
from databases import opened

from exempt.adapters.store import stamps
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

ROUNDS = 5
PATIENCE = 5_000.0
"""Milliseconds that all rounds of a page may take."""

NOW = dt.datetime.combine(TODAY, dt.time(12), dt.UTC)
PLACES = {"jurisdiction": "US-TX", "state": "US-TX", "purpose": "request", "name": "billing"}
NUMBERS = {"import_id": "2", "run_id": "1"}
"""What stands for the parts of a path; all other numbers are 77."""

FILES = re.compile(r"export$|events$|^/files/|/print$|^/imports/(templates|columns)")
"""What is no page that is looked at; the events go on for ever."""

MORE = (
    "/certificates?words=customer+777",
    "/certificates?words=customer",
    "/certificates?status=expired&page=50",
    "/certificates?status=expiring_soon&sort=expires",
    "/certificates?sort=customer",
    "/certificates?sort=-customer&page=1000",
    "/certificates?state=US-TX&reason=resale",
    "/customers?words=customer+4999",
    "/customers?words=supply",
    "/customers?words=4999+supply",
    "/customers?words=nobody+of+that+name",
    "/customers?page=100",
    "/customers?sort=-number",
    "/customers?lack=email",
    "/customers?lack=certificate",
    "/customers?lack=source",
    "/customers?lack=engine",
    "/customers?standing=bought",
    "/customers?standing=no_mailings",
    "/customers?standing=covered",
    "/customers?state=US-TX",
    "/customers?state=US-TX&lack=email",
    "/customers/look-alikes?words=4999",
    "/orders?words=INV-99",
    "/orders?words=customer",
    "/orders?words=customer+4999",
    "/orders?words=supply",
    "/orders?words=nobody+of+that+name",
    "/orders?decided=without",
    "/orders?decided=without&status=open",
    "/orders?decided=exempt&status=open&state=US-TX",
    "/orders?status=cancelled",
    "/orders?status=open&state=US-TX&sort=total",
    "/orders?ground=no_certificate&state=US-TX&status=open",
    "/orders?ground=override",
    "/orders?sort=total",
    "/orders?sort=-number",
    "/orders?page=100",
    "/orders?from=2024-01-01&to=2024-01-31&decided=without",
    "/audit?words=nothing+like+it",
    "/audit?words=is+299999",
    "/audit?by=anna",
    "/audit?page=200",
    "/audit?first=2026-10-01",
    "/reports/compliance?from=2026-01-01&to=2026-10-19",
    "/search?words=customer+4999",
    "/search?words=INV-99",
    "/search?words=supply",
    "/imports/1",
    "/imports/2/changes?page=50",
    "/nexus?show=all",
)
"""Further questions to pages, where these are there."""


class Measured(NamedTuple):
    """A page: its last answer, with middling times, and its weight in bytes.

    Attributes:
        changed: The processor's to its first byte, after something changed in the register.
    """

    address: str
    answer: Answer
    changed: float
    weight: int


def main() -> None:
    """Measure, and print the median of each page as a ratio to its limit."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name:
        path = options.database or Path(name) / "exempt.db"
        if not path.exists():
            print(f"filling {options.orders:,} orders", file=sys.stderr)
            fill(path, options.certificates, options.orders)
        with opened(options.on, Path(name)) as databases:
            address = f"sqlite:///{path}"
            if options.on == "postgresql":
                print("copying all of it to PostgreSQL", file=sys.stderr)
                address = databases.empty("console")
                copied(path, address)
            console = _Console(Path(name), address)
            only = [re.compile(each) for each in options.only or ()]
            measured = asyncio.run(console.measured(only))
        _print(measured)
        if options.on == "sqlite":
            beside(path, measured)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--certificates", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--orders", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--only", nargs="+", help="pages whose address has one of these patterns")
    parser.add_argument(
        "--database", type=Path, help="an SQLite file; filled where it is not there"
    )
    parser.add_argument(
        "--on", choices=("sqlite", "postgresql"), default="sqlite", help="(%(default)s)"
    )
    return parser.parse_args()


def _print(measured: Sequence[Measured]) -> None:
    heads = ("status", "ms", "of 100", "CPU ms", "changed", "whole", "kB", "of 150")
    print(f"{'page':62}" + "".join(f"{head:>9}" for head in heads))
    for page, answer, changed, weight in sorted(measured, key=lambda one: -one.answer.cpu):
        cells = (
            f"{answer.status}",
            f"{answer.first:.1f}",
            f"{answer.first / FIRST_BYTE:.2f}",
            f"{answer.cpu:.1f}",
            f"{changed:.1f}",
            f"{answer.whole:.1f}",
            f"{weight / 1000:.1f}",
            f"{weight / WEIGHT:.2f}",
        )
        print(f"{page:62}" + "".join(f"{cell:>9}" for cell in cells))


def _paths() -> Iterator[str]:
    """Every page of staff that is looked at, but for files."""
    known = set()
    for page in all_pages():
        if page.method == "GET" and page.may is not None and not FILES.search(page.path):
            known.add(page.path)
            yield _filled_in(page)
    numbered = {re.sub(r"\{\w+:int\}", "#", path) for path in known}
    for each in MORE:
        if re.sub(r"\d+", "#", each.partition("?")[0]) in numbered:
            yield each


def _filled_in(page: Page) -> str:
    def part(found: re.Match[str]) -> str:
        if found[2]:
            return NUMBERS.get(found[1], "77")
        return PLACES.get(found[1], "unknown")

    return re.sub(r"\{(\w+)(:int)?\}", part, page.path)


class _Console:
    """The application over a database, and an administrator who is signed in."""

    def __init__(self, folder: Path, address: str) -> None:
        settings = folder / "exempt.toml"
        tables = {"exempt": {"database": "env:DATABASE"}, "web": {"url": URL}}
        companies = {"n": {"name": "Northwind Supply"}}
        settings.write_text(to_toml({**tables, "companies": companies}), encoding="utf-8")
        environ = {"DATABASE": address}
        self._exempt = Exempt(settings, clock=lambda: NOW, environ=environ)
        self._app = app_of(self._exempt, listens_at=URL)
        cookies = signed_in(self._exempt.store, Role.ADMINISTRATOR, at=NOW, secure=True)
        self._cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._weights: dict[str, int] = {}

    async def measured(self, only: Sequence[re.Pattern[str]]) -> list[Measured]:
        """Each page."""
        found = []
        for path in _paths():
            if only and not any(each.search(path) for each in only):
                continue
            found.append(await self._page(path))
            print(f"{found[-1].answer.first:8.1f}  {path}", file=sys.stderr)
        self._exempt.close()
        return found

    async def _page(self, path: str) -> Measured:
        answers = [await self._call(path)]  # the first one warms up what every page needs
        changed: list[Answer] = []
        while len(changed) < ROUNDS and (
            not changed or sum(each.whole for each in answers + changed) < PATIENCE
        ):
            answers.append(await self._call(path))
            self._change()
            changed.append(await self._call(path))
        first, whole, cpu = (
            statistics.median(getattr(each, name) for each in answers[1:])
            for name in ("first", "whole", "cpu")
        )
        answer = answers[-1]._replace(first=first, whole=whole, cpu=cpu)
        after = statistics.median(each.cpu for each in changed)
        return Measured(path, answer, after, await self._weight(answer))

    def _change(self) -> None:
        """What any change of a certificate does to what is kept."""
        with self._exempt.store.database.writing() as connection:
            stamps.changed(connection, [1])

    async def _weight(self, answer: Answer) -> int:
        """Bytes on the line for a page and all that it names of ours."""
        if not answer.media_type.startswith("text/html"):
            return len(answer.body)
        page = gzip.decompress(answer.body)  # as browsers are sent it
        named = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', page))
        for each in named - {name.encode() for name in self._weights}:
            self._weights[each.decode()] = len((await self._call(each.decode())).body)
        return len(answer.body) + sum(self._weights[each.decode()] for each in named)

    async def _call(self, address: str) -> Answer:
        return await call(self._app, address, self._cookie)


if __name__ == "__main__":
    main()
