"""The texts of a pack of rules: of the shipped one, or of one in a folder."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from exempt.errors import SettingsError

SHIPPED = "exempt"
"""The name of the shipped pack; no other may have it."""

FILES = ("states.csv", "reasons.csv")

THRESHOLDS = "nexus_thresholds.csv"
TAXABILITY = "taxability.csv"
"""Tables of their own: a folder may have them, with the pack or without."""


def shipped_texts() -> dict[str, str]:
    """The shipped pack: text by file name."""
    folder = resources.files(__package__)
    return {name: folder.joinpath(name).read_text(encoding="utf-8-sig") for name in FILES}


def shipped_thresholds_text() -> str:
    """The shipped thresholds of economic nexus."""
    return resources.files(__package__).joinpath(THRESHOLDS).read_text(encoding="utf-8-sig")


def thresholds_text_in(folder: Path) -> str | None:
    """The thresholds in *folder*; None = it has none.

    Raises:
        SettingsError: The file cannot be read or is no UTF-8 text.
    """
    path = folder / THRESHOLDS
    return table_text(path) if path.exists() else None


def has_just_thresholds(folder: Path) -> bool:
    """Whether *folder* has them, or what states tax, and no table of a pack of rules."""
    own = any((folder / name).exists() for name in (THRESHOLDS, TAXABILITY))
    return own and not any((folder / name).exists() for name in FILES)


def texts_in(folder: Path) -> dict[str, str]:
    """The pack in *folder*, files of the same names as the shipped ones.

    Raises:
        SettingsError: A file is missing or is no UTF-8 text.
    """
    return {name: table_text(folder / name) for name in FILES}


def table_text(path: Path) -> str:
    """The text of one file of a folder.

    Raises:
        SettingsError: It is missing, cannot be read or is no UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        msg = f"{path}: there is no such file: a pack of rules has {' and '.join(FILES)}"
    except UnicodeDecodeError:
        msg = f"{path}: is no UTF-8 text: save it as CSV UTF-8"
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
    raise SettingsError(msg)
