"""The tutorials can be followed: their files are written, their commands run, their output is so.

A block with a ``title`` is a file to save; with ``before`` it goes into that
file, above the line that begins so. In a ``console`` block ``$ …`` is a command,
and below it stands what it prints, ``...`` for whatever does not matter. What
stands in ``sh`` installs something, and is not run. Other blocks run in the
tests of all pages.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sybil import Document, Region
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.name for path in DOCS.glob("tutorial-*.md"))
ALIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

_BLOCKS = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))
_FILE = re.compile(r'\w+ title="(?P<title>[^"]+)"(?: before="(?P<before>[^"]+)")?')


class Follower:
    """Somebody who does, in an empty folder, what a tutorial says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "COLUMNS": "100",
            "EXEMPT_NOW": "2026-11-20T12:00:00Z",
            "PYTHONPATH": str(folder),
            "PYTHONUTF8": "1",
        }
        self._running: list[subprocess.Popen[str]] = []

    def follow(self, region: Region) -> None:
        """Do what one block says."""
        info, text = region.lexemes["info"].strip(), region.lexemes["source"].text
        if info == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, expected = part.partition("\n")
                self._compare(command, expected, self._run(shlex.split(command), expected))
        elif found := _FILE.fullmatch(info):
            self._save(self.folder / found["title"], text, found["before"])

    def _run(self, words: list[str], expected: str) -> str:
        program, *rest = words
        command = [sys.executable, *(["-m", "exempt"] if program == "exempt" else []), *rest]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        if program == "python" and rest[0] != "-m":  # it runs on, in a terminal of its own
            self._running.append(process)
            assert process.stdout
            return "".join(process.stdout.readline() for _ in expected.splitlines())
        return process.communicate(timeout=120)[0]

    def _compare(self, command: str, expected: str, found: str) -> None:
        if not doctest.OutputChecker().check_output(expected, found, ALIKE):
            pytest.fail(f"$ {command}\n--- the page says\n{expected}\n--- it prints\n{found}")

    def _save(self, path: Path, text: str, before: str | None) -> None:
        if before:
            head, line, tail = path.read_text(encoding="utf-8").partition(f"\n{before}")
            assert line, f"{path.name} has no line that begins {before!r}"
            text = f"{head}\n{text}{line}{tail}"
        path.write_text(text, encoding="utf-8")
        if path.name == "pyproject.toml":
            _pretend_installed(self.folder, tomllib.loads(text)["project"])

    def leave(self) -> None:
        """End what runs on."""
        for process in self._running:
            process.terminate()
            process.communicate(timeout=60)


def _pretend_installed(folder: Path, project: dict[str, Any]) -> None:
    """What ``pip install -e`` leaves of a project, without a call to a package index."""
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    named = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(named)
    lines = [
        line
        for group, points in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    somebody = Follower(tmp_path)
    yield somebody
    somebody.leave()


@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_can_be_followed(page: str, follower: Follower) -> None:
    for region in _BLOCKS(Document((DOCS / page).read_text(encoding="utf-8"), page)):
        follower.follow(region)


def test_the_connector_of_the_tutorial_has_less_than_sixty_lines(follower: Follower) -> None:
    page = "tutorial-connector.md"
    for region in _BLOCKS(Document((DOCS / page).read_text(encoding="utf-8"), page)):
        found = _FILE.fullmatch(region.lexemes["info"].strip())
        if found and found["title"] == "exempt_corner_shop.py" and not found["before"]:
            assert len(region.lexemes["source"].text.splitlines()) < 60
            return
    pytest.fail("the tutorial makes no exempt_corner_shop.py")
