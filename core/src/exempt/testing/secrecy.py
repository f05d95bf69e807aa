"""Whether a text shows a secret, in clear or in a usual disguise."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Shorter ones are no secrets: they would be found everywhere."""
REDACTED = "[secret]"
"""What the core writes in place of a secret that it found; so it was there."""


class Secrets:
    """The secrets of a connection.

    Args:
        values: In clear.
        references: What stands for them in the settings, by their keys.
    """

    def __init__(self, values: Iterable[str], references: Mapping[str, str]) -> None:
        self.values = tuple(value for value in values if len(value) >= SHORTEST)
        self.references = references
        self._forms = {form for value in self.values for form in _forms(value)}

    def shown_in(self, text: str) -> bool:
        """Whether *text* shows one, or the core has taken one out of it."""
        return REDACTED in text or any(form in text for form in self._forms)


def _forms(value: str) -> Iterator[str]:
    yield value
    yield quote(value, safe="")
    yield quote_plus(value)
    for before in range(3):
        # As base64 shows it after that many bytes of something else (``user:``).
        packed = base64.b64encode(b"\0" * before + value.encode()).decode()
        middle = packed[(0, 2, 3)[before] : -4]
        if len(middle) >= SHORTEST:
            yield middle
