"""What all groups of tests share: the connector, and the fixtures around it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from exempt.discovery import discover
from exempt.errors import SettingsError
from exempt.hookspecs import ConnectorInfo
from exempt.model.fetching import Stream
from exempt.settings.parts import read_part
from exempt.testing.bench import TIMEOUT, Bench, started
from exempt.testing.levels import Level
from exempt.testing.telling import not_shown
from exempt.testing.trial import Logs, Trial

ALL_STREAMS = list(Stream)
KEPT_STREAMS = [stream for stream in Stream if stream is not Stream.BOUNCES]
"""The streams whose records a remote keeps and changes."""
each_stream = pytest.mark.parametrize("stream", ALL_STREAMS, ids=str)
each_kept_stream = pytest.mark.parametrize("stream", KEPT_STREAMS, ids=str)


class Group:
    """A group of tests of the contract; see `exempt.testing.Contract`."""

    connector: ClassVar[str | ConnectorInfo[Any]] = ""
    level: ClassVar[str | None] = None

    @pytest.fixture(scope="class")
    @classmethod
    def info(cls) -> ConnectorInfo[Any]:
        """The connector's declaration."""
        if isinstance(cls.connector, ConnectorInfo):
            return cls.connector
        try:
            return discover().get(cls.connector, f"{cls.__name__}.connector")
        except SettingsError as error:
            pytest.fail(f"{error}\nread: exempt.ConnectorInfo", pytrace=False)

    @pytest.fixture(scope="class")
    @classmethod
    def _shared(
        cls,
        info: ConnectorInfo[Any],
        tmp_path_factory: pytest.TempPathFactory,
        pytestconfig: pytest.Config,
    ) -> Iterator[Bench | None]:
        """One bench for all tests that only read."""
        if live := cls._live(pytestconfig):
            bench = _live_bench(info, Path(live))
            yield bench
            bench.close()
        else:
            with started(info, tmp_path_factory.mktemp("sandbox")) as made:
                yield made

    @pytest.fixture
    def trial(self, request: pytest.FixtureRequest, _shared: Bench | None) -> Iterator[Trial]:
        """For a test that only reads: its remote is that of others, too."""
        with self._trial(request, _shared) as made:
            yield made
            made.bench.close()

    @pytest.fixture
    def alone(
        self, request: pytest.FixtureRequest, info: ConnectorInfo[Any], tmp_path: Path
    ) -> Iterator[Trial]:
        """For a test that writes or makes faults: its remote is its own."""
        item = request.node
        if self._live(request.config):
            if not request.config.getoption("--exempt-write"):
                not_shown(item, "it would write to a real account: give --exempt-write")
            shared = request.getfixturevalue("_shared")
            with self._trial(request, shared) as made:
                yield made
                made.bench.close()
            return
        with started(info, tmp_path / "sandbox") as bench, self._trial(request, bench) as made:
            yield made

    @contextmanager
    def _trial(self, request: pytest.FixtureRequest, bench: Bench | None) -> Iterator[Trial]:
        required = self._required()
        if bench is None:
            why = "there is no sandbox: give ConnectorInfo(sandbox=…), a copy of the remote"
            not_shown(request.node, why, required)
        logs = Logs()
        log = logging.getLogger()
        before = log.level
        log.addHandler(logs)
        log.setLevel(logging.DEBUG)
        bench.plan(None)
        bench.timeout = TIMEOUT
        try:
            yield Trial(bench, request.node, logs, required, self._live(request.config) is not None)
        finally:
            log.setLevel(before)
            log.removeHandler(logs)

    def _required(self) -> Level | None:
        """The level up to which nothing may be left unshown."""
        words = [level.word for level in Level]
        if self.level is None or self.level in words:
            return Level[self.level.upper()] if self.level else None
        kind = type(self).__name__
        return pytest.fail(f"{kind}.level is {self.level!r}: write one of {', '.join(words)}")

    @classmethod
    def _live(cls, config: pytest.Config) -> str | None:
        """The settings of a real account, if this class is what the command line names."""
        named: str | None = config.getoption("--exempt-connector", None)
        if named is None or named != cls.connector:
            return None
        settings: str | None = config.getoption("--exempt-settings", None)
        return settings


def _live_bench(info: ConnectorInfo[Any], path: Path) -> Bench:
    """A bench on a real account."""
    try:
        part = read_part(path)
    except SettingsError as error:
        pytest.fail(f"--exempt-settings {error}", pytrace=False)
    if part.connector not in {None, info.name}:
        pytest.fail(
            f"--exempt-settings {path}: connector: is {part.connector!r}, and --exempt-connector"
            f" is {info.name!r}: name the same in both",
            pytrace=False,
        )
    from exempt.wiring import utc_now  # noqa: PLC0415 - a third of a second

    return Bench(info, part.settings, path.parent, environ=os.environ, clock=utc_now)
