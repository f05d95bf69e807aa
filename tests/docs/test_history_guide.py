"""The guide to reading the past from connections can be followed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks

pytest.importorskip("exempt_billing_stripe", reason="exempt_billing_stripe is missing")

PAGE = "how-to/backfill-from-connections.md"


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    somebody = Follower(tmp_path, monkeypatch)
    yield somebody
    somebody.leave()


def test_the_guide_can_be_followed(follower: Follower) -> None:
    for region in blocks(PAGE):
        follower.follow(region)
