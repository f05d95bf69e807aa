"""Bodies: JSON with exact numbers on the way out, careful unpacking on the way in."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from decimal import Decimal

import httpx

ACCEPTED = "gzip"
_STEP = 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class UnreadableError(Exception):
    """A body that is damaged, or packed in a way nobody asked for."""


def encode(value: object) -> bytes:
    """*value* as JSON; a `Decimal` becomes a number of exactly its value.

    Raises:
        ValueError: A number that JSON cannot carry: not finite, or of more
            digits than readers keep.
    """
    text = json.dumps(value, default=_number, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _number(value: object) -> int | float:
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    if not value.is_finite() or value.adjusted() > 17:
        msg = "a number that is not finite or too large cannot be sent as JSON"
        raise ValueError(msg)
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    if Decimal(repr(number)) != value:
        msg = "a number of more than 15 digits cannot be sent exactly as JSON"
        raise ValueError(msg)
    return number


def unpacked(answer: httpx.Response) -> Iterator[bytes]:
    """The body in pieces of at most 1 MiB or as they arrive.

    It is unpacked little by little, so that a small answer which unpacks to
    gigabytes can be refused before it fills the memory.

    Raises:
        UnreadableError: The body is damaged or cut.
    """
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        yield from answer.iter_raw()
    elif coding in {"gzip", "x-gzip"}:
        yield from _inflated(answer.iter_raw())
    else:
        raise UnreadableError


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_GZIP)
    empty = True
    try:
        for piece in packed:
            empty = empty and not piece
            yield inflater.decompress(piece, _STEP)
            while inflater.unconsumed_tail:
                yield inflater.decompress(inflater.unconsumed_tail, _STEP)
        yield inflater.flush()
    except zlib.error:
        raise UnreadableError from None
    if not (inflater.eof or empty) or inflater.unused_data:
        raise UnreadableError
