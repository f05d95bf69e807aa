"""Where each state stands in a grid of tiles that looks like the country.

``state_tiles.csv``: column and row, the first being 0. A drawing, no statute: each
state has one tile, near to those it borders on.
"""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import NamedTuple


class Place(NamedTuple):
    """A place in the grid."""

    column: int
    row: int


@functools.cache
def state_tiles() -> dict[str, Place]:
    """The place of every state, of the District of Columbia and of Puerto Rico."""
    text = resources.files(__package__).joinpath("state_tiles.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Place(int(row["column"]), int(row["row"]))
        for row in csv.DictReader(text.splitlines())
    }
