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

import dlt
from source import read_pages


def main() -> None:
    """Extract, normalize, load."""
    folder, url = Path(sys.argv[1]), os.environ["BENCH_DATABASE"]
    sqlite = url.startswith("sqlite")
    make = dlt.destinations.sqlalchemy if sqlite else dlt.destinations.postgres
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=os.environ["BENCH_STATE"],
        destination=make(url),
        dataset_name="main" if sqlite else "bench",
    )

    @dlt.resource(name="orders", primary_key="id", write_disposition="merge")
    def orders() -> Iterator[list[dict[str, Any]]]:
        yield from read_pages(folder / "orders.jsonl")

    pipeline.run(orders())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
