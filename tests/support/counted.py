"""What a test of counted sales asks: totals, and to have orders counted anew."""

from __future__ import annotations

from typing import Any

from exempt.model.nexus import Totals
from exempt.services import counting, recounting, sales_reconciling
from exempt.services.policy import NexusPolicy, Policy
from support.world import World


def policy(**changes: Any) -> Policy:
    """A policy that counts in another way."""
    return Policy(nexus=NexusPolicy(**changes))


def totals(world: World, state: str = "US-TX", *, marketplace: bool = False) -> Totals:
    """What the months of a state come to; they agree with the days, and with the sales."""
    with world.store.reading() as tx:
        companies = {row.company_id for row in tx.connections.all()}
        assert sales_reconciling.astray(tx, companies) == []
        found = Totals()
        for (_, place), months in tx.sales.months(companies).items():
            for month in months:
                if place == state and month.marketplace is marketplace:
                    found = found.plus(month.totals)
    return found


def count_anew(world: World, by: Policy | None = None, **options: Any) -> bool:
    """Count what was asked for."""
    return recounting.recount(
        world.store, by or Policy(), lambda: world.now, lambda: False, **options
    )


def follow(world: World, by: Policy) -> list[str]:
    """Ask for a recount where the settings changed."""
    return counting.follow_counting(world.store, by, lambda: world.now)
