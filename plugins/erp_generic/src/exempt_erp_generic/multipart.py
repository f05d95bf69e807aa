"""Forms with files in them (``multipart/form-data``, RFC 7578), as bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

# What a name must not have where it stands between quotes (WHATWG, "multipart/form-data").
_ESCAPES = {'"': "%22", "\r": "%0D", "\n": "%0A"}


@dataclass(frozen=True)
class FormPart:
    """One part of a form; with a file name it is a file."""

    name: str
    content: bytes
    media_type: str | None = None
    file_name: str | None = None


def encoded(parts: Iterable[FormPart]) -> tuple[bytes, str]:
    """The form as bytes, and its ``Content-Type``."""
    parts = list(parts)
    digest = hashlib.sha256(b"".join(part.content for part in parts)).hexdigest()
    # A boundary that follows from the content cannot stand in it but by a miracle.
    boundary = f"exempt-{digest}"
    made = b""
    for part in parts:
        head = f'Content-Disposition: form-data; name="{_quoted(part.name)}"'
        if part.file_name is not None:
            head += f'; filename="{_quoted(part.file_name)}"'
        if part.media_type:
            head += f"\r\nContent-Type: {part.media_type}"
        made += f"--{boundary}\r\n{head}\r\n\r\n".encode() + part.content + b"\r\n"
    return made + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in name)
