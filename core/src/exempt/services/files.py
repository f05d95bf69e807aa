"""Files that people hand in: judged by their content, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, Protocol

from exempt.errors import RefusedError
from exempt.rules import filekinds
from exempt.rules.containers import Content
from exempt.rules.filekinds import FileKind

Judge = Callable[[Content], None]
"""Sees a whole file before it is kept, and raises `RefusedError` if it is not to be."""


class SizeError(RefusedError):
    """A file is empty, or too large: a certificate's has 50 MB at most.

    Attributes:
        size: How many bytes were read before it was given up; 0 = it is empty.
    """

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size


class NoRoomError(RefusedError):
    """The disk has no room for a file; the same file may come again later."""


class Incoming(Protocol):
    """A file that has come in whole, and is not kept yet."""

    file: IO[bytes]
    sha256: str
    size: int

    def keep(self) -> None:
        """Keep it; else it is gone with the end of the block."""
        ...


class Documents(Protocol):
    """Keeps files by the SHA-256 of their content."""

    def receive(
        self, content: IO[bytes], most: int | None = None
    ) -> AbstractContextManager[Incoming]:
        """Take in a file while the block runs, to look into it before it is kept.

        Raises:
            SizeError: It is empty, or has more bytes than *most*; without one
                50 MB is the most.
            NoRoomError: The disk is full.
        """
        ...

    def put(
        self, content: IO[bytes], judge: Judge | None = None, *, most: int | None = None
    ) -> tuple[str, int]:
        """Keep a file; returns its SHA-256 as hex, and its size in bytes.

        Raises:
            RefusedError: It is empty, has more bytes than *most*, there is no room, or
                *judge* refuses it; nothing of it is left.
        """
        ...

    def has(self, sha256: str) -> bool:
        """Whether a file is there; its content is not looked at."""
        ...

    def scratch(self) -> AbstractContextManager[IO[bytes]]:
        """A file without a name on the same disk, empty; it is gone with the end of the block."""
        ...

    def open(self, sha256: str) -> IO[bytes]:
        """Open a kept file.

        Raises:
            NotFoundError: It is not there any more.
        """
        ...


class Upload(NamedTuple):
    """A file that comes in as a stream, under the name that somebody gave it."""

    name: str
    content: BinaryIO


class Kept(NamedTuple):
    """A file that is kept; it is served as its content says, whatever its name."""

    name: str
    media_type: str
    sha256: str
    size: int


def open_whole(documents: Documents, sha256: str, name: str) -> IO[bytes]:
    """Open a kept file whose bytes are just those that were kept; messages call it *name*.

    Raises:
        NotFoundError: It is not there any more.
        RefusedError: It was changed since.
    """
    content = documents.open(sha256)
    found = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # a file
    if found != sha256:
        content.close()
        msg = f"{name}: was changed since it was kept: restore it from a backup"
        raise RefusedError(msg)
    content.seek(0)
    return content


def keep(
    documents: Documents, name: str, file: Path | Upload, allowed: Collection[FileKind]
) -> Kept:
    """Keep a file under *name*, if its content is of a kind that is allowed.

    Raises:
        RefusedError: It cannot be read, or is not to be kept; the message names it.
    """
    kinds: list[FileKind] = []

    def judge(content: Content) -> None:
        kinds.append(filekinds.judge(name, content, allowed))

    place = file if isinstance(file, Path) else name
    try:
        with _opened(file) as content:
            sha256, size = documents.put(content, judge)
    except RefusedError as error:
        msg = f"{place}: {error}"
        raise RefusedError(msg) from None
    return Kept(name, kinds[0].media_type, sha256, size)


def _opened(file: Path | Upload) -> AbstractContextManager[BinaryIO]:
    if isinstance(file, Upload):
        return nullcontext(file.content)
    try:
        return file.open("rb")
    except OSError as error:
        msg = f"cannot be read: {error.strerror}"
        raise RefusedError(msg) from None
