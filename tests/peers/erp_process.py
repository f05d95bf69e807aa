"""Starts a program in a process of its own and waits for its port."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

PATIENCE = 30.0


def free_port() -> int:
    """A port on loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: Sequence[str | Path], port: int, log: Path) -> Iterator[str]:
    """*command* while it listens on *port* of 127.0.0.1; its address.

    Raises:
        AssertionError: It ended, or did not listen in time; with what it said.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=log.parent)
    try:
        assert _listens(process, port), f"{command[0]} does not listen:\n{log.read_text()}"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether *process* listens on *port*; tried until it does, ends, or patience does."""
    tick = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if process.poll() is not None:
            return False
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        tick.wait(0.05)
    return False
