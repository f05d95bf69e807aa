"""The guide's way to read changes by a time loses nothing, and the kit gives it gold."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from exempt import Customer, FetchRequest, Page, PermanentError
from exempt.testing.scaffold import NewConnector, write

GUIDE = Path(__file__).parents[2] / "docs/how-to/write-a-connector.md"
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

Fetch = Callable[..., Page[Customer]]


def shown() -> str:
    """The one block of Python on the page."""
    page = GUIDE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(block)


class Remote:
    """A system in memory: a list by identifier in numbered pages, and tombstones."""

    def __init__(self, count: int) -> None:
        self.now = NOON
        self.rows = {f"{number:02}": self.now for number in range(1, count + 1)}
        self.stones: list[tuple[str, dt.datetime]] = []
        self.dated = True
        self.empty: int | None = None
        self.now += 24 * HOUR

    def change(self, one: str) -> None:
        self.rows[one] = self.now

    def delete(self, one: str) -> None:
        del self.rows[one]
        self.stones.append((one, self.now))

    def get(self, path: str, params: Mapping[str, Any]) -> Any:
        since = dt.datetime.fromisoformat(params["since"])
        if path == "tombstones":
            body: Any = {"rows": [{"id": one} for one, at in self.stones if at >= since]}
        else:
            rows = [{"id": one} for one, at in sorted(self.rows.items()) if at >= since]
            number, size = params["page"], params["size"]
            page = [] if number == self.empty else rows[(number - 1) * size : number * size]
            body = {"rows": page, "pages": -(-len(rows) // size)}
        headers = {"date": format_datetime(self.now, usegmt=True)} if self.dated else {}
        return SimpleNamespace(json=lambda: json.loads(json.dumps(body)), headers=headers)


@pytest.fixture
def remote() -> Remote:
    return Remote(9)


@pytest.fixture
def fetch(remote: Remote) -> Fetch:
    """One call of the guide's ``_page``; by ``size`` and the cursor."""
    names: dict[str, Any] = {"_object": lambda _path, body, _expected: body}
    exec(shown(), names)  # noqa: S102 - it is the page's own
    slow = SimpleNamespace(now=lambda: remote.now - 3 * dt.timedelta(seconds=1))
    connector = SimpleNamespace(_http=remote, _context=slow)

    def call(cursor: str | None = None, size: int = 3) -> Page[Customer]:
        request = FetchRequest(cursor=cursor, page_size=size)
        page = names["_page"](connector, "customers", translate, request)
        assert isinstance(page, Page)
        return page

    return call


def translate(row: Mapping[str, Any]) -> Customer:
    return Customer(external_id=row["id"], name="Ida Moss")


def on(fetch: Fetch, page: Page[Customer], size: int = 3) -> tuple[set[str], str]:
    """What the rest of a run reads after *page*, and its checkpoint."""
    seen = {record.external_id for record in page.records}
    for _ in range(20):
        if page.next_cursor:
            page = fetch(page.next_cursor, size)
            seen |= {record.external_id for record in page.records}
    assert page.checkpoint, "it has no end"
    return seen, page.checkpoint


def test_what_changes_behind_a_run_is_read_by_the_next_one(remote: Remote, fetch: Fetch) -> None:
    first = fetch()
    remote.now += HOUR
    remote.change("01")  # stands on the page that was read
    remote.now += HOUR
    _, checkpoint = on(fetch, first)
    remote.now += 30 * HOUR
    seen, _ = on(fetch, fetch(checkpoint))
    assert seen == {"01"}


@pytest.mark.parametrize("gone", [["01"], ["01", "02"], ["03"], ["05"], ["09"]])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_deletion_between_two_pages_costs_no_other(
    remote: Remote, fetch: Fetch, gone: list[str], size: int
) -> None:
    first = fetch(size=size)
    remote.now += HOUR
    for one in gone:
        remote.delete(one)
    seen, checkpoint = on(fetch, first, size)
    assert set(remote.rows) <= seen
    remote.now += HOUR
    assert set(gone) <= set(fetch(checkpoint).deleted)


def test_another_page_size_in_the_middle_loses_nothing(remote: Remote, fetch: Fetch) -> None:
    seen, _ = on(fetch, fetch(size=4), 3)
    assert seen == set(remote.rows)


def test_what_was_deleted_between_two_runs_is_told(remote: Remote, fetch: Fetch) -> None:
    _, checkpoint = on(fetch, fetch())
    remote.now += HOUR
    remote.delete("04")
    remote.now += 30 * HOUR
    assert "04" in fetch(checkpoint).deleted


def test_a_change_that_is_seen_later_than_its_time_is_read(remote: Remote, fetch: Fetch) -> None:
    _, checkpoint = on(fetch, fetch())
    remote.rows["04"] = remote.now - dt.timedelta(minutes=1)  # its transaction ended just now
    assert on(fetch, fetch(checkpoint))[0] == {"04"}


def test_without_the_header_the_clock_of_the_machine_must_do(remote: Remote, fetch: Fetch) -> None:
    remote.dated = False
    _, checkpoint = on(fetch, fetch())
    remote.change("02")
    assert on(fetch, fetch(checkpoint))[0] == {"02"}


def test_an_empty_page_is_not_the_end(remote: Remote, fetch: Fetch) -> None:
    remote.empty = 2
    first = fetch()
    with pytest.raises(PermanentError, match="page 2 of 3 is empty"):
        fetch(first.next_cursor)


# --- in what new-connector writes ----------------------------------------------------------

CONNECTOR = [
    ("    def _page(", "    def _just(", "    _page = lambda *given: _page(*given)\n\n"),
    ('{"after": "0",', "}", '{"since": EARLIEST, "page": 1, "size": 1}'),
]
SANDBOX = [
    ("        self._changes = 0", "\n", "        self._changes, self.stones = 0, []\n"),
    (
        '        self._keep(stream, {"id": external_id, "deleted": True})',
        "\n",
        """\
        del self._rows[stream][external_id]
        stone = {"id": external_id, "list": str(stream), "updated": self.now.isoformat()}
        self.stones.append(stone)
""",
    ),
    (
        "    def page(",
        "    def find(",
        """\
    def page(self, stream, since, number, size):
        rows = since_then(sorted(self._rows[stream].values(), key=lambda row: row["id"]), since)
        return {"rows": rows[(number - 1) * size : number * size], "pages": -(-len(rows) // size)}

""",
    ),
    (
        "        if stream not in WRITABLE:",
        "\n",
        '        if stream not in {*WRITABLE, "tombstones"}:\n',
    ),
    (
        "        try:\n            after, limit",
        "    def _put(",
        """\
        books, since = self.server.books, asked["since"]
        if stream == "tombstones":
            stones = [stone for stone in books.stones if stone["list"] == asked["list"]]
            return 200, {"rows": since_then(stones, since)}
        return 200, books.page(stream, since, int(asked["page"]), int(asked["size"]))

""",
    ),
]
SINCE_THEN = """


def since_then(rows, since):
    moment = dt.datetime.fromisoformat
    return [row for row in rows if moment(row["updated"]) >= moment(since)]
"""
CONTRACT = """\
from exempt.testing import Contract
from exempt_acme_erp import exempt_connectors


class TestMine(Contract):
    connector = exempt_connectors()[0]
"""


def changed(path: Path, changes: list[tuple[str, str, str]], more: str) -> None:
    """Put new text in place of what stands from one word up to the next; *more* at the end."""
    text = path.read_text(encoding="utf-8")
    for start, end, put in changes:
        head, found, rest = text.partition(start)
        _, ended, tail = rest.partition(end)
        assert found, start
        assert ended, end
        kept = "" if end in {"\n", "}"} else end
        text = head + put + kept + tail
    path.write_text(text + more, encoding="utf-8")


def test_the_kit_gives_it_gold(tmp_path: Path) -> None:
    """``_page`` of the guide, in the connector that ``exempt new-connector`` writes."""
    folder, _ = write(NewConnector("acme_erp", "Acme ERP"), tmp_path)
    package = folder / "src/exempt_acme_erp"
    changed(package / "connector.py", CONNECTOR, f"\n\n{shown()}")
    changed(package / "sandbox.py", SANDBOX, SINCE_THEN)
    (folder / "tests/test_acme_erp_contract.py").write_text(CONTRACT, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/test_acme_erp_contract.py"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(["src", os.environ.get("PYTHONPATH", "")]),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "acme_erp: level gold" in ran.stdout, ran.stdout[-6000:]
