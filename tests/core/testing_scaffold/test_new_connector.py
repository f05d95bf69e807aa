"""``exempt new-connector`` writes a distribution that passes every check as it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exempt.cli import app
from exempt.errors import RefusedError
from exempt.hookspecs import ENTRY_POINT_GROUP, SPEC_GROUP, SPEC_VERSION
from exempt.testing.scaffold import NewConnector, title_of, write
from support.installed import pretend_installed

LONGEST = "a" * 26
PLAIN = ("acme_erp", "Acme ERP")
NAMES = [
    pytest.param("x", "X", id="the shortest name"),
    pytest.param("till_2", "R&D + Sons.", id="digits and signs"),
    pytest.param(LONGEST, "T" * 40, id="the longest name and title"),
    pytest.param(
        "_".join("abcdefghijklm"), "Über-Kasse", id="many words, and letters beyond ASCII"
    ),
]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program in *folder*, where the distribution counts as installed."""
    path = os.pathsep.join([str(folder / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def passes(folder: Path, *words: str) -> str:
    """What the program printed; it ended well."""
    ran = run(folder, *words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def install(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]
    pretend_installed(folder / "src", project["name"], project["version"], points)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of exempt-acme-erp, as somebody has it after ``pip install -e``."""
    into = tmp_path_factory.mktemp("new")
    result = CliRunner().invoke(
        app, ["new-connector", "acme_erp", "--title", "Acme ERP", "--into", str(into)]
    )
    assert result.exit_code == 0, result.output
    install(into / "exempt-acme-erp")
    return into / "exempt-acme-erp"


# --- what is written passes at once --------------------------------------------------------


def test_it_is_found_and_loaded(made: Path) -> None:
    (line,) = [
        line for line in passes(made, "exempt", "plugins").splitlines() if "acme_erp" in line
    ]
    assert line.split() == ["acme_erp", "Acme", "ERP", "exempt-acme-erp", "0.1.0", "loaded"]


def test_its_style_is_in_order(made: Path) -> None:
    passes(made, "ruff", "check", "--no-cache", ".")
    passes(made, "ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.lengthy
def test_its_types_are_in_order_strictly(made: Path) -> None:
    assert "Success: no issues found in 8 source files" in passes(made, "mypy")


def test_its_own_tests_pass_and_the_kit_gives_it_gold(made: Path) -> None:
    printed = passes(made, "pytest", "-q", "-p", "no:cacheprovider")
    assert "acme_erp: level gold" in printed
    assert "failed" not in printed
    assert "not shown" not in printed


def test_the_demonstration_shows_it(made: Path) -> None:
    printed = passes(made, "exempt", "demo", "exempt-demo")
    assert "✓ acme_erp: Northwind Fasteners Inc." in printed
    written = [" ".join(line.split()) for line in printed.splitlines()]
    assert "acme_erp order SO-5004 untaxed exempt, SR-KH-101-223344" in written


def test_what_it_cannot_do_is_left_out_as_its_comment_says(tmp_path: Path) -> None:
    folder, _ = write(NewConnector(*PLAIN), tmp_path)
    module = folder / "src/exempt_acme_erp/__init__.py"
    text = module.read_text(encoding="utf-8")
    line = re.search(r"# `(capabilities=.*,)`$", text, re.MULTILINE)
    assert line
    text = text.replace(line[0], line[1]).replace(
        "import Connector,", "import Capability, Connector,"
    )
    module.write_text(text, encoding="utf-8")
    passes(folder, "ruff", "check", "--no-cache", ".")
    asked = (
        "from exempt_acme_erp import exempt_connectors as made; print(*made()[0].capabilities(0))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=folder / "src",
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(ran.stdout.split()) == ["customers", "orders"]


def test_the_way_of_the_guide_names_what_is_there(made: Path) -> None:
    guide = (made / "README.md").read_text(encoding="utf-8").partition("## Fit it")[2]
    code = "\n".join(path.read_text(encoding="utf-8") for path in (made / "src").glob("**/*.py"))
    named = set(re.findall(r"`(_?[a-z_]+|[A-Z][A-Za-z]+)`", guide)) - {"pytest"}
    assert {"changes_for", "spoil", "WRITABLE", "_push", "Auth", "settings"} <= named
    assert not [name for name in named if not re.search(rf"\b{name}\b", code)]
    files = re.findall(r"`((?:src|tests)/[^`]+)`", guide)
    assert len(files) >= 5
    assert not [path for path in files if not (made / path).exists()]


def test_without_writing_the_tests_of_it_go_and_the_others_stay() -> None:
    """Whose system takes nothing drops ``changes_for``: the tests of reading still run."""
    files = NewConnector(*PLAIN).files()
    using = {path for path, text in files.items() if "changes_for" in text and "tests/" in path}
    assert using == {"tests/test_acme_erp_writing.py"}


@pytest.mark.parametrize(("name", "title"), NAMES)
def test_the_style_holds_for_every_name(tmp_path: Path, name: str, title: str) -> None:
    folder, _ = write(NewConnector(name, title), tmp_path)
    passes(folder, "ruff", "check", "--no-cache", ".")
    passes(folder, "ruff", "format", "--no-cache", "--check", ".")


def test_no_placeholder_is_left() -> None:
    files = NewConnector(*PLAIN).files()
    assert len(files) == 11
    assert not [path for path, text in files.items() if "$" in path + text]


def test_its_metadata_name_the_specification_it_was_written_to(made: Path) -> None:
    project = tomllib.loads((made / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"] == {
        ENTRY_POINT_GROUP: {"acme_erp": "exempt_acme_erp"},
        SPEC_GROUP: {SPEC_VERSION: "exempt_acme_erp"},
    }
    assert project["dependencies"] == ["exempt>=0.1,<1"]


def test_the_guide_names_every_setting(made: Path) -> None:
    settings = (made / "src/exempt_acme_erp/settings.py").read_text(encoding="utf-8")
    named = [line.split(":")[0].strip() for line in settings.splitlines() if "= Field(" in line]
    guide = (made / "README.md").read_text(encoding="utf-8")
    assert len(named) == 3
    assert not [name for name in named if f"| `{name}` |" not in guide]


# --- what is said, and refused -------------------------------------------------------------


def new(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["new-connector", *arguments], env={"COLUMNS": "160"})
    error = str(result.exception) if isinstance(result.exception, RefusedError) else ""
    return result.exit_code, result.output + error


def test_the_last_lines_say_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, said = new("acme_erp")
    steps = [
        line.strip().partition("  #")[0].strip() for line in said.splitlines() if "  #" in line
    ]
    assert steps == [
        "cd exempt-acme-erp",
        'pip install -e ".[dev]"',
        "pytest",
        "exempt demo",
        "exempt init my-exempt-acme-erp",
    ]
    assert "src/exempt_acme_erp/translate.py" in " ".join(said.split()[-20:])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("Acme-ERP", "as acme_erp", id="as people write it"),
        pytest.param("acme erp", "as acme_erp", id="with a blank"),
        pytest.param("2fast", "as fast", id="a digit first"),
        pytest.param("acme__erp", "as acme_erp", id="two underscores"),
        pytest.param("_acme", "as acme", id="an underscore first"),
        pytest.param("../acme", "as acme", id="a way out of the folder"),
        pytest.param("büro", "as b_ro", id="a letter beyond ASCII"),
        pytest.param("", "as acme_erp", id="nothing"),
        pytest.param("class", "a word of Python", id="a word of Python"),
        pytest.param("a" * 27, "longer than 26 characters", id="too long"),
    ],
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str, hint: str) -> None:
    code, said = new(name, "--into", str(tmp_path))
    assert code == 1
    assert hint in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("title", ['Acme "ERP"', "Acme\nERP", "", "T" * 41, "Acme\\"])
def test_a_title_that_would_break_the_files_is_refused(tmp_path: Path, title: str) -> None:
    with pytest.raises(RefusedError, match="the title: write at most 40 letters"):
        NewConnector("acme_erp", title)


def test_a_name_that_an_installed_plugin_has_is_told(made: Path, tmp_path: Path) -> None:
    ran = run(made, "exempt", "new-connector", "acme_erp", "--into", str(tmp_path))
    assert ran.returncode == 1
    assert "acme_erp: exempt-acme-erp 0.1.0, which is installed, has that name" in ran.stderr
    assert not list(tmp_path.iterdir())


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "exempt-acme-erp" / "README.md"
    mine.parent.mkdir()
    mine.write_text("mine")
    code, said = new("acme_erp", "--into", str(tmp_path))
    assert code == 1
    assert "is there already, and nothing is overwritten" in said
    assert list(mine.parent.iterdir()) == [mine]
    assert mine.read_text() == "mine"


def test_a_title_follows_from_the_name() -> None:
    assert title_of("corner_shop") == "Corner Shop"
