"""What the services need to remember calls of the API, so that one made twice happens once."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple, Protocol


class CallRow(NamedTuple):
    """A call, by the key that whoever made it gave it.

    Attributes:
        fingerprint: Of all that it asked for.
        status: Of its answer; None = it is being answered, 0 = what it asked for
            was done, and its answer is not kept yet.
        body: The answer, sealed.
    """

    fingerprint: str
    status: int | None
    headers: dict[str, str]
    body: str
    made_at: dt.datetime


class Calls(Protocol):
    """Calls of the API that came with an idempotency key."""

    def begin(
        self, api_key_id: int, key: str, fingerprint: str, at: dt.datetime, old: dt.datetime
    ) -> bool:
        """Remember a call that begins; False when one with this key began since *old*."""
        ...

    def get(self, api_key_id: int, key: str) -> CallRow | None: ...  # noqa: D102

    def take_over(self, api_key_id: int, key: str, began_at: dt.datetime, at: dt.datetime) -> bool:
        """Begin a call anew that began then and never ended; False when it did after all."""
        ...

    def carried_out(self, api_key_id: int, key: str, began_at: dt.datetime) -> bool:
        """What it asked for is done in this transaction; False when another took it over."""
        ...

    def answered(
        self, api_key_id: int, key: str, status: int, headers: dict[str, str], body: str
    ) -> None:
        """Keep the answer."""
        ...

    def drop(self, api_key_id: int, key: str) -> None:
        """Forget a call that changed nothing, so that it may be made again."""
        ...

    def forget(self, before: dt.datetime) -> int:
        """Forget calls from before then; returns how many they were."""
        ...
