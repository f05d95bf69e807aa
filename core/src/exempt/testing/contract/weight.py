"""Whether a plugin is light: quick to import, quiet until it is asked, gone when it is closed."""

from __future__ import annotations

import gc
import subprocess
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from exempt.errors import ConnectorError
from exempt.hookspecs import ENTRY_POINT_GROUP, ConnectorInfo
from exempt.model.fetching import Stream
from exempt.testing.contract.base import Group
from exempt.testing.deprecations import deprecations_of
from exempt.testing.faults import Behaviour, Fault
from exempt.testing.levels import gold
from exempt.testing.network import import_alone, watched
from exempt.testing.telling import must
from exempt.testing.trial import Trial

IMPORT_MAX = 150
"""Milliseconds; every command that lists connectors imports every plugin."""
_TRIES = 2
_THREADS = 4
_SOON = 1.0


class Weight(Group):
    """A plugin that is installed costs little, and nothing when it is not used."""

    @gold
    def test_its_import_is_quick_and_quiet(self, info: ConnectorInfo[Any]) -> None:
        """Each command imports every plugin."""
        module = _module_of(info)
        took, reached = IMPORT_MAX + 1, ""
        for _ in range(_TRIES):
            try:
                now, reached = import_alone(module)
            except subprocess.CalledProcessError as error:
                now, reached = 0, f"an error: {error.stderr.splitlines()[-1]}"
            took = min(took, now)
            if reached or took <= IMPORT_MAX:
                break
        did = f"imported {module} in an interpreter that has loaded the core"
        must(
            not reached,
            did=did,
            came=reached,
            asks="no network and no error on import",
            read="hookspecs.Discovery.exempt_connectors",
        )
        must(
            took <= IMPORT_MAX,
            did=did,
            came=f"it took {took} ms of processor time, or more, {_TRIES} times",
            asks=f"{IMPORT_MAX} ms: import what is heavy in the function given as open",
            read="hookspecs.Discovery.exempt_connectors",
        )

    @gold
    def test_opening_reaches_no_network(self, trial: Trial) -> None:
        """A connection that is not used costs no call."""
        with watched() as reached:
            trial.open()
        must(
            not reached,
            did="opened a connection",
            came=", ".join(sorted(set(reached))),
            asks="no network before the first hook is called",
            read="ConnectorInfo.open",
        )

    @gold
    def test_connectors_work_side_by_side(self, trial: Trial) -> None:
        """The core opens several for one connection, each call in another thread."""
        trial.to_the_end()
        for stream in trial.streams:
            trial.reads(stream)
        due = {stream: trial.read(stream).ids for stream in trial.streams}

        def all_of(_number: int) -> dict[Stream, set[str]]:
            connection = trial.open()
            return {stream: trial.read(stream, connection=connection).ids for stream in due}

        with ThreadPoolExecutor(_THREADS) as threads:
            found = list(threads.map(all_of, range(_THREADS)))
        must(
            all(each == due for each in found),
            did=f"read all streams in {_THREADS} threads at once, each with its own connector",
            came="other records than one connector alone reads",
            asks="connectors that share nothing they change",
            read="Connector",
        )

    @gold
    def test_closing_lets_go_of_everything(self, alone: Trial) -> None:
        """No thread, no connection and no file outlives ``close``."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()  # what others left is not of this connection
        before = set(threading.enumerate())
        connection = alone.open()
        _use(alone, connection)
        kept = alone.bench.connectors[-1]  # so that no garbage collector does close's work
        with warnings.catch_warnings(record=True) as left:
            warnings.simplefilter("always", ResourceWarning)
            alone.bench.close(connection)
            alone.bench.connectors.clear()
            proxies = [proxy for proxy in alone.bench.proxies if not proxy.nobody_left(_SOON)]
            del kept, connection
            gc.collect()
        threads = [t.name for t in set(threading.enumerate()) - before if not _ends(t)]
        open_ones = [f"{len(proxies)} connections to the remote"] if proxies else []
        unclosed = [str(w.message) for w in left if issubclass(w.category, ResourceWarning)]
        must(
            not (threads or open_ones or unclosed),
            did="used a connection, then closed it",
            came=f"left open: {', '.join([*open_ones, *threads, *unclosed])}",
            asks="all clients, files and threads closed",
            read="Connector.close",
        )

    @gold
    def test_closing_after_an_error_is_clean(self, alone: Trial) -> None:
        """``close`` is called once, also when the remote was never reached."""
        alone.bench.plan(Fault("reset", Behaviour.RESET, ()))
        connection = alone.open()
        _use(alone, connection)
        alone.logs.warnings.clear()
        alone.bench.close(connection)
        wrong = alone.logs.warnings
        must(
            not wrong,
            did="closed a connection after an error",
            came="; ".join(wrong),
            asks="no error: there may be nothing to close",
            read="Connector.close",
        )

    @gold
    def test_it_uses_nothing_that_goes_out_of_use(
        self, info: ConnectorInfo[Any], trial: Trial
    ) -> None:
        """A deprecation is mended before it becomes an error."""
        _use(trial, trial.open())
        warned = deprecations_of(info)
        must(
            not warned,
            did="opened a connection and called its hooks",
            came="; ".join(warned),
            asks="what the warning names in its place",
            read="Connector",
        )


def _ends(thread: threading.Thread) -> bool:
    """Whether *thread* is over, or soon will be; those of a sandbox end after their client."""
    if isinstance(thread, threading._DummyThread):  # noqa: SLF001 - of no Python code
        return True
    thread.join(_SOON)
    return not thread.is_alive()


def _use(trial: Trial, connection: Any) -> None:
    """Call what only reads; errors are somebody else's test."""
    try:
        connection.check()
        for stream in trial.streams:
            trial.read_once(connection, stream)
    except ConnectorError:
        return


def _module_of(info: ConnectorInfo[Any]) -> str:
    """The module that the plugin's entry point names; else the one that declares it."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - only here

    package = info.open.__module__.partition(".")[0]
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.module.partition(".")[0] == package:
            return point.module
    return info.open.__module__
