"""The guide of review can be followed, in the sample company."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks

for needed in ("billing_stripe", "erp_generic", "hris_csv", "mail_smtp"):
    pytest.importorskip(f"exempt_{needed}", reason=f"exempt_{needed} is missing")


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    somebody = Follower(tmp_path, monkeypatch)
    somebody.run(["exempt", "demo"])
    monkeypatch.setenv("EXEMPT_SETTINGS", "exempt-demo/exempt.toml")
    yield somebody
    somebody.leave()


def test_the_guide_can_be_followed(follower: Follower) -> None:
    for region in blocks("how-to/review.md"):
        follower.follow(region)
