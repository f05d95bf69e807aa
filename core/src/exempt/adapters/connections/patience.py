"""Wait so long for a connector and no longer.

A thread cannot be ended from outside. One that hangs in a plugin is left alone
and counted; when there are several, the process has to be started anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


class HangsError(TimeoutError):
    """No answer came in time."""


_LEFT: list[threading.Thread] = []
_MUTEX = threading.Lock()


def within(seconds: float, call: Callable[[], T]) -> T:
    """What *call* returns or raises, if it does so in time.

    Raises:
        HangsError: It did not; whatever comes of it later is dropped.
    """
    answer: list[tuple[Any, BaseException | None]] = []

    def work() -> None:
        try:
            answer.append((call(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            answer.append((None, error))

    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        with _MUTEX:
            _LEFT.append(thread)
        raise HangsError
    result, error = answer[0]
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def hanging() -> int:
    """How many threads were left that still hang."""
    with _MUTEX:
        _LEFT[:] = [thread for thread in _LEFT if thread.is_alive()]
        return len(_LEFT)
