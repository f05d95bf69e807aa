"""The settings explained: each with what counts, where it stands and what it means.

No secret is among them: where one belongs, the file has a reference, and that is
shown. What connectors have of their own is counted and not shown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel

from exempt.services.setting_rows import SettingRow, SettingTable
from exempt.settings import Loaded

_PASSWORD = re.compile(r"(://[^:/?#@\s]*):[^@\s]*@")
_NOTHING = "none"
_OWN = "settings"


def explain(loaded: Loaded) -> list[SettingTable]:
    """Every table of the file, those that are set by name too, in the order of the reference."""
    raw = tomllib.loads(loaded.text)
    tables: list[SettingTable] = []
    for name in type(loaded.file).model_fields:
        tables += _tables(getattr(loaded.file, name), name, raw.get(name), loaded)
    return tables


def _tables(value: Any, name: str, raw: Any, loaded: Loaded) -> Iterator[SettingTable]:
    """The table with that name, and those below it."""
    written = raw if isinstance(raw, Mapping) else {}
    if isinstance(value, Mapping):  # companies, connections, custom fields: a table each
        for key, each in value.items():
            if key not in written:
                continue  # made in the console: data sources show it
            yield from _tables(each, f"{name}.{key}", written.get(key), loaded)
        return
    if not isinstance(value, BaseModel):
        return
    rows, below = [], []
    for key, info in type(value).model_fields.items():
        inner = getattr(value, key)
        if isinstance(inner, BaseModel) or _holds_models(inner):
            below.append((inner, key))
            continue
        place = loaded.place(f"{name}.{key}").rpartition("/")[2] if key in written else ""
        rows.append(_row(key, inner, info.description or "", place))
    meaning = (type(value).__doc__ or "").partition("\n")[0].partition(": ")[2].rstrip(".")
    yield SettingTable(name, meaning, rows)
    for inner, key in below:
        yield from _tables(inner, f"{name}.{key}", written.get(key), loaded)


def _holds_models(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(each, BaseModel) for each in value.values())
    )


def _row(key: str, value: Any, meaning: str, place: str) -> SettingRow:
    if key == _OWN and isinstance(value, Mapping):
        return SettingRow(key, _own(value), meaning, place)
    is_reference = isinstance(value, str) and value.startswith(("env:", "file:"))
    return SettingRow(key, _written(value), meaning, place, is_reference)


def _own(value: Mapping[str, Any]) -> str:
    """How many settings a connector has of its own, and which of them are references."""
    known = [
        f"{name} = {each}"
        for name, each in value.items()
        if isinstance(each, str) and each.startswith(("env:", "file:"))
    ]
    rest = len(value) - len(known)
    return "; ".join([*known, *([f"{rest} more of its own"] if rest else [])]) or _NOTHING


def _written(value: Any) -> str:
    """*value* as it would be written, without a password that stands in an address."""
    if isinstance(value, Mapping):
        parts = [f"{key} = {_written(each)}" for key, each in value.items()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = [_written(each) for each in value]
    else:
        parts = [] if value is None else [_plain(value)]
    return ", ".join(parts) or _NOTHING


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    return _PASSWORD.sub(r"\1:…@", str(value))
