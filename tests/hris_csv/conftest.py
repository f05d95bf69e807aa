"""A connector on a file that the test writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exempt.testing import StillContext
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.settings import HrisCsvSettings

Connect = Callable[..., HrisCsv]


@pytest.fixture
def connect(tmp_path: Path) -> Connect:
    """``connect(content, **settings)``; content None leaves the file as it is."""

    def connect(content: str | bytes | None, **settings: Any) -> HrisCsv:
        if content is not None:
            raw = content.encode() if isinstance(content, str) else content
            (tmp_path / "employees.csv").write_bytes(raw)
        return HrisCsv(
            HrisCsvSettings.model_validate({"path": "employees.csv", **settings}),
            StillContext(tmp_path),
        )

    return connect
