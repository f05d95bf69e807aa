"""Settings tried out on a remote that answers with anything at all."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exempt import (
    CheckRequest,
    CheckResult,
    Connector,
    ConnectorInfo,
    Customer,
    FetchRequest,
    Page,
    Settings,
    hookimpl,
    wiring,
)
from exempt.cli.base import State
from exempt.cli.connectors_try import try_out
from exempt.discovery import Catalogue
from exempt.errors import SettingsError
from exempt.settings import load
from exempt.settings.parts import read_part

SECRETS = ["1234", 'pa"ss\\word', 'päss"wörd', "true"]


def nested(levels: int) -> Any:
    """A table in a table in a table and so on."""
    found: Any = "end"
    for _ in range(levels):
        found = {"in": found}
    return found


ROWS = {
    "half a character": "\ud800",
    "NUL and escapes": "\x00\x1b]0;pwned\x07\x1b[2J",
    "a number without an end": Decimal("1E+999999"),
    "no number": Decimal("sNaN"),
    "an integer of 5,000 digits": 10**4999,
    "deeper than Python goes": nested(3000),
    "bytes": b"\xff",
}


class OddSettings(Settings):
    """A remote for these tests."""

    key: SecretStr | None = None


def opened(value: Any) -> ConnectorInfo[OddSettings]:
    """A connector with one customer, whose row holds *value*."""

    class Odd(Connector):
        @hookimpl
        def check(self, request: CheckRequest) -> CheckResult:
            return CheckResult(account="Odd Inc.")

        @hookimpl
        def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
            rows = [{"id": "C1", "value": value}]
            return Page.read(rows, lambda row: Customer(external_id=row["id"], name="First"))

    return ConnectorInfo("odd", "Odd", OddSettings, lambda _settings, _context: Odd())


def shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: Any
) -> tuple[Any, str]:
    """What is shown of it to scripts, and to people."""
    monkeypatch.setattr(wiring, "discover", lambda: Catalogue({"odd": opened(value)}, ()))
    path = folder / "odd.toml"
    path.write_text('connector = "odd"\nkey = "env:ODD_KEY"\n', encoding="utf-8")
    state = type("State", (State,), {"settings": folder / "exempt.toml", "now": None})
    found = []
    for as_json in (True, False):
        assert try_out(state, str(path), [], 3, as_json=as_json) == 0
        found.append(capsys.readouterr().out)
    return json.loads(found[0]), found[1]


@pytest.mark.parametrize("value", ROWS.values(), ids=ROWS.keys())
def test_whatever_a_row_holds_is_shown_and_harmless(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    value: Any,
) -> None:
    monkeypatch.setenv("ODD_KEY", "canary-secret")
    told, seen = shown(tmp_path, monkeypatch, capsys, value)
    (row,) = told["streams"]["customers"]["rows"]
    assert row["raw"]["id"] == row["record"]["external_id"] == "C1"
    assert not set("\x00\x07\x1b") & set(seen)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_wherever_it_stands_and_breaks_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    secret: str,
) -> None:
    monkeypatch.setenv("ODD_KEY", secret)
    value = {"echo": f"<{secret}>", "number": 12345, "flag": True, f"key {secret}": 1}
    told, seen = shown(tmp_path, monkeypatch, capsys, value)
    (row,) = told["streams"]["customers"]["rows"]
    assert row["raw"]["value"]["echo"] == "<[secret]>"
    assert row["raw"]["value"]["key [secret]"] == 1
    assert row["raw"]["value"]["flag"] is True
    assert f"<{secret}>" not in seen
    assert json.dumps(secret, ensure_ascii=False) not in seen


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"n = {'9' * 5000}", id="a number of 5,000 digits"),
        pytest.param(f"n = {'[' * 5000}", id="lists without an end"),
    ],
)
@pytest.mark.parametrize("name", ["odd.toml", "exempt.toml"])
def test_a_file_that_the_parser_gives_up_on_is_an_error_of_the_settings(
    tmp_path: Path, text: str, name: str
) -> None:
    (tmp_path / name).write_text(f'connector = "odd"\n{text}\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"{name}: no (valid TOML|file of settings)"):
        (read_part if name == "odd.toml" else load)(tmp_path / name)


def test_a_file_whose_name_is_none_is_an_error_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="no file of settings: name another"):
        read_part(Path("a\0b.toml"))


def test_a_connection_may_be_called_as_what_is_tried_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "discover", lambda: Catalogue({"odd": opened(1)}, ()))
    (tmp_path / "exempt.toml").write_text(
        '[companies.m]\nname = "M"\n[connections.tried]\nconnector = "odd"\ncompany = "m"\n'
        '[connections.tried.settings]\nkey = "env:NOT_THERE"\n'
    )
    state = type("State", (State,), {"settings": tmp_path / "exempt.toml", "now": None})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"connections\.tried\.settings\.key: .*NOT_THERE"):
        try_out(state, "tried", [], 3, as_json=True)
