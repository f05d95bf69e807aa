"""The texts of a pack of rules: of the shipped one, or of one in a folder."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from exempt.errors import SettingsError

SHIPPED = "exempt"
"""The name of the shipped pack; no other may have it."""

FILES = ("states.csv", "reasons.csv")


def shipped_texts() -> dict[str, str]:
    """The shipped pack: text by file name."""
    folder = resources.files(__package__)
    return {name: folder.joinpath(name).read_text(encoding="utf-8-sig") for name in FILES}


def texts_in(folder: Path) -> dict[str, str]:
    """The pack in *folder*, files of the same names as the shipped ones.

    Raises:
        SettingsError: A file is missing or is no UTF-8 text.
    """
    return {name: _text(folder / name) for name in FILES}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        msg = f"{path}: there is no such file: a pack of rules has {' and '.join(FILES)}"
    except UnicodeDecodeError:
        msg = f"{path}: is no UTF-8 text: save it as CSV UTF-8"
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
    raise SettingsError(msg)
