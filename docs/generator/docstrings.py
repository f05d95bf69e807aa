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
    text = inspect.cleandoc(getattr(documented, "__doc__", None) or "")
    first, *rest = _SECTION.split(text)
    named = zip(rest[::2], rest[1::2], strict=True)
    return {"": first.strip(), **{name: inspect.cleandoc(body) for name, body in named}}


def entries(section: str) -> dict[str, str]:
    """The entries of a section ``name: text``, each on one line."""
    found: dict[str, str] = {}
    for part in re.split(r"\n(?=\S)", section):
        name, _, text = part.partition(":")
        found[name.strip()] = " ".join(text.split())
    return found


def prose(text: str) -> str:
    """Paragraphs, tables and literal blocks of a docstring as Markdown."""
    lines = text.replace("``", "`").splitlines()
    return "\n".join(_blocks(lines)).strip()


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if _RULE.match(line):
            end = next((i for i in range(at, len(lines)) if not lines[i].strip()), len(lines))
            yield from _simple_table(lines[at:end])
            at = end
        elif line.strip() == "::":
            block = [*lines[at + 2 :]]
            yield from ("```text", inspect.cleandoc("\n" + "\n".join(block)), "```")
            return
        else:
            yield line
            at += 1


def _simple_table(lines: list[str]) -> list[str]:
    """A reST simple table, with heads above a second rule or without, as Markdown."""
    starts = [m.start() for m in re.finditer("=+", lines[0])]
    cut = [slice(a, b) for a, b in zip(starts, [*starts[1:], None], strict=True)]
    heads, *rows = ([line[c].strip() for c in cut] for line in lines if not _RULE.match(line))
    if not _RULE.match(lines[2]):
        heads, rows = [""] * len(cut), [heads, *rows]
    return table(heads, rows).splitlines()


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty without rows."""
    kept = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    if not kept:
        return ""
    lines = [heads, ["---"] * len(heads), *kept]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
