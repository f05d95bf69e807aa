"""Exchange rates that the user supplies, and the sales that they have counted anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from exempt.rules.rate_rows import RateMistake, read_rates
from exempt.services.certificates import Act
from exempt.services.ports import Store, Transaction
from exempt.services.sale_ports import KeptRate, Rate, SetAside


class RatesImported(NamedTuple):
    """What a table of rates brought.

    Attributes:
        changed: How many are new or differ.
        unchanged: How many were there as they are.
        mistakes: Why nothing was taken.
        recounted: The connections some of whose orders are to be counted anew.
    """

    changed: int
    unchanged: int
    mistakes: tuple[RateMistake, ...]
    recounted: tuple[str, ...]


def kept(tx: Transaction, currency: str | None = None) -> list[KeptRate]:
    """All rates, or those of one currency, by currency and day."""
    return tx.rates.kept(currency)


def set_aside(tx: Transaction, company_ids: Collection[int]) -> list[SetAside]:
    """The sales of these companies that count nowhere for want of a rate."""
    return tx.sales.set_aside(company_ids)


def import_rates(store: Store, text: str, act: Act, *, source: str = "") -> RatesImported:
    """Keep the rates of a CSV table: all of it, or nothing where something is wrong with it.

    The same table again changes nothing. Orders in these currencies from the
    first day that changed on are counted anew in the background.

    Args:
        store: Where rates are kept.
        text: Columns currency, day and rate; see `exempt.rules.rate_rows`.
        act: Who brings it.
        source: Where the rates are from, as "ECB reference rates".
    """
    table = read_rates(text)
    if table.mistakes:
        return RatesImported(0, 0, table.mistakes, ())
    with store.writing() as tx:
        rates = [Rate(*row, source) for row in table.rates]
        changed = tx.rates.save(rates, act.at, act.by)
        first_days: dict[str, dt.date] = {}
        for rate in changed:
            first_days[rate.currency] = min(rate.day, first_days.get(rate.currency, rate.day))
        orders = tx.rates.sold_in(first_days)
        for connection_id, first in orders.items():
            reason = f"rates of {', '.join(sorted(first_days))} came"
            tx.recounts.ask([connection_id], reason, act.at, after=first - 1)
        names = sorted(row.name for row in tx.connections.all() if row.id in orders)
    return RatesImported(len(changed), len(rates) - len(changed), (), tuple(names))
