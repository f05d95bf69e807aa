"""Files, kept by the SHA-256 of their content in a local folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from exempt.errors import NotFoundError
from exempt.rules.papers import MAX_BYTES
from exempt.services.files import Documents, Incoming, Judge, NoRoomError, SizeError

PART = ".part-"
"""What the names of files begin with that are being written."""

_CHUNK = 1024 * 1024


class LocalDocuments(Documents):
    """A folder of files; the same content is kept once, and never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def receive(self, content: IO[bytes], most: int | None = None) -> Iterator[Incoming]:
        with self._part() as (part, file):
            with room(self._folder):
                sha256, size = _copy(content, file, most or MAX_BYTES)
                file.flush()
            file.seek(0)
            yield _Incoming(self, part, file, sha256, size)

    def put(
        self, content: IO[bytes], judge: Judge | None = None, *, most: int | None = None
    ) -> tuple[str, int]:
        with self.receive(content, most) as incoming:
            if judge:
                with mmap.mmap(incoming.file.fileno(), 0, access=mmap.ACCESS_READ) as written:
                    judge(written)
            incoming.keep()
        return incoming.sha256, incoming.size

    def has(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def scratch(self) -> AbstractContextManager[IO[bytes]]:
        self._folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self._folder)

    def _keep(self, part: Path, file: IO[bytes], sha256: str) -> None:
        with room(self._folder):
            os.fsync(file.fileno())
            target = self._path(sha256)
            target.parent.mkdir(exist_ok=True)
            part.replace(target)
            _sync_folder(target.parent)

    @contextlib.contextmanager
    def _part(self) -> Iterator[tuple[Path, IO[bytes]]]:
        with room(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=PART)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield Path(name), file
        finally:
            Path(name).unlink(missing_ok=True)

    def open(self, sha256: str) -> IO[bytes]:
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            msg = f"document {sha256[:12]}…: not in {self._folder}: restore it from a backup"
            raise NotFoundError(msg) from None

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


@dataclass(frozen=True)
class _Incoming(Incoming):
    """A file that has come in, in a part of its own."""

    _documents: LocalDocuments
    _part: Path
    file: IO[bytes]
    sha256: str
    size: int

    def keep(self) -> None:
        self._documents._keep(self._part, self.file, self.sha256)  # noqa: SLF001 - its other half


@contextlib.contextmanager
def room(folder: Path) -> Iterator[None]:
    """Say in our words that a disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        msg = f"{folder}: there is no room for the file: make some on that disk, and try again"
        raise NoRoomError(msg) from None


def _copy(content: IO[bytes], file: IO[bytes], most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > most:
            mend = (
                "scan it in a lower resolution" if most == MAX_BYTES else "divide it into several"
            )
            msg = f"the file is larger than {most // 1024**2:,} MB: {mend}"
            raise SizeError(msg, size)
        file.write(chunk)
    if size == 0:
        msg = "the file is empty: save it once more, and see that it has something in it"
        raise SizeError(msg, 0)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
