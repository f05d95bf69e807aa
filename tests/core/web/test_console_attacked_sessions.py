"""Sessions that nobody uses end, whatever the pages do that are still open; and what else ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

import exempt.web
from exempt.model.access import Role
from support.browsing import Premises, premises_in

R = Role.REVIEWER
TEMPLATES = Path(exempt.web.__path__[0], "templates")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    with premises_in(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("by_itself", "query"),
    [
        pytest.param({"x_unattended": "yes", "hx_request": "true"}, "", id="every 2 seconds"),
        pytest.param({"accept": "text/event-stream"}, "", id="its stream begins again"),
        pytest.param({}, "?unattended=yes", id="it looks every 5 seconds, without a script"),
    ],
)
def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(
    house: Premises, by_itself: dict[str, str], query: str
) -> None:
    dana = house.staff(R)
    for _ in range(29):
        house.later(minutes=1)
        assert dana.get(f"/imports{query}", **by_itself).status_code == 200
    house.later(minutes=2)
    answer = dana.get(f"/imports{query}", **by_itself)
    assert answer.status_code == (401 if "hx_request" in by_itself else 303)
    assert dana.get("/imports").headers["location"].startswith("/sign-in")


def test_somebody_who_moves_stays_signed_in(house: Premises) -> None:
    dana = house.staff(R)
    for _ in range(4):
        house.later(minutes=20)
        assert dana.get("/imports").status_code == 200


def test_every_page_that_looks_by_itself_says_so() -> None:
    found = [
        (path.name, tag)
        for path in TEMPLATES.rglob("*.html")
        for tag in re.findall(r"[^\n]*hx-trigger=\"[^\"]*every[^\n]*", path.read_text("utf-8"))
    ]
    assert found, "somebody does"
    assert [name for name, tag in found if """hx-headers='{"X-Unattended":""" not in tag] == []
    for path in TEMPLATES.rglob("*.html"):
        tags = re.findall(r"<meta http-equiv=.refresh[^>]*>", path.read_text("utf-8"))
        assert [tag for tag in tags if "unattended" not in tag] == [], path.name
