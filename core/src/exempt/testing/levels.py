"""The levels that a connector can reach: each asks for all of the one before, and more."""

from __future__ import annotations

from enum import IntEnum

import pytest


class Level(IntEnum):
    """How much of the contract holds, by tests that ran."""

    BRONZE = 1
    SILVER = 2
    GOLD = 3

    @property
    def word(self) -> str:
        """As people write it."""
        return self.name.lower()


MARKER = "exempt_contract"

bronze = pytest.mark.exempt_contract(level=Level.BRONZE)
"""It reads and writes right while nothing goes wrong."""
silver = pytest.mark.exempt_contract(level=Level.SILVER)
"""Faults, repetition and strangers do no harm."""
gold = pytest.mark.exempt_contract(level=Level.GOLD)
"""Whatever changes at the remote is seen, and nothing is left behind."""


def level_of(item: pytest.Item) -> Level | None:
    """The level that the test belongs to; None for a test that is not of the contract."""
    found = item.get_closest_marker(MARKER)
    return None if found is None else Level(found.kwargs["level"])
