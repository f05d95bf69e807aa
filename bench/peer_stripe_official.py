# /// script
# requires-python = ">=3.11"
# dependencies = ["stripe==16.1.0", "requests>=2.32"]
# ///
"""All customers through Stripe's own client: ``BENCH_STRIPE`` is the address."""

from __future__ import annotations

import json
import os

import stripe
from measure import Clock, told


def main() -> None:
    """Read everything once."""
    clock = Clock()
    url = os.environ["BENCH_STRIPE"]
    client = stripe.StripeClient("sk_test_bench", base_addresses={"api": url})
    listed = client.v1.customers.list({"limit": 100})
    count = sum(1 for customer in listed.auto_paging_iter() if customer.id)
    print(json.dumps({**told(clock.took()), "count": count}))


if __name__ == "__main__":
    main()
