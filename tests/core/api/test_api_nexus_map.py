"""The map of nexus over the API: an SVG of one company that the key sees."""

from __future__ import annotations

from support.api import Program


def test_the_map_is_an_svg(erp: Program) -> None:
    told = erp.get("/nexus/map.svg?company=northwind")
    assert told.status_code == 200
    assert told.headers["content-type"].startswith("image/svg+xml")
    assert told.text.startswith("<svg")


def test_a_company_that_is_none_is_named(erp: Program) -> None:
    told = erp.get("/nexus/map.svg?company=nobody")
    assert told.status_code == 404
    assert "nobody" in told.json()["detail"]
