"""Whether code reaches the network, as Python's audit events tell it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

_EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_LISTENING = threading.Event()
_WATCHERS: list[list[str]] = []

_IMPORT = f"""
import sys, time
import exempt.discovery
reached = []
sys.addaudithook(lambda event, _: reached.append(event) if event in {_EVENTS!r} else None)
began = time.process_time()
__import__(sys.argv[1])
print(round((time.process_time() - began) * 1000))
print(*sorted(set(reached)))
"""


@contextlib.contextmanager
def watched() -> Iterator[list[str]]:
    """The network events of this process meanwhile, in any thread."""
    if not _LISTENING.is_set():
        _LISTENING.set()
        sys.addaudithook(_heard)
    seen: list[str] = []
    _WATCHERS.append(seen)
    try:
        yield seen
    finally:
        _WATCHERS.remove(seen)


def _heard(event: str, _args: tuple[Any, ...]) -> None:
    if _WATCHERS and event in _EVENTS:
        for seen in _WATCHERS:
            seen.append(event)


def import_alone(module: str) -> tuple[int, str]:
    """Import *module* in an interpreter of its own that has loaded the core.

    Returns:
        Milliseconds of processor time, and the network events, if any.

    Raises:
        subprocess.CalledProcessError: The import failed.
    """
    done = subprocess.run(  # noqa: S603 - our own words, and the name of a module
        [sys.executable, "-c", _IMPORT, module],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    took, reached = done.stdout.splitlines()[-2:]
    return int(took), reached
