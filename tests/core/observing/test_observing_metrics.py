"""Metrics as Prometheus reads them: true, few, cheap, and with nothing of a customer in them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest

pytest.importorskip("prometheus_client", reason="the extra web is not installed")

import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from exempt.adapters.metrics import METRICS, Metrics
from exempt.adapters.observing import WATCHERS, watched
from exempt.adapters.store.database import insert
from exempt.adapters.store.store import SqlStore
from exempt.errors import AuthError, ExemptError
from exempt.model.fetching import FetchRequest, Stream
from exempt.model.messages import WebhookEvent
from exempt.model.pushing import Outcome
from exempt.services.figures import figures
from exempt.services.job_ports import JobKind, WorkerRow
from exempt.services.rows import DeliveryState, DeliveryTarget
from support.fake_connector import Remote, open_fake
from support.records import NOW, customer, order
from support.stores import connected
from support.world import World

MINUTE = dt.timedelta(minutes=1)
STATEMENTS_AT_MOST = 12


class Scrape:
    """What one scrape gave."""

    def __init__(self, metrics: Metrics) -> None:
        body, self.content_type = metrics.exposition()
        self.text = body.decode()
        self.families = list(text_string_to_metric_families(self.text))
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float | None:
        """The value of a metric with just these labels; None = there is none."""
        return self.samples.get((f"exempt_{name}", frozenset(labels.items())))


def metrics_of(store: SqlStore, at: dt.datetime = NOW) -> Metrics:
    metrics = Metrics(lambda: figures(store, lambda: at), "1.2.3")
    WATCHERS.append(metrics.watch)
    return metrics


WORKER = WorkerRow("w1", "host-a", 4711, "1.2.3", 123_456_789, NOW - 60 * MINUTE, NOW - MINUTE)


@pytest.fixture
def busy(store: SqlStore) -> SqlStore:
    """A store in which something of everything happened."""
    erp = connected(store, "erp")
    shop = connected(store, "shop")
    mail = connected(store, "mail")
    with store.writing() as tx:
        owed = [(f"O-{number}", 1, "{}") for number in range(6)]
        tx.deliveries.owe(erp.id, DeliveryTarget.ORDER, owed, NOW)
        deliveries = tx.deliveries.due(erp.id, (DeliveryTarget.ORDER,), NOW, 10)
        marks = (DeliveryState.SENT, DeliveryState.SENT, DeliveryState.DEAD)
        for delivery, state in zip(deliveries, marks, strict=False):
            tx.deliveries.mark(delivery, state, outcome="x", message="Anna Smith", at=NOW)
        events = [
            WebhookEvent(event_id=f"evt-{n}", stream=Stream.ORDERS, external_ids=(f"O-{n}",))
            for n in range(4)
        ]
        tx.webhooks.add(shop.id, b"Anna Smith", events, NOW)
        kept = tx.webhooks.pending(shop.id, 10)
        tx.webhooks.done([kept[0].id], NOW)
        tx.webhooks.done([kept[1].id], NOW, dead="Anna Smith")
        tx.connections.pause(shop.id, "Anna Smith's password was refused", NOW)
        tx.connections.pause(mail.id, "the year's end", NOW, "anna")
        tx.jobs.ask(JobKind.PULL, erp.id)
        tx.jobs.begin("pull:erp", "w1", NOW - 9 * MINUTE)
        tx.jobs.end("pull:erp", NOW - 8 * MINUTE)
        tx.jobs.begin("pull:erp", "w1", NOW)
        for _ in range(2):
            tx.jobs.begin("push:erp", "w1", NOW)
            tx.jobs.end("push:erp", NOW, problem="Anna Smith")
        tx.jobs.plan(JobKind.PULL, shop.id, NOW - 5 * MINUTE)
        tx.jobs.ask(JobKind.DAILY)
        tx.workers.tick(WORKER)
        tx.workers.tick(WORKER._replace(name="w2", stopped_at=NOW))
    return store


def test_how_everything_stands(busy: SqlStore) -> None:
    now = Scrape(metrics_of(busy))
    assert now("store_up") == 1
    assert now("build_info", version="1.2.3") == 1
    assert now("deliveries", connection="erp", state="pending") == 3
    assert now("deliveries", connection="erp", state="dead") == 1
    assert now("deliveries", connection="shop", state="dead") == 0
    assert now("webhook_events", connection="shop", state="pending") == 2
    assert now("webhook_events", connection="shop", state="dead") == 1
    assert now("connection_paused", connection="shop", by="error") == 1
    assert now("connection_paused", connection="shop", by="person") == 0
    assert now("connection_paused", connection="mail", by="person") == 1
    assert now("connection_paused", connection="erp", by="error") == 0
    assert now("job_running", kind="pull", connection="erp") == 1
    assert now("job_waiting", kind="pull", connection="erp") == 0
    assert now("job_waiting", kind="pull", connection="shop") == 1
    assert now("job_waiting", kind="daily", connection="") == 1
    assert now("job_failures", kind="push", connection="erp") == 2
    assert now("job_failures", kind="pull", connection="erp") == 0
    succeeded = (NOW - 8 * MINUTE).timestamp()
    name = "job_last_success_timestamp_seconds"
    assert now(name, kind="pull", connection="erp") == succeeded
    assert now(name, kind="push", connection="erp") is None, "it never did"
    assert now("job_oldest_waiting_seconds") == 300
    ticked = (NOW - MINUTE).timestamp()
    assert now("worker_last_tick_timestamp_seconds", worker="w1") == ticked
    assert now("worker_memory_bytes", worker="w1") == 123_456_789
    assert now("worker_memory_bytes", worker="w2") is None, "it was stopped in good order"


def test_an_empty_store_has_figures_too(store: SqlStore) -> None:
    now = Scrape(metrics_of(store))
    assert now("store_up") == 1
    assert now("job_oldest_waiting_seconds") == 0


def test_nothing_of_a_customer_and_no_reason_is_in_it(busy: SqlStore) -> None:
    now = Scrape(metrics_of(busy))
    assert now.samples
    for word in ("Anna", "anna", "O-1", "evt", "host-a", "password"):
        assert word not in now.text


def test_names_keep_to_the_conventions(busy: SqlStore) -> None:
    metrics = metrics_of(busy)
    with watched("job", kind="pull", connection="erp"):
        open_fake("erp", Remote()).fetch(Stream.ORDERS, FetchRequest(page_size=1))
    now = Scrape(metrics)
    ours = [family for family in now.families if family.name.startswith("exempt_")]
    others = {family.name for family in now.families} - {family.name for family in ours}
    assert all(name.startswith("process_") for name in others)
    assert now.content_type.startswith("text/plain; version=0.0.4")
    assert {name.removesuffix("_total") for name in METRICS} == {each.name for each in ours}
    for family in ours:
        assert re.fullmatch(r"exempt(_[a-z]+)+", family.name)
        assert family.documentation.endswith(".")
        assert family.type in {"gauge", "counter", "histogram"}
        assert not family.name.endswith("_created")
        for sample in family.samples:
            assert family.type != "counter" or sample.name.endswith("_total")
            name = re.sub(r"_(bucket|count|sum)$", "", sample.name)
            assert set(sample.labels) - {"le"} == set(METRICS[name][1])


# --- what is observed in this process -------------------------------------------------------


@pytest.fixture
def world(store: SqlStore) -> World:
    return World(store)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_hooks_are_timed_and_what_they_brought_is_counted(world: World) -> None:
    metrics = metrics_of(world.store)
    erp = world.connect("erp")
    erp.remote.put(customer(exempt=True), *(order(f"O-{n}") for n in range(3)))
    erp.remote.spoil(Stream.ORDERS, "row 9")
    erp.remote.remove(Stream.CUSTOMERS, "C-9")
    erp.sync()
    world.certify("C-1", "TX")
    erp.remote.answers["O-1"] = [Outcome.REJECTED]
    erp.sync()
    now = Scrape(metrics)

    def items(hook: str, result: str) -> float | None:
        return now("hook_items_total", connection="erp", hook=hook, result=result)

    assert items("fetch_orders", "rejected") == 1
    assert items("fetch_customers", "record") == 1
    assert items("fetch_customers", "deleted") == 1
    fetched = items("fetch_orders", "record")
    assert fetched is not None
    assert fetched >= 3
    assert items("push_exemption_status", "applied") == 2
    assert items("push_exemption_status", "rejected") == 1
    assert now(
        "hook_seconds_count", connection="erp", hook="push_exemption_status", outcome="ok"
    ) == len(erp.remote.batches)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_how_hooks_and_jobs_end(store: SqlStore) -> None:
    metrics = metrics_of(store)
    remote = Remote(faults={"check": [None, AuthError("Anna")]})
    connection = open_fake("erp", remote)
    connection.check()
    with pytest.raises(ExemptError):
        connection.check()
    with watched("job", kind="pull", connection="erp") as going:
        going.failed = AuthError
    with watched("job", kind="daily", connection=""):
        pass
    now = Scrape(metrics)
    for outcome in ("ok", "config"):
        name = "hook_seconds_count"
        assert now(name, connection="erp", hook="check", outcome=outcome) == 1
    assert now("job_seconds_count", kind="pull", connection="erp", outcome="config") == 1
    assert now("job_seconds_count", kind="daily", connection="", outcome="ok") == 1


def test_a_store_that_is_away_hides_the_rest_of_the_metrics_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away() -> Any:
        raise sa.exc.OperationalError("SELECT 'Anna'", {}, Exception("Anna"))

    metrics = Metrics(away, "1.2.3")
    WATCHERS.append(metrics.watch)
    open_fake("erp", Remote()).check()
    now = Scrape(metrics)
    assert now("store_up") == 0
    assert now("deliveries", connection="erp", state="dead") is None
    assert now("hook_seconds_count", connection="erp", hook="check", outcome="ok") == 1
    assert caplog.messages == ["the store cannot be read: OperationalError"]


# --- cheap ----------------------------------------------------------------------------------


@pytest.fixture
def statements(store: SqlStore) -> Iterator[list[tuple[str, Any]]]:
    """What was asked of the database, its beginnings of transactions included."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_rest: Any) -> None:
        asked.append((sql, parameters))

    def begin(_connection: Any) -> None:
        asked.append(("BEGINS", None))

    engine = store.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    sa.event.listen(engine, "begin", begin)
    yield asked
    sa.event.remove(engine, "before_cursor_execute", note)
    sa.event.remove(engine, "begin", begin)


def test_a_scrape_is_one_transaction_and_a_few_statements(
    busy: SqlStore, statements: list[tuple[str, Any]]
) -> None:
    statements.clear()
    metrics = metrics_of(busy)
    assert statements == [], "nothing is read when it is made"
    metrics.exposition()
    assert [sql for sql, _ in statements].count("BEGINS") == 1
    assert len(statements) <= STATEMENTS_AT_MOST


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_scrape_looks_at_open_things_only(
    busy: SqlStore, statements: list[tuple[str, Any]]
) -> None:
    """What was done grows for ever, and what is open does not."""
    statements.clear()
    metrics_of(busy).exposition()
    asked = [(sql, parameters) for sql, parameters in statements if sql.startswith("SELECT")]
    with busy.database.reading() as connection:
        plans = [
            row[-1]
            for sql, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
        ]
    looks = [plan for plan in plans if re.search(r"\b(delivery|webhook_event)\b", plan)]
    assert len(looks) >= 4
    assert [plan for plan in looks if not re.search(r"INDEX ix_\w+_(open|dead)", plan)] == []


def test_a_hundred_thousand_deliveries_that_were_done_cost_nothing(busy: SqlStore) -> None:
    columns = ("connection_id", "target", "external_id", "version", "wanted", "state", "attempts")
    with busy.database.writing() as connection:
        rows = [(1, "order", f"D-{n}", 1, "x" * 200, "sent", 1, 1, 1) for n in range(100_000)]
        insert(connection, "delivery", (*columns, "due_at", "created_at"), rows)
    metrics = metrics_of(busy)
    metrics.exposition()
    assert min(_seconds(metrics) for _ in range(5)) < 0.05


def _seconds(metrics: Metrics) -> float:
    began = perf_counter()
    metrics.exposition()
    return perf_counter() - began
