"""``import exempt`` gives every name of the specification, from where type checkers see it."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import exempt


def seen_by_type_checkers() -> dict[str, str]:
    """Home by name, from the imports below ``if TYPE_CHECKING``."""
    tree = ast.parse(Path(inspect.getfile(exempt)).read_text(encoding="utf-8"))
    return {
        alias.name: str(node.module)
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("name", exempt.__all__)
def test_a_name_is_what_its_home_calls_so(name: str) -> None:
    home = seen_by_type_checkers()[name]
    assert getattr(exempt, name) is getattr(importlib.import_module(home), name)


def test_type_checkers_see_the_same_names() -> None:
    assert set(seen_by_type_checkers()) == set(exempt.__all__)


def test_names_are_listed_once() -> None:
    assert len(exempt.__all__) == len(set(exempt.__all__))
    assert set(exempt.__all__) <= set(dir(exempt))


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'exempt' has no attribute 'Odrer'"):
        exempt.Odrer  # type: ignore[attr-defined]  # noqa: B018


def test_importing_exempt_loads_nothing_heavy() -> None:
    """``exempt --help`` does not wait for pydantic."""
    code = "import sys, exempt; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"pydantic", "httpx", "sqlalchemy", "pluggy", "stamina"} & set(loaded)
