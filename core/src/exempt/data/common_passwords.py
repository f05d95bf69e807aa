"""Passwords that were in breaches most often, from the frequency lists of zxcvbn (MIT)."""

from __future__ import annotations

import functools
import gzip
from importlib import resources


@functools.cache
def common_passwords() -> frozenset[str]:
    """11,611 of them with 8 letters or more, in small letters."""
    packed = resources.files(__package__).joinpath("common_passwords.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
