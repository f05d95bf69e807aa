"""The bytes of files that are arriving in parts, in a folder beside the documents."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Collection
from pathlib import Path
from typing import IO

from exempt.adapters.documents import PART, room
from exempt.errors import ConflictError, NotFoundError
from exempt.services.uploads import Parts

FOLDER = ".uploads"

_OLD = 24 * 3600  # seconds; no file takes that long to be written
_HASH = re.compile(r"[0-9a-f]{64}")


class LocalParts(Parts):
    """A file for each upload, under the folder of *documents*."""

    def __init__(self, documents: Path) -> None:
        self._documents = documents
        self._folder = documents / FOLDER

    def size(self, token_hash: str) -> int:
        try:
            return self._path(token_hash).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, token_hash: str, offset: int, data: bytes) -> int:
        # The lock is held for these bytes only: a line that was cut, and is not yet known
        # to be, does not keep the one after it waiting.
        with room(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._path(token_hash).open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                size = os.fstat(file.fileno()).st_size
                if size != offset:
                    msg = f"the upload has come to byte {size:,}, not to {offset:,}: go on there"
                    raise ConflictError(msg)
                file.write(data)
        return offset + len(data)

    def open(self, token_hash: str) -> IO[bytes]:
        try:
            return self._path(token_hash).open("rb")
        except FileNotFoundError:
            msg = "the upload: is not there any more: send the file again"
            raise NotFoundError(msg) from None

    def drop(self, token_hash: str) -> None:
        self._path(token_hash).unlink(missing_ok=True)

    def free(self) -> int:
        self._documents.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._documents).free

    def tidy(self, known: Collection[str]) -> int:
        parts = (path for path in self._folder.glob("*") if path.name not in known)
        left = [path for path in (*parts, *self._documents.glob(f"{PART}*")) if _old(path)]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _path(self, token_hash: str) -> Path:
        if not _HASH.fullmatch(token_hash):
            msg = "no hash of a token"
            raise ValueError(msg)
        return self._folder / token_hash


def _old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _OLD
    except FileNotFoundError:  # it was kept at this moment
        return False
