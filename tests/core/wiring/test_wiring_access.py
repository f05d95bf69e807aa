"""How staff sign in, by the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pwdlib", reason="needs exempt[web]")

from exempt.adapters.oidc import OidcProvider
from exempt.cli.toml import to_toml
from exempt.errors import SettingsError
from exempt.model.access import Role
from exempt.services.access_ports import Access
from exempt.wiring import Exempt
from exempt.wiring.access import access_of, welcome_link
from support.records import NOW

OIDC = {
    "issuer": "https://login.example.com",
    "client_id": "exempt",
    "client_secret": "env:OIDC_SECRET",
    "label": "Acme",
}


def opened(folder: Path, environ: dict[str, str] | None = None, **web: Any) -> Exempt:
    path = folder / "exempt.toml"
    companies: Any = {"n": {"name": "Northwind Fasteners Inc."}}
    path.write_text(to_toml({"companies": companies, "web": web}), encoding="utf-8")
    return Exempt(path, clock=lambda: NOW, environ=environ or {})


def access(folder: Path, environ: dict[str, str] | None = None, **web: Any) -> Access:
    return access_of(opened(folder, environ, **web))


def test_without_a_word_there_are_passwords_with_a_second_factor(tmp_path: Path) -> None:
    found = access(tmp_path)
    assert (found.second_factor, found.provider, found.default_role) == (True, None, None)
    assert "Northwind Fasteners Inc." in found.words
    assert not access(tmp_path, second_factor="optional").second_factor


def test_a_provider_is_made_of_its_settings(tmp_path: Path) -> None:
    more = {"domains": ["acme.example"], "default_role": "viewer"}
    found = access(tmp_path, {"OIDC_SECRET": "s-canary\n"}, oidc={**OIDC, **more})
    assert isinstance(found.provider, OidcProvider)
    assert found.provider.label == "Acme"
    assert (found.domains, found.default_role) == (frozenset({"acme.example"}), Role.VIEWER)
    assert "canary" not in repr(found)


def test_a_secret_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"line \d+: web\.oidc\.client_secret.*OIDC_SECRET"):
        access(tmp_path, oidc=OIDC)


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"needs authlib: install exempt\[oidc\]"):
        access(tmp_path, {"OIDC_SECRET": "s"}, oidc=OIDC)


@pytest.mark.parametrize(
    ("web", "listens_at", "address"),
    [
        ({"url": "https://exempt.example"}, "http://127.0.0.1:9", "https://exempt.example"),
        ({}, "http://127.0.0.1:9", "http://127.0.0.1:9"),
        ({}, "", "http://127.0.0.1:8080"),
    ],
)
def test_where_links_begin(
    tmp_path: Path, web: dict[str, Any], listens_at: str, address: str
) -> None:
    assert welcome_link(opened(tmp_path, **web), "t", listens_at) == f"{address}/welcome/t"
