"""Metrics in Prometheus' format: how long things take here, and how everything stands.

What takes time is observed in this process; how everything stands is read from
the store when somebody asks, and is the same from every process. Labels come
out of small sets only: names of connections, kinds, states. See
docs/how-to/observe.md, which a test holds against what is here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from exempt.adapters.observing import Going
from exempt.model.fetching import Page
from exempt.model.messages import WebhookResult
from exempt.model.pushing import ItemResult, PushResult
from exempt.services.figures import ConnectionFigures, Figures, JobFigures

_log = logging.getLogger("exempt.metrics")

_HOOK_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_JOB_BUCKETS = (0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)

_OF_JOB = ("kind", "connection")
_Metrics = Mapping[str, tuple[str, tuple[str, ...]]]

_STANDING: _Metrics = {
    "exempt_store_up": ("Whether the database answered.", ()),
    "exempt_deliveries": (
        "What is owed to a connection: pending, or dead, which waits for a person.",
        ("connection", "state"),
    ),
    "exempt_webhook_events": (
        "Events of webhooks: pending, or dead, which could not be followed.",
        ("connection", "state"),
    ),
    "exempt_connection_paused": (
        "Whether a connection is paused, by a person or by an error.",
        ("connection", "by"),
    ),
    "exempt_job_waiting": ("Whether a job is due, and nobody is at it.", _OF_JOB),
    "exempt_job_running": ("Whether somebody is at a job.", _OF_JOB),
    "exempt_job_failures": ("How many runs of a job in a row failed.", _OF_JOB),
    "exempt_job_last_success_timestamp_seconds": ("When a job last succeeded.", _OF_JOB),
    "exempt_job_oldest_waiting_seconds": ("How long the first job that waits has waited.", ()),
    "exempt_worker_last_tick_timestamp_seconds": (
        "When a worker that was not stopped last gave a sign of life.",
        ("worker",),
    ),
    "exempt_worker_memory_bytes": ("How much memory a worker takes.", ("worker",)),
}
_OBSERVED: _Metrics = {
    "exempt_job_seconds": (
        "How long a run of a job took, and how it ended.",
        (*_OF_JOB, "outcome"),
    ),
    "exempt_hook_seconds": (
        "How long a connector took for an answer, and how it ended.",
        ("connection", "hook", "outcome"),
    ),
    "exempt_hook_items_total": (
        "Records read, statuses written, mails sent and events taken in, by what came of each.",
        ("connection", "hook", "result"),
    ),
    "exempt_build_info": ("What runs here.", ("version",)),
}
METRICS: _Metrics = {**_STANDING, **_OBSERVED}
"""What each metric tells, and its labels."""


class Metrics:
    """The metrics of this process.

    Args:
        read: How everything stands; may raise whatever the database's driver knows.
        version: Of Exempt.
    """

    def __init__(self, read: Callable[[], Figures], version: str) -> None:
        # They are half of all lines, and nobody draws them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()

        def described(name: str) -> tuple[str, str, tuple[str, ...]]:
            return (name, *_OBSERVED[name])

        self._jobs = Histogram(
            *described("exempt_job_seconds"), buckets=_JOB_BUCKETS, registry=registry
        )
        self._hooks = Histogram(
            *described("exempt_hook_seconds"), buckets=_HOOK_BUCKETS, registry=registry
        )
        self._items = Counter(*described("exempt_hook_items_total"), registry=registry)
        build = Gauge(*described("exempt_build_info"), registry=registry)
        build.labels(version=version).set(1)
        ProcessCollector(registry=registry)
        registry.register(_Standing(read))

    @contextmanager
    def watch(self, going: Going) -> Iterator[None]:
        """Observe how long it goes on, and what came of it."""
        began = perf_counter()
        yield
        histogram = self._hooks if going.what == "hook" else self._jobs
        labels = {**going.names, "outcome": going.outcome}
        histogram.labels(**labels).observe(perf_counter() - began)
        for result, count in _items(going.result).items():
            if count:
                self._items.labels(**going.names, result=result).inc(count)

    def exposition(self) -> tuple[bytes, str]:
        """All of them as they are now, and their content type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4


def _items(result: object) -> dict[str, int]:
    """How many things a hook's result is about, by what came of them."""
    if isinstance(result, Page):
        return {
            "record": len(result.records),
            "deleted": len(result.deleted),
            "rejected": len(result.rejected),
        }
    if isinstance(result, WebhookResult):
        return {"event": len(result.events)}
    results: tuple[ItemResult, ...] = ()
    if isinstance(result, PushResult):
        results = result.results
    elif isinstance(result, ItemResult):
        results = (result,)
    counts: dict[str, int] = {}
    for each in results:
        counts[each.outcome.value] = counts.get(each.outcome.value, 0) + 1
    return counts


class _Standing(Collector):
    """How everything stands, read when it is asked for."""

    def __init__(self, read: Callable[[], Figures]) -> None:
        self._read = read

    def describe(self) -> list[Metric]:
        """What there will be; without it the registry would ask for all of it to find out."""
        return list(_gauges().values())

    def collect(self) -> list[Metric]:
        """What there is; only that nothing could be read, where that is so."""
        gauges = _gauges()
        try:
            found = self._read()
        except Exception as error:  # noqa: BLE001 - the driver's own errors are not known here
            _log.warning("the store cannot be read: %s", type(error).__name__)
            gauges["exempt_store_up"].add_metric((), 0)
            return [gauges["exempt_store_up"]]
        gauges["exempt_store_up"].add_metric((), 1)
        gauges["exempt_job_oldest_waiting_seconds"].add_metric((), found.waited.total_seconds())
        for connection in found.connections:
            _add_connection(gauges, connection)
        for job in found.jobs:
            _add_job(gauges, job)
        for worker in found.workers:
            tick, memory = worker.ticked_at.timestamp(), worker.memory
            gauges["exempt_worker_last_tick_timestamp_seconds"].add_metric((worker.name,), tick)
            gauges["exempt_worker_memory_bytes"].add_metric((worker.name,), memory)
        return list(gauges.values())


def _gauges() -> dict[str, GaugeMetricFamily]:
    return {
        name: GaugeMetricFamily(name, help_text, labels=labels)
        for name, (help_text, labels) in _STANDING.items()
    }


def _add_connection(gauges: Mapping[str, GaugeMetricFamily], found: ConnectionFigures) -> None:
    row, owed = found.row, found.owed
    for state, count in (("pending", owed.pending), ("dead", owed.dead)):
        gauges["exempt_deliveries"].add_metric((row.name, state), count)
        gauges["exempt_webhook_events"].add_metric((row.name, state), found.events.get(state, 0))
    paused_by = row.paused_reason and ("person" if row.paused_by else "error")
    for by in ("person", "error"):
        gauges["exempt_connection_paused"].add_metric((row.name, by), paused_by == by)


def _add_job(gauges: Mapping[str, GaugeMetricFamily], found: JobFigures) -> None:
    job = found.job
    labels = (job.kind.value, job.connection or "")
    gauges["exempt_job_waiting"].add_metric(labels, found.waits)
    gauges["exempt_job_running"].add_metric(labels, job.running)
    gauges["exempt_job_failures"].add_metric(labels, job.failures)
    if job.succeeded_at is not None:
        succeeded = job.succeeded_at.timestamp()
        gauges["exempt_job_last_success_timestamp_seconds"].add_metric(labels, succeeded)
