"""What an import counts."""

from __future__ import annotations

import pytest

from exempt.model.imports import TALLIED, ImportCounts, Tally


@pytest.mark.parametrize(
    ("bad", "left", "said"),
    [
        (0, 0, ""),
        (2, 0, "2 of 1,000 rows"),
        (0, 1, "1 customer"),
        (1, 2, "1 of 1,000 rows and 2 customers"),
    ],
)
def test_what_cannot_go_in(bad: int, left: int, said: str) -> None:
    counts = ImportCounts(rows=1000, bad=bad, planned=Tally(left=left))
    assert counts.stuck == said


def test_tallies_are_added_count_by_count() -> None:
    one = Tally(**{name: n for n, name in enumerate(TALLIED, 1)})
    two = Tally(**{name: 100 * n for n, name in enumerate(TALLIED, 1)})
    assert one.plus(two) == Tally(**{name: 101 * n for n, name in enumerate(TALLIED, 1)})
