"""The guide to economic nexus can be followed, and names each base and setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks
from exempt.model.nexus import Base
from exempt.settings.nexus import Nexus

PAGE = "how-to/nexus.md"


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    somebody = Follower(tmp_path, monkeypatch)
    yield somebody
    somebody.leave()


def test_the_guide_can_be_followed(follower: Follower) -> None:
    for region in blocks(PAGE):
        follower.follow(region)


def test_the_guide_names_each_base_and_how_far_back_and_near() -> None:
    page = (Path(__file__).parents[2] / "docs" / PAGE).read_text(encoding="utf-8")
    settings = [name for name in Nexus.model_fields if name != "alerts_to"]  # of the warnings
    told = [*(f"*{each}*" for each in Base), *(f"{name} = " for name in settings)]
    assert [each for each in told if each not in page] == []
