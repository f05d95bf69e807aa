"""What the tests of rules share."""

from __future__ import annotations

import pytest
from hypothesis import settings

from exempt.rules import decision

# Properties are as slow as a busy machine makes them.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """No decision of one test serves another, least of all one by a mutant of the rule."""
    decision._without.cache_clear()
