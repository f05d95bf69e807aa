"""A folder with a settings file, and the command line run in it as a process."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer.testing
from typer.testing import CliRunner, Result

from exempt.cli import app
from exempt.cli.toml import to_toml
from exempt.errors import ExemptError

# The tree of commands is made anew for each call otherwise: two thirds of the time of these tests.
typer.testing._get_command = functools.cache(typer.testing._get_command)  # type: ignore[attr-defined]

NOW = "2026-11-20T12:00:00+00:00"


@dataclass
class Workspace:
    """What a person has: a folder, settings, environment.

    Attributes:
        connections: By name, the tables below ``[connections.NAME]``.
        now: The moment that the processes take for now.
    """

    folder: Path
    database_url: str
    connections: Mapping[str, Mapping[str, Any]]
    environment: Mapping[str, str] = field(default_factory=dict)
    now: str = NOW

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write_settings()

    def write_settings(self, **changes: object) -> None:
        """Write the settings file; *changes* go into every connection."""
        tables = {
            "exempt": {"database": "env:EXEMPT_TEST_DATABASE"},
            "companies": {"northwind": {"name": "Northwind Fasteners Inc."}},
            "connections": {
                name: {"company": "northwind", **connection, **changes}
                for name, connection in self.connections.items()
            },
        }
        (self.folder / "exempt.toml").write_text(to_toml(tables), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command; it is for the caller to end."""
        return subprocess.Popen(
            [sys.executable, "-m", "exempt", "--now", self.now, *arguments],
            cwd=self.folder,
            env={**os.environ, **self._environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command in this process, which is quicker; returns all it printed."""
        result = self.invoke(*arguments)
        said = f"{result.exception}" if isinstance(result.exception, ExemptError) else ""
        assert result.exit_code == code, (
            f"{arguments} ended with {result.exit_code}\n{result.output}{said}"
        )
        return result.output + said

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command with ``--json``; returns what it printed, read."""
        result = self.invoke(*arguments, "--json")
        assert result.exit_code == code, (
            f"{arguments} ended with {result.exit_code}\n{result.output}"
        )
        return json.loads(result.stdout)

    def invoke(self, *arguments: str) -> Result:
        """Run a command in this process, and tell all of it."""
        settings = str(self.folder / "exempt.toml")
        return CliRunner().invoke(
            app, ["--settings", settings, "--now", self.now, *arguments], env=self._environ
        )

    @property
    def _environ(self) -> dict[str, str]:
        return {"EXEMPT_TEST_DATABASE": self.database_url, "COLUMNS": "200", **self.environment}
