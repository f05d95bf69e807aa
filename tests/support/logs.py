"""The log as the daemon's commands write it, begun in a test and read there."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks

from exempt.wiring import Exempt
from exempt.wiring.logs import QUIET, begin_logging


@dataclass
class Log:
    """A log in memory, in place of what would go to stderr."""

    folder: Path
    kind: str
    stream: io.StringIO = field(default_factory=io.StringIO)

    def begin(self) -> None:
        """Begin it, as the worker w1 does."""
        path = self.folder / "log.toml"
        path.write_text(
            f'[exempt]\ndatabase = "sqlite:///none.db"\n[daemon]\nlog = "{self.kind}"\n'
        )
        with contextlib.redirect_stderr(self.stream):
            begin_logging(Exempt(path), "w1")

    def lines(self) -> list[str]:
        """What was written since it was last asked for."""
        said = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        return said.splitlines()

    def one(self) -> dict[str, Any]:
        """The one line that was written, as JSON."""
        (line,) = self.lines()
        return json.loads(line)  # type: ignore[no-any-return]


@contextlib.contextmanager
def logging_left_alone() -> Iterator[None]:
    """Logging is of the whole process; afterwards it is as it was."""
    loggers = [logging.getLogger(name) for name in ("", "exempt", *QUIET)]
    before = [(each.handlers[:], each.level, each.propagate) for each in loggers]
    retries = get_on_retry_hooks()
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    # Filters that other tests left at pytest's own handlers would change what is logged.
    logging.getLogger().handlers = []
    try:
        yield
    finally:
        for each, (handlers, level, propagate) in zip(loggers, before, strict=True):
            each.handlers, each.propagate = handlers, propagate
            each.setLevel(level)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        logging.captureWarnings(capture=False)
        logging.raiseExceptions = True
        set_on_retry_hooks(retries)


@pytest.fixture(params=["json", "text"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """A log that was begun, of each kind."""
    made = Log(tmp_path, str(request.param))
    with logging_left_alone():
        made.begin()
        yield made
