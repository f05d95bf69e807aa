"""``exempt nexus --map`` draws the country into a file, and overwrites none unasked."""

from __future__ import annotations

from pathlib import Path

from support.desk import Desk
from support.nexus import sale


def test_the_map_is_written_once(desk: Desk, tmp_path: Path) -> None:
    desk.sell(sale("K-1", "KS", "2026-03-10", 90_000))
    file = tmp_path / "us.svg"
    assert "any browser shows it" in " ".join(desk.run("nexus", "--map", str(file)).split())
    assert "Kansas: 90.0 % of its threshold" in file.read_text(encoding="utf-8")
    file.write_text("mine", encoding="utf-8")
    assert "add --replace" in desk.run("nexus", "--map", str(file), code=1)
    assert file.read_text(encoding="utf-8") == "mine"
    desk.run("nexus", "--map", str(file), "--replace")
    assert file.read_text(encoding="utf-8").startswith("<svg")


def test_a_folder_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    told = desk.run("nexus", "--map", str(tmp_path / "none" / "us.svg"), code=1)
    assert "cannot be written" in told
