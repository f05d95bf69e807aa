"""The guide to counting sales can be followed, and names each part and setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks
from exempt.model.nexus import Base, Counts, Treatment

PAGE = "how-to/counting-sales.md"


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    somebody = Follower(tmp_path, monkeypatch)
    yield somebody
    somebody.leave()


def test_the_guide_can_be_followed(follower: Follower) -> None:
    for region in blocks(PAGE):
        follower.follow(region)


def test_the_guide_names_each_part_base_and_setting() -> None:
    page = (Path(__file__).parents[2] / "docs" / PAGE).read_text(encoding="utf-8")
    told = [each.value.replace("_", " ") for each in (*Treatment, *Base, *Counts)]
    assert [each for each in told if each not in page] == []
