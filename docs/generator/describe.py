"""Records, enumerations, functions and settings, as sections and tables."""

# ruff: noqa: INP001 - part of a script

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import exempt
from generator.docstrings import entries, prose, sections, table

HOMES = ("record", "address", "certificate", "sources", "exchange")
PUBLIC = {*exempt.__all__, "Cursor"}


def shown_type(written: str) -> str:
    """A type as it is written in the source, with links to what is described."""
    if written.startswith("Annotated["):
        written = written.removeprefix("Annotated[").partition(",")[0]
    return " or ".join(_linked(part) for part in written.split(" | "))


def _linked(name: str) -> str:
    homes = {"Connector": "", "Context": "#context", "Settings": "#settings", "Sandbox": "#sandbox"}
    if name in homes:
        return f"[`{name}`](hooks.md{homes[name]})"
    return f"[`{name}`](records.md#{name.lower()})" if name in PUBLIC else f"`{name}`"


def shown_default(value: Any) -> str:
    """A default as it would be written."""
    if isinstance(value, Enum):
        value = value.value
    return "" if value is PydanticUndefined else f"`{value!r}`"


def written_types(owner: type) -> dict[str, str]:
    """The types of fields as the source has them, those of the bases first."""
    return {
        name: str(annotation)
        for cls in reversed(owner.__mro__)
        for name, annotation in inspect.get_annotations(cls).items()
    }


def meanings(owner: type) -> dict[str, str]:
    """What the docstrings of a class and of its bases say of its fields."""
    return {
        name: text.replace("``", "`")
        for cls in reversed(owner.__mro__)
        for name, text in entries(sections(cls).get("Attributes", "")).items()
        if name
    }


def fields(owner: type[BaseModel]) -> str:
    """The fields of a record."""
    written, meaning = written_types(owner), meanings(owner)
    return table(
        ("field", "type", "default", "meaning"),
        [
            (
                f"`{name}`",
                shown_type(written[name]),
                "required"
                if field.is_required()
                else shown_default(field.get_default(call_default_factory=True)),
                field.description or meaning.get(name, ""),
            )
            for name, field in owner.model_fields.items()
        ],
    )


def members(owner: type) -> str:
    """Methods and properties of a class, with what they say."""
    found = []
    for name, value in vars(owner).items():
        value = getattr(value, "__func__", value)
        if name.startswith(("_", "model_")):
            continue
        if isinstance(value, property):
            found.append(f"**`.{name}`**: {prose(sections(value)[''])}")
        elif inspect.isfunction(value):
            found.append(function(f"{owner.__name__}.{name}", value))
    return "\n\n".join(found)


def function(name: str, called: Callable[..., Any]) -> str:
    """A function: how to call it, and its docstring."""
    said = sections(called)
    return "\n\n".join(
        part
        for part in (f"**`{name}({arguments(called)})`**: {prose(said[''])}", listed(said))
        if part
    )


def listed(said: Mapping[str, str]) -> str:
    """Arguments, result and errors of a docstring."""
    parts = [
        "\n".join(
            f"- `{name}`: {text.replace('``', '`')}" for name, text in entries(said["Args"]).items()
        )
        if "Args" in said
        else ""
    ]
    if "Returns" in said:
        parts.append(f"Returns: {' '.join(prose(said['Returns']).split())}")
    if "Raises" in said:
        parts += [f"Raises `{name}`: {text}" for name, text in entries(said["Raises"]).items()]
    return "\n\n".join(part for part in parts if part)


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


def described(name: str, value: Any) -> str:
    """A public name, as a section."""
    heading = f"### {name}"
    if not isinstance(value, type):
        return f"{heading}\n\n{function(name, value)}"
    said = sections(value)
    parts = [heading, prose(said[""])]
    if issubclass(value, Enum):
        parts.append("Values: " + ", ".join(f"`{member.value}`" for member in value) + ".")
    elif issubclass(value, BaseModel):
        parts += [fields(value), members(value)]
    elif dataclasses.is_dataclass(value):
        parts.append(_dataclass(value))
    else:
        if "__init__" in vars(value) and inspect.isfunction(value.__init__):
            parts.append(f"`{name}({arguments(value.__init__)})`")
        parts += [listed(said), members(value)]
    return "\n\n".join(part for part in parts if part)


def _dataclass(value: Any) -> str:
    written, meaning = written_types(value), meanings(value)
    rows = []
    for field in dataclasses.fields(value):
        default = "required"
        if field.default is not dataclasses.MISSING:
            default = shown_default(field.default)
        elif field.default_factory is not dataclasses.MISSING:
            default = "`{}`"
        rows.append(
            (f"`{field.name}`", shown_type(written[field.name]), default, meaning[field.name])
        )
    return table(("field", "type", "default", "meaning"), rows)


