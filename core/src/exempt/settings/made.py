"""Settings of a connection that was made in the console: what of this machine they may name.

Whoever fills in a form in a browser need not be whoever has the machine. So such
settings refer to variables of a certain beginning and to files of certain folders
only; a secret that was typed stands in them as ``sealed:…``, and the key for
that lies outside the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from exempt.errors import ExemptError, SettingsError
from exempt.settings import Loaded, replaced, resolve
from exempt.settings.console import Console

SEALED = "sealed:"
_OURS = re.compile(r"^(env|file|sealed):(.+)$", re.DOTALL)
_UNSEALED = "sealed"
"""What stands for a sealed secret where its text would say nothing."""


class InConsole(Loaded):
    """The settings file with one connection beside it that was made in the console."""

    def place(self, key: str) -> str:
        """As of the file; what the connection has is in the console."""
        return "in the console" if key.startswith("connections.") else super().place(key)


@dataclass(frozen=True)
class Allowed:
    """What such settings may name.

    Attributes:
        folder: That of the settings file, in which relative paths start.
        unseal: Reads what was sealed.
    """

    console: Console
    folder: Path
    environ: Mapping[str, str]
    unseal: Callable[[str], str]

    def resolve(self, raw: Any, key: str) -> tuple[Any, dict[str, str]]:
        """*raw* with every reference resolved and every secret unsealed, and these by their keys.

        Raises:
            SettingsError: One names what it may not, or is not there.
        """
        return replaced(raw, key, _OURS, self._resolved)

    def _resolved(self, value: str, at: str) -> str:
        kind, _, name = value.partition(":")
        if kind == "sealed":
            try:
                return self.unseal(name)
            except ExemptError as error:
                msg = f"{at}: cannot be unsealed: {error}"
                raise SettingsError(msg) from None
        if why := self.refused(value):
            msg = f"{at}: {why}"
            raise SettingsError(msg)
        return resolve(value, at, self.folder, self.environ)

    def refused(self, reference: str) -> str:
        """Why a reference may not be made in the console; "" = it may."""
        kind, _, name = reference.partition(":")
        if kind == "env":
            begins = self.console.secret_variables
            if name.startswith(begins) and len(name) > len(begins):
                return ""
            return (
                f"refers to a variable that does not begin with {begins}: name one that does, or"
                " change console.secret_variables in the settings file"
            )
        if self.console.secrets_folder is None:
            return (
                "refers to a file, and the settings file names no folder for them in"
                " console.secrets_folder: type the secret here, or refer to a variable"
            )
        if self._is_in(self.console.secrets_folder, name):
            return ""
        return f"refers to a file outside the folder {self.console.secrets_folder}"

    def check_paths(self, settings: BaseModel, key: str) -> Iterator[tuple[str, str]]:
        """The settings that name files which they may not: each key, and why."""
        for at, path in paths_of(settings, key):
            folder = self.console.files_folder
            if folder is None:
                why = "names a file, and the settings file names no console.files_folder for them"
                yield at, why
            elif not self._is_in(folder, str(path)):
                yield at, f"is outside the folder {folder}, the only one that may be named here"

    def _is_in(self, folder: str, path: str) -> bool:
        """Whether *path* lies in *folder*, through whatever links it may go."""
        if "\0" in path:
            return False
        inside = (self.folder / folder).resolve()
        try:
            there = (self.folder / path).resolve()
        except (OSError, RuntimeError):  # links in a ring
            return False
        return there != inside and there.is_relative_to(inside)


def paths_of(model: BaseModel, key: str) -> Iterator[tuple[str, str]]:
    """Every file or folder that settings name, by dotted key: of type Path, or of format path."""

    def walk(value: Any, at: str, *, named: bool) -> Iterator[tuple[str, str]]:
        if isinstance(value, Path) or (named and isinstance(value, str) and value):
            yield at, str(value)
        elif isinstance(value, BaseModel):
            for name, info in type(value).model_fields.items():
                extra = info.json_schema_extra
                is_path = isinstance(extra, dict) and extra.get("format") == "path"
                yield from walk(getattr(value, name), f"{at}.{info.alias or name}", named=is_path)
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                yield from walk(inner, f"{at}.{name}", named=named)
        elif isinstance(value, list | tuple | set | frozenset):
            for number, inner in enumerate(value):
                yield from walk(inner, f"{at}.{number}", named=named)

    yield from walk(model, key, named=False)


def is_kept_safe(raw: Any) -> bool:
    """Whether what stands at the place of a secret is a reference or sealed."""
    return isinstance(raw, str) and _OURS.match(raw) is not None


def sealed(raw: Any, secrets: Mapping[str, SecretStr], key: str, seal: Callable[[str], str]) -> Any:
    """*raw* with every secret that was typed into it sealed; references stay.

    Args:
        raw: As it was filled in.
        secrets: The keys of all secrets in it.
        key: Of *raw* itself.
        seal: Seals a text.
    """

    def walk(value: Any, at: str) -> Any:
        if isinstance(value, dict):
            return {name: walk(inner, f"{at}.{name}") for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, f"{at}.{number}") for number, inner in enumerate(value)]
        if at in secrets and isinstance(value, str) and not is_kept_safe(value):
            return SEALED + seal(value)
        return value

    return walk(raw, key)


def without_sealed(raw: Any) -> Any:
    """*raw* as it says the same whenever its secrets were sealed."""
    return replaced(raw, "", re.compile(f"^{SEALED}"), lambda _value, _at: _UNSEALED)[0]
