"""A file is kept whole or not at all, and whoever judges it sees it before it is kept."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import RefusedError
from exempt.rules.containers import Content
from exempt.rules.papers import MAX_BYTES

MEBIBYTE = 1024 * 1024


class Zeros(io.RawIOBase):
    """A stream of zeros, and how many of them were read."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        given = min(self.left, size)
        self.left -= given
        self.taken += given
        return bytes(given)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_fifty_megabytes_are_kept(documents: LocalDocuments, tmp_path: Path) -> None:
    sizes: list[int] = []
    sha256, size = documents.put(
        Zeros(52_428_800),  # type: ignore[arg-type]  # all that is asked of it
        lambda content: sizes.append(len(content)),
    )
    assert size == 52_428_800 == MAX_BYTES
    assert sizes == [size]
    (kept,) = files(tmp_path / "documents")
    assert (kept.name, kept.stat().st_size) == (sha256, size)


@pytest.mark.parametrize(
    "size", [52_428_801, 10**12], ids=["one byte more is refused", "a stream without an end too"]
)
def test_what_is_larger_is_refused_while_it_comes_in(
    documents: LocalDocuments, tmp_path: Path, size: int
) -> None:
    stream = Zeros(size)
    with pytest.raises(RefusedError, match="larger than 50 MB"):
        documents.put(stream, lambda _content: pytest.fail("half a file is judged"))  # type: ignore[arg-type]
    assert stream.taken <= MAX_BYTES + MEBIBYTE
    assert files(tmp_path / "documents") == []


def test_whoever_judges_sees_all_of_it_and_can_look_anywhere(documents: LocalDocuments) -> None:
    seen: list[bytes] = []

    def look(content: Content) -> None:
        seen.extend([content[:3], content[-2:], content[: len(content)]])
        assert content.rfind(b"d") == 3

    assert documents.put(io.BytesIO(b"abcdef"), look)[1] == 6
    assert seen == [b"abc", b"ef", b"abcdef"]


def test_nothing_is_left_of_what_is_refused(documents: LocalDocuments, tmp_path: Path) -> None:
    def refuse(_content: Content) -> None:
        msg = "is a program: leave it out"
        raise RefusedError(msg)

    for _ in range(2):
        with pytest.raises(RefusedError, match="is a program"):
            documents.put(io.BytesIO(b"MZ"), refuse)
    assert files(tmp_path / "documents") == []
    documents.put(io.BytesIO(b"MZ"))
    with pytest.raises(RefusedError, match="is a program"):
        documents.put(io.BytesIO(b"MZ"), refuse)
    (kept,) = files(tmp_path / "documents")
    assert kept.name == hashlib.sha256(b"MZ").hexdigest(), "what others keep stays theirs"


def test_a_stream_that_breaks_off_leaves_nothing(documents: LocalDocuments, tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError
            return super().read(3)

    with pytest.raises(OSError):
        documents.put(Broken(b"abcdef"), lambda _content: None)
    assert files(tmp_path / "documents") == []


def test_an_empty_file_is_refused_before_it_is_judged(
    documents: LocalDocuments, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match="the file is empty: save it once more"):
        documents.put(io.BytesIO(), lambda _content: pytest.fail("there is nothing to judge"))
    assert files(tmp_path / "documents") == []
