"""Tables written as files, for the faces."""

from __future__ import annotations

from exempt.adapters.spreadsheets import open_table, write_table

__all__ = ["open_table", "write_table"]
