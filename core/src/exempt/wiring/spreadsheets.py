"""Tables written as files, for the faces."""

from __future__ import annotations

from exempt.adapters.spreadsheets import write_table

__all__ = ["write_table"]
