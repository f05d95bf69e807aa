"""Who watches what goes on: metrics and traces put themselves here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

Watcher = Callable[[str, dict[str, str]], AbstractContextManager[object]]
"""Called with what is done (``hook`` or ``job``) and its names; entered while it lasts."""

WATCHERS: list[Watcher] = []


@contextmanager
def watched(what: str, **names: str) -> Iterator[None]:
    """Let everybody watch what is done inside; whoever cannot is no reason to stop."""
    with ExitStack() as stack:
        for watcher in WATCHERS:
            stack.enter_context(watcher(what, names))
        yield
