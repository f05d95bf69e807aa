"""Whoever watches sees hooks and jobs begin and end, and can break none of them."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.observing import OUTCOMES, WATCHERS, Going, Watcher, watched
from exempt.adapters.store.store import SqlStore
from exempt.errors import (
    AuthError,
    ConnectorError,
    CursorExpired,
    ExemptError,
    PermanentError,
    RateLimited,
    RefusedError,
    SettingsError,
    TransientError,
    WebhookRejected,
)
from exempt.model.checking import CheckResult
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.running import HOPELESS_AFTER, Duty, Ended, run_job
from support.fake_connector import FakeConnector, FakeSettings, Remote, info, open_fake
from support.records import NOW


@pytest.fixture
def seen() -> list[Going]:
    """All that began, as it is now."""
    seen: list[Going] = []

    @contextmanager
    def watch(going: Going) -> Iterator[None]:
        seen.append(going)
        yield

    WATCHERS.append(watch)
    return seen


def test_a_hook_and_what_came_of_it(seen: list[Going]) -> None:
    connection = open_fake("erp", Remote())
    result = connection.check()
    (going,) = seen
    assert (going.what, going.names) == ("hook", {"connection": "erp", "hook": "check"})
    assert isinstance(going.result, CheckResult)
    assert going.result.account == result.account
    assert going.outcome == "ok"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(AuthError("x"), "config", id="configuration"),
        pytest.param(SettingsError("x"), "config", id="settings"),
        pytest.param(RateLimited("x"), "transient", id="rate limit"),
        pytest.param(TimeoutError("x"), "timeout", id="a time-out that the connector let pass"),
        pytest.param(CursorExpired("x"), "cursor_expired", id="cursor expired"),
        pytest.param(WebhookRejected("x"), "webhook_rejected", id="webhook rejected"),
        pytest.param(PermanentError("x"), "permanent", id="permanent"),
        pytest.param(RefusedError("x"), "permanent", id="refused"),
        pytest.param(LookupError("x"), "unforeseen", id="a stray exception"),
        pytest.param(SystemExit(3), "unforeseen", id="a plugin that ends the process"),
    ],
)
def test_how_a_hook_ended(seen: list[Going], error: BaseException, outcome: str) -> None:
    connection = open_fake("erp", Remote(faults={"check": [error]}))
    with pytest.raises((ConnectorError, ExemptError)):
        connection.check()
    assert [going.outcome for going in seen] == [outcome]
    assert outcome in OUTCOMES


def test_a_hook_that_hangs_ends_as_a_timeout(seen: list[Going]) -> None:
    release = threading.Event()

    def hang(_hook: str) -> None:
        release.wait()

    remote = Remote(before=hang)
    connection = OpenConnection(
        "erp", info(remote), FakeConnector(remote), FakeSettings(), patience=0.01
    )
    with pytest.raises(TransientError):
        connection.check()
    release.set()
    assert [going.outcome for going in seen] == ["timeout"]


# --- watchers that fail ------------------------------------------------------------------


def fails_at_once(_going: Going) -> AbstractContextManager[None]:
    raise LookupError("Anna")


@contextmanager
def fails_on_entering(_going: Going) -> Iterator[None]:
    raise LookupError("Anna")
    yield


@contextmanager
def fails_on_leaving(_going: Going) -> Iterator[None]:
    yield
    raise LookupError("Anna")


@contextmanager
def swallows(_going: Going) -> Iterator[None]:
    with contextlib.suppress(BaseException):
        yield


BROKEN: list[Watcher] = [fails_at_once, fails_on_entering, fails_on_leaving]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("first", [True, False], ids=["before the others", "after them"])
def test_a_watcher_that_fails_stops_neither_the_work_nor_the_others(
    seen: list[Going],
    caplog: pytest.LogCaptureFixture,
    broken: Watcher,
    first: bool,
) -> None:
    WATCHERS.insert(0 if first else 1, broken)
    connection = open_fake("erp", Remote())
    for _ in range(3):
        assert connection.check().account == "Fake Inc."
    assert [going.outcome for going in seen] == ["ok"] * 3
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == [f"{broken.__qualname__} failed with LookupError: it watches no more"]


@pytest.mark.parametrize("broken", [*BROKEN, swallows])
def test_a_watcher_that_fails_hides_no_error_of_the_work(
    broken: Watcher, seen: list[Going]
) -> None:
    WATCHERS.append(broken)
    with pytest.raises(ZeroDivisionError), watched("job", kind="pull"):
        1 / 0  # noqa: B018
    assert [going.outcome for going in seen] == ["unforeseen"]


def test_a_watcher_cannot_stop_a_person_who_interrupts() -> None:
    @contextmanager
    def interrupted(_going: Going) -> Iterator[None]:
        raise KeyboardInterrupt
        yield

    WATCHERS.append(interrupted)
    with pytest.raises(KeyboardInterrupt), watched("job"):
        pass


# --- jobs: their errors are written down, and still seen ----------------------------------


def duty(store: SqlStore, do: Callable[[JobRow], Ended]) -> Duty:
    return Duty(store, lambda: NOW, "w1", lambda _job, _at: None, {JobKind.DAILY: do})


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("error", "stopped"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param(TransientError("x"), TransientError, id="an error of ours"),
        pytest.param(LookupError("x"), LookupError, id="something unforeseen"),
    ],
)
def test_what_stopped_a_job(
    store: SqlStore, error: Exception | None, stopped: type[BaseException] | None
) -> None:
    def do(_job: JobRow) -> Ended:
        if error is not None:
            raise error
        return Ended()

    with store.writing() as tx:
        tx.jobs.ask(JobKind.DAILY)
    assert run_job(duty(store, do), "daily") is stopped


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_job_that_kills_its_workers_counts_as_failed(store: SqlStore) -> None:
    with store.writing() as tx:
        tx.jobs.ask(JobKind.DAILY)
        for _ in range(HOPELESS_AFTER):
            tx.jobs.begin("daily", "dead", NOW)
    never = duty(store, lambda _job: pytest.fail("it would kill this one, too"))
    assert run_job(never, "daily") is ExemptError


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_job_that_is_gone_did_not_fail(store: SqlStore) -> None:
    assert run_job(duty(store, lambda _job: Ended()), "daily") is None
