"""What may be shown of a line of the log: plain values, and of an error only kind and place.

An error's words, and the values in its traceback, may be a secret or a
customer's: so they stay out. Its place is enough to find it in the code.
"""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from exempt.model.record import Record

T = TypeVar("T")

LONGEST = 4000
"""Characters of a text that are shown: collectors of logs cut lines at 16 kB."""

_MOST = 50
_DEEPEST = 4
_FRAMES = 8

_RESERVED = {
    *vars(logging.makeLogRecord({})),
    *("message", "asctime", "taskName"),
    "color_message",  # the message once more, by uvicorn
    *("applicationID", "applicationVersion", "executorID", "operationUUID"),  # by dbos: constants
}


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """The fields that whoever logged added."""
    return {
        key: value
        for key, value in vars(record).items()
        if key not in _RESERVED and not key.startswith("_")
    }


def message(record: logging.LogRecord) -> str:
    """What a record says, also where its arguments do not fit."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a slip in a log line stops nobody's work
        return f"{_text(record.msg)} (its arguments do not fit)"


def raised(error: BaseException) -> str:
    """Which errors led to one another, and where: nothing of what they say."""
    return ", from ".join(
        f"{type(each).__name__} at {_places(each)}" for each in islice(_causes(error), 3)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(error: BaseException) -> str:
    frames = [
        f"{'/'.join(Path(frame.f_code.co_filename).parts[-2:])}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return " > ".join(frames[-_FRAMES:]) or "no place"


def plain(value: object, change: Callable[[str], str] = str, *, deep: int = 0) -> Any:
    """*value* as JSON can show it, with each text in it changed by *change*.

    Of what JSON has no form for there is its text; of an error, and of a record
    of the model, only its kind.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        pairs = _some(value.items(), deep)
        return {change(_text(key)): plain(each, change, deep=deep + 1) for key, each in pairs}
    if isinstance(value, list | tuple | AbstractSet):
        return [plain(each, change, deep=deep + 1) for each in _some(value, deep)]
    text = _text(value)
    changed = change(text)
    if changed == text and _is_number(value):
        return value
    return changed if len(changed) <= LONGEST else f"{changed[:LONGEST]}…"


def _is_number(value: object) -> bool:
    """Whether every reader of JSON holds it."""
    if isinstance(value, int):
        return value.bit_length() < 64
    return isinstance(value, float) and math.isfinite(value)


def _some(values: Iterable[T], deep: int) -> Iterator[T]:
    return islice(values, _MOST if deep < _DEEPEST else 0)


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, BaseException | Record):
        return type(value).__name__
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - an object that cannot say what it is
        return type(value).__name__
