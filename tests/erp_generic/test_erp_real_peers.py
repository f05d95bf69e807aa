"""Programs that nobody here wrote: datasette (next URL in the body), json-server (Link header)."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exempt import CheckRequest, CloseRequest, Connector, FetchRequest, Outcome, PushRequest
from exempt.testing import read_all, records
from peers.erp_build import connector, item, order_row
from peers.erp_process import free_port, running

pytestmark = pytest.mark.peer

COUNT = 1234
JSON_SERVER = "json-server@0.17.4"


def assert_every_cursor_resumes(open_fresh: Any, pages: list[Any]) -> None:
    """Some of the cursors, in fresh connectors, give the same rest."""
    for number in range(1, len(pages), 4):
        fresh = open_fresh()
        assert read_all(fresh.fetch_orders, pages[number - 1].next_cursor) == pages[number:]
        fresh.close(CloseRequest())


# --- datasette ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def datasette(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A table of orders, served as JSON."""
    if importlib.util.find_spec("datasette") is None:
        pytest.skip("datasette is not installed: uv pip install datasette==0.65.5")
    folder = tmp_path_factory.mktemp("datasette")
    with sqlite3.connect(folder / "erp.db") as database:
        database.execute(
            "CREATE TABLE orders (no TEXT PRIMARY KEY, day TEXT, total REAL, zip TEXT)"
        )
        rows = [(f"SO-{n:05}", "2026-11-01", n / 4, "78701") for n in range(COUNT)]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    database.close()
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "datasette",
        "erp.db",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with running(command, port, folder / "log") as url:
        yield f"{url}/erp"


def datasette_erp(url: str) -> Connector:
    """The table as orders."""
    return connector(
        base_url=url,
        auth={"kind": "none"},
        orders={
            "path": "orders.json",
            "params": {"_shape": "objects"},
            "records": "rows",
            "paging": {"kind": "next_url", "next": "next_url", "size_param": "_size"},
            "by_id": {"path": "orders/{id}.json", "params": {"_shape": "array"}, "record": "[0]"},
            "fields": {
                "external_id": "no",
                "customer_external_id": {"const": "C-1"},
                "order_date": "day",
                "total": "total",
            },
        },
    )


def test_datasette_is_read_to_the_end_and_from_every_cursor(datasette: str) -> None:
    erp = datasette_erp(datasette)
    assert erp.check(CheckRequest()).problems == ()
    pages = read_all(erp.fetch_orders)
    erp.close(CloseRequest())
    assert [record.external_id for record in records(pages)] == [f"SO-{n:05}" for n in range(COUNT)]
    assert len(pages) == 13
    assert_every_cursor_resumes(lambda: datasette_erp(datasette), pages)


def test_a_record_of_datasette_by_its_key(datasette: str) -> None:
    erp = datasette_erp(datasette)
    page = erp.fetch_orders(FetchRequest(ids=("SO-00003", "SO-99999")))
    erp.close(CloseRequest())
    assert [str(record.total) for record in page.records] == ["0.75"]
    assert page.deleted == ("SO-99999",)


# --- json-server -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def json_server_program(request: pytest.FixtureRequest) -> Path:
    """The program, installed once into pytest's cache."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: json-server cannot be tried")
    cache = request.config.cache
    assert cache is not None
    folder = cache.mkdir(JSON_SERVER.replace("@", "-"))
    program = folder / "node_modules" / ".bin" / "json-server"
    if not program.exists():
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), JSON_SERVER]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        if done.returncode:
            pytest.skip(f"npm cannot install {JSON_SERVER}: {done.stderr[-300:]}")
    return program


@pytest.fixture
def json_server(json_server_program: Path, tmp_path: Path) -> Iterator[str]:
    """Orders in a JSON file."""
    rows = [order_row(n % 600) | {"id": f"SO-{n}", "certificate": None} for n in range(COUNT)]
    (tmp_path / "db.json").write_text(json.dumps({"orders": rows}))
    port = free_port()
    command = [str(json_server_program), "--host", "127.0.0.1", "--port", str(port), "db.json"]
    with running(command, port, tmp_path / "log") as url:
        yield url


def json_server_erp(url: str, **paging: Any) -> Connector:
    """The file as orders."""
    return connector(
        base_url=url,
        auth={"kind": "none"},
        orders__records="@",
        orders__params={"_page": 1} if not paging else {},
        orders__paging=paging or {"kind": "link_header", "size_param": "_limit"},
        orders__by_id={"path": "orders/{id}"},
        orders__fields__external_id="id",
        orders__incremental={"param": "changed_gte", "overlap_seconds": 0},
        push__orders={
            "path": "orders/{external_id}",
            "body": {"taxable": "{tax_applicable}", "certificate": "{certificate_number}"},
            "read": {},
        },
    )


@pytest.mark.parametrize(
    "paging",
    [
        pytest.param({}, id="Link header"),
        pytest.param({"kind": "page", "param": "_page", "size_param": "_limit"}, id="page"),
        pytest.param({"kind": "offset", "param": "_start", "size_param": "_limit"}, id="offset"),
    ],
)
def test_json_server_is_read_to_the_end_and_from_every_cursor(
    json_server: str, paging: dict[str, Any]
) -> None:
    erp = json_server_erp(json_server, **paging)
    pages = read_all(erp.fetch_orders)
    erp.close(CloseRequest())
    assert [record.external_id for record in records(pages)] == [f"SO-{n}" for n in range(COUNT)]
    assert_every_cursor_resumes(lambda: json_server_erp(json_server, **paging), pages)


def test_json_server_keeps_what_is_written(json_server: str) -> None:
    erp = json_server_erp(json_server)

    def push() -> list[Outcome]:
        wanted = [item(key=key, external_id=key) for key in ("SO-7", "SO-9999")]
        results = erp.push_exemption_status(PushRequest(items=tuple(wanted))).results
        return [result.outcome for result in results]

    assert push() == [Outcome.APPLIED, Outcome.MISSING]
    assert push() == [Outcome.UNCHANGED, Outcome.MISSING]
    page = erp.fetch_orders(FetchRequest(ids=("SO-7", "SO-9999")))
    assert (len(page.records), page.deleted) == (1, ("SO-9999",))
    erp.close(CloseRequest())
