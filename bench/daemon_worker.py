"""A worker on sources that only take their time: ``daemon_worker.py SETTINGS NAME``.

SIGTERM ends it.

With ``sync`` in place of NAME it reads once, as ``exempt sync`` does, and ends.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any

from exempt import (
    Address,
    Capability,
    CheckRequest,
    CheckResult,
    Connector,
    ConnectorInfo,
    Context,
    FetchRequest,
    ItemResult,
    Order,
    OrderKind,
    OrderLine,
    Outcome,
    Page,
    PushRequest,
    PushResult,
    Settings,
    hookimpl,
)
from exempt.discovery import Catalogue
from exempt.wiring import Exempt
from exempt.wiring.worker import Worker


class SlowSettings(Settings):
    """What takes how long, in seconds a call."""

    does: Capability
    latency: float = 0.005
    orders: int = 0


class SlowConnector(Connector):
    """Answers after a while: a page of orders, or that all was written."""

    def __init__(self, settings: SlowSettings, _context: Context) -> None:
        self._settings = settings

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002
        """All is well."""
        return CheckResult(account="bench")

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        """The next orders; once all were read there are no more."""
        time.sleep(self._settings.latency)
        first = int(request.cursor or 0)
        last = min(first + request.page_size, self._settings.orders)
        orders = tuple(map(_order, range(first, last)))
        if last < self._settings.orders:
            return Page(records=orders, next_cursor=str(last))
        return Page(records=orders, checkpoint=str(last))

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        """All is written."""
        time.sleep(self._settings.latency)
        return PushResult(
            results=tuple(ItemResult(key=i.key, outcome=Outcome.APPLIED) for i in request.items)
        )


def _order(number: int) -> Order:
    return Order(
        external_id=f"O-{number}",
        customer_external_id=f"C-{number % 1000}",
        kind=OrderKind.INVOICE,
        number=f"{number}",
        order_date="2026-11-01",
        ship_to=Address(country="US", state="TX", city="Austin", postal_code="78701"),
        currency="USD",
        total="108.25",
        tax="8.25",
        lines=(OrderLine(line_id="1", product_external_id="P-1", amount="100.00", tax="8.25"),),
    )


def slow(lanes: int) -> ConnectorInfo[Any]:
    """One item a call, so many calls at once."""
    return ConnectorInfo(
        name=f"slow_{lanes}",
        title="Slow",
        settings=SlowSettings,
        open=SlowConnector,
        capabilities=lambda settings: [settings.does],
        push_batch_max=1,
        pushes_at_once=lanes,
    )


CATALOGUE = Catalogue({info.name: info for info in map(slow, (1, 2, 4, 8, 16))}, ())


def main() -> None:
    """Work until told to stop."""
    exempt = Exempt(Path(sys.argv[1]))
    exempt.catalogue = CATALOGUE
    if sys.argv[2] == "sync":
        for result in exempt.sync():
            if result.problem:
                raise result.problem
        return
    worker = Worker(exempt, sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    main()
