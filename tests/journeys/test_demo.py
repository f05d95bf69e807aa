"""``exempt demo`` does the whole way by itself, and says what the README says it says."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from exempt.cli import app, output
from exempt.discovery import Catalogue, discover
from exempt.errors import RefusedError

for plugin in ("billing_stripe", "erp_generic", "hris_csv", "mail_smtp"):
    pytest.importorskip(f"exempt_{plugin}", reason=f"exempt_{plugin} is missing")

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(autouse=True)
def _width(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables of the README are this wide."""
    monkeypatch.setattr(output.console, "width", 96)


def demo(folder: Path) -> Result:
    return CliRunner().invoke(app, ["demo", str(folder)])


def test_the_demo_ends_as_the_readme_shows(tmp_path: Path) -> None:
    result = demo(tmp_path / "demo")
    assert result.exit_code == 0, result.output
    readme = README.read_text(encoding="utf-8")
    for first, last in (
        ("Where the company", "6  Where else"),
        ("The threshold is", "! Northwind"),
    ):
        end = result.output[result.output.index(first) :]
        shown = [line.rstrip() for line in end[: end.index(last)].rstrip().splitlines()]
        assert "\n".join(shown) in readme
    assert "✗" not in result.output


def test_it_leaves_a_workspace_to_look_at(tmp_path: Path) -> None:
    demo(tmp_path / "demo")
    settings = str(tmp_path / "demo" / "exempt.toml")
    said = CliRunner().invoke(app, ["-s", settings, "explain", "SO-5005"]).output
    assert "expired on 2025-12-31" in said
    mails = list((tmp_path / "demo" / "sandboxes").glob("**/*.eml"))
    assert len(mails) == 5


def test_a_second_demo_takes_the_place_of_the_first(tmp_path: Path) -> None:
    assert demo(tmp_path / "demo").exit_code == 0
    assert demo(tmp_path / "demo").exit_code == 0


def test_somebody_with_one_connector_sees_the_way_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = discover()
    alone = {"erp_generic": catalogue.connectors["erp_generic"]}
    module = importlib.import_module("exempt.cli.demo")  # the command has the name, too
    monkeypatch.setattr(module, "discover", lambda: Catalogue(alone, ()))
    result = demo(tmp_path / "demo")
    assert result.exit_code == 0, result.output
    assert "no connection sends mail: install exempt-mail-smtp" in " ".join(result.output.split())
    assert "Look further" in result.output


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    result = demo(tmp_path)
    assert isinstance(result.exception, RefusedError)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
