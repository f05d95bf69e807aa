"""Headers in settings: nothing secret, which would stand in the file and in logs."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

_SECRET = {"authorization", "cookie", "proxy-authorization"}


def _nothing_secret(headers: dict[str, str]) -> dict[str, str]:
    for name in headers:
        if name.lower() in _SECRET:
            msg = f"{name} is a secret: give it in auth"
            raise ValueError(msg)
    return headers


Headers = Annotated[dict[str, str], AfterValidator(_nothing_secret)]
"""Headers by name."""
