"""What the services need for views that people keep of lists."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple, Protocol


class SavedView(NamedTuple):
    """A list as somebody wants to see it again.

    Attributes:
        path: The list: ``/certificates``.
        query: What stands behind the question mark of its address.
    """

    id: int
    path: str
    name: str
    query: str


class SavedViews(Protocol):
    """The views that people keep."""

    def of(self, user_id: int, path: str) -> list[SavedView]:
        """Those of a list, by name."""
        ...

    def save(self, user_id: int, path: str, name: str, query: str, at: dt.datetime) -> None:
        """Keep one, in place of what had that name."""
        ...

    def rename(self, view_id: int, name: str) -> None:
        """Call one otherwise; no other of its person's and list's has that name."""
        ...

    def remove(self, user_id: int, view_id: int) -> bool:
        """Keep it no more; False where that person has none such."""
        ...
