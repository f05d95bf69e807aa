"""The contract from the command line: which tests run, on what, and what the report says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.good.sandbox import KEY, SECRET, sandbox

TESTS = Path(__file__).parents[2]
PLUGIN = """
from exempt import hookimpl
from support.good import info

@hookimpl
def exempt_connectors():
    return [info(name="acme_erp"), info(name="bare", sandbox=None)]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an installed plugin, and with a test that is none of the contract."""
    (tmp_path / "acme_plugin.py").write_text(PLUGIN, encoding="utf-8")
    about = tmp_path / "acme_plugin-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: acme-plugin\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[exempt.connectors]\nacme = acme_plugin\n", encoding="utf-8"
    )
    (tmp_path / "test_other.py").write_text("def test_other(): pass\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, *options: str, **environ: str) -> str:
    """What pytest says in *folder*."""
    command = [sys.executable, "-m", "pytest", "-vrs", "-p", "no:cacheprovider", "-c", os.devnull]
    path = os.pathsep.join([str(folder), str(TESTS)])
    alone = {"PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ran = subprocess.run(
        # Of all plugins of pytest only ours, by the name of its entry point.
        [*command, "-p", "exempt", "--rootdir", ".", *options],
        cwd=folder,
        env={**os.environ, **alone, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return ran.stdout + ran.stderr


def test_the_option_alone_runs_the_contract_and_nothing_else(folder: Path) -> None:
    said = run(folder, "--exempt-connector=acme_erp", "-k", "it_is_found or other")
    assert "exempt::TestConnector::test_it_is_found PASSED" in said
    assert "test_other" not in said


@pytest.mark.lengthy
def test_with_paths_both_are_run(folder: Path) -> None:
    said = run(folder, "test_other.py", "--exempt-connector=acme_erp", "-k", "it_is_found or other")
    assert "test_other.py::test_other PASSED" in said
    assert "exempt::TestConnector::test_it_is_found PASSED" in said


def test_a_part_of_the_contract_reaches_no_level(folder: Path) -> None:
    said = run(folder, "--exempt-connector=acme_erp", "-k", "it_is_found")
    assert "acme_erp  declaration  1 passed" in said
    assert "acme_erp: no level: only 1 of " in said


def test_a_connector_that_is_not_installed_is_told(folder: Path) -> None:
    said = run(folder, "--exempt-connector=acme_crm", "-k", "it_is_found")
    assert "no connector 'acme_crm' is installed: did you mean 'acme_erp'?" in said


@pytest.mark.parametrize("option", ["--exempt-settings=x.toml", "--exempt-write"])
def test_an_option_without_a_connector_is_refused(folder: Path, option: str) -> None:
    assert "name the connector with --exempt-connector" in run(folder, option)


@pytest.mark.lengthy
def test_without_a_sandbox_only_the_declaration_is_shown(folder: Path) -> None:
    said = run(folder, "--exempt-connector=bare")
    assert "bare  declaration  3 passed, 3 not shown" in said
    assert "bare: level none" in said
    assert "not shown: there is no sandbox: give ConnectorInfo(sandbox=…)" in said


def test_a_plain_run_of_others_says_nothing_of_us(folder: Path) -> None:
    said = run(folder)
    assert "1 passed" in said
    assert "contract" not in said


def test_a_level_that_is_required_makes_gaps_failures(folder: Path) -> None:
    (folder / "test_acme.py").write_text(
        "from exempt.testing import Contract\n"
        "class TestAcme(Contract):\n    connector = 'bare'\n    level = 'bronze'\n",
        encoding="utf-8",
    )
    said = run(folder, "test_acme.py", "-k", "writes_nothing or beyond_ascii")
    assert "test_check_writes_nothing ERROR" in said
    assert "not shown, and level bronze is required: there is no sandbox" in said
    assert "test_a_name_beyond_ascii_comes_as_it_is SKIPPED" in said


@pytest.mark.lengthy
def test_a_real_account_is_read_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    with sandbox(tmp_path) as real:
        lines = [f'{name} = "{value}"' for name, value in real.settings.items()]
        (folder / "live.toml").write_text("\n".join(lines), encoding="utf-8")
        options = ("--exempt-connector=acme_erp", "--exempt-settings=live.toml")
        keys = {"GOOD_KEY": KEY, "GOOD_WEBHOOK_SECRET": SECRET}
        said = run(folder, *options, **keys)
        assert "test_check_names_the_account PASSED" in said
        assert "test_a_page_is_no_larger_than_asked_for[2-orders] PASSED" in said
        assert "not shown: it would write to a real account: give --exempt-write" in said
        assert "acme_erp: a real account gives no level; " in said
        assert ", 0 failed" in said
        assert "keeps it from" not in said
        assert real.writes() == {}
        wanted = "test_every_item_has_its or share_nothing"
        said = run(folder, *options, "--exempt-write", "-k", wanted, **keys)
        assert "test_two_connections_share_nothing PASSED" in said
        assert "test_every_item_has_its_outcome[customer] PASSED" in said
        assert real.writes().keys() == {"C-1", "C-2", "O-1", "O-2"}


@pytest.mark.lengthy
def test_a_real_account_whose_settings_cannot_be_read_is_told(folder: Path) -> None:
    options = ("--exempt-connector=acme_erp", "--exempt-settings=gone.toml")
    said = run(folder, *options, "-k", "names_the_account")
    assert "--exempt-settings gone.toml: there is no such file of settings" in said


@pytest.mark.parametrize(
    "head", ['connector = "acme_erp"\n', 'connector = "acme_erp"\n[settings]\n']
)
def test_a_file_for_settings_file_is_taken_as_it_is(
    folder: Path, tmp_path: Path, head: str
) -> None:
    with sandbox(tmp_path) as real:
        lines = [f'{name} = "{value}"' for name, value in real.settings.items()]
        (folder / "live.toml").write_text(head + "\n".join(lines), encoding="utf-8")
        options = ("--exempt-connector=acme_erp", "--exempt-settings=live.toml")
        keys = {"GOOD_KEY": KEY, "GOOD_WEBHOOK_SECRET": SECRET}
        said = run(folder, *options, "-k", "names_the_account", **keys)
    assert "test_check_names_the_account PASSED" in said


@pytest.mark.lengthy
def test_a_file_for_another_connector_is_told(folder: Path) -> None:
    (folder / "live.toml").write_text('connector = "bare"\n', encoding="utf-8")
    options = ("--exempt-connector=acme_erp", "--exempt-settings=live.toml")
    said = run(folder, *options, "-k", "names_the_account")
    assert "connector: is 'bare', and --exempt-connector is 'acme_erp'" in said
