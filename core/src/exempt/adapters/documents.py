"""Files, kept by the SHA-256 of their content in a local folder."""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
from pathlib import Path
from typing import IO, BinaryIO

from exempt.errors import NotFoundError, RefusedError
from exempt.services.files import Documents, Judge

MAX_BYTES = 50 * 1024 * 1024
_CHUNK = 1024 * 1024


class LocalDocuments(Documents):
    """A folder of files; the same content is kept once, and never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: BinaryIO, judge: Judge | None = None) -> tuple[str, int]:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".part-")
        part = Path(name)
        try:
            with os.fdopen(handle, "w+b") as file:
                sha256, size = _copy(content, file)
                file.flush()
                if judge:
                    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as written:
                        judge(written)
                os.fsync(file.fileno())
            target = self._path(sha256)
            target.parent.mkdir(exist_ok=True)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)
        return sha256, size

    def open(self, sha256: str) -> IO[bytes]:
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            msg = f"document {sha256[:12]}…: not in {self._folder}: restore it from a backup"
            raise NotFoundError(msg) from None

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _copy(content: BinaryIO, file: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            msg = "the file is larger than 50 MB: scan it in a lower resolution"
            raise RefusedError(msg)
        file.write(chunk)
    if size == 0:
        msg = "the file is empty: save it once more, and see that it has something in it"
        raise RefusedError(msg)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
