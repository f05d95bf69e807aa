"""The log of the commands that run until they are stopped: a line each, as text or JSON."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from exempt.adapters.logs import extras, message, plain, raised
from exempt.http.logs import tell_retries
from exempt.services.telling import current
from exempt.wiring import Exempt

_log = logging.getLogger("exempt")

QUIET = (
    "alembic",
    "asyncio",
    "dbos",
    "httpcore",
    "httpx",
    "opentelemetry",
    "sqlalchemy",
    "urllib3",
    "uvicorn",
)
"""Libraries of which only warnings are of interest."""


def begin_logging(exempt: Exempt, name: str | None = None) -> None:
    """Let this process write its log to stderr, as ``daemon.log`` says.

    Whatever would be printed past the log comes into it too: warnings of
    Python, and what ends a thread or the process. Secrets of connections are
    taken out of all of it, whether they were opened before or are later.

    Args:
        name: The worker's, on each line.
    """
    always = {} if name is None else {"worker": name}
    handler = logging.StreamHandler()
    handler.setFormatter(
        Json(always) if exempt.settings.file.daemon.log == "json" else Text(always)
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        for each in old.filters:  # they take out the secrets of connections
            handler.addFilter(each)
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for library in map(logging.getLogger, QUIET):
        library.setLevel(logging.WARNING)
        # dbos prints by itself, unless it finds that somebody listens to it.
        library.handlers, library.propagate = [logging.NullHandler()], True
    tell_retries()
    logging.raiseExceptions = False  # it would print what could not be logged
    logging.captureWarnings(capture=True)
    sys.excepthook, threading.excepthook = _of_process, _of_thread
    sys.unraisablehook = _unraisable


def _of_process(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    _log.critical("ended by something unforeseen", exc_info=(kind, error, trace))


def _of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
        what = (ended.exc_type, ended.exc_value, ended.exc_traceback)
        _log.error("a thread ended by something unforeseen", exc_info=what)


def _unraisable(dropped: sys.UnraisableHookArgs) -> None:
    if dropped.exc_value is not None:
        what = (dropped.exc_type, dropped.exc_value, dropped.exc_traceback)
        _log.warning("an error that nobody could be told", exc_info=what)


# --- a line ------------------------------------------------------------------------------


def facts(record: logging.LogRecord, always: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a line, in their order; *always* has those of the whole process."""
    at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
    found: dict[str, Any] = {
        "time": at.replace("+00:00", "Z"),
        "level": record.levelname,
        "logger": record.name,
        "message": plain(message(record).strip()),
    }
    about = {**always, **current(), **extras(record)}
    if record.exc_info and record.exc_info[1]:
        about["raised"] = raised(record.exc_info[1])
    # What somebody calls "level" is not the line's.
    return found | {f"{key}_" if key in found else key: plain(about[key]) for key in about}


class Json(JsonFormatter):
    """A JSON object a line, in ASCII, so that nothing in it can break the line.

    Args:
        always: Fields of each line.
    """

    def __init__(self, always: Mapping[str, str]) -> None:
        super().__init__()
        self._always = dict(always)

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return self.serialize_log_record(facts(record, self._always))


class Text(logging.Formatter):
    """A line for people: time, level, logger, message, and the rest as ``key=value``.

    Args:
        always: Fields of each line.
    """

    def __init__(self, always: Mapping[str, str]) -> None:
        super().__init__()
        self._always = dict(always)

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        found = facts(record, self._always)
        head = " ".join(found.pop(key) for key in ("time", "level", "logger"))
        said = found.pop("message")
        pairs = "".join(f" {key}={_shown(value)}" for key, value in found.items())
        return _on_one_line(f"{head}: {said}{pairs}")


def _shown(value: Any) -> str:
    if isinstance(value, str) and value and not set(value) & set(' "=\\'):
        return value
    return json.dumps(value, ensure_ascii=False)


def _on_one_line(text: str) -> str:
    """*text* with each character that would break the line, or steer a terminal, written out."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
