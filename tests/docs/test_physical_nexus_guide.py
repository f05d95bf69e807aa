"""The guides to physical nexus and to HR systems can be followed, and say what is so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks
from exempt.model.presence import PresenceKind
from exempt.rules.staff_rows import TITLES

for needed in ("billing_stripe", "erp_generic", "hris_csv", "mail_smtp"):
    pytest.importorskip(f"exempt_{needed}", reason=f"exempt_{needed} is missing")

PAGE = "how-to/physical-nexus.md"
DOCS = Path(__file__).parents[2] / "docs"


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


def test_the_table_of_people_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (table,) = re.findall(r"```csv\n(.*?)```", (DOCS / PAGE).read_text("utf-8"), re.DOTALL)
    somebody = Follower(tmp_path, monkeypatch)
    Path("exempt.toml").write_text('[companies.main]\nname = "Main"\n', encoding="utf-8")
    Path("people.csv").write_text(table, encoding="utf-8")
    assert "4 rows of people: 3 new" in somebody.run(
        ["exempt", "employees", "import", "people.csv"]
    )
    assert table.splitlines()[0].split(",") == list(TITLES)


def test_the_guide_names_each_kind_of_presence() -> None:
    page = (DOCS / PAGE).read_text(encoding="utf-8")
    assert [kind for kind in PresenceKind if f"`{kind}`" not in page] == []


def test_the_settings_of_each_hr_system_are_such() -> None:
    """B24."""
    from exempt_hris_csv.settings import HrisCsvSettings

    page = (DOCS / "how-to/hr-systems.md").read_text(encoding="utf-8")
    for name in ("Gusto", "BambooHR", "Rippling", "ADP", "Finch", "Any other CSV"):
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        (block,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
        (connection,) = tomllib.loads(block)["connections"].values()
        assert connection["connector"] == "hris_csv"
        HrisCsvSettings.model_validate(connection["settings"])


def test_the_columns_of_each_hr_system_are_understood() -> None:
    """What the tables name is an alias, or said to be none."""
    from exempt_hris_csv.columns import ALIASES, plain

    known = set().union(*ALIASES.values())
    page = (DOCS / "how-to/hr-systems.md").read_text(encoding="utf-8")
    for row in re.findall(r"^\| ([A-Z][^|]*) \| (?:`id`|place|home|first|last|whether|employee)",
                          page, re.MULTILINE):  # fmt: skip
        names = re.sub(r"\(.*?\)", "", row).replace(", or ", ",").split(",")
        assert [name for name in names if plain(name) not in known] == [], row
