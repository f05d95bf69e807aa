"""Settings as people look at them: what is set, where it stands, what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class SettingRow(NamedTuple):
    """One setting.

    Attributes:
        key: As it stands in its table.
        value: What counts, as it would be written; of a secret just where it is.
        meaning: What it does, in a sentence.
        place: The file and line; "" = it is not set, and the value is what counts without.
        is_reference: Whether the value says where something is that is not shown.
    """

    key: str
    value: str
    meaning: str
    place: str = ""
    is_reference: bool = False

    @property
    def is_set(self) -> bool:
        """Whether somebody set it."""
        return bool(self.place)


class SettingTable(NamedTuple):
    """A table of the settings file: its name, as ``web.oidc``, what it is of, and its rows."""

    name: str
    meaning: str
    rows: Sequence[SettingRow]
