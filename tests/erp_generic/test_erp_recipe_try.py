"""Settings of erp_generic tried out by the command line, against the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from exempt.cli import app, output
from exempt.cli.toml import to_toml
from exempt_erp_generic.sandbox import KEY, Books, serve, settings_for


@pytest.fixture
def url() -> Iterator[str]:
    """The sandbox's address."""
    with serve(Books()) as address:
        yield address


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.console, "_width", 120)


def tried(folder: Path, url: str, *options: str, change: Any = None) -> Result:
    """What ``exempt connectors try`` says of the recipe, changed as told."""
    table = settings_for(url)
    if change:
        change(table)
    path = folder / "erp.toml"
    path.write_text('connector = "erp_generic"\n' + to_toml(table), encoding="utf-8")
    return CliRunner(env={"EXEMPT_SANDBOX_ERP_KEY": KEY}).invoke(
        app, ["connectors", "try", str(path), *options], catch_exceptions=False
    )


def test_orders_stand_beside_their_rows(tmp_path: Path, url: str) -> None:
    result = tried(tmp_path, url, "--stream", "orders", "--rows", "2", "--json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)["streams"]["orders"]["rows"]
    assert [row["raw"]["no"] for row in rows] == [row["record"]["external_id"] for row in rows]
    assert rows[0]["raw"]["lines"][0]["amount"] == 980.0
    assert KEY not in result.stdout


def test_a_path_that_no_row_has_is_named_with_the_nearest_and_fails(
    tmp_path: Path, url: str
) -> None:
    def misspell(table: dict[str, Any]) -> None:
        table["customers"]["fields"]["email"] = "e_mail"

    result = tried(tmp_path, url, "--json", change=misspell)
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert problem["code"] == "never_matched"
    assert "customers.fields.email" in problem["message"]
    assert "'email'" in problem["message"] + problem["help"]
    shown = tried(tmp_path, url, change=misspell)
    assert (shown.exit_code, "customers.fields.email" in shown.stdout) == (1, True)


def test_a_row_that_is_set_aside_is_shown_with_its_reason(tmp_path: Path, url: str) -> None:
    def unreadable(table: dict[str, Any]) -> None:
        table["customers"]["fields"]["exempt"] = {"path": "tax_exempt", "map": {"true": True}}

    result = tried(tmp_path, url, "--stream", "customers", "--rows", "8", change=unreadable)
    assert "customers: 6 records, 2 rows set aside" in result.stdout
    assert "has a value that its map does not list" in " ".join(result.stdout.split())


def test_the_schema_is_printed(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["connectors", "schema", "erp_generic"])
    schema = json.loads(result.stdout)
    assert schema["properties"]["connector"]["const"] == "erp_generic"
    assert schema["properties"]["base_url"]["type"] == "string"
