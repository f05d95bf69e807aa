"""What is said where the commands that serve cannot begin."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.workspace import Workspace

COMMANDS = (["run"], ["web"], ["worker", "--id", "w1"])


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    """A folder with settings, and no connection."""
    return Workspace(tmp_path, f"sqlite:///{tmp_path}/exempt.db", {})


@pytest.fixture
def taken() -> Iterator[str]:
    """An address at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_where_somebody_listens_nobody_else_does(
    work: Workspace, taken: str, command: list[str]
) -> None:
    pytest.importorskip("uvicorn", reason="needs exempt[web]")
    said = work.run(*command, "--listen", taken, code=1)
    assert said.startswith(f"{taken}: another program listens there: name another address")
    assert not (work.folder / "exempt.db").exists(), "it had not begun"


def test_where_to_listen_stands_in_the_settings(work: Workspace, taken: str) -> None:
    pytest.importorskip("uvicorn", reason="needs exempt[web]")
    with (work.folder / "exempt.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[daemon]\nlisten = "{taken}"\n')
    for command in ("run", "web"):
        assert "another program listens there" in work.run(command, code=1)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_it_is_named(
    work: Workspace, monkeypatch: pytest.MonkeyPatch, command: list[str], missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    said = work.run(*command, "--listen", "127.0.0.1:0", code=1)
    assert said.startswith(f"exempt {command[0]}")
    assert "install exempt[web]; exempt worker --id NAME does jobs without one" in said
