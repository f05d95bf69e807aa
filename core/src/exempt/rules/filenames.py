"""The name under which a file of a customer or certificate is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exempt.errors import RefusedError

MAX_BYTES = 255
"""Of a name in UTF-8; no usual file system takes a longer one."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_UNTAKEN = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_SHOWN = 60


def file_name(given: str) -> str:
    """*given* without folders, control characters and marks that turn letters around.

    Raises:
        RefusedError: What is left is no name that every system takes.
    """
    name = _UNSEEN.sub("", re.split(r"[/\\]", given)[-1]).strip()
    wrong = next(_wrong_with(name), None)
    if wrong:
        shown = _UNSEEN.sub("", given).encode(errors="replace").decode()
        shown = f"{shown[:_SHOWN]}…" if len(shown) > _SHOWN else shown
        msg = f"file {shown!r}: its name {wrong}: rename it"
        raise RefusedError(msg)
    return name


def _wrong_with(name: str) -> Iterator[str]:
    size = len(name.encode(errors="surrogatepass"))
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        yield "is no UTF-8"
    if not name:
        yield "is empty"
    if size > MAX_BYTES:
        yield f"has {size} bytes, and {MAX_BYTES} are the most"
    if name.startswith(".") or name.endswith("."):
        yield "begins or ends with a dot"
    if found := _UNTAKEN.search(name):
        yield f"has a {found[0]}, which not every system takes"
    if _DEVICE.fullmatch(name):
        yield "is that of a device on Windows"


def ending(name: str) -> str:
    """``.pdf`` of ``Form.PDF``; empty where there is none. Windows overlooks what follows."""
    _, dot, suffix = name.rstrip(". ").rpartition(".")
    return f".{suffix}".lower() if dot else ""
