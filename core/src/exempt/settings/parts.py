"""A connection's own settings in a file of their own, which editors can complete by its schema."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exempt.errors import SettingsError


@dataclass(frozen=True)
class Part:
    """A file of settings that was read.

    Attributes:
        text: As written, to name lines in errors; it holds no secrets.
        connector: Which connector it says it is for.
        settings: The connector's own settings.
        nested: They stand in a table ``[settings]``, and not at the top.
    """

    path: Path
    text: str = field(repr=False)
    connector: str | None
    settings: dict[str, Any] = field(repr=False)
    nested: bool

    def key(self, inner: str) -> str:
        """The key of a setting as it stands in the file."""
        return f"settings.{inner}" if self.nested else inner


def read_part(path: Path) -> Part:
    """Read a file of settings: the settings themselves, and ``connector``.

    Raises:
        SettingsError: It is missing, no TOML, or of another form.
    """
    text, table = _read(path)
    connector = table.pop("connector", None)
    if connector is not None and not isinstance(connector, str):
        msg = f'{path}: connector: is no name: write connector = "…", see exempt plugins'
        raise SettingsError(msg)
    nested = isinstance(table.get("settings"), dict)
    settings = table.pop("settings") if nested else table
    if nested and table:
        odd = next(iter(table))
        msg = f"{path}: {odd}: beside the table [settings] there is connector and nothing else"
        raise SettingsError(msg)
    return Part(path, text, connector, settings, nested)


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        msg = f"{path}: there is no such file of settings: correct its name"
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read ({type(error).__name__})"
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: no valid TOML: {error}"
    except (ValueError, RecursionError):  # NUL in its name, a number of 5,000 digits, [[[[…
        msg = f"{path}: no file of settings: name another"
    raise SettingsError(msg) from None
