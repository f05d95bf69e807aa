"""The first page of lists of the API over 100,000 certificates, and a page in their middle.

``uv run --group bench python bench/api_lists.py``. Each call goes through all of
the API but the network: key, rights, rate, query, and the answer as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from api import _fill as fill

from exempt.adapters.documents import LocalDocuments
from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.web.api.paging import cursor
from support.api import ApiHouse

CALLS = 15

MIDDLE = cursor(50_000)
PATHS = (
    "/certificates",
    f"/certificates?after={MIDDLE}",
    "/certificates?status=active",
    "/certificates?status=expired",
    "/certificates?status=expiring_soon&jurisdiction=US-TX",
    "/certificates?words=N-99999",
    "/certificates?company=n",
    "/certificates?limit=200",
    "/customers",
    "/customers?words=customer+4999",
    "/customers/77/certificates",
    "/customers/77/certificates/valid?region=TX",
    "/customers/77",
)


def main() -> None:
    """Measure, and print the median of each call in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--certificates", type=int, default=100_000, help="(%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name:
        path = Path(name) / "exempt.db"
        fill(path, options.certificates)
        database = Database(f"sqlite:///{path}")
        documents = LocalDocuments(Path(name) / "documents")
        house = ApiHouse(SqlStore(database, documents.open), documents)
        headers = [(b"authorization", f"Bearer {house.program().key}".encode())]
        for path_of in PATHS:
            took = asyncio.run(_measured(house.app, path_of, headers))
            print(f"{path_of:60} {took:8.1f} ms")
        database.close()


async def _measured(app: Any, path: str, headers: list[tuple[bytes, bytes]]) -> float:
    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        status = await _called(app, path, headers)
        took.append((time.perf_counter() - began) * 1000)
        assert status == 200, (path, status)
    return statistics.median(took)


async def _called(app: Any, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    """Call it as a server does; its status."""
    path, _, query = path.partition("?")
    status = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        status.append(message.get("status"))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "server": ("exempt.example", 443),
        "client": ("127.0.0.1", 1),
        "path": f"/api/v1{path}",
        "raw_path": b"",
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers,
        "state": {},
    }
    await app(scope, receive, send)
    return int(status[0])


if __name__ == "__main__":
    main()
