"""A schedule as people read it."""

from __future__ import annotations

import pytest

from exempt.rules.schedules import in_words


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("30s", "every 30 seconds"),
        ("1m", "every minute"),
        ("15m", "every 15 minutes"),
        ("1h", "every hour"),
        ("2h", "every 2 hours"),
        ("1d", "every day"),
        ("never", "never"),
        ("0 6 * * 1-5", "0 6 * * 1-5 (America/New_York)"),
    ],
)
def test_a_schedule_in_words(schedule: str, words: str) -> None:
    assert in_words(schedule, "America/New_York") == words
