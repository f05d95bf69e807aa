"""The specification is what it was when plugins were written against it.

``spec-1.1.json`` holds every name that a plugin may import: hooks with their
arguments, records with their fields, enumerations with their values, errors
with their place in the tree, and the HTTP client. The files of earlier versions
stay as they were; ``test_versions.py`` holds each against the later ones.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import importlib
import inspect
import json
import os
from enum import Enum
from pathlib import Path
from typing import Any

import exempt
import exempt.http
from exempt.hookspecs import ENTRY_POINT_GROUP, SPEC_GROUP, SPEC_VERSION, Connector, Discovery

GOLDEN = Path(__file__).with_name(f"spec-{SPEC_VERSION}.json")
UPDATE = "EXEMPT_WRITE_SPEC"

HOW_TO_CHANGE_IT = f"""
The hook specification is not what {GOLDEN.name} says. Plugins outside this
repository rely on it, so change it only deliberately; docs/how-to/change-the-specification.md
says how:

- Nobody meant to change it: undo the change.
- Something was added (a hook, a value, a field with a default). Was version
  {SPEC_VERSION} released? Then raise the minor of SPEC_VERSION; the new version gets a
  file of its own. Run `{UPDATE}=1 uv run pytest tests/core/hookspecs`, look at
  the difference, and commit it with a line in CHANGELOG.md and the reference.
- Something goes out of use: leave it, and deprecate it (exempt.deprecation).
- Something was removed, renamed or made to mean something else: that is a new
  major version. Raise SPEC_VERSION and write its file with the command above.
"""

Description = dict[str, Any]


def specification() -> Description:
    written = aliases()
    return {
        "version": SPEC_VERSION,
        "entry_point_group": ENTRY_POINT_GROUP,
        "spec_group": SPEC_GROUP,
        "hooks": hooks(Connector),
        "hooks_of_the_module": hooks(Discovery),
        "exempt": {
            name: written[name] if name in written else describe(getattr(exempt, name))
            for name in sorted({*exempt.__all__, "Cursor"} - {"Connector", "SPEC_VERSION"})
        },
        "exempt.http": {
            name: describe(getattr(exempt.http, name)) for name in sorted(exempt.http.__all__)
        },
    }


def describe(value: Any) -> Description | str:
    """A public name, in words that JSON can carry."""
    if not isinstance(value, type):
        return arguments(value)
    if issubclass(value, Enum):
        return {"values": [member.value for member in value]}
    if issubclass(value, Exception):
        return {"is_a": value.__mro__[1].__name__, **made_of(value)}
    return describe_class(value)


def describe_class(value: Any) -> Description:
    if issubclass(value, exempt.Record):
        return {"fields": fields(value), **members(value)}
    if getattr(value, "_is_protocol", False):
        return members(value)
    if dataclasses.is_dataclass(value):
        return made_of(value)
    return {**made_of(value), **members(value)}


def made_of(value: Any) -> Description:
    return {"made_of": arguments(vars(value).get("__init__", object.__init__))}


def fields(record: type[exempt.Record]) -> Description:
    """The types as they are written; an equals sign where there is a default."""
    written = {
        name: annotation
        for cls in reversed(record.__mro__)
        for name, annotation in inspect.get_annotations(cls).items()
    }
    return {
        name: written[name] if field.is_required() else f"{written[name]} ="
        for name, field in record.model_fields.items()
    }


def arguments(called: Any) -> Description | str:
    """As `fields`; of a property the type, of anything else its own type."""
    if isinstance(called, property) and called.fget:
        return str(called.fget.__annotations__["return"])
    if not inspect.isroutine(called):
        return type(called).__name__
    if not hasattr(called, "__code__"):
        return {}
    return {
        name: f"{argument.annotation}{'' if argument.default is argument.empty else ' ='}"
        for name, argument in inspect.signature(called).parameters.items()
        if name != "self"
    }


def members(owner: type) -> Description:
    return {
        name: arguments(getattr(value, "__func__", value))
        for name, value in vars(owner).items()
        if not name.startswith(("_", "model_"))
    }


def hooks(owner: type) -> Description:
    return {
        name: {"takes": arguments(hook), "returns": hook.__annotations__["return"]}
        for name, hook in vars(owner).items()
        if not name.startswith("_")
    }


def aliases() -> dict[str, str]:
    """The constrained types, such as `Amount`, as they are written."""
    homes = [f"exempt.model.{name}" for name in ("record", "address", "fetching")]
    return {
        node.targets[0].id: ast.unparse(node.value)
        for home in homes
        for node in ast.parse(inspect.getsource(importlib.import_module(home))).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def test_the_specification_is_the_one_on_file() -> None:
    found = json.dumps(specification(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get(UPDATE):
        GOLDEN.write_text(found, encoding="utf-8")
    expected = GOLDEN.read_text(encoding="utf-8") if GOLDEN.exists() else ""
    difference = difflib.unified_diff(
        expected.splitlines(), found.splitlines(), GOLDEN.name, "the code", lineterm=""
    )
    assert found == expected, "\n".join([HOW_TO_CHANGE_IT, *difference])
