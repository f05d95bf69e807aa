"""What a test needs around a connector: a context, and a way to read to the end."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from exempt.model.fetching import FetchRequest, Page
from exempt.model.record import SourceRecord

S = TypeVar("S", bound=SourceRecord)


class StillContext:
    """A `Context` whose clock stands still until it is moved."""

    def __init__(
        self,
        folder: Path = Path(),
        *,
        connection_id: str = "test",
        now: dt.datetime = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC),
    ) -> None:
        self.connection_id = connection_id
        self.folder = folder
        self.moment = now
        self.stop = False
        self.rotated: list[tuple[str, SecretStr, SecretStr]] = []
        self.log = logging.LoggerAdapter(
            logging.getLogger("exempt.connection"), {"connection": connection_id}
        )

    def now(self) -> dt.datetime:
        """The moment the clock stands at."""
        return self.moment

    def cancelled(self) -> bool:
        """What ``stop`` was set to."""
        return self.stop

    def rotate_secret(self, setting: str, old: SecretStr, new: SecretStr) -> None:
        """Remember the change in ``rotated``."""
        self.rotated.append((setting, old, new))


def read_all(
    fetch: Callable[[FetchRequest], Page[S]],
    cursor: str | None = None,
    *,
    page_size: int = 100,
    since: dt.date | None = None,
    pages_max: int = 10_000,
) -> list[Page[S]]:
    """Every page from *cursor* on.

    Raises:
        AssertionError: A cursor came twice, a page was too large, or there was no end.
    """
    pages: list[Page[S]] = []
    seen = {cursor}
    while True:
        page = fetch(FetchRequest(cursor=cursor, since=since, page_size=page_size))
        assert len(page.records) <= page_size, f"{len(page.records)} records, {page_size} asked for"
        pages.append(page)
        if page.next_cursor is None:
            return pages
        assert page.next_cursor not in seen, f"the cursor {page.next_cursor!r} came twice"
        assert len(pages) < pages_max, f"no end after {pages_max} pages"
        cursor = page.next_cursor
        seen.add(cursor)


def records(pages: list[Page[S]]) -> list[S]:
    """The records of *pages*."""
    return [record for page in pages for record in page.records]
