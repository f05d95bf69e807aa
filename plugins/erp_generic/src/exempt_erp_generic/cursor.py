"""The cursor: where the reading of a stream stands."""

from __future__ import annotations

import datetime as dt
from typing import Self

from pydantic import ValidationError

from exempt import CursorExpired, Moment, PermanentError, Record
from exempt_erp_generic.paging import At

LONGEST = 4096


class Place(Record):
    """A place in a stream, and what the end of the run has to know.

    Attributes:
        at: The remote's page; None = the first.
        size: Rows a remote page, the same for the whole run.
        skip: Rows of that page that were already returned.
        since: The run asks for changes since then; None = for everything.
        began: The ERP's clock when the run began.
        high: The latest change seen in the run.
        last: A digest of the page before, by which endless repetition shows.
    """

    at: At = None
    size: int | None = None
    skip: int = 0
    since: Moment | None = None
    began: Moment | None = None
    high: Moment | None = None
    last: str | None = None

    @classmethod
    def read(cls, cursor: str) -> Self:
        """The place that *cursor* names.

        Raises:
            CursorExpired: It is none of ours.
        """
        try:
            return cls.model_validate_json(cursor)
        except ValidationError:
            msg = "the cursor is not legible; the stream is read anew"
            raise CursorExpired(msg) from None

    def cursor(self) -> str:
        """The place as text.

        Raises:
            PermanentError: The remote's own token is too long to keep, or no text.
        """
        try:
            text = self.model_dump_json(exclude_defaults=True)
        except ValueError:  # halves of characters
            msg = "paging: the ERP's token for the next page is no text that can be kept"
            raise PermanentError(msg) from None
        if len(text) > LONGEST:
            msg = (
                f"paging: the ERP's link to the next page has more than {LONGEST:,} characters:"
                " ask for fewer fields in params"
            )
            raise PermanentError(msg)
        return text

    def checkpoint(self) -> Place:
        """Where the next run starts.

        At the latest change seen, but not later than this run began: what was
        changed meanwhile on a page already read is then seen by the next run.
        """
        if self.high is None:
            return Place(since=self.since)
        reached = min(self.high, self.began or self.high)
        return Place(since=max(reached, self.since or reached))

    def seeing(self, moments: list[dt.datetime]) -> Place:
        """The place, having seen changes at *moments*."""
        latest = max([*moments, *([self.high] if self.high else [])], default=None)
        return self.model_copy(update={"high": latest})
