"""Files looked into and pages drawn, each in a process of its own that may use only so much.

The process gets the file and nothing else: no environment, no settings, no
database. What it says is checked as if the file had said it.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from exempt.model.paper import Refusal
from exempt.rules import papers as rules
from exempt.rules.filekinds import PDF, TIFF
from exempt.services.papers import Drawn, Inspector, PaperRefused, Seen

_log = logging.getLogger("exempt.papers")

DEADLINE = 40.0
"""Seconds that a process may live."""

PATIENCE = 60.0
"""Seconds that a file waits for others before it."""

AT_ONCE = max(1, min(4, os.cpu_count() or 1))

_ANSWER_MAX = 65_536
_SIDE_MAX = 16_383  # of a WebP
_OVERDONE = {
    *(-signal.SIGKILL, -signal.SIGXCPU, -signal.SIGXFSZ),
    *(-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL),  # PDFium without memory
}
_WORKER = "exempt.adapters.papers.worker"


class ProcessInspector(Inspector):
    """Looks into each file in a new process.

    Args:
        deadline: Seconds that it may take.
    """

    def __init__(self, *, deadline: float = DEADLINE, patience: float = PATIENCE) -> None:
        self._deadline = deadline
        self._patience = patience
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def look(self, original: IO[bytes], shown: IO[bytes]) -> Seen:
        original.seek(0)
        beginning = original.read(rules.BEGINNING)
        kind = rules.kind_of(beginning)
        if kind is None:
            refusal = Refusal.TYPE if beginning else Refusal.EMPTY
            raise PaperRefused(refusal, rules.sentence(refusal, beginning))
        said = self._run(original, (shown,), "look", kind.media_type)
        pages, removed = said.get("pages"), said.get("removed")
        if not isinstance(pages, int) or not isinstance(removed, list):
            raise PaperRefused(Refusal.CORRUPT)
        if not 1 <= pages <= rules.MAX_PAGES:
            raise PaperRefused(Refusal.CORRUPT)
        shown_as = PDF if kind is TIFF else kind
        named = tuple(str(one)[:40] for one in removed)
        return Seen(kind.media_type, pages, shown_as.media_type, named)

    def draw(
        self, shown: IO[bytes], media_type: str, page: int, picture: IO[bytes], small: IO[bytes]
    ) -> Drawn:
        said = self._run(shown, (picture, small), "draw", media_type, str(page))
        sizes = said.get("sizes")
        if not isinstance(sizes, list) or len(sizes) != len(Drawn._fields):
            raise PaperRefused(Refusal.CORRUPT)
        if not all(isinstance(each, int) and 1 <= each <= _SIDE_MAX for each in sizes):
            raise PaperRefused(Refusal.CORRUPT)
        return Drawn(*sizes)

    def _run(self, given: IO[bytes], to: tuple[IO[bytes], ...], *words: str) -> dict[str, Any]:
        written = tuple(each.fileno() for each in to)
        command = [sys.executable, "-I", "-m", _WORKER, *words, *map(str, written)]
        with self._turn():
            status, answer = self._process(command, given, written)
        try:
            said = json.loads(answer)
        except ValueError:
            said = None
        if status != 0 or not isinstance(said, dict):
            raise PaperRefused(_refusal_of(status))
        if "refused" in said:
            _log.info(
                "a paper was refused",
                extra={"refusal": said["refused"], "because": said.get("because")},
            )
            raise PaperRefused(_refusal(said["refused"]))
        return said

    def _process(
        self, command: list[str], given: IO[bytes], written: tuple[int, ...]
    ) -> tuple[int, bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program, and numbers
                command,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=written,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            _log.error("no process could be started: %s", error.strerror)
            raise PaperRefused(Refusal.UNCHECKED) from None
        with process:
            timer = threading.Timer(self._deadline, process.kill)
            timer.start()
            try:
                assert process.stdout is not None  # noqa: S101 - it is a pipe
                answer = process.stdout.read(_ANSWER_MAX)
                if len(answer) == _ANSWER_MAX:
                    process.kill()
                return process.wait(), answer
            finally:
                timer.cancel()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._free.acquire(timeout=self._patience):
            raise PaperRefused(Refusal.UNCHECKED)
        try:
            yield
        finally:
            self._free.release()


def _refusal_of(status: int) -> Refusal:
    """Why a process ended without an answer."""
    if status == 1:  # Python itself: the program could not even begin
        _log.error("papers cannot be looked into: pip install 'exempt[documents]'")
        return Refusal.UNCHECKED
    _log.warning("a paper could not be looked into: its process ended with %d", status)
    return Refusal.TOO_COMPLEX if status in _OVERDONE else Refusal.CORRUPT


def _refusal(said: object) -> Refusal:
    try:
        return Refusal(str(said))
    except ValueError:
        return Refusal.CORRUPT
