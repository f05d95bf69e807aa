"""References to secrets, which never stand in a settings file themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _reference(value: str) -> str:
    if not value.startswith(("env:", "file:")):
        msg = "a secret does not stand in the file: write env:NAME or file:PATH"
        raise ValueError(msg)
    return value


Reference = Annotated[str, AfterValidator(_reference)]
"""Where a secret is: ``env:NAME`` or ``file:PATH``."""
