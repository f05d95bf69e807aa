"""A virus scanner that looks at papers before anything else does: clamd, by a socket of its own.

Its protocol: clamd(8), ``INSTREAM``. Where it does not answer, nothing is taken.
"""

from __future__ import annotations

import logging
import re
import socket
import struct
from collections.abc import Callable
from typing import IO

from exempt.model.paper import Refusal
from exempt.services.papers import Drawn, Inspector, PaperRefused, Seen

_log = logging.getLogger("exempt.papers")

PATIENCE = 60.0
"""Seconds that it may be silent."""

_CHUNK = 1024 * 1024
_ANSWER_MAX = 4096
_FOUND = re.compile(rb"stream: (.{1,200}) FOUND")
_UNTOLD = re.compile(r"[^\w.-]")

Scanner = Callable[[IO[bytes]], str | None]
"""Names the virus in a file; None = there is none known."""


class Clamd:
    """Asks the clamd that listens at *path*."""

    def __init__(self, path: str, *, patience: float = PATIENCE) -> None:
        self._path = path
        self._patience = patience

    def __call__(self, file: IO[bytes]) -> str | None:
        """What it found; None = nothing.

        Raises:
            PaperRefused: It cannot say.
        """
        try:
            answer = self._ask(file)
        except OSError as error:
            _log.error("clamd at %s: %s: papers are not taken", self._path, type(error).__name__)
            raise PaperRefused(Refusal.UNCHECKED) from None
        found = _FOUND.fullmatch(answer)
        if found:
            return _UNTOLD.sub("_", found[1].decode("ascii", "replace"))
        if answer != b"stream: OK":
            _log.error("clamd at %s: gave no verdict: see its own log", self._path)
            raise PaperRefused(Refusal.UNCHECKED)
        return None

    def _ask(self, file: IO[bytes]) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(self._patience)
            line.connect(self._path)
            line.sendall(b"zINSTREAM\0")
            file.seek(0)
            while chunk := file.read(_CHUNK):
                line.sendall(struct.pack(">I", len(chunk)))
                line.sendall(chunk)
            line.sendall(struct.pack(">I", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < _ANSWER_MAX:
                more = line.recv(_ANSWER_MAX)
                if not more:
                    break
                answer += more
        return answer.rstrip(b"\0")


class ScanningInspector(Inspector):
    """Lets *scanner* look at a file before *inspector* does."""

    def __init__(self, inspector: Inspector, scanner: Scanner) -> None:
        self._inspector = inspector
        self._scanner = scanner

    def look(self, original: IO[bytes], shown: IO[bytes]) -> Seen:
        virus = self._scanner(original)
        if virus is not None:
            _log.warning("a paper was refused: it has %s", virus, extra={"virus": virus})
            raise PaperRefused(Refusal.INFECTED)
        return self._inspector.look(original, shown)

    def draw(
        self, shown: IO[bytes], media_type: str, page: int, picture: IO[bytes], small: IO[bytes]
    ) -> Drawn:
        return self._inspector.draw(shown, media_type, page, picture, small)
