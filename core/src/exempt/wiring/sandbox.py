"""A clock of one's own, and the mails that were sent: what a sandbox adds to Exempt."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from exempt.errors import RefusedError
from exempt.web.site import Mail

_LOOK_EVERY = 0.2
"""Seconds between two looks at what others set the clock to."""

LONGEST_STEP = dt.timedelta(days=3660)


class SandboxClock:
    """The machine's clock, put forward or back by what the file at *path* says.

    Others may put it forward while it is in use: see `advance`.
    """

    def __init__(
        self,
        path: Path,
        machine: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._machine = machine
        self._ticks = ticks
        self._offset = dt.timedelta()
        self._looked: float | None = None

    def __call__(self) -> dt.datetime:
        """The moment, in UTC."""
        now = self._ticks()
        if self._looked is None or now - self._looked >= _LOOK_EVERY:
            self._offset, self._looked = self._read(), now
        return self._machine() + self._offset

    def begin_at(self, moment: dt.datetime) -> None:
        """Let it show *moment* now."""
        self._write(moment - self._machine())

    def advance(self, by: dt.timedelta) -> dt.datetime:
        """Put it forward; returns what it shows then.

        Raises:
            RefusedError: Time does not go back, nor ten years at once.
        """
        if not dt.timedelta() < by <= LONGEST_STEP:
            msg = "the clock goes forward, by ten years at most: write 1d, 12h or 30m"
            raise RefusedError(msg)
        self._write(self._read() + by)
        return self()

    def _read(self) -> dt.timedelta:
        try:
            return dt.timedelta(seconds=float(self._path.read_text(encoding="ascii")))
        except FileNotFoundError:
            return dt.timedelta()

    def _write(self, offset: dt.timedelta) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(f"{offset.total_seconds()}\n", encoding="ascii")
        part.replace(self._path)
        self._looked = None


def mails_in(folder: Path) -> list[Mail]:
    """The mails that lie in *folder* and those below it as ``*.eml``, the newest first."""
    paths = sorted(folder.glob("**/*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [_mail(path) for path in paths]


def _mail(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=default)
    text = message.get_body(("plain",))
    return Mail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text="" if text is None else str(text.get_content()),
        path=str(path),
    )
