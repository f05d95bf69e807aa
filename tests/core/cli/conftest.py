"""The command line on a terminal so wide that no line is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.cli import output
from support.desk import Desk, a_desk


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.console, "_width", 200)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A tax manager's desk."""
    with a_desk(tmp_path) as found:
        yield found
