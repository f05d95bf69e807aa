"""Lists, a part at a time: each part tells where the next one begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from exempt.services.listing_ports import Next
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Call
from exempt.web.problems import Wrong, invalid

Entry = TypeVar("Entry")
Shown = TypeVar("Shown")
_MARK = "1:"  # the version of what a cursor says


class Listed(Body, Generic[Entry]):
    """A part of a list.

    Attributes:
        next: What to send as `after` for the next part; null = this was the last.
    """

    data: tuple[Entry, ...]
    next: str | None = None


class Part(Body):
    """Which part of a list is wanted."""

    after: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="Where the last part ended: its `next`. Without it the list begins."
    )
    limit: Annotated[int, Field(ge=1, le=200)] = Field(
        50, description="How many entries to answer at most."
    )

    @property
    def wanted(self) -> Next:
        """One more than is answered, so that it is known whether more follow.

        Raises:
            Problem: The cursor is none of ours.
        """
        return Next(0 if self.after is None else _read(self.after), self.limit + 1)


def listed(
    call: Call,
    part: Part,
    found: Sequence[Entry],
    key: Callable[[Entry], int],
    show: Callable[[Sequence[Entry]], Sequence[Shown]],
) -> dict[str, object]:
    """The part of a list that was *found*, one more than is shown; *key* has the ids."""
    here = found[: part.limit]
    after = cursor(key(here[-1])) if len(found) > part.limit else None
    if after is not None:
        url = call.request.url.include_query_params(after=after)
        call.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return {"data": tuple(show(here)), "next": after}


def cursor(last: int) -> str:
    """Where a part ends: opaque to whoever gets it, so that it may change."""
    return base64.urlsafe_b64encode(f"{_MARK}{last}".encode()).decode().rstrip("=")


def _read(text: str) -> int:
    try:
        padded = text + "=" * (-len(text) % 4)
        said = base64.urlsafe_b64decode(padded.encode("ascii")).decode("ascii")
    except (ValueError, binascii.Error, UnicodeError):
        said = ""
    last = said.removeprefix(_MARK)
    if not said.startswith(_MARK) or not last.isdecimal() or len(last) > 15:
        wrong = "is where no part ended: send the `next` of the part before, or nothing"
        raise invalid([Wrong("parameter", "after", wrong)])
    return int(last)
