"""Paths that lead nowhere: no row has the name, so a field would stay empty in silence.

A path is held against a page of rows by its names, and not by its result:
``status == 'void'`` is false, and not nothing, where no row has a ``status``.
A name whose parent is null in every row cannot be judged, and is not.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from exempt import Settings
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.fields import AddressesFields, AddressFields, Value
from exempt_erp_generic.mapping import OWN_LINES
from exempt_erp_generic.reading import OrderStream, StreamSettings

_CHAINS = {"subexpression", "index_expression", "pipe"}
_PROJECTIONS = {"projection", "filter_projection", "value_projection"}
_STAYING = {"current", "identity", "slice"}


@dataclass(frozen=True)
class NeverMatched:
    """A path of the settings that no row has.

    Attributes:
        setting: Its place, such as ``orders.fields.total``.
        path: Itself.
        missing: The name in it that no row has.
        nearest: The most similar name that stands in its place; None without one.
    """

    setting: str
    path: str
    missing: str
    nearest: str | None


def never_matched(name: str, stream: StreamSettings, rows: list[Any]) -> Iterator[NeverMatched]:
    """The paths of *stream*'s fields that none of *rows* has."""
    yield from _of_fields(f"{name}.fields", stream.fields, rows)
    if stream.deleted is not None:
        yield from _of_path(f"{name}.deleted", stream.deleted, rows)
    if isinstance(stream, OrderStream) and stream.lines:
        path = stream.lines.records
        if stream.lines.path is None:
            yield from _of_path(f"{name}.lines.records", path, rows)
            found = [_quietly(path, row) for row in rows]
        else:
            found = [row.get(OWN_LINES) for row in rows]
        yield from _of_fields(f"{name}.lines.fields", stream.lines.fields, _flat(found))


def _of_fields(place: str, fields: Settings, rows: list[Any]) -> Iterator[NeverMatched]:
    for name, field in fields:
        at = f"{place}.{name}"
        if isinstance(field, AddressFields):
            entries = rows
            if isinstance(field, AddressesFields) and field.records is not None:
                records = field.records
                yield from _of_path(f"{at}.records", records, rows)
                entries = _flat(_quietly(records, row) for row in rows)
            yield from _of_fields(at, field, entries)
        elif isinstance(field, Value) and field.path is not None and not field.optional:
            yield from _of_path(at, field.path, rows)


def _of_path(setting: str, path: Expression, rows: list[Any]) -> Iterator[NeverMatched]:
    walk = _Walk()
    walk.through(path.parsed, rows)
    for missing, names in walk.missing:
        close = _nearest(missing, names)
        yield NeverMatched(setting, path.text, missing, close)
        return


class _Walk:
    """Follows an expression through rows.

    Attributes:
        missing: Names that no row has, each with the names that stand there.
    """

    def __init__(self) -> None:
        self.missing: list[tuple[str, set[str]]] = []

    def through(self, node: Any, rows: list[Any]) -> list[Any]:
        """What *node* leads to in *rows*, as far as names can tell."""
        kind, children = node["type"], node.get("children", [])
        found: list[Any] = []
        if kind == "field":
            found = self._field(node["value"], rows)
        elif kind in _CHAINS:
            found = rows
            for child in children:
                found = self.through(child, found)
        elif kind in _PROJECTIONS:
            found = self._projected(kind, children, rows)
        elif kind == "flatten":
            found = [_merged(row) for row in self.through(children[0], rows)]
        elif kind == "index":
            found = [row[node["value"]] for row in rows if _has(row, node["value"])]
        elif kind == "or_expression":
            found = self._either(children, rows)
        elif kind in _STAYING:
            found = rows
        else:
            for child in children:
                self.through(child, rows)
        return found

    def _field(self, name: str, rows: list[Any]) -> list[Any]:
        tables = [row for row in rows if isinstance(row, dict)]
        found = [row[name] for row in tables if name in row]
        if tables and not found:
            self.missing.append((name, {str(key) for row in tables for key in row}))
        return found

    def _projected(self, kind: str, children: list[Any], rows: list[Any]) -> list[Any]:
        """One list, of what the right side leads to from every entry of the left side."""
        left, right, *condition = children
        entries = _flat(self.through(left, rows), values=kind == "value_projection")
        for asked in condition:
            self.through(asked, entries)
        return [self.through(right, entries)]

    def _either(self, children: list[Any], rows: list[Any]) -> list[Any]:
        """One alternative that is there is enough."""
        walks = [_Walk() for _ in children]
        found = [walk.through(c, rows) for walk, c in zip(walks, children, strict=True)]
        real = [w for w, c in zip(walks, children, strict=True) if c["type"] != "literal"]
        if real and all(walk.missing for walk in real):
            self.missing += real[0].missing
        return [row for each in found for row in each]


def _has(row: Any, index: int) -> bool:
    return isinstance(row, list) and -len(row) <= index < len(row)


def _merged(row: Any) -> list[Any]:
    """*row*'s entries, those that are lists themselves taken apart."""
    entries = row if isinstance(row, list) else []
    return [part for each in entries for part in (each if isinstance(each, list) else [each])]


def _flat(found: Iterable[Any], *, values: bool = False) -> list[Any]:
    """The entries of lists, and with *values* those of tables, too."""
    entries: list[Any] = []
    for each in found:
        if isinstance(each, list):
            entries += each
        elif values and isinstance(each, dict):
            entries += each.values()
    return entries


def _quietly(path: Expression, row: Any) -> Any:
    try:
        return path(row)
    except ValueError:
        return None


def _nearest(missing: str, names: set[str]) -> str | None:
    by_letters = {_letters(name): name for name in sorted(names, reverse=True)}
    close = difflib.get_close_matches(_letters(missing), by_letters, n=1)
    return by_letters[close[0]] if close else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()
