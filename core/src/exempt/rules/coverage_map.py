"""What covers a customer, state by state, as a small picture of the country.

Tiles stand where those of `exempt.rules.country_map` do. Each kind of tile has a
sign of its own, so that none is told by its colour alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.data.tiles import state_tiles

SIZE, GAP = 40, 4


class Cover(StrEnum):
    """How a customer stands in a state.

    ========  ==============================================================
    covered   a certificate is in force
    soon      one is, and it ends soon
    missing   exemption is claimed, and nothing is on file
    taxed     nothing is on file, and no exemption is claimed
    no_tax    no sales tax is levied there
    nowhere   none of its goods go there
    ========  ==============================================================
    """

    COVERED = "covered"
    SOON = "soon"
    MISSING = "missing"
    TAXED = "taxed"
    NO_TAX = "no_tax"
    NOWHERE = "nowhere"


TITLES = {
    Cover.COVERED: "Covered",
    Cover.SOON: "Expiring soon",
    Cover.MISSING: "Missing",
    Cover.TAXED: "Taxed, nothing on file",
    Cover.NO_TAX: "No sales tax",
    Cover.NOWHERE: "No goods go there",
}
"""What a legend says, in its order."""


class CoverTile(NamedTuple):
    """A state in the picture.

    Attributes:
        letters: ``TX``.
        x: Of its left upper corner, in units of the picture; ``y``, too.
        said: One sentence, for whoever points at it or cannot see it.
    """

    code: str
    letters: str
    cover: Cover
    x: int
    y: int
    said: str


class CoverMap(NamedTuple):
    """The picture: its tiles, its size, and how many states are of each kind that is there."""

    tiles: tuple[CoverTile, ...]
    width: int
    height: int
    counts: Mapping[Cover, int]


def coverage_map(states: Mapping[str, tuple[Cover, str]]) -> CoverMap:
    """The picture of these states; all others are drawn as those that nothing goes to.

    Args:
        states: By code how a customer stands there, and what to say of it.
    """
    step = SIZE + GAP
    places = state_tiles()
    drawn = []
    for code, place in places.items():
        cover, said = states.get(code, (Cover.NOWHERE, TITLES[Cover.NOWHERE].lower()))
        letters, name = code.removeprefix("US-"), jurisdiction_name(code)
        x, y = place.column * step, place.row * step
        drawn.append(CoverTile(code, letters, cover, x, y, f"{name}: {said}"))
    counts = Counter(tile.cover for tile in drawn)
    return CoverMap(
        tuple(drawn),
        step * (1 + max(place.column for place in places.values())) - GAP,
        step * (1 + max(place.row for place in places.values())) - GAP,
        {cover: counts[cover] for cover in TITLES if counts[cover]},
    )
