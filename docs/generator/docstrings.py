"""Docstrings, as the house writes them, in Markdown."""

# ruff: noqa: INP001 - part of a script

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence

_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises):$", re.MULTILINE)
_RULE = re.compile(r"^=+( +=+)+$")


def sections(documented: object) -> dict[str, str]:
    """A docstring's text under ``""``, and its sections by name."""
    text = inspect.cleandoc(documented.__doc__ or "")
    first, *rest = _SECTION.split(text)
    named = zip(rest[::2], rest[1::2], strict=True)
    return {"": first.strip(), **{name: inspect.cleandoc(body) for name, body in named}}


def entries(section: str) -> dict[str, str]:
    """The entries ``name: text`` of a section, each on one line."""
    found = (part.partition(":") for part in re.split(r"\n(?=\S)", section) if part)
    return {name.strip(): line(text) for name, _, text in found}


def line(text: str) -> str:
    """*text* on one line, as Markdown."""
    return " ".join(text.replace("``", "`").split())


def prose(text: str) -> str:
    """Paragraphs, tables and literal blocks of a docstring as Markdown."""
    return "\n\n".join(_block(part) for part in _paragraphs(text.splitlines()))


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    """Lines between empty ones; what follows ``::`` is one paragraph to the end."""
    part: list[str] = []
    for at, line in enumerate(lines):
        if line.strip() == "::":
            yield lines[at:]
            return
        if line.strip():
            part.append(line)
        elif part:
            yield part
            part = []
    if part:
        yield part


def _block(lines: list[str]) -> str:
    if lines[0].strip() == "::":
        literal = inspect.cleandoc("\n".join(lines[1:])).replace("``", "")
        return f"```text\n{literal}\n```"
    made = _simple_table(lines) if _RULE.match(lines[0]) else "\n".join(lines)
    return made.replace("``", "`")


def _simple_table(lines: list[str]) -> str:
    """A reST simple table, with heads above a second rule or without, as Markdown."""
    starts = [m.start() for m in re.finditer("=+", lines[0])]
    cut = [slice(a, b) for a, b in zip(starts, [*starts[1:], None], strict=True)]
    heads, *rows = ([line[c].strip() for c in cut] for line in lines if not _RULE.match(line))
    if not _RULE.match(lines[2]):
        heads, rows = [""] * len(cut), [heads, *rows]
    return table(heads, rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty without rows."""
    kept = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [heads, ["---"] * len(heads), *kept] if kept else []
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
