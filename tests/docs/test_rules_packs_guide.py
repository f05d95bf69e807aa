"""The guide of rules packs can be followed, as the tutorials can."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks

PAGE = "how-to/rules-packs.md"
PLUGIN = 'title="acme_rules/__init__.py"'


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    (tmp_path / "exempt.toml").touch()  # somebody who has no settings yet
    somebody = Follower(tmp_path, monkeypatch)
    yield somebody
    somebody.leave()
    sys.modules.pop("acme_rules", None)


def test_the_guide_can_be_followed(follower: Follower) -> None:
    for region in blocks(PAGE):
        follower.follow(region)


def test_the_plugin_has_less_than_thirty_lines() -> None:
    (plugin,) = [b for b in blocks(PAGE) if PLUGIN in b.lexemes["info"]]
    assert len(plugin.lexemes["source"].text.splitlines()) < 30
