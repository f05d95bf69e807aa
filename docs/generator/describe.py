"""Records, enumerations, classes and functions, as sections and tables."""

# ruff: noqa: INP001 - part of a script

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import ModuleType
from typing import Any

from generator.docstrings import entries, line, prose, sections, table
from pydantic import BaseModel

import exempt

PUBLIC = {*exempt.__all__, "Cursor"}
FIELDS = ("field", "type", "default", "meaning")
_ON_HOOKS = {
    name: name.lower()
    for name in ("Connector", "Context", "Settings", "Sandbox", "SandboxControls")
}


def in_order(module: ModuleType) -> Iterator[str]:
    """The public names of a module in its order, a section each."""
    body = ast.parse(inspect.getsource(module)).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in PUBLIC:
            yield described(node.name, getattr(module, node.name))
        elif isinstance(node, ast.Assign) and isinstance(after, ast.Expr):
            name = ast.unparse(node.targets[0])
            if name in PUBLIC:  # a type has no docstring of its own: the text below it is meant
                yield f"### {name}\n\n{prose(inspect.cleandoc(ast.literal_eval(after.value)))}"


def described(name: str, value: Any) -> str:
    """A public name, as a section."""
    heading = f"### {name}"
    if not isinstance(value, type):
        return f"{heading}\n\n{function(name, value)}"
    said = sections(value)
    if issubclass(value, Enum):
        more = ["Values: " + ", ".join(f"`{member.value}`" for member in value) + "."]
    elif issubclass(value, BaseModel):
        more = [fields(value), members(value)]
    elif dataclasses.is_dataclass(value):
        more = [_dataclass_fields(value)]
    else:
        makes = vars(value).get("__init__")
        protocol = getattr(value, "_is_protocol", False)
        more = [f"`{name}({arguments(makes)})`"] if makes and not protocol else []
        more += [listed(said), members(value)]
    return joined(heading, prose(said[""]), *more)


def joined(*parts: str) -> str:
    """Parts with an empty line between them; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)


# --- fields ------------------------------------------------------------------------------


def linked(name: str) -> str:
    """A type's name, with a link where it is described."""
    if name in _ON_HOOKS:
        return f"[`{name}`](hooks.md#{_ON_HOOKS[name]})"
    return f"[`{name}`](records.md#{name.lower()})" if name in PUBLIC else f"`{name}`"


def fields(owner: type[BaseModel]) -> str:
    """The fields of a record, those of its bases first."""
    written, meaning = _written_types(owner), _meanings(owner)
    rows = []
    for name, field in owner.model_fields.items():
        default = field.get_default(call_default_factory=True)
        rows.append(
            (
                f"`{name}`",
                _shown_type(written[name]),
                "required" if field.is_required() else _shown_default(default),
                field.description or meaning.get(name, ""),
            )
        )
    return table(FIELDS, rows)


def _dataclass_fields(owner: Any) -> str:
    written, meaning = _written_types(owner), _meanings(owner)
    rows = []
    for field in dataclasses.fields(owner):
        default = "required"
        if field.default is not dataclasses.MISSING:
            default = _shown_default(field.default)
        elif field.default_factory is not dataclasses.MISSING:
            default = "`{}`"  # dict, and a function that returns an empty one
        rows.append(
            (f"`{field.name}`", _shown_type(written[field.name]), default, meaning[field.name])
        )
    return table(FIELDS, rows)


def _shown_type(written: str) -> str:
    """A type as the source has it, without its constraints."""
    plain = written.removeprefix("Annotated[").partition(",")[0]
    parts = (plain if written.startswith("Annotated[") else written).split(" | ")
    return " or ".join(linked(part) for part in parts)


def _shown_default(value: object) -> str:
    if isinstance(value, type):
        return f"`{value.__name__}`"
    return f"`{value.value!r}`" if isinstance(value, Enum) else f"`{value!r}`"


def _written_types(owner: type) -> dict[str, str]:
    return {
        name: str(annotation)
        for cls in reversed(owner.__mro__)
        for name, annotation in inspect.get_annotations(cls).items()
    }


def _meanings(owner: type) -> dict[str, str]:
    """What the docstrings of a class and of its bases say of its fields."""
    found: dict[str, str] = {}
    for cls in reversed(owner.__mro__):
        found |= entries(sections(cls).get("Attributes", ""))
    return found


# --- functions and methods ---------------------------------------------------------------


def members(owner: type) -> str:
    """Methods and properties of a class, with what they say."""
    found = []
    for name, member in vars(owner).items():
        value = getattr(member, "__func__", member)  # of a class method
        if name.startswith(("_", "model_")):
            continue
        if isinstance(value, property):
            found.append(f"**`.{name}`**: {prose(sections(value)[''])}")
        elif inspect.isfunction(value):
            found.append(function(f".{name}", value))
    return joined(*found)


def function(name: str, called: Callable[..., Any]) -> str:
    """How to call a function, and its docstring."""
    said = sections(called)
    return joined(f"**`{name}({arguments(called)})`**: {prose(said[''])}", listed(said))


def arguments(called: Callable[..., Any]) -> str:
    """The names of a function's arguments, ``=…`` where there is a default."""
    shown: list[str] = []
    for argument in inspect.signature(called).parameters.values():
        if argument.kind is argument.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        stars = "**" if argument.kind is argument.VAR_KEYWORD else ""
        default = "" if argument.default is argument.empty else "=…"
        shown.append(f"{stars}{argument.name}{default}")
    return ", ".join(name for name in shown if name not in {"self", "cls"})


def listed(said: Mapping[str, str]) -> str:
    """Arguments, result and errors of a docstring."""
    given = entries(said.get("Args", "")).items()
    raised = entries(said.get("Raises", "")).items()
    return joined(
        "\n".join(f"- `{name}`: {text}" for name, text in given),
        f"Returns: {line(said['Returns'])}" if "Returns" in said else "",
        *(f"Raises `{name}`: {text}" for name, text in raised),
    )
