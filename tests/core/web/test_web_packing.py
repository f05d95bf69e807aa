"""Pages go by gzip, portion by portion, and how long they are says little."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest
from starlette.requests import Request

from exempt.web.packing import headers_of, portions_for


def asked(encoding: str) -> Request:
    """What a browser asks that takes this."""
    heads = [(b"accept-encoding", encoding.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": heads})


def test_each_portion_can_be_read_before_the_next_one_is_made() -> None:
    made: list[str] = []

    def portions() -> Iterator[str]:
        for each in ("<p>é</p>", "<b>" * 5_000, ""):
            made.append(each)
            yield each

    unpack = zlib.decompressobj(31)
    read = []
    for portion in portions_for(asked("br, gzip"), portions()):
        read.append(unpack.decompress(portion).decode())
        assert "".join(read) == "".join(made)
    assert unpack.eof, "a browser is told that this was all"


@pytest.mark.parametrize("encoding", ["", "br", "identity"])
def test_who_does_not_take_gzip_gets_the_page_as_it_is(encoding: str) -> None:
    assert headers_of(asked(encoding)) == {"Vary": "Accept-Encoding"}
    assert list(portions_for(asked(encoding), ["é", "b"])) == ["é".encode(), b"b"]


def test_the_same_page_is_not_always_as_long() -> None:
    def length() -> int:
        return len(b"".join(portions_for(asked("gzip"), ["<p>the same</p>"])))

    assert len({length() for _ in range(50)}) > 5


def test_what_breaks_a_page_off_does_not_take_back_what_was_sent() -> None:
    def portions() -> Iterator[str]:
        yield "<p>begun</p>"
        raise RuntimeError

    sent = portions_for(asked("gzip"), portions())
    assert zlib.decompressobj(31).decompress(next(sent)) == b"<p>begun</p>"
    with pytest.raises(RuntimeError):
        next(sent)
