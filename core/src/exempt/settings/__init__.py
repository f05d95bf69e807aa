"""The settings file: read, checked, and its references to secrets resolved.

A secret never stands in the file: a reference stands in its place,
``env:NAME`` or ``file:PATH`` (relative to the file's folder).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from exempt.errors import SettingsError
from exempt.settings.parts import Part, read_part
from exempt.settings.tables import SettingsFile

FILE_NAME = "exempt.toml"

_REFERENCE = re.compile(r"^(env|file):(.+)$", re.DOTALL)
_PASSWORD = re.compile(r"^(?!sqlite).*(://[^@]*:[^@]+@|[?&](ssl)?password=[^&])", re.IGNORECASE)


@dataclass(frozen=True)
class Loaded:
    """A settings file that was read.

    Attributes:
        path: Where it lies; relative paths in it start in its folder.
        text: As written, to name lines in errors; it holds no secrets.
        parts: By dotted key, the settings that stand in a file of their own.
    """

    path: Path
    text: str = field(repr=False)
    file: SettingsFile
    parts: Mapping[str, Part] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.path.parent

    def database_url(self, environ: Mapping[str, str] = os.environ) -> str:
        """The database's address, resolved; a relative SQLite path starts in the folder."""
        try:
            url = resolve(self.file.exempt.database, "exempt.database", self.folder, environ)
        except SettingsError as error:
            msg = f"{self.place('exempt.database')}: {error}"
            raise SettingsError(msg) from None
        if url == self.file.exempt.database and _PASSWORD.search(url):
            msg = (
                f"{self.place('exempt.database')}: exempt.database: holds a password: put the"
                " address into a variable and write env:NAME here"
            )
            raise SettingsError(msg)
        relative = re.match(r"^(sqlite(?:\+\w+)?:///)(?!/)(.+)$", url)
        if relative and relative[2] != ":memory:":
            return f"{relative[1]}{(self.folder / relative[2]).resolve()}"
        return url

    def place(self, key: str) -> str:
        """The file and, if it can be found, the line of a dotted *key*."""
        path, text = self.path, self.text
        for prefix, part in self.parts.items():
            if key.startswith(f"{prefix}."):
                path, text, key = part.path, part.text, part.key(key.removeprefix(f"{prefix}."))
        line = _line_of(text, key.split("."))
        return f"{path}, line {line}" if line else str(path)


def load(path: Path) -> Loaded:
    """Read the settings file at *path*.

    Raises:
        SettingsError: It is missing, no TOML, or wrong; all its mistakes are named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        msg = (
            f"{path}: there is no settings file: make one with exempt init, or name it with"
            " --settings"
        )
        raise SettingsError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}"
        raise SettingsError(msg) from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: no valid TOML: {error}"
        raise SettingsError(msg) from None
    except (ValueError, RecursionError):  # a number of 5,000 digits, [[[[…
        msg = f"{path}: no valid TOML: a number is too long, or tables lie too deep"
        raise SettingsError(msg) from None
    try:
        file = SettingsFile.model_validate(raw)
    except ValidationError as error:
        loaded = Loaded(path, text, SettingsFile())
        raise SettingsError("\n".join(mistakes(error, loaded, "", SettingsFile))) from None
    loaded = Loaded(path, text, file)
    try:
        file.parents_first()
    except SettingsError as error:
        msg = f"{loaded.place(str(error).partition(':')[0])}: {error}"
        raise SettingsError(msg) from None
    for key, connection in file.connections.items():
        if connection.company not in file.companies:
            where = f"connections.{key}.company"
            known = ", ".join(sorted(file.companies)) or "none is defined"
            msg = f"{loaded.place(where)}: {where}: no such company: one of {known}"
            raise SettingsError(msg)
    _one_owner_each(loaded)
    return _with_parts(loaded)


def _with_parts(loaded: Loaded) -> Loaded:
    """*loaded*, with the settings of connections that stand in files of their own."""
    connections, parts = dict(loaded.file.connections), {}
    for name, connection in loaded.file.connections.items():
        if connection.settings_file is None:
            continue
        key = f"connections.{name}.settings_file"
        part = read_part(loaded.folder / connection.settings_file)
        if connection.settings:
            msg = f"{loaded.place(key)}: {key}: stands beside settings: keep one of the two"
            raise SettingsError(msg)
        if part.connector not in {None, connection.connector}:
            msg = (
                f"{loaded.place(key)}: {key}: {part.path.name} is for {part.connector}, and the"
                f" connection has {connection.connector}: name another file, or connector"
            )
            raise SettingsError(msg)
        connections[name] = connection.model_copy(update={"settings": part.settings})
        parts[f"connections.{name}.settings"] = part
    file = loaded.file.model_copy(update={"connections": connections})
    return replace(loaded, file=file, parts=parts)


def _one_owner_each(loaded: Loaded) -> None:
    owners: dict[tuple[str, str], str] = {}
    for key, connection in loaded.file.connections.items():
        for field_name in connection.owns:
            other = owners.setdefault((connection.company, field_name), key)
            if other != key:
                where = f"connections.{key}.owns"
                msg = (
                    f"{loaded.place(where)}: {where}: {field_name} is what connections.{other}"
                    " owns in the same company: leave it to one of the two"
                )
                raise SettingsError(msg)


def mistakes(
    error: ValidationError, loaded: Loaded, prefix: str, model: type[BaseModel]
) -> Iterator[str]:
    """A line for each mistake: the place, what is wrong, how to mend it; never a value."""
    for found in error.errors(include_input=False, include_url=False, include_context=False):
        location = [str(part) for part in found["loc"]]
        key = ".".join(([prefix] if prefix else []) + location)
        wrong = found["msg"].removeprefix("Value error, ")
        if found["type"] == "extra_forbidden":
            wrong = "no such setting"
            near = difflib.get_close_matches(location[-1], _fields(model, location[:-1]), 1)
            wrong += f": did you mean {near[0]!r}?" if near else ": remove it"
        elif found["type"] == "missing":
            wrong = "missing: add it"
        yield f"{loaded.place(key)}: {key}: {wrong}"


def _fields(model: Any, location: list[str]) -> list[str]:
    """The settings that may stand in the table at *location*; empty where it cannot be told."""
    schema = model.model_json_schema()
    spot: Any = schema
    for part in location:
        spot = _inside(schema, spot)
        chosen = spot.get("discriminator", {}).get("mapping", {}).get(part)
        spot = (
            (chosen and {"$ref": chosen})
            or spot.get("properties", {}).get(part)
            or next(iter(spot.get("patternProperties", {}).values()), None)
            or spot.get("additionalProperties")
            or spot.get("items")
        )
        if not isinstance(spot, dict):
            return []
    return list(_inside(schema, spot).get("properties", {}))


def _inside(schema: dict[str, Any], spot: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in spot:
        return _inside(schema, schema["$defs"][spot["$ref"].rsplit("/", 1)[1]])
    for option in spot.get("anyOf", spot.get("allOf", [])):
        if "$ref" in option or "properties" in option:
            return _inside(schema, option)
    return spot


def resolve(value: str, key: str, folder: Path, environ: Mapping[str, str]) -> str:
    """*value*, or what it refers to.

    Raises:
        SettingsError: The variable or the file is not there.
    """
    found = _REFERENCE.match(value)
    if not found:
        return value
    kind, name = found.groups()
    if kind == "env":
        if name in environ:
            return environ[name]
        msg = f"{key}: the environment has no variable {name}: set it, or correct the reference"
        raise SettingsError(msg)
    path = folder / name
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no text"
        msg = f"{key}: cannot read the file {path}: {reason}"
        raise SettingsError(msg) from None


def resolve_all(
    raw: Any, key: str, folder: Path, environ: Mapping[str, str]
) -> tuple[Any, dict[str, str]]:
    """*raw* with every reference resolved, and the references by their dotted keys."""
    return replaced(raw, key, _REFERENCE, lambda value, at: resolve(value, at, folder, environ))


def replaced(
    raw: Any, key: str, pattern: re.Pattern[str], by: Callable[[str, str], str]
) -> tuple[Any, dict[str, str]]:
    """*raw* with every text of that *pattern* replaced, and these texts by their dotted keys."""
    found: dict[str, str] = {}

    def walk(value: Any, at: str) -> Any:
        if isinstance(value, dict):
            return {name: walk(inner, f"{at}.{name}") for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, f"{at}.{number}") for number, inner in enumerate(value)]
        if isinstance(value, str) and pattern.match(value):
            found[at] = value
            return by(value, at)
        return value

    return walk(raw, key), found


def secrets_of(model: BaseModel, key: str) -> dict[str, SecretStr]:
    """Every secret in *model*, by its dotted key."""
    found: dict[str, SecretStr] = {}

    def walk(value: Any, at: str) -> None:
        if isinstance(value, SecretStr):
            found[at] = value
        elif isinstance(value, BaseModel):
            for name, info in type(value).model_fields.items():
                walk(getattr(value, name), f"{at}.{info.alias or name}")
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                walk(inner, f"{at}.{name}")
        elif isinstance(value, list | tuple):
            for number, inner in enumerate(value):
                walk(inner, f"{at}.{number}")

    walk(model, key)
    return found


def _line_of(text: str, key: list[str]) -> int | None:
    """The line on which a dotted key is set, or its table begins; 1 is the first."""
    best: int | None = None
    near = key[:-1] if len(key) > 2 else key  # a table that only those below it imply
    table: list[str] = []
    numbers: dict[tuple[str, ...], int] = {}  # of arrays of tables, where they are by now
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"^\s*(\[+)([^\]]+)\]+", line):
            names = [part.strip().strip("\"'") for part in header[2].split(".")]
            if header[1] == "[[":
                numbers[tuple(names)] = numbers.get(tuple(names), -1) + 1
            table = _numbered(names, numbers)
            if table == key[: len(table)] or (best is None and table[: len(near)] == near):
                best = number
        elif table == key[: len(table)] and (setting := re.match(r'^\s*([\w."-]+)\s*=', line)):
            path = table + [part.strip('"') for part in setting[1].split(".")]
            if path == key[: len(path)]:
                return number
    return best


def _numbered(names: list[str], numbers: Mapping[tuple[str, ...], int]) -> list[str]:
    """The path to a table, with the numbers of the arrays it stands in."""
    path: list[str] = []
    for end, name in enumerate(names, start=1):
        path.append(name)
        if (number := numbers.get(tuple(names[:end]))) is not None:
            path.append(str(number))
    return path
