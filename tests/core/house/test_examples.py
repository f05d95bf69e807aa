"""The examples of README.md, of the guides and of docs/ run, and give what they say.

Python runs in the order of the page; TOML and JSON must be readable. A fragment
that cannot stand alone is preceded by ``<!-- skip: next -->``.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from sybil import Document, Example
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("README.md", "docs/**/*.md", "core/README.md", "plugins/*/README.md")
    for path in ROOT.glob(pattern)
)


def readable_toml(example: Example) -> None:
    tomllib.loads(example.parsed)


def readable_json(example: Example) -> None:
    json.loads(example.parsed)


PARSERS = (
    PythonCodeBlockParser(),
    CodeBlockParser(language="toml", evaluator=readable_toml),
    CodeBlockParser(language="json", evaluator=readable_json),
    SkipParser(),
)


@pytest.mark.parametrize("page", PAGES)
def test_examples(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = Document.parse(str(ROOT / page), *PARSERS)
    for example in document.examples():
        example.evaluate()
