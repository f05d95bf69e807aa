"""The guide of documents can be followed, and what it says of limits is so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks
from exempt.adapters.papers import limits
from exempt.adapters.papers.inspector import DEADLINE
from exempt.rules import papers as rules
from exempt.services import handing_out, uploads

for needed in ("billing_stripe", "erp_generic", "hris_csv", "mail_smtp"):
    pytest.importorskip(f"exempt_{needed}", reason=f"exempt_{needed} is missing")

PAGE = "how-to/documents.md"
TEXT = (Path(__file__).parents[2] / "docs" / PAGE).read_text(encoding="utf-8")


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    somebody = Follower(tmp_path, monkeypatch)
    somebody.run(["exempt", "demo"])
    monkeypatch.setenv("EXEMPT_SETTINGS", "exempt-demo/exempt.toml")
    yield somebody
    somebody.leave()


def test_the_guide_can_be_followed(follower: Follower) -> None:
    for region in blocks(PAGE):
        follower.follow(region)


@pytest.mark.parametrize(
    "told",
    [
        f"{rules.MAX_BYTES // 1024**2} MB ({rules.MAX_BYTES:,} bytes)",
        f"pages of a PDF | {rules.MAX_PAGES} |",
        f"{rules.MAX_POINTS:,} points",
        f"{rules.MAX_PIXELS // 10**6} million",
        f"{limits.MEMORY // 1024**2} MB of memory and {limits.CPU_SECONDS} seconds",
        f"ended after {DEADLINE:.0f} seconds",
        f"{uploads.RESERVE // 1024**2} MB more",
    ],
)
def test_what_it_says_is_so(told: str) -> None:
    assert told in " ".join(TEXT.split())


def test_links_live_as_long_as_it_says() -> None:
    assert handing_out.LASTS.total_seconds() == 5 * 60
    assert handing_out.LASTS_MOST.total_seconds() == 60 * 60
    assert "works for five minutes, and for an hour at most" in " ".join(TEXT.split())


def test_the_process_has_the_limits_of_the_rules() -> None:
    from exempt.adapters.papers import pdfs, pictures

    assert (pdfs.MAX_PAGES, pdfs.MAX_POINTS) == (rules.MAX_PAGES, rules.MAX_POINTS)
    assert (pictures.MAX_PAGES, pictures.MAX_PIXELS) == (rules.MAX_PAGES, rules.MAX_PIXELS)
