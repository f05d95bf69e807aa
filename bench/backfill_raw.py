"""The limit: the same pages with a bare HTTP client and as many threads: ``backfill_raw.py N``.

JSON is parsed and counted, and nothing else is done with it. It divides the
time evenly, which is exact here as the customers are. ``BENCH_STRIPE`` is the address.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
from backfill_server import BEGAN, SPAN
from measure import Clock, told


def main() -> None:
    """Read everything once."""
    at_once = int(sys.argv[1])
    edges = [BEGAN + SPAN * part // at_once for part in range(at_once + 1)]
    clock = Clock()
    with ThreadPoolExecutor(at_once) as pool:
        counts = list(pool.map(read, edges, edges[1:]))
    print(json.dumps({**told(clock.took()), "count": sum(counts)}))


def read(start: int, end: int) -> int:
    """Read what was created between; how many customers that are."""
    count, after = 0, None
    headers = {"Authorization": "Bearer rk_test_bench"}
    with httpx.Client(base_url=os.environ["BENCH_STRIPE"], headers=headers) as client:
        while True:
            params: dict[str, str | int] = {
                "limit": 100,
                "created[gte]": start,
                "created[lt]": end,
                **({"starting_after": after} if after else {}),
            }
            body = json.loads(client.get("/v1/customers", params=params).content)
            count += len(body["data"])
            if not body["has_more"]:
                return count
            after = body["data"][-1]["id"]


if __name__ == "__main__":
    main()
