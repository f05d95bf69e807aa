"""The habits of the house, held against the whole repository."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = [ROOT / "core", *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for top in ("core", "plugins", "tests", "bench", "docs")
    for path in (ROOT / top).rglob("*.py")
)
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "core/*.md", "plugins/*/*.md", "bench/*.md")
    for path in ROOT.glob(pattern)
)

# Assembled, so that this file does not contain them itself.
NO_BUSINESS_HERE = re.compile("|".join(["/" + "root/", "/" + "work/", "/" + "home/[a-z]"]))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]  # type: ignore[no-any-return]


def test_a_file_can_be_read_in_one_sitting() -> None:
    by_hand = [name for name in SOURCES if "/migrations/versions/" not in name]
    assert not [name for name in by_hand if len(text(name).splitlines()) > 400]


def test_no_test_sleeps() -> None:
    assert not [
        f"{name}:{node.lineno}"
        for name in SOURCES
        if name.startswith("tests/")
        for node in ast.walk(ast.parse(text(name)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "time.sleep"
    ]


def test_no_machine_is_named() -> None:
    everything = [*SOURCES, *PAGES, "pyproject.toml", "noxfile.py"]
    assert not [name for name in everything if NO_BUSINESS_HERE.search(text(name))]


LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("name", PAGES)
def test_links_between_pages_lead_somewhere(name: str) -> None:
    page = ROOT / name
    lost = [link for link in LINK.findall(text(name)) if not (page.parent / link).exists()]
    assert not lost


@pytest.mark.parametrize("folder", PACKAGES, ids=[folder.name for folder in PACKAGES])
def test_a_package_is_fit_to_publish(folder: Path) -> None:
    about = project(folder)
    package = about["name"].replace("-", "_")
    assert about["license"] == "Apache-2.0"
    assert about["requires-python"] == ">=3.11"
    assert about["version"] == project(ROOT / "core")["version"]
    assert (folder / about["readme"]).stat().st_size > 100
    assert (folder / "src" / package / "py.typed").exists()


@pytest.mark.parametrize("folder", PACKAGES[1:], ids=[folder.name for folder in PACKAGES[1:]])
def test_a_plugin_announces_itself_and_needs_only_the_core_of_us(folder: Path) -> None:
    about = project(folder)
    package = about["name"].replace("-", "_")
    assert about["entry-points"]["exempt.connectors"] == {folder.name: package}
    ours = [need for need in about["dependencies"] if need.startswith("exempt")]
    assert ours == ["exempt>=0.1,<1"]


def test_the_workspace_has_every_package() -> None:
    names = {project(folder)["name"] for folder in PACKAGES}
    assert set(project(ROOT)["dependencies"]) == names


def test_every_ignored_lint_rule_has_its_reason() -> None:
    config = text("pyproject.toml")
    ignored = config[config.index("ignore = [") : config.index("[tool.ruff.lint.per-file-ignores]")]
    bare = [line for line in ignored.splitlines() if '"' in line and "#" not in line]
    assert not bare


def test_ci_runs_what_the_readme_says() -> None:
    commands = re.findall(r"^python3 -m venv .*$", text("README.md"), re.MULTILINE)
    assert commands[-1].endswith("uv run nox")
    assert text(".ci/run").splitlines()[-1] == commands[-1]


def test_pages_talk_to_no_store() -> None:
    """They may hand a transaction on to services; what is in it is none of theirs."""
    pages = {name: text(name) for name in SOURCES if name.startswith("core/src/exempt/web/")}
    given = {name for each in pages.values() for name in re.findall(r"ing\(\) as (\w+)", each)}
    assert given == {"tx"}
    assert not [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, source in pages.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "tx"
    ]
