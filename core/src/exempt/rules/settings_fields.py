"""The fields of a form, made from the JSON schema of a connector's settings.

What a form cannot ask for in fields of its own (lists of tables, tables in tables
of tables) is one field of TOML, as it would stand in the settings file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

DEEPEST = 3
"""Groups within groups that have fields of their own."""

MOST = 30
"""Fields of a group; one with more is a field of TOML."""

_SPELLED = {
    "api": "API",
    "url": "URL",
    "id": "ID",
    "ids": "IDs",
    "oauth2": "OAuth 2.0",
    "imap": "IMAP",
    "dkim": "DKIM",
    "verp": "VERP",
    "ca": "CA",
    "csv": "CSV",
}


class FieldKind(StrEnum):
    """How a field is filled in.

    =======  ==========================================================
    text     a line
    secret   a line that is never shown again
    secrets  several of these, one a line
    number   a number
    yes_no   a box to tick
    choice   one of a few
    lines    several texts, one a line; where there are choices, boxes to tick
    pairs    ``name = text``, one a line
    toml     a table as in the settings file
    group    fields that belong together
    kinds    one of several groups
    =======  ==========================================================
    """

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - a word
    SECRETS = "secrets"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    LINES = "lines"
    PAIRS = "pairs"
    TOML = "toml"
    GROUP = "group"
    KINDS = "kinds"


class Field(NamedTuple):
    """A field of a form.

    Attributes:
        key: The dotted path of the setting; of a group among several kinds with that kind in it.
        required: It cannot be left out.
        default: What holds where it is left empty, in words.
        choices: Pairs of values and titles.
        fields: Of a group; of kinds, one group each.
        tag: Of kinds, the setting that says which; of a group among them, its value.
        whole: Of numbers: whether it has no decimals.
        single: Of lines: one line is given as a text, and not as a list.
        path: It names a file or folder.
    """

    key: str
    label: str
    kind: FieldKind
    hint: str = ""
    required: bool = False
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    fields: tuple[Field, ...] = ()
    tag: str = ""
    whole: bool = False
    single: bool = False
    path: bool = False

    @property
    def name(self) -> str:
        """The setting's own name, without those that it stands in."""
        return self.key.rpartition(".")[2]


def fields_of(schema: Schema) -> tuple[Field, ...]:
    """The fields of the form for settings of that JSON schema, the required ones first."""
    fields = _properties(schema, schema, "", 0)
    return tuple(sorted(fields, key=lambda field: (not field.required, _order(field))))


def _order(field: Field) -> int:
    """Plain fields first, then what has fields of its own, then tables."""
    return {FieldKind.KINDS: 1, FieldKind.GROUP: 1, FieldKind.TOML: 2}.get(field.kind, 0)


def _properties(root: Schema, schema: Schema, within: str, depth: int) -> list[Field]:
    required = schema.get("required", ())
    return [
        _field(root, spot, f"{within}{name}", name in required, depth)
        for name, spot in schema.get("properties", {}).items()
        if "const" not in spot or name in required
    ]


def _field(root: Schema, spot: Schema, key: str, required: bool, depth: int) -> Field:  # noqa: FBT001
    found = _inside(root, spot)
    hint = spot.get("description") or found.get("description", "")
    bare = Field(key, label_of(key.rpartition(".")[2]), FieldKind.TOML, hint, required)
    made = (
        _of_kinds(root, found, bare, depth)
        or _of_group(root, found, bare, depth)
        or _of_list(root, found, bare)
        or _of_scalar(found, bare)
    )
    return made._replace(default=_words(spot.get("default", found.get("default"))))


def _inside(root: Schema, spot: Schema) -> Schema:
    """What *spot* refers to, or says beside null."""
    if "$ref" in spot:
        return _inside(root, root["$defs"][spot["$ref"].rpartition("/")[2]])
    options = [each for each in spot.get("anyOf", ()) if each.get("type") != "null"]
    return _inside(root, options[0]) if len(options) == 1 else spot


def _of_scalar(found: Schema, bare: Field) -> Field:
    kind = found.get("type")
    if "enum" in found:
        choices = tuple((str(each), _choice(each)) for each in found["enum"])
        return bare._replace(kind=FieldKind.CHOICE, choices=choices)
    if kind == "boolean":
        return bare._replace(kind=FieldKind.YES_NO, required=False)
    if kind in {"integer", "number"}:
        return bare._replace(kind=FieldKind.NUMBER, whole=kind == "integer")
    if kind == "string":
        secret = found.get("format") == "password"
        path = found.get("format") in {"path", "file-path", "directory-path"}
        return bare._replace(kind=FieldKind.SECRET if secret else FieldKind.TEXT, path=path)
    values = found.get("additionalProperties")
    if kind == "object" and isinstance(values, Mapping) and values.get("type") == "string":
        return bare._replace(kind=FieldKind.PAIRS)
    return bare


def _of_list(root: Schema, found: Schema, bare: Field) -> Field | None:
    """A list of texts, or one text or several."""
    options = [_inside(root, each) for each in found.get("anyOf", ())]
    lists = [each for each in options if each.get("type") == "array"] or [found]
    if lists[0].get("type") != "array":
        return None
    items = _inside(root, lists[0].get("items", {}))
    if items.get("type") != "string":
        return None
    if "enum" in items:
        choices = tuple((str(each), label_of(each)) for each in items["enum"])
        return bare._replace(kind=FieldKind.LINES, choices=choices)
    if items.get("format") == "password":
        return bare._replace(kind=FieldKind.SECRETS)
    single = any(each.get("type") == "string" for each in options)
    if options and not (single and len(options) == 2):
        return None
    return bare._replace(
        kind=FieldKind.LINES, single=single, path="path" in items.get("format", "")
    )


def _of_group(root: Schema, found: Schema, bare: Field, depth: int) -> Field | None:
    """A table whose settings have fields of their own."""
    if not found.get("properties") or depth >= DEEPEST:
        return None
    fields = _properties(root, found, f"{bare.key}.", depth + 1)
    if _count(fields) > MOST or _has_toml(fields):
        return None
    return bare._replace(kind=FieldKind.GROUP, fields=tuple(fields))


def _of_kinds(root: Schema, found: Schema, bare: Field, depth: int) -> Field | None:
    """One of several tables, which a setting in it tells apart."""
    mapping = found.get("discriminator", {}).get("mapping")
    if not mapping or depth >= DEEPEST:
        return None
    tag = found["discriminator"]["propertyName"]
    groups = []
    for value, ref in mapping.items():
        option = _inside(root, {"$ref": ref})
        key = f"{bare.key}.{value}"
        fields = [
            field for field in _properties(root, option, f"{key}.", depth + 1) if field.name != tag
        ]
        hint = option.get("description", "").partition("\n")[0]
        group = Field(key, _choice(value), FieldKind.GROUP, hint, fields=tuple(fields), tag=value)
        groups.append(group)
    choices = tuple((group.tag, group.label) for group in groups)
    return bare._replace(kind=FieldKind.KINDS, choices=choices, fields=tuple(groups), tag=tag)


def _count(fields: list[Field] | tuple[Field, ...]) -> int:
    return sum(1 + _count(field.fields) for field in fields)


def _has_toml(fields: list[Field] | tuple[Field, ...]) -> bool:
    return any(field.kind is FieldKind.TOML or _has_toml(field.fields) for field in fields)


def label_of(name: str) -> str:
    """``base_url`` → ``Base URL``."""
    words = [_SPELLED.get(word, word) for word in name.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _choice(value: Any) -> str:
    """A value for people, who know it from the settings file, too."""
    return {"\t": "tab", ",": "comma ,", ";": "semicolon ;", "|": "bar |"}.get(
        str(value), str(value).replace("_", " ")
    )


def _words(default: Any) -> str:
    if default is None or default in ("", [], {}):
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, list):
        return ", ".join(map(str, default))
    return json.dumps(default) if isinstance(default, dict) else str(default)
