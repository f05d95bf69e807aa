"""What looks into papers is put together as the settings say."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exempt.adapters.papers.inspector import ProcessInspector
from exempt.adapters.papers.scanning import ScanningInspector
from exempt.errors import SettingsError
from exempt.wiring import Exempt
from exempt.wiring.papers import inspector_of, parts_of, press_of, printer_of
from support.databases import made
from support.records import NOW


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a database."""
    with made("sqlite", tmp_path, migrated=True):
        yield tmp_path


def opened(folder: Path, more: str = "") -> contextlib.closing[Exempt]:
    file = folder / "exempt.toml"
    file.write_text(f"[exempt]\n{more}")
    return contextlib.closing(Exempt(file, clock=lambda: NOW))


def test_without_a_scanner_none_is_asked(folder: Path) -> None:
    with opened(folder) as exempt:
        assert isinstance(inspector_of(exempt), ProcessInspector)


def test_a_scanner_is_asked_first(folder: Path) -> None:
    with opened(folder, '[web]\nvirus_scanner = "unix:/run/clamav/clamd.ctl"\n') as exempt:
        assert isinstance(inspector_of(exempt), ScanningInspector)


@pytest.mark.parametrize("value", ["/run/clamd.ctl", "tcp:127.0.0.1:3310", "unix:clamd.ctl", ""])
def test_a_scanner_is_named_by_its_socket(folder: Path, value: str) -> None:
    with (
        pytest.raises(SettingsError, match="virus_scanner"),
        opened(folder, f'[web]\nvirus_scanner = "{value}"\n') as exempt,
    ):
        inspector_of(exempt)


def test_without_the_extra_it_says_which(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def missing(name: str, *more: Any) -> Any:
        return None if name in {"pikepdf", "reportlab"} else find(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", missing)
    with opened(folder) as exempt:
        assert printer_of(exempt) is None
        for make in (inspector_of, press_of):
            with pytest.raises(SettingsError, match=r"exempt\[documents\]"):
                make(exempt)


def test_parts_lie_beside_the_documents(folder: Path) -> None:
    with opened(folder) as exempt:
        exempt.documents.put(io.BytesIO(b"x"))
        parts = parts_of(exempt)
        parts.append("a" * 64, 0, b"x")
        assert (folder / "documents" / ".uploads" / ("a" * 64)).is_file()
