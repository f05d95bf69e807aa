"""The settings of signing in: what is good, and what each mistake is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.cli.toml import to_toml
from exempt.errors import SettingsError
from exempt.model.access import Role
from exempt.settings import load
from exempt.settings.tables import Web

OIDC = {
    "issuer": "https://login.example.com/tenant/v2.0",
    "client_id": "exempt",
    "client_secret": "env:OIDC_SECRET",
}


def web(folder: Path, **settings: Any) -> Web:
    path = folder / "exempt.toml"
    path.write_text(to_toml({"web": settings}), encoding="utf-8")
    return load(path).file.web


def test_without_a_word_staff_have_passwords_and_a_second_factor(tmp_path: Path) -> None:
    found = web(tmp_path)
    assert (found.second_factor, found.oidc, found.trusted_proxies) == ("required", None, ())


def test_a_provider_is_known_by_three_settings(tmp_path: Path) -> None:
    found = web(tmp_path, oidc=OIDC).oidc
    assert found is not None
    assert (found.label, found.domains, found.default_role) == ("single sign-on", (), None)
    more = {"domains": ["acme.example"], "default_role": "reviewer"}
    both = web(tmp_path, oidc={**OIDC, **more}).oidc
    assert both is not None
    assert both.default_role is Role.REVIEWER


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:9000", "http://localhost", "https://accounts.google.com"]
)
def test_what_is_an_issuer(tmp_path: Path, issuer: str) -> None:
    found = web(tmp_path, oidc={**OIDC, "issuer": issuer}).oidc
    assert found is not None
    assert found.issuer == issuer


NO_ISSUER = "is no address of a provider: write it as https://login.example.com"


@pytest.mark.parametrize(
    ("key", "change", "wrong"),
    [
        ("issuer", {"issuer": "http://login.example.com"}, NO_ISSUER),
        ("issuer", {"issuer": "http://localhost.evil.example"}, NO_ISSUER),
        ("issuer", {"issuer": "https://user@login.example.com"}, NO_ISSUER),
        ("client_secret", {"client_secret": "canary"}, "write env:NAME or file:PATH"),
        ("default_role", {"default_role": "administrator"}, "write viewer or reviewer"),
        ("oidc", {"domains": ["acme.example"]}, "domains and default_role go together"),
        ("oidc", {"default_role": "viewer"}, "domains and default_role go together"),
        ("domains", {"domains": ["*"], "default_role": "viewer"}, "match"),
    ],
)
def test_what_is_no_provider(tmp_path: Path, key: str, change: dict[str, Any], wrong: str) -> None:
    with pytest.raises(SettingsError) as refused:
        web(tmp_path, oidc={**OIDC, **change})
    said = str(refused.value)
    assert key in said
    assert wrong in said
    assert "canary" not in said


def test_what_is_no_proxy(tmp_path: Path) -> None:
    assert web(tmp_path, trusted_proxies=["10.0.0.0/8", "::1"]).trusted_proxies
    with pytest.raises(SettingsError, match=r"proxy\.local is no address or network"):
        web(tmp_path, trusted_proxies=["proxy.local"])
