"""Settings to try: those of a connection, or a TOML file of their own."""

from __future__ import annotations

from pathlib import Path

from exempt.errors import SettingsError
from exempt.settings import Loaded, load
from exempt.settings.parts import read_part
from exempt.settings.tables import SettingsFile

NAME = "tried"
"""What a connection is called whose settings stand in a file of their own."""

_KEY = f"connections.{NAME}.settings"


def load_settings(given: str, settings: Path) -> tuple[Loaded, str]:
    """The settings that *given* names, and the connection's name in them.

    Args:
        given: A connection in the file *settings*, or the path of a TOML file.

    Raises:
        SettingsError: It is neither, or the file is wrong.
    """
    path = Path(given)
    if path.suffix == ".toml" or path.is_file():
        return _alone(path), NAME
    if not settings.exists():
        msg = (
            f"{given}: is no file, and there is no settings file {settings} that could have a"
            " connection of that name: name a TOML file"
        )
        raise SettingsError(msg)
    loaded = load(settings)
    if given not in loaded.file.connections:
        known = ", ".join(sorted(loaded.file.connections)) or "there is none"
        msg = f"{given}: is no file, and no connection of {settings} ({known})"
        raise SettingsError(msg)
    return loaded, given


def in_the_file(said: str, name: str, loaded: Loaded) -> str:
    """*said* of a file that was tried alone, with its keys as they stand there."""
    if name != NAME or _KEY not in loaded.parts:  # a connection may be called so, too
        return said
    said = said.replace(f"{_KEY}.", loaded.parts[_KEY].key("")).replace(f"{_KEY}: ", "")
    return said.replace(f"connections.{NAME}.", "")


def _alone(path: Path) -> Loaded:
    """The file as if it stood in a settings file of Exempt."""
    part = read_part(path)
    if part.connector is None:
        msg = (
            f'{path}: connector is missing: begin the file with connector = "…", see exempt plugins'
        )
        raise SettingsError(msg)
    connection = {"connector": part.connector, "company": "main", "settings": part.settings}
    file = SettingsFile.model_validate(
        {"companies": {"main": {"name": "main"}}, "connections": {NAME: connection}}
    )
    return Loaded(path, part.text, file, {_KEY: part})
