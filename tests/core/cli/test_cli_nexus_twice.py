"""``exempt nexus`` says where the same sales seem to count twice."""

from __future__ import annotations

import json

from exempt.model.sources import OrderKind
from support.desk import Desk
from support.nexus import sale


def test_orders_and_their_invoices_are_told(desk: Desk) -> None:
    orders = [sale(f"O-{n}", "KS", "2026-03-10", 1_000 + n) for n in range(6)]
    bills = [
        sale(f"I-{n}", "KS", "2026-03-20", 1_000 + n, kind=OrderKind.INVOICE) for n in range(6)
    ]
    desk.sell(*orders)
    assert "count twice" not in desk.run("nexus")
    desk.sell(*orders, *bills)
    told = " ".join(desk.run("nexus").split())
    assert "Invoices of erp and orders of erp seem to be the same sales (6 pairs)" in told
    assert "set counts of one connection" in told
    (pair,) = json.loads(desk.run("nexus", "--json"))["seem_to_count_twice"]
    assert pair["pairs"] == 6
