"""All customers through billing_stripe, as the core reads it: ``backfill_ours.py``.

Prints how long it took inside, how many customers came, and the peak of memory.
``BENCH_STRIPE`` is the address.
"""

from __future__ import annotations

import json
import os
import resource
from concurrent.futures import ThreadPoolExecutor

from measure import Clock, told

from exempt import FetchRequest, Stream
from exempt.adapters.connections.connection import OpenConnection
from exempt.testing import StillContext
from exempt.wiring.collector import quiet_collector
from exempt_billing_stripe import StripeSettings, exempt_connectors

(INFO,) = exempt_connectors()


def main() -> None:
    """Read everything once."""
    settings = StripeSettings(
        api_key="rk_test_bench",  # type: ignore[arg-type]
        base_url=os.environ["BENCH_STRIPE"],
        requests_per_second=1000,
    )
    clock = Clock()
    connection = opened(settings)
    parts = connection.ranges(Stream.CUSTOMERS, None)
    cursors = parts.cursors if parts else (None,)
    at_once = connection.reads_at_once
    with quiet_collector(), ThreadPoolExecutor(at_once) as pool:
        counts = list(pool.map(lambda cursor: read(settings, cursor), cursors))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({**told(clock.took()), "count": sum(counts), "at_once": at_once, "mb": peak}))


def opened(settings: StripeSettings) -> OpenConnection:
    """A connection, as the core opens one for each part."""
    connector = INFO.open(settings, StillContext())
    return OpenConnection("stripe", INFO, connector, settings)


def read(settings: StripeSettings, cursor: str | None) -> int:
    """Read one part to its end; how many customers it had."""
    connection = opened(settings)
    count = 0
    while True:
        page = connection.fetch(Stream.CUSTOMERS, FetchRequest(cursor=cursor))
        count += len(page.records)
        cursor = page.next_cursor
        if cursor is None:
            connection.close()
            return count


if __name__ == "__main__":
    main()
