"""One stream of one ERP: its settings, and how its rows become records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from exempt import Page, SourceRecord
from exempt_erp_generic.reading import StreamSettings

S = TypeVar("S", bound=SourceRecord)


@dataclass(frozen=True)
class Source(Generic[S]):
    """One stream of one ERP.

    Attributes:
        name: As the settings call it.
        translate: Makes a record of a row.
        zone: The ERP's time zone.
    """

    name: str
    settings: StreamSettings
    translate: Callable[[Any], S]
    zone: ZoneInfo

    def page_of(self, rows: list[Any], translate: Callable[[Any], S] | None = None) -> Page[S]:
        """The records of *rows*; those that were deleted are named only."""
        there: list[Any] = []
        deleted: list[str] = []
        for row in rows:
            known = self.known_id(row) if self._is_deleted(row) else None
            if known is None:
                there.append(row)
            else:
                deleted.append(known)
        return Page.read(
            there,
            translate or self.translate,
            row_name=self._row_name,
            row_id=self.row_id,
            deleted=deleted,
        )

    def changed(self, rows: list[Any]) -> list[dt.datetime]:
        """When *rows* were changed, as far as it is legible."""
        updated_at = self.settings.fields.updated_at
        found: list[dt.datetime] = []
        for row in rows if updated_at else ():
            try:
                moment = updated_at.read(row, self.zone) if updated_at else None
            except (ValueError, TypeError, ArithmeticError):
                continue
            if moment is not None:
                found.append(moment)
        return found

    def row_id(self, row: Any) -> str | None:
        """The identifier of *row*.

        Raises:
            ValueError: It is not legible.
        """
        found = self.settings.fields.external_id.read(row, self.zone)
        return str(found)[:255] if found and str(found).isprintable() else None

    def known_id(self, row: Any) -> str | None:
        """The identifier of *row*; None where it is not legible."""
        try:
            return self.row_id(row)
        except ValueError:
            return None

    def _is_deleted(self, row: Any) -> bool:
        try:
            return self.settings.deleted is not None and self.settings.deleted.holds(row)
        except ValueError:
            return False

    def _row_name(self, number: int, row: Any) -> str:
        return f"{self.name}: {self.known_id(row) or f'row {number} of the page'}"
