"""Contenders that choose certificates in memory: a dict with bisect, and polars.

Both cut the coverages of a customer and state into periods, in each of which
one is chosen, and look up the period of an order's day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from decide_books import Fit, Sold

Answer = list[int | None]
"""The certificate of each order, in the order of the orders."""


def by_dict(fits: Sequence[Fit], sold: Sequence[Sold]) -> Answer:
    """An index in plain Python."""
    held: dict[tuple[int, str], list[tuple[int, int, int, int]]] = defaultdict(list)
    for customer, place, expires, effective, certificate_id, until in fits:
        held[customer, place].append((expires, -effective, certificate_id, until))
    periods = {key: _periods(of_one) for key, of_one in held.items()}
    nothing: tuple[list[int], Answer] = ([], [None])
    answer: Answer = []
    for _order_id, customer, place, day in sold:
        starts, chosen = periods.get((customer, place), nothing)
        answer.append(chosen[bisect_right(starts, day)])
    return answer


def _periods(held: list[tuple[int, int, int, int]]) -> tuple[list[int], Answer]:
    """The first days of the periods, and what is chosen before the first and in each."""
    held.sort()
    starts = sorted({day for _, start, _, until in held for day in (-start, until + 1)})
    chosen: Answer = [None]
    for day in starts:
        of_day = (number for _, start, number, until in held if -start <= day <= until)
        chosen.append(next(of_day, None))
    return starts, chosen


class Polars:
    """The same in polars, whose frames are ready."""

    def __init__(self, fits: Sequence[Fit], sold: Sequence[Sold]) -> None:
        import polars as pl  # noqa: PLC0415 - only where it is wanted

        self._pl = pl
        self.fits = pl.DataFrame(list(zip(*fits, strict=True)), schema=list(Fit._fields))
        self.sold = pl.DataFrame(list(zip(*sold, strict=True)), schema=list(Sold._fields))

    def choose(self) -> Any:
        """The certificates, as a column."""
        pl, key = self._pl, ["customer", "jurisdiction"]
        ranked = self.fits.sort(
            "expires", "effective", "certificate_id", descending=[False, True, False]
        ).with_row_index("rank")
        starts = pl.concat(
            [
                ranked.select(*key, day=pl.col("effective")),
                ranked.select(*key, day=pl.col("until") + 1),
            ]
        ).unique()
        in_force = pl.col("day").is_between("effective", "until")
        periods = (
            starts.join(ranked, on=key)
            .group_by(*key, "day")
            .agg(rank=pl.col("rank").filter(in_force).min())
            .join(ranked.select("rank", "certificate_id"), on="rank", how="left")
            .sort("day")
        )
        return (
            self.sold.sort("day")
            .join_asof(periods, on="day", by=key, strategy="backward", check_sortedness=False)
            .sort("order_id")
            .get_column("certificate_id")
        )
