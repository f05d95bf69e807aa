"""docs/reference is what docs/generate.py makes of the code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from exempt import errors, hookspecs

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ("api", "cli", "errors", "hooks", "http", "records", "settings")


@pytest.fixture(scope="module")
def generate() -> Iterator[Any]:
    sys.path.insert(0, str(DOCS))
    before: dict[str, ModuleType] = dict(sys.modules)
    try:
        yield importlib.import_module("generate")
    finally:
        sys.path.remove(str(DOCS))
        for name in set(sys.modules) - set(before):
            if name.partition(".")[0] in {"generate", "generator"}:
                del sys.modules[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_the_reference_is_what_the_code_says(generate: Any, name: str) -> None:
    found = (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert found == generate.PAGES[f"{name}.md"](), "run: python docs/generate.py"


def test_every_page_of_the_reference_is_made(generate: Any) -> None:
    files = {path.name for path in (DOCS / "reference").iterdir()}
    assert files == set(generate.PAGES) == {f"{name}.md" for name in NAMES}


def test_of_every_hook_it_is_said_when_it_is_called_and_what_may_happen_twice(
    generate: Any,
) -> None:
    hooks = [name for name in vars(hookspecs.Connector) if not name.startswith("_")]
    assert list(generate.CALLED) == list(generate.TWICE) == hooks


def test_of_every_error_of_a_connector_it_is_said_what_the_sync_does(generate: Any) -> None:
    told = {getattr(errors, name) for name in generate.SYNC_DOES}
    raised = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.ConnectorError)
    }
    as_config_error = {errors.AuthError, errors.ScopeError}
    assert told == raised - {errors.ConnectorError} - as_config_error
