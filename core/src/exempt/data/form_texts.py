"""The texts of form definitions: of the shipped ones in ``forms/``, or of a folder's."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from exempt.errors import SettingsError


def shipped_form_texts() -> dict[str, str]:
    """The shipped definitions: text by file name."""
    folder = resources.files(__package__).joinpath("forms")
    return {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def form_texts_in(folder: Path) -> dict[str, str]:
    """The definitions in *folder*: its files that end in ``.toml``, by name.

    Raises:
        SettingsError: It is no folder, or a file in it is no UTF-8 text.
    """
    if not folder.is_dir():
        msg = f"{folder}: there is no such folder: make it, or remove the setting"
        raise SettingsError(msg)
    try:
        return {
            file.name: file.read_text(encoding="utf-8-sig")
            for file in sorted(folder.glob("*.toml"))
        }
    except UnicodeDecodeError:
        msg = f"{folder}: one of its files is no UTF-8 text: save it as UTF-8"
    except OSError as error:
        msg = f"{folder}: cannot be read: {error.strerror}"
    raise SettingsError(msg)
