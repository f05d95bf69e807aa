# /// script
# requires-python = ">=3.11"
# dependencies = ["dlt==1.31.0"]
# ///
"""All customers through dlt's REST source, read and not loaded. ``BENCH_STRIPE`` is the address."""

from __future__ import annotations

import json
import os
from typing import Any

from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_resources
from measure import Clock, told


class StripePaginator(JSONResponseCursorPaginator):
    """The last id of a page, as long as there is more."""

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:  # noqa: ARG002
        """Where to go on."""
        body = response.json()
        self._next_reference = body["data"][-1]["id"] if body["has_more"] else None


def main() -> None:
    """Read everything once."""
    clock = Clock()
    (customers,) = rest_api_resources(
        {
            "client": {
                "base_url": f"{os.environ['BENCH_STRIPE']}/v1/",
                "paginator": StripePaginator(cursor_param="starting_after"),
            },
            "resources": [
                {
                    "name": "customers",
                    "endpoint": {
                        "path": "customers",
                        "params": {"limit": 100},
                        "data_selector": "data",
                    },
                }
            ],
        }
    )
    count = sum(1 for _ in customers)
    print(json.dumps({**told(clock.took()), "count": count}))


if __name__ == "__main__":
    main()
