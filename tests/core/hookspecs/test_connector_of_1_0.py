"""A connector written to version 1.0 runs on: found, checked, synced, written to, tested.

Its source is a frozen text. It knows no control of sandboxes, and no hook that came later.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt import Sandbox
from exempt.discovery import PluginState, discover
from support.installed import pretend_installed
from support.workspace import Workspace

SOURCE = Path(__file__).with_name("exempt_ledger.py.txt")
KIT = """
from exempt.testing import Contract

class TestLedger(Contract):
    connector = "ledger"
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which the plugin is installed."""
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(SOURCE, folder / "exempt_ledger.py")
    points = {"exempt.connectors": {"ledger": "exempt_ledger"}}
    pretend_installed(folder, "exempt-ledger", "1.0", points)
    monkeypatch.syspath_prepend(folder)
    importlib.invalidate_caches()
    yield folder
    sys.modules.pop("exempt_ledger", None)


@pytest.fixture
def ledger(plugins: Path, tmp_path: Path) -> Iterator[Sandbox]:
    start = discover().connectors["ledger"].sandbox
    assert start
    with start(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def workspace(ledger: Sandbox, tmp_path: Path) -> Workspace:
    connections = {
        "books": {"connector": "ledger", "write_back": True, "settings": dict(ledger.settings)}
    }
    folder = tmp_path / "office"
    return Workspace(folder, f"sqlite:///{folder}/x.db", connections, ledger.environment)


def test_it_is_found(plugins: Path) -> None:
    (row,) = [row for row in discover().rows if row.name == "ledger"]
    assert (row.state, row.reason) == (PluginState.LOADED, "")


def test_it_is_checked_synced_and_written_to(workspace: Workspace, ledger: Sandbox) -> None:
    assert "✓ books: The ledger" in workspace.run("check")
    workspace.run("sync")
    assert "nothing on file covers Texas" in workspace.run("explain", "B3")
    assert "B3" not in ledger.writes(), "no certificate at all yet: nothing is taken away"
    card = ("--customer", "K1", "--number", "E-77", "--state", "TX", "--reason", "educational")
    workspace.run("certificates", "add", *card, "--signed", "2026-01-15")
    workspace.run("sync")
    assert "taxed False, certificate E-77" in ledger.writes()["B3"]


@pytest.mark.lengthy
def test_the_conformance_kit_runs_with_what_it_has(plugins: Path, tmp_path: Path) -> None:
    (tmp_path / "test_ledger_contract.py").write_text(KIT, encoding="utf-8")
    arguments = ("-q", "-rN", "-p", "no:cacheprovider", "--rootdir", ".", "test_ledger_contract.py")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(plugins)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "ledger: level silver" in ran.stdout
    assert "the sandbox cannot put: override SandboxControls.put" in ran.stdout
