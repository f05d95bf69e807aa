"""Make a settings file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from exempt.cli.output import say
from exempt.discovery import discover
from exempt.errors import RefusedError
from exempt.hookspecs import ConnectorInfo
from exempt.settings import FILE_NAME

_HEAD = """\
# The settings of Exempt. A secret never stands here: write env:NAME or file:PATH.

[exempt]
database = "sqlite:///exempt.db"    # or a reference to a postgresql:// address
documents = "documents"             # where certificate files are kept
decision_profile = "default"        # r2 looks at expiration dates alone
expiring_soon_days = 30

[companies.main]
name = "Your company's legal name"
"""


def write_settings(folder: Path) -> None:
    """Write a settings file; never over one that is there."""
    path = folder / FILE_NAME
    if path.exists():
        msg = f"{path}: is there already: edit it, or name another folder"
        raise RefusedError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    connectors = discover().connectors.values()
    path.write_text(_HEAD + "".join(_part(info) for info in connectors), encoding="utf-8")
    say(f"Made {path}. Next: uncomment a connection, fill it in, and run exempt check.")


def _example(key: str, field: dict[str, Any]) -> str:
    """A value to write over: a reference for a secret, else the default."""
    options = [field, *field.get("anyOf", [])]
    if any(option.get("format") == "password" for option in options):
        return f'"env:{key.upper()}"'
    if any(option.get("items", {}).get("format") == "password" for option in options):
        return f'["env:{key.upper()}"]'
    default = field.get("default")
    return '"…"' if default is None else json.dumps(default, ensure_ascii=False)


def _part(info: ConnectorInfo[Any]) -> str:
    """A commented part for one connector, from its settings' own descriptions."""
    name = info.name.partition("_")[2].replace("_", "-") or info.name
    lines = [
        "",
        f"# {info.title}",
        f"# [connections.{name}]",
        f'# connector = "{info.name}"',
        '# company = "main"',
        "# write_back = false    # true lets exempt write exemption status to it",
        f"# [connections.{name}.settings]",
    ]
    schema = info.settings.model_json_schema()
    required = set(schema.get("required", []))
    for key, field in schema.get("properties", {}).items():
        example = _example(key, field)
        mark = "" if key in required else "(optional) "
        lines.append(f"# {key} = {example}    # {mark}{field.get('description', '')}".rstrip())
    return "\n".join(lines) + "\n"
