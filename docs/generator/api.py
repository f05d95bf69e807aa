"""The API's OpenAPI document, as a page."""

# ruff: noqa: INP001 - part of a script

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generator.describe import joined
from generator.docstrings import table

from exempt.web.api.app import PARTS, fastapi_app
from exempt.web.api.document import document
from exempt.web.problems import STATUSES

_REF = "#/components/schemas/"
_METHODS = ("get", "post", "put", "delete")


def parts() -> Iterator[str]:
    """The parts of the page: what holds for all, the operations, the bodies, the problems."""
    made = document(fastapi_app(), PARTS)
    yield made["info"]["description"].strip()
    yield (
        "The document itself is at `/api/v1/openapi.json`; it needs no key. Programs that make"
        " clients of it name the methods as it names the operations: `decide_order`."
    )
    for tag in made["tags"]:
        yield from _operations(made, tag["name"], tag["description"])
    yield "## Bodies"
    for name, schema in made["components"]["schemas"].items():
        if name != "Problem":
            yield _schema(name, schema)
    yield from _problems()


def _operations(made: Mapping[str, Any], tag: str, said: str) -> Iterator[str]:
    yield f"## {tag}\n\n{said}"
    for path, operations in made["paths"].items():
        for method in _METHODS:
            operation = operations.get(method, {})
            if tag in operation.get("tags", ()):
                yield _operation(f"{method.upper()} {path}", operation)


def _operation(title: str, operation: Any) -> str:
    rows = [
        (f"`{each['name']}`", each["in"], _type(each["schema"]), each.get("description", ""))
        for each in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {})
    sent = " or ".join(f"{_type(each['schema'])} as `{kind}`" for kind, each in body.items())
    answers = [
        f"{status}: {_answered(answer)}"
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    ]
    problems = ", ".join(each for each in operation["responses"] if not each.startswith("2"))
    return joined(
        f"### {title}",
        f"`{operation['operationId']}`: {operation['summary']}.",
        operation["description"],
        table(("parameter", "in", "type", "meaning"), rows) if rows else "",
        f"Body: {sent}" if sent else "",
        f"Answers {'; '.join(answers)}. Problems: {problems}.",
    )


def _answered(answer: Mapping[str, Any]) -> str:
    content = answer.get("content", {})
    kinds = [_type(each.get("schema", {})) or f"`{kind}`" for kind, each in content.items()]
    return " or ".join(kinds) or "nothing"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    said = schema.get("description", "")
    if "enum" in schema:
        values = ", ".join(f"`{value}`" for value in schema["enum"])
        return joined(f"### {name}", said if "=====" not in said else "", f"Values: {values}.")
    required = set(schema.get("required", ()))
    rows = [
        (
            f"`{field}`",
            _type(each),
            "required" if field in required else _default(each),
            each.get("description", ""),
        )
        for field, each in schema.get("properties", {}).items()
    ]
    return joined(f"### {name}", said, table(("field", "type", "default", "meaning"), rows))


def _default(schema: Mapping[str, Any]) -> str:
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else ""


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "allOf", "oneOf"):
        if several in schema:
            kinds = [_type(each) for each in schema[several] if each.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    return str(schema.get("format") or schema.get("type") or "")


def _problems() -> Iterator[str]:
    rows = [
        (f"`urn:exempt:problem:{kind}`", str(status), title)
        for kind, (status, title) in STATUSES.items()
    ]
    yield joined("## Problems", table(("type", "status", "meaning"), rows))
