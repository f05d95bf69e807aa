"""Write TOML; the standard library only reads it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(tables: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """Nested tables as TOML; a list of tables, and a table within one, stands in line."""
    plain = {k: v for k, v in tables.items() if not isinstance(v, Mapping) and v is not None}
    nested = {k: v for k, v in tables.items() if isinstance(v, Mapping)}
    text = ""
    if path and (plain or not nested):
        text += f"\n[{'.'.join(map(_key, path))}]\n"
    text += "".join(f"{_key(k)} = {_inline(v)}\n" for k, v in plain.items())
    return text + "".join(to_toml(v, (*path, k)) for k, v in nested.items())


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items() if v is not None)
        return "{" + pairs + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, dt.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
