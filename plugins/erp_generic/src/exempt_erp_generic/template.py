"""Templates: text, and tables of text, with ``{placeholders}``; checked when the settings are read.

There are no expressions, filters or conditions in them, so a settings file stays data.
``{name:number}`` is the value as a whole number, for ERPs whose identifiers are numbers,
and ``{name:text}`` is it as text.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from string import Formatter
from typing import Any, Protocol
from urllib.parse import quote

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

LISTS = ("for_each_jurisdiction", "for_each_exemption", "for_each_file")
"""A table whose only key is one of these becomes a list, an entry for each."""


KEPT = "kept."
"""Before the names of values that the settings themselves keep, as in ``{kept.version}``."""

FORMS = ("number", "text")

Values = Callable[[str], Any]
"""Gives the value of a placeholder."""


class Scope(Protocol):
    """What a body is filled in from."""

    def value(self, name: str) -> Any:
        """The value of a placeholder."""
        ...

    def each(self, kind: str) -> Iterable[Scope]:
        """A scope for each entry of one of the `LISTS`."""
        ...


@dataclass(frozen=True)
class Plain:
    """A scope of plain values, without lists."""

    values: Mapping[str, Any]

    def value(self, name: str) -> Any:
        """The value of a placeholder."""
        return self.values[name]

    def each(self, kind: str) -> Iterable[Scope]:  # noqa: ARG002 - there are no lists
        """Nothing."""
        return ()


def nearest(word: str, words: Iterable[str]) -> str:
    """Words that propose what *word* may have meant."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {{{close[0]}}}?" if close else f"there are {', '.join(known)}"


def spelled(value: object) -> str:
    """*value* as text: ``true``, ``false``, nothing for None, a list with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(spelled, value))
    return str(value)


Part = tuple[str, str | None, str | None]
"""Literal text, the placeholder after it, and its form."""


class Template:
    """One text. ``{{`` and ``}}`` stand for single braces."""

    def __init__(self, text: str, allowed: Iterable[str], *, kept: bool = False) -> None:
        self.text = text
        self._parts = tuple(_parts(text, frozenset(allowed), kept=kept))
        self._quotes = _quotes(self._parts)
        self.names = frozenset(name for _, name, _ in self._parts if name)

    def value(self, values: Values) -> Any:
        """The text filled in; one that is just a placeholder keeps the value's type."""
        match self._parts:
            case (("", str(name), form),):
                return _formed(name, form, values)
        return self.fill(values)

    def fill(self, values: Values) -> str:
        """The text filled in.

        Raises:
            ValueError: A value that stands between quotes has a quote itself,
                and so would be read as part of a query.
        """
        made = ""
        for (literal, name, form), mark in zip(self._parts, self._quotes, strict=True):
            made += literal
            if name:
                made += _kept_in(mark, name, spelled(_formed(name, form, values)))
        return made

    def path(self, values: Values) -> str:
        """The text filled in as part of an address: values are percent-encoded.

        Raises:
            ValueError: A value is empty or dots only, which would name another
                address, or has a quote where it stands between quotes.
        """
        return "".join(
            literal + (self._segment(name, mark, values) if name else "")
            for (literal, name, _), mark in zip(self._parts, self._quotes, strict=True)
        )

    def _segment(self, name: str, mark: str | None, values: Values) -> str:
        value = _kept_in(mark, name, spelled(values(name)))
        if not value.strip("."):
            msg = f"{self.text!r}: {{{name}}} is empty or dots only, which names no record"
            raise ValueError(msg)
        return quote(value, safe="")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Template({self.text!r})"


def _parts(text: str, allowed: frozenset[str], *, kept: bool) -> Iterable[Part]:
    for literal, name, form, conversion in Formatter().parse(text):
        known = name in allowed or (kept and name is not None and name.startswith(KEPT))
        if name is not None and not known:
            msg = f"unknown placeholder {{{name}}}: {nearest(name, allowed)}"
            raise ValueError(msg)
        if conversion or (form and form not in FORMS):
            msg = (
                f"{{{name}}} takes no format: write just {{{name}}}, or {{{name}:number}} or :text"
            )
            raise ValueError(msg)
        yield literal, name, form or None


def _formed(name: str, form: str | None, values: Values) -> Any:
    value = values(name)
    if form == "text":
        return spelled(value)
    return value if form is None else _number(name, value)


def _quotes(parts: Iterable[Part]) -> tuple[str | None, ...]:
    """The quote between which each placeholder stands, in a query or in JSON; None = none."""
    found: list[str | None] = []
    opened, since = None, 0
    for literal, _, _ in parts:
        for letter in literal:
            if opened is None and letter in "'\"":
                opened, since = letter, len(found)
            elif letter == opened:
                opened = None
        found.append(opened)
    if opened:  # an apostrophe
        found[since:] = [None] * (len(found) - since)
    return tuple(found)


def _kept_in(mark: str | None, name: str, value: str) -> str:
    """*value*, unless it would end the quotes around it."""
    if mark and (mark in value or "\\" in value):
        msg = f"{{{name}}} stands between quotes, and its value has a quote itself"
        raise ValueError(msg)
    return value


def _number(name: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_number(name, entry) for entry in value]
    if value is None or not _WHOLE.fullmatch(spelled(value)):
        msg = f"{{{name}:number}} is no whole number here: write {{{name}}}"
        raise ValueError(msg)
    return int(spelled(value))


_WHOLE = re.compile(r"-?[0-9]{1,18}")


class Body:
    """A table whose texts, at any depth, are templates.

    ::

        taxable = "{tax_applicable}"
        [exemptions]
        for_each_exemption = { state = "{state}", number = "{exemption_number}" }
    """

    def __init__(self, table: Any, allowed: Iterable[str], *, kept: bool = False) -> None:
        self.table = table
        made = partial(Template, allowed=frozenset(allowed), kept=kept)
        self._tree = _parsed(table, made, "")
        self.names = frozenset(_names(self._tree))

    def render(self, scope: Scope) -> Any:
        """The table filled in, ready for JSON."""
        return _rendered(self._tree, scope)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and other.table == self.table

    def __hash__(self) -> int:
        return hash(repr(self.table))

    def __repr__(self) -> str:
        return f"Body({self.table!r})"


class Anything(Body):
    """The same, but it may also be a text or a list of texts by itself."""


@dataclass(frozen=True)
class _Each:
    kind: str
    entry: Any


def _parsed(node: Any, made: Callable[[str], Template], place: str) -> Any:
    if isinstance(node, dict):
        kinds = [key for key in node if key in LISTS]
        if kinds and len(node) > 1:
            msg = f"{place.lstrip('.')}: {kinds[0]} must be the only key of its table"
            raise ValueError(msg)
        if kinds:
            return _Each(kinds[0], _parsed(node[kinds[0]], made, f"{place}.{kinds[0]}"))
        return {key: _parsed(value, made, f"{place}.{key}") for key, value in node.items()}
    if isinstance(node, list):
        return [_parsed(value, made, f"{place}.{i}") for i, value in enumerate(node)]
    if isinstance(node, str):
        try:
            return made(node)
        except ValueError as error:
            msg = f"{place.lstrip('.')}: {error}"
            raise ValueError(msg) from None
    return node.isoformat() if isinstance(node, (dt.date, dt.time)) else node


def _names(node: Any) -> Iterator[str]:
    match node:
        case Template():
            yield from node.names
        case _Each():
            yield from _names(node.entry)
        case dict():
            yield from _names([*node.values()])
        case list():
            for entry in node:
                yield from _names(entry)


def _rendered(node: Any, scope: Scope) -> Any:
    match node:
        case Template():
            return node.value(scope.value)
        case _Each():
            return [_rendered(node.entry, inner) for inner in scope.each(node.kind)]
        case dict():
            return {key: _rendered(value, scope) for key, value in node.items()}
        case list():
            return [_rendered(value, scope) for value in node]
    return node


@dataclass(frozen=True)
class Naming:
    """Annotates a `Template` or `Body` in settings with the placeholders it may name.

    Attributes:
        kept: Whether ``{kept.…}`` may stand there, too.
    """

    allowed: frozenset[str]
    kept: bool = False

    def __get_pydantic_core_schema__(
        self, source: type[Template | Body], _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        if source is Template:
            return core_schema.no_info_after_validator_function(
                lambda text: Template(text, self.allowed, kept=self.kept),
                core_schema.str_schema(),
                serialization=core_schema.to_string_ser_schema(),
            )
        table = core_schema.dict_schema(core_schema.str_schema())
        return core_schema.no_info_after_validator_function(
            lambda found: source(found, self.allowed, kept=self.kept),
            core_schema.any_schema() if source is Anything else table,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda b: b.table),
        )
