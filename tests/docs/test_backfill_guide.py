"""The guide of files of sales can be followed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks
from exempt.model.backfill import BackfillField, BackfillState

PAGE = "how-to/backfill.md"


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    somebody = Follower(tmp_path, monkeypatch)
    yield somebody
    somebody.leave()


def test_the_guide_can_be_followed(follower: Follower) -> None:
    for region in blocks(PAGE):
        follower.follow(region)


def test_the_guide_names_each_column_and_state() -> None:
    page = (Path(__file__).parents[2] / "docs" / PAGE).read_text(encoding="utf-8")
    told = {*BackfillField, *BackfillState} - {BackfillState.DROPPED}
    assert [each for each in told if f"`{each}`" not in page] == []
