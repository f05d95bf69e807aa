# /// script
# requires-python = ">=3.11"
# dependencies = ["dlt[sqlalchemy]==1.31.0", "psycopg2-binary"]
# ///
"""The same orders through dlt: ``peer_dlt.py FOLDER``, into ``BENCH_DATABASE``.

Merged by the order's id, so that a page that comes twice does no harm; the
lines become a table of their own, as dlt does it by itself. Run again, it is
the re-sync. ``BENCH_STATE`` is the folder where dlt keeps its own.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import dlt
from source import read_pages


def main() -> None:
    """Extract, normalize, load."""
    folder, url = Path(sys.argv[1]), os.environ["BENCH_DATABASE"]
    sqlite = url.startswith("sqlite")
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=os.environ["BENCH_STATE"],
        destination=dlt.destinations.sqlalchemy(url) if sqlite else _postgres(url),
        dataset_name="main" if sqlite else "bench",
    )

    @dlt.resource(name="orders", primary_key="id", write_disposition="merge")
    def orders() -> Iterator[list[dict[str, Any]]]:
        yield from read_pages(folder / "orders.jsonl")

    pipeline.run(orders())


def _postgres(url: str) -> Any:
    """The server's socket stands in the query, where dlt does not look for a host."""
    parts = urlsplit(url)
    host = parts.hostname or quote(parse_qs(parts.query)["host"][0], safe="")
    credentials = {
        "host": host,
        "port": parts.port or 5432,
        "database": parts.path[1:],
        "username": parts.username,
        "password": parts.password or "none",
    }
    return dlt.destinations.postgres(credentials)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
