"""A desk on which papers are looked into, by the process that does it in earnest or by another."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import ExitStack
from typing import IO, NamedTuple

from PIL import Image

from exempt.model.paper import Refusal
from exempt.services.papers import Drawn, Inspector, PaperRefused, Seen


class Looked(NamedTuple):
    """What was seen, and the copy."""

    seen: Seen
    copy: bytes


class PaperDesk:
    """Files for an inspector."""

    def __init__(self, inspector: Inspector, stack: ExitStack) -> None:
        self.inspector = inspector
        self._stack = stack

    def file(self, content: bytes = b"") -> IO[bytes]:
        """A file with that content."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
        self._stack.callback(file.close)
        file.write(content)
        file.flush()
        return file

    def look(self, content: bytes) -> Looked:
        """Look into a file."""
        copy = self.file()
        seen = self.inspector.look(self.file(content), copy)
        return Looked(seen, _read(copy))

    def draw(self, looked: Looked, page: int = 1) -> tuple[Drawn, bytes, bytes]:
        """Draw a page of what was looked into: its sizes, and both pictures."""
        picture, small = self.file(), self.file()
        media_type = looked.seen.shown_media_type
        sizes = self.inspector.draw(self.file(looked.copy), media_type, page, picture, small)
        return sizes, _read(picture), _read(small)


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


class FakeInspector(Inspector):
    """Takes every PDF for one of so many pages, and draws them in a colour of a page's number.

    Attributes:
        pages: How many.
        looked: How many files it looked into.
        drawn: The pages that it drew.
        refuses: What it refuses files with, if anything.
    """

    def __init__(self, pages: int = 2) -> None:
        self.pages = pages
        self.looked = 0
        self.drawn: list[int] = []
        self.refuses: Refusal | None = None

    def look(self, original: IO[bytes], shown: IO[bytes]) -> Seen:
        self._refuse()
        self.looked += 1
        original.seek(0)
        shown.write(b"%PDF-copy of " + hashlib.file_digest(original, "sha256").digest())  # type: ignore[arg-type]  # a file
        return Seen("application/pdf", self.pages, "application/pdf", ("JavaScript",))

    def draw(
        self, shown: IO[bytes], media_type: str, page: int, picture: IO[bytes], small: IO[bytes]
    ) -> Drawn:
        self._refuse()
        assert media_type == "application/pdf"
        assert shown.read(13) == b"%PDF-copy of "
        self.drawn.append(page)
        for file, size in ((picture, (170, 220)), (small, (17, 22))):
            Image.new("RGB", size, (page, 100, 100)).save(file, "WEBP", lossless=True)
        return Drawn(170, 220, 17, 22)

    def _refuse(self) -> None:
        if self.refuses is not None:
            raise PaperRefused(self.refuses)
