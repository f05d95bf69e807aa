"""What staff are shown of codes of reasons: the standard ones, and those of a connection."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from exempt import CodeSystem, Connector, ConnectorInfo, ExemptionReason, Settings
from exempt.cli import output, rules
from exempt.cli.toml import to_toml
from exempt.data.pack import FILES, shipped_texts
from exempt.discovery import Catalogue
from exempt.errors import ExemptError, NotFoundError, RefusedError, SettingsError
from exempt.wiring import Exempt


class Coded(Settings):
    """A remote whose codes the settings give."""

    reasons: dict[ExemptionReason, str] = Field(default_factory=dict)
    reason_codes_of: CodeSystem | None = None


class Usual(Settings):
    """A remote whose codes its connector knows."""

    reasons: dict[ExemptionReason, str] = Field(
        default_factory=lambda: {ExemptionReason.RESALE: "10"}
    )


class Codeless(Settings):
    """A remote that knows no reasons."""


def info(name: str, settings: type[Settings]) -> ConnectorInfo[Any]:
    return ConnectorInfo(name, name.title(), settings, lambda *_: Connector())


class Installed(Exempt):
    """An installation with these connectors."""

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        models: dict[str, type[Settings]] = {"coded": Coded, "usual": Usual, "codeless": Codeless}
        return Catalogue({name: info(name, model) for name, model in models.items()}, ())


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.console, "_width", 80)


def installed(folder: Path, connector: str = "coded", **settings: Any) -> Exempt:
    """Exempt in *folder*, with a connection ``erp`` to a remote of that kind."""
    erp = {"connector": connector, "company": "main", "settings": settings}
    file = {"companies": {"main": {"name": "Northwind"}}, "connections": {"erp": erp}}
    path = folder / "exempt.toml"
    path.write_text(to_toml(file), encoding="utf-8")
    return Installed(path)


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_every_reason_has_its_code_in_every_system(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules.show_reasons(installed(tmp_path), None, as_json=False)
    lines = printed(capsys)
    assert {line.split(" ")[0] for line in lines} >= set(ExemptionReason)
    assert "SST F0003" in lines
    assert "Reason 2021-12-21 AvaTax Stripe TaxJar" in lines
    assert "resale G G exempt wholesale" in lines
    assert "educational M F, M exempt other" in lines


def test_letters_of_several_forms_each_name_theirs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack of the seller's own may take a reason's letter from a form of a state."""
    monkeypatch.setattr(output.console, "_width", 100)
    exempt = installed(tmp_path)
    texts = shipped_texts()
    of_minnesota = texts["reasons.csv"].replace(
        "Resale,F0003,2021-12-21,G", "Resale,ST3,2026-01-01,H"
    )
    (tmp_path / "law").mkdir()
    for name in FILES:
        text = of_minnesota if name == "reasons.csv" else texts[name]
        (tmp_path / "law" / name).write_text(text, encoding="utf-8")
    with exempt.settings.path.open("a", encoding="utf-8") as file:
        file.write('[exempt]\nrules_folder = "law"\n')
    rules.show_reasons(Installed(exempt.settings.path), None, as_json=False)
    lines = printed(capsys)
    assert "Reason SST letter AvaTax Stripe TaxJar" in lines
    assert "resale ST3 (rev. 2026-01-01) H G exempt wholesale" in lines
    assert "tribal F0003 (rev. 2021-12-21) C C exempt government" in lines


@pytest.mark.parametrize(
    ("connector", "settings", "rows"),
    [
        pytest.param(
            "coded",
            {"reasons": {"resale": "RES"}, "reason_codes_of": "avatax"},
            {"resale": "RES", "tribal": "C (avatax)"},
            id="its own, else the standard's",
        ),
        pytest.param(
            "coded", {"reasons": {"resale": "RES"}}, {"resale": "RES", "tribal": "–"}, id="its own"
        ),
        pytest.param("coded", {}, {"resale": "–"}, id="none"),
        pytest.param("usual", {}, {"resale": "10", "tribal": "–"}, id="what its connector knows"),
        pytest.param("usual", {"reasons": {"tribal": "20"}}, {"resale": "–", "tribal": "20"},
                     id="what the settings say in its place"),
    ],
)  # fmt: skip
def test_the_codes_of_a_connection(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    connector: str,
    settings: dict[str, Any],
    rows: dict[str, str],
) -> None:
    rules.show_reasons(installed(tmp_path, connector, **settings), "erp", as_json=False)
    lines = printed(capsys)
    assert "Reason 2021-12-21 AvaTax Stripe TaxJar erp" in lines
    for reason, code in rows.items():
        (row,) = (line for line in lines if line.startswith(f"{reason} "))
        assert row.endswith(f" {code}")


def test_as_json_a_letter_stands_beside_its_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exempt = installed(tmp_path, reasons={"resale": "RES"}, reason_codes_of="taxjar")
    rules.show_reasons(exempt, "erp", as_json=True)
    said = json.loads(capsys.readouterr().out)
    rows = {row["exemption_reason"]: row for row in said["reasons"]}
    assert (said["version"], said["connection"]) == (exempt.rules.version, "erp")
    assert rows.keys() == set(ExemptionReason)
    resale = rows["resale"]
    assert [resale[key] for key in ("sst_scheme", "sst_revision", "sst_letter")] == [
        "F0003",
        "2021-12-21",
        "G",
    ]
    assert (resale["code"], resale["code_of"]) == ("RES", "own")
    assert (rows["tribal"]["code"], rows["tribal"]["code_of"]) == ("government", "taxjar")
    rules.show_reasons(exempt, None, as_json=True)
    assert "code" not in json.loads(capsys.readouterr().out)["reasons"][0]


@pytest.mark.parametrize(
    ("connection", "connector", "settings", "error", "said"),
    [
        pytest.param("shop", "coded", {}, NotFoundError, "shop: no such connection: one of erp",
                     id="no such connection"),
        pytest.param("erp", "codeless", {}, RefusedError,
                     "erp: codeless writes no codes of reasons: name another connection",
                     id="a connector that knows no reasons"),
        pytest.param("erp", "absent", {}, SettingsError,
                     "connections.erp.connector: no connector 'absent' is installed",
                     id="a connector that is not installed"),
        pytest.param("erp", "coded", {"reason_codes_of": "vertex"}, SettingsError,
                     "connections.erp.settings.reason_codes_of: Input should be 'avatax'",
                     id="codes of an unknown system"),
    ],
)  # fmt: skip
def test_a_connection_without_codes_is_refused(
    tmp_path: Path,
    connection: str,
    connector: str,
    settings: dict[str, Any],
    error: type[ExemptError],
    said: str,
) -> None:
    with pytest.raises(error) as caught:
        rules.show_reasons(installed(tmp_path, connector, **settings), connection, as_json=False)
    assert said in str(caught.value)
