"""The library that carries runs stays behind one module, so that it can be exchanged."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for top in ("core/src", "plugins")
    for path in (ROOT / top).rglob("*.py")
)


def imported(name: str) -> set[str]:
    """The first words of all that a module imports, wherever in it that stands."""
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def test_one_module_alone_knows_the_engine() -> None:
    knowing = [name for name in SOURCES if "dbos" in imported(name)]
    assert knowing == ["core/src/exempt/adapters/engine/engine.py"]


def test_the_engine_is_held_to_one_major_version() -> None:
    """One call of it is not public: see `Engine.adopt`, and the test that holds it."""
    about = tomllib.loads((ROOT / "core/pyproject.toml").read_text(encoding="utf-8"))["project"]
    (needed,) = [need for need in about["dependencies"] if need.startswith("dbos")]
    assert "<4" in needed.replace(" ", "")
