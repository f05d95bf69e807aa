"""Metrics, joined to what they are of."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from exempt.adapters.observing import WATCHERS
from exempt.errors import RefusedError
from exempt.services.figures import figures
from exempt.wiring import Exempt


def exposition(exempt: Exempt) -> Callable[[], tuple[bytes, str]]:
    """Count from now on what goes on in this process; call it once in each.

    Returns:
        What gives all metrics in Prometheus' format, and their content type. It
        reads the store, and may be called by several threads.

    Raises:
        RefusedError: The extra ``web`` is not installed.
    """
    try:
        from exempt.adapters.metrics import Metrics  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if error.name != "prometheus_client":
            raise
        msg = "metrics need prometheus-client: install exempt[web]"
        raise RefusedError(msg) from None
    metrics = Metrics(lambda: figures(exempt.store, exempt.clock), version("exempt"))
    WATCHERS.append(metrics.watch)
    return metrics.exposition
