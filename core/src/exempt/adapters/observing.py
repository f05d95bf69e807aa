"""Who watches what goes on: metrics and traces put themselves here."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from exempt.errors import (
    ConfigError,
    CursorExpired,
    ExemptError,
    SettingsError,
    TransientError,
    WebhookRejected,
)

_log = logging.getLogger("exempt.observing")

_OUTCOMES: Mapping[str, tuple[type[BaseException], ...]] = {
    "config": (ConfigError, SettingsError),
    "transient": (TransientError,),
    "timeout": (TimeoutError,),
    "cursor_expired": (CursorExpired,),
    "webhook_rejected": (WebhookRejected,),
    "permanent": (ExemptError,),
}
OUTCOMES = ("ok", *_OUTCOMES, "unforeseen")
"""How something can end; by the class of the error, never by its words."""


@dataclass
class Going:
    """Something that goes on.

    Attributes:
        what: ``hook`` or ``job``.
        names: What it is, in a few words out of a small set: connection, hook, kind.
        failed: What stopped it, once something did.
        result: What came of it.
    """

    what: str
    names: Mapping[str, str]
    failed: type[BaseException] | None = None
    result: object = None

    @property
    def outcome(self) -> str:
        """How it ended, one of `OUTCOMES`."""
        if self.failed is None:
            return "ok"
        for outcome, errors in _OUTCOMES.items():
            if issubclass(self.failed, errors):
                return outcome
        return "unforeseen"


Watcher = Callable[[Going], AbstractContextManager[object]]
"""Called with what begins; entered while it lasts, and left in peace when it fails."""

WATCHERS: list[Watcher] = []


@contextmanager
def watched(what: str, **names: str) -> Iterator[Going]:
    """Let everybody watch what is done inside; whoever cannot is no reason to stop."""
    going = Going(what, names)
    entered = [(each, _enter(each, going)) for each in tuple(WATCHERS)]
    try:
        yield going
    except BaseException as error:
        going.failed = type(error)
        raise
    finally:
        for watcher, context in reversed(entered):
            _leave(watcher, context)


def _enter(watcher: Watcher, going: Going) -> AbstractContextManager[object]:
    try:
        context = watcher(going)
        context.__enter__()
    except Exception as error:  # noqa: BLE001 - whatever it is, the work goes on
        _dismiss(watcher, error)
        return contextlib.nullcontext()
    return context


def _leave(watcher: Watcher, context: AbstractContextManager[object]) -> None:
    try:
        context.__exit__(None, None, None)
    except Exception as error:  # noqa: BLE001 - whatever it is, the work goes on
        _dismiss(watcher, error)


def _dismiss(watcher: Watcher, error: Exception) -> None:
    """Call it no more: it would fail at each step, and fill the log."""
    with contextlib.suppress(ValueError):
        WATCHERS.remove(watcher)
        name = getattr(watcher, "__qualname__", type(watcher).__name__)
        _log.warning("%s failed with %s: it watches no more", name, type(error).__name__)
