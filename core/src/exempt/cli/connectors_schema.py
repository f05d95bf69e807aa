"""The JSON Schema of a connector's settings in a file of their own."""

from __future__ import annotations

import json
from typing import Any

from exempt.cli.output import print_json
from exempt.discovery import discover
from exempt.hookspecs import ConnectorInfo

DIALECT = "http://json-schema.org/draft-07/schema#"
"""What the editors that complete TOML read."""


def show_schema(name: str) -> None:
    """``exempt connectors schema``."""
    print_json(schema_of(discover().get(name, name)))


def schema_of(info: ConnectorInfo[Any]) -> dict[str, Any]:
    """What a settings file of *info* may hold: ``connector``, and the settings themselves.

    A secret is a text, since a reference stands in its place.
    """
    schema = _without_null(json.loads(json.dumps(info.settings.model_json_schema(), default=str)))
    connector = {"const": info.name, "description": "Which connector the settings are for."}
    return {
        "$schema": DIALECT,
        "title": f"Settings of {info.name}: {info.title}",
        **{key: value for key, value in schema.items() if key not in {"title", "properties"}},
        "properties": {"connector": connector, **schema.get("properties", {})},
    }


def _without_null(node: Any) -> Any:
    """*node* without the alternative null: TOML has none, and leaves the key out."""
    if isinstance(node, list):
        return [_without_null(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _without_null(value) for key, value in node.items()}
    if made.get("default", "") is None:
        del made["default"]
    options = made.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        options = [option for option in options if option != {"type": "null"}]
        made["anyOf"] = options
        if len(options) == 1 and "$ref" not in options[0]:
            del made["anyOf"]
            made = {**options[0], **made}
    return made
