"""What stands on a paper, found by a process of its own that may use only so much.

The process gets the paper and nothing else of Exempt. What it says is checked
as if the paper had said it: a paper that cannot be read says nothing.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError

from exempt.model.extract import Extract

_log = logging.getLogger("exempt.reading")

DEADLINE = 90.0
"""Seconds that a process may live: three pages of a bad scan take half of it."""

AT_ONCE = threading.BoundedSemaphore(max(1, min(2, os.cpu_count() or 1)))

ANSWER_MAX = 8 * 1024 * 1024
_WORKER = "exempt.adapters.reading.worker"
_ENVIRONMENT = ("PATH", "TESSDATA_PREFIX", "LANG", "SYSTEMROOT")
_EXTRACT = TypeAdapter(Extract)


def extract(content: IO[bytes], media_type: str, *, deadline: float = DEADLINE) -> Extract:
    """What stands on a paper; nothing where it cannot be read, or takes longer than *deadline*.

    Args:
        content: An open file, whose beginning is the paper's.
        media_type: PDF, JPEG or PNG.
        deadline: In seconds.
    """
    with (
        AT_ONCE,
        tempfile.TemporaryDirectory(prefix="exempt-reading-") as folder,
        _on_disk(content, folder) as paper,
    ):
        status, answer = _run(paper, media_type, folder, deadline)
    try:
        said: Any = json.loads(answer) if status == 0 else None
        return _EXTRACT.validate_python(said)
    except (ValueError, ValidationError):
        _log.warning("a paper could not be read: its process ended with %d", status)
        return Extract()


def _run(content: IO[bytes], media_type: str, folder: str, deadline: float) -> tuple[int, bytes]:
    """Run the process; how it ended, and its answer."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program, and one of three words
            [sys.executable, "-I", "-m", _WORKER, media_type],
            stdin=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "TMPDIR": folder, "OMP_THREAD_LIMIT": "1"},
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        _log.error("no process could be started: %s", error.strerror)
        return -1, b""
    with process:
        timer = threading.Timer(deadline, _end, [process])
        timer.start()
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            answer = process.stdout.read(ANSWER_MAX)
            if len(answer) == ANSWER_MAX:
                _end(process)
            return process.wait(), answer
        finally:
            timer.cancel()


@contextmanager
def _on_disk(content: IO[bytes], folder: str) -> Iterator[IO[bytes]]:
    """*content* as a file that a process can be given, at its beginning."""
    content.seek(0)
    try:
        content.fileno()
    except OSError:
        with tempfile.TemporaryFile(dir=folder) as copy:
            shutil.copyfileobj(content, copy)
            copy.seek(0)
            yield copy
    else:
        yield content


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it, and the program for pictures if that is running."""
    try:
        os.killpg(process.pid, 9)
    except (OSError, AttributeError):  # it has just ended; or there are no groups here
        process.kill()
