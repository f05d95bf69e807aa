"""The picture of what covers a customer: every state once, each where it belongs."""

from __future__ import annotations

from exempt.data.tiles import state_tiles
from exempt.rules.coverage_map import SIZE, TITLES, Cover, coverage_map


def test_every_state_has_one_tile_and_none_lies_on_another() -> None:
    drawn = coverage_map({})
    assert [tile.code for tile in drawn.tiles] == list(state_tiles())
    assert len({(tile.x, tile.y) for tile in drawn.tiles}) == len(drawn.tiles)
    assert max(tile.x for tile in drawn.tiles) + SIZE == drawn.width
    assert max(tile.y for tile in drawn.tiles) + SIZE == drawn.height


def test_a_tile_says_how_the_customer_stands_there() -> None:
    drawn = coverage_map(
        {"US-TX": (Cover.COVERED, "certificate T-1"), "US-CA": (Cover.MISSING, "nothing")}
    )
    said = {tile.letters: (tile.cover, tile.said) for tile in drawn.tiles}
    assert said["TX"] == (Cover.COVERED, "Texas: certificate T-1")
    assert said["CA"] == (Cover.MISSING, "California: nothing")
    assert said["NY"] == (Cover.NOWHERE, "New York: no goods go there")


def test_the_legend_has_the_kinds_that_are_there_in_one_order() -> None:
    drawn = coverage_map({"US-CA": (Cover.MISSING, ""), "US-TX": (Cover.COVERED, "")})
    assert list(drawn.counts.items())[:2] == [(Cover.COVERED, 1), (Cover.MISSING, 1)]
    assert drawn.counts[Cover.NOWHERE] == len(state_tiles()) - 2
    assert set(TITLES) == set(Cover)
