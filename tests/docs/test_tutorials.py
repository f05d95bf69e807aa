"""The tutorials can be followed: their files are written, their commands run, their output is so.

A block with a ``title`` is a file to save; with ``before`` it goes into that
file, above the line that begins so. In a ``console`` block ``$ …`` is a command,
and below it stands what it prints: ``...`` for whatever does not matter, blanks
and the rules of tables anyhow. What stands in ``sh`` installs something, and is
not run. Other blocks run in the tests of all pages.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Region
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from exempt import cli
from exempt.cli import output
from exempt.cli.base import State
from support.installed import pretend_installed

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.name for path in DOCS.glob("tutorial-*.md"))

_BLOCKS = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))
_FILE = re.compile(r'\w+ title="(?P<title>[^"]+)"(?: before="(?P<before>[^"]+)")?')


def alike(expected: str, found: str) -> bool:
    """Whether a command printed what the page says."""
    said, printed = (" ".join(text.replace("─", " ").split()) for text in (expected, found))
    pattern = ".*".join(re.escape(part.strip()) for part in said.split("..."))
    return re.fullmatch(pattern, printed) is not None


class Follower:
    """Somebody who does, in an empty folder, what a tutorial says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._set = monkeypatch.setattr
        self._running: list[subprocess.Popen[str]] = []
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.setenv("PYTHONPATH", str(folder))
        monkeypatch.setenv("EXEMPT_NOW", "2026-11-20T12:00:00Z")
        monkeypatch.setenv("EXEMPT_USER", "anna")
        monkeypatch.setattr(State, "now", None)
        monkeypatch.setattr(State, "settings", State.settings)
        monkeypatch.setattr(output.console, "_width", 100)

    def follow(self, region: Region) -> None:
        """Do what one block says."""
        info, text = region.lexemes["info"].strip(), region.lexemes["source"].text
        if info == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, expected = part.partition("\n")
                found = self.run(shlex.split(command), expected)
                if not alike(expected, found):
                    pytest.fail(f"$ {command}\n-- the page:\n{expected}\n-- it prints:\n{found}")
        elif found_file := _FILE.fullmatch(info):
            self._save(self.folder / found_file["title"], text, found_file["before"])

    def run(self, words: list[str], expected: str = "") -> str:
        program, *rest = words
        if program == "exempt":
            return self._exempt(rest)
        process = subprocess.Popen(
            [sys.executable, *rest],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        if rest[0] == "-m":
            return process.communicate(timeout=120)[0]
        self._running.append(process)  # in a terminal of its own
        assert process.stdout
        return "".join(process.stdout.readline() for _ in expected.splitlines())

    def _exempt(self, arguments: list[str]) -> str:
        """Run a command in this process, where all is loaded."""
        self._set(sys, "argv", ["exempt", *arguments])
        printed = io.StringIO()
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            pytest.raises(SystemExit),
        ):
            cli.main()
        return printed.getvalue()

    def _save(self, path: Path, text: str, before: str | None) -> None:
        if before:
            head, line, tail = path.read_text(encoding="utf-8").partition(f"\n{before}")
            assert line, f"{path.name} has no line that begins {before!r}"
            indent = before.removesuffix(before.lstrip())  # of which the block was freed
            text = f"{head}\n{textwrap.indent(text, indent)}{line}{tail}"
        path.write_text(text, encoding="utf-8")
        if path.suffix == ".py":  # exempt.toml has the name of a package, too
            sys.modules.pop(path.stem, None)
        if path.name == "pyproject.toml":
            project = tomllib.loads(text)["project"]
            points = project["entry-points"]
            pretend_installed(self.folder, project["name"], project["version"], points)
        importlib.invalidate_caches()

    def leave(self) -> None:
        """End what runs on, and forget what was imported from the folder."""
        for process in self._running:
            process.terminate()
            process.communicate(timeout=60)
        for path in self.folder.glob("*.py"):
            sys.modules.pop(path.stem, None)


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    somebody = Follower(tmp_path, monkeypatch)
    yield somebody
    somebody.leave()


def blocks(page: str) -> list[Region]:
    return list(_BLOCKS(Document((DOCS / page).read_text(encoding="utf-8"), page)))


@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_can_be_followed(page: str, follower: Follower) -> None:
    for region in blocks(page):
        follower.follow(region)


def test_the_connector_of_the_tutorial_has_less_than_sixty_lines() -> None:
    for region in blocks("tutorial-connector.md"):
        if 'title="exempt_corner_shop.py"' in region.lexemes["info"]:
            assert len(region.lexemes["source"].text.splitlines()) < 60
            return
    pytest.fail("the tutorial makes no exempt_corner_shop.py")
