"""The reference of the settings file, every table of it, from its model."""

# ruff: noqa: INP001 - beside a script, no package

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from exempt.settings.tables import SettingsFile

from .describe import joined
from .docstrings import entries, line, sections, table

MORE = {
    "exempt": "The database, the documents, and the rules that decide.",
    "companies.KEY": "One of the seller's legal entities. Customers and connections belong to a"
    " company.",
    "connections.NAME": "One account of one outside system. Its table `settings` has what its"
    " connector sets: see the guide of each [connector](../how-to/connectors.md).",
    "console": "What administrators may do in a browser: see"
    " [data sources](../how-to/console-sources.md).",
    "custom_fields.customers.KEY": "A field of your own that customers have; an import has a"
    " column of that title. See [customers](../how-to/customers.md).",
    "custom_fields.certificates.KEY": "The same for [certificates](../how-to/certificates.md).",
    "daemon": "What runs by itself, and when: see [the daemon](../how-to/run-the-daemon.md).",
    "nexus": "The watch over where tax is to be collected: see [nexus](../how-to/nexus.md).",
    "requests": "How customers are asked for certificates: see [requests](../how-to/requests.md).",
    "web": "The site: portal, console, API and webhooks. See"
    " [publish the site](../how-to/publish-the-site.md).",
    "web.oidc": "Staff sign in with accounts that they have already: see"
    " [sign-in](../how-to/sign-in.md).",
}
"""What is said of a table; one that is missing here makes the page fail."""


def tables() -> str:
    """Every table, in the order of the file."""
    return joined(*_below(SettingsFile, ""))


def _below(model: type[BaseModel], within: str) -> Iterator[str]:
    """The sections of the tables that a table has."""
    for name, field in model.model_fields.items():
        if inner := _model_in(field.annotation):
            key = f".{_key(name)}" if get_origin(field.annotation) is dict else ""
            path = f"{within}{name}{key}"
            if rows := _rows(inner):
                head = table(("key", "value", "default", "meaning"), rows)
                yield joined(f"## [{path}]", MORE[path], head)
            yield from _below(inner, f"{path}.")


def _key(name: str) -> str:
    return "NAME" if name == "connections" else "KEY"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model of a table, of one that may be missing, or of tables by name."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _rows(model: type[BaseModel]) -> list[tuple[str, ...]]:
    told = entries(sections(model).get("Attributes", ""))
    return [
        (
            f"`{name}`",
            _kind(field.annotation, field.metadata),
            "required"
            if field.is_required()
            else _in_toml(field.get_default(call_default_factory=True)),
            field.description or line(told.get(name, "")),
        )
        for name, field in model.model_fields.items()
        if _model_in(field.annotation) is None
    ]


def _kind(kind: Any, limits: list[Any]) -> str:
    """A setting's type in the words of the file."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(f'`"{member.value}"`' for member in kind)
    if get_origin(kind) is Literal:
        return " or ".join(f'`"{each}"`' for each in get_args(kind))
    words = {
        bool: "true or false",
        tuple: "a list",
        dict: "a table",
        int: "a number",
        float: "a number",
        dt.date: "a day",
    }
    inner = {getattr(each, "__origin__", each) for each in (kind, *get_args(kind))}
    plain = next((word for type_, word in words.items() if type_ in inner), "a text")
    edges = [str(getattr(limit, "ge", None) or getattr(limit, "le", 0)) for limit in limits]
    return ", ".join(filter(None, [plain, " to ".join(edges)])) if plain == "a number" else plain


def _in_toml(value: object) -> str:
    if value is None:
        return "none"
    return f"`{json.dumps(value.value if isinstance(value, Enum) else value)}`"
