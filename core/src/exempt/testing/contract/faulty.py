"""Whether a connector sees what goes wrong on the way, says so, and makes nothing of it up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from exempt.errors import ConnectorError, RateLimited
from exempt.model.checking import Severity
from exempt.model.fetching import FetchRequest, Stream
from exempt.model.pushing import Outcome, PushRequest, Target
from exempt.testing.bench import START
from exempt.testing.contract.base import Group
from exempt.testing.contract.push import each_target
from exempt.testing.faults import Behaviour, Fault, lasting, passing
from exempt.testing.levels import silver
from exempt.testing.pushing import push, status, targets
from exempt.testing.telling import does_not_apply, fail, must
from exempt.testing.trial import Trial

SOON = 0.2
"""Seconds that a client waits where the remote never answers."""
_HOUR = dt.timedelta(hours=1)
_OF_WRITES = {"409", "412", "422"}
_TABLE = "http (its table), exempt.errors"


def _each(faults: list[Fault]) -> pytest.MarkDecorator:
    ids = [fault.name.replace(" ", "-") for fault in faults]
    return pytest.mark.parametrize("fault", faults, ids=ids)


class Faulty(Group):
    """HTTP remotes fail in known ways; each has its error, and its few calls."""

    @silver
    @_each(lasting(START))
    def test_reading_in_a_fault(self, trial: Trial, fault: Fault) -> None:
        """The error of the table, after few calls; never an empty page taken for the end."""
        trial.proxied()
        trial.capabilities  # noqa: B018 - looked at before anything goes wrong
        called = 0
        for stream in _some_streams(trial, fault):
            connection = _open(trial, fault)
            error = _raised(lambda c=connection, s=stream: _page(c, s, fault))  # type: ignore[misc]
            if not trial.bench.calls:
                continue
            called += 1
            _as_in_the_table(trial, fault, error, f"Connector.fetch_{stream}")
        if not called:
            does_not_apply(trial.item, "no stream is read over HTTP")

    @silver
    @_each(lasting(START))
    def test_check_in_a_fault(self, trial: Trial, fault: Fault) -> None:
        """A person who sets up the connection sees that it does not work."""
        trial.proxied()
        connection = _open(trial, fault)
        error: ConnectorError | None = None
        problems: list[str] = []
        try:
            found = connection.check().problems
        except ConnectorError as raised:
            error = raised
        else:
            problems = [p.message for p in found if p.severity is Severity.ERROR]
        if not trial.bench.calls:
            does_not_apply(trial.item, "check makes no HTTP call")
        must(
            problems or (error is not None and "failed unexpectedly" not in str(error)),
            did=f"called check while the remote {fault.words}",
            came=str(error) if error else "nothing to complain of",
            asks="a problem of severity error with its remedy, or one of Exempt's errors",
            read="Connector.check",
        )
        _discreet(trial, [str(error), *problems], fault)

    @silver
    @each_target
    @_each(lasting(START))
    def test_pushing_in_a_fault(self, alone: Trial, fault: Fault, target: Target) -> None:
        """The error of the table, or retry or unknown for the item; never applied."""
        alone.proxied()
        items = tuple(status(record, target) for record in targets(alone, target))
        before = alone.writes()
        connection = _open(alone, fault)
        outcomes: list[str] = []
        words: list[str] = []

        def work() -> None:
            for result in connection.push(
                PushRequest(items=items[: connection.push_batch_max])
            ).results:
                outcomes.append(result.outcome)
                words.append(result.message)

        error = _raised(work)
        if not alone.bench.calls:
            does_not_apply(alone.item, "pushing makes no HTTP call")
        if error is None:
            must(
                set(outcomes) <= fault.outcomes,
                did=f"pushed {target}s while the remote {fault.words}",
                came=", ".join(outcomes) or "no result",
                asks=f"{' or '.join(sorted(fault.outcomes)) or 'an error'}, or one of"
                f" {_names(fault)}; see there",
                read="Outcome",
            )
        else:
            _as_in_the_table(alone, fault, error, "Connector.push_exemption_status", len(items))
        _discreet(alone, words, fault)
        must(
            fault.does is Behaviour.CUT or alone.writes() == before,
            did=f"pushed {target}s while the remote {fault.words}",
            came="the sandbox tells of a write",
            asks="no write where the remote refuses",
            read="Connector.push_exemption_status",
        )

    @silver
    @each_target
    @_each([fault for fault in lasting(START) if fault.name in _OF_WRITES])
    def test_a_write_that_is_refused(self, alone: Trial, fault: Fault, target: Target) -> None:
        """All can be read, and just the write is refused: it is not told as applied."""
        alone.proxied()
        items = [status(record, target) for record in targets(alone, target)]
        before = alone.writes()
        connection = alone.open()
        alone.bench.plan(fault, writing=True)
        outcomes: set[Outcome] = set()
        error = _raised(lambda: outcomes.update(r.outcome for r in push(connection, items)))
        if error is None and outcomes == {Outcome.UNCHANGED}:
            does_not_apply(alone.item, "there is nothing to write")
        must(
            (outcomes <= fault.outcomes if error is None else isinstance(error, fault.errors))
            and alone.writes() == before,
            did=f"pushed {target}s while the remote gave every page, and to each write"
            f" {fault.words}",
            came=str(error) if error else ", ".join(sorted(outcomes)),
            asks=f"{' or '.join(sorted(fault.outcomes))}, or one of {_names(fault)}",
            read="Outcome",
        )

    @silver
    @_each(passing(START))
    def test_a_fault_that_passes_loses_nothing(self, trial: Trial, fault: Fault) -> None:
        """Tried again, by the connector or by the core, reading gives everything."""
        trial.proxied()
        for stream in _some_streams(trial, fault):
            trial.bench.plan(None)
            due = trial.read(stream).ids
            for after in (0, 1):
                connection = _open(trial, fault, after=after, times=1)
                found = trial.read(stream, connection=connection, patient=4).ids
                must(
                    found == due,
                    did=f"read {stream} while call {after + 1} failed: the remote {fault.words},"
                    " and is then well",
                    came=f"missing: {sorted(due - found)}, too many: {sorted(found - due)}",
                    asks="everything, once the same page was asked for again",
                    read=f"Connector.fetch_{stream}",
                )


def _open(trial: Trial, fault: Fault, **when: Any) -> Any:
    """A connection to a remote on which *fault* happens."""
    if fault.does is Behaviour.HANG:
        trial.bench.timeout = SOON
    trial.bench.plan(fault, **when)
    return trial.open()


def _some_streams(trial: Trial, fault: Fault) -> list[Stream]:
    """All streams; one where it would take long."""
    streams = trial.streams
    for stream in streams:
        trial.reads(stream)
    return streams[:1] if fault.does is Behaviour.HANG else streams


def _page(connection: Any, stream: Stream, fault: Fault) -> None:
    page = connection.fetch(stream, FetchRequest(page_size=2))
    must(
        page.records or page.rejected,
        did=f"asked for the first page of {stream} while the remote {fault.words}",
        came="an empty page, as if there were nothing to read",
        asks=f"one of {_names(fault)}",
        read=f"Connector.fetch_{stream}",
    )


def _raised(work: Callable[[], None]) -> ConnectorError | None:
    try:
        work()
    except ConnectorError as error:
        return error
    return None


def _as_in_the_table(
    trial: Trial, fault: Fault, error: ConnectorError | None, hook: str, items: int = 1
) -> None:
    """The right class, its words, few calls, and no secret."""
    if error is None:
        return
    did = f"called {hook.rpartition('.')[2]} while the remote {fault.words}"
    if not isinstance(error, fault.errors) or "failed unexpectedly" in str(error):
        fail(
            did=did,
            came=f"{type(error).__name__}: {error}",
            asks=f"{_names(fault)}, raised by the connector in words for a person",
            read=_TABLE,
        )
    if isinstance(error, RateLimited) and fault.calls == 1:
        must(
            error.retry_after is not None and error.retry_after >= _HOUR,
            did=did,
            came=f"retry_after {error.retry_after}",
            asks="retry_after as the remote asked for",
            read="RateLimited",
        )
    must(
        trial.bench.calls <= fault.calls * items,
        did=did,
        came=f"{trial.bench.calls} calls",
        asks=f"at most {fault.calls * items}: more make it worse",
        read=_TABLE,
    )
    _discreet(trial, [str(error)], fault)


def _discreet(trial: Trial, words: list[str], fault: Fault) -> None:
    shown = [w for w in (*words, *trial.logs.lines) if trial.bench.secrets.shown_in(w)]
    must(
        not shown,
        did=f"called the connector while the remote {fault.words}",
        came="a secret in an error, in a result's message or in the log",
        asks="no word of the remote's that may quote what was sent",
        read="ConnectorError",
    )


def _names(fault: Fault) -> str:
    return " or ".join(error.__name__ for error in fault.errors)
