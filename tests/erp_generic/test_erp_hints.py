"""What ``exempt check`` says of a mistake in the settings: line, exact path, nearest key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.errors import SettingsError
from exempt.wiring import Exempt
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import SECRET, URL, table

CONFIG = """
[companies.main]
name = "Northwind"
[connections.erp]
connector = "erp_generic"
company = "main"
[connections.erp.settings]
base_url = "https://erp.example/api"
country = "US"
"""
CUSTOMERS = """
[connections.erp.settings.customers]
path = "customers"
paging = { kind = "none" }
[connections.erp.settings.customers.fields]
external_id = "no"
name = "name"
"""


def said(tmp_path: Path, settings: str) -> str:
    """The error, for settings to which *settings* are added."""
    (tmp_path / "exempt.toml").write_text(CONFIG + settings)
    with pytest.raises(SettingsError) as caught:
        Exempt(tmp_path / "exempt.toml").open("erp")
    return str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param("versoin = 1", "versoin: no such setting: did you mean 'version'?", id="top"),
        pytest.param(
            'auth = { kind = "basic", user = "x", pasword = "env:HOME", password = "env:HOME" }',
            "auth.basic.pasword: no such setting: did you mean 'password'?",
            id="in one of several forms",
        ),
        pytest.param(
            CUSTOMERS + 'email = { path = "mail", optinal = true }',
            "customers.fields.email.optinal: no such setting: did you mean 'optional'?",
            id="in a field that may be a text",
        ),
        pytest.param(
            CUSTOMERS + 'ship_to = { records = "sites", stat = "x" }',
            "customers.fields.ship_to.stat: no such setting: did you mean 'state'?",
            id="in an address",
        ),
        pytest.param(
            """
            [connections.erp.settings.push.customers]
            path = "customers/{external_id}"
            body = { exempt = "{exempt}" }
            [[connections.erp.settings.push.customers.attachments.calls]]
            path = "files"
            rw = true
            """,
            "push.customers.attachments.calls.0.rw: no such setting: did you mean 'raw'?",
            id="in a list",
        ),
    ],
)
def test_the_nearest_key_is_named(tmp_path: Path, settings: str, words: str) -> None:
    assert words in said(tmp_path, settings)
    assert "exempt.toml, line " in said(tmp_path, settings)


def mistake(**changes: Any) -> str:
    """What is wrong with the settings."""
    with pytest.raises(ValueError, match=r"\d+ validation error") as caught:
        ErpSettings.model_validate(table(**changes))
    assert SECRET not in str(caught.value)
    return str(caught.value)


TOKEN = {
    "kind": "client_credentials",
    "token_url": "https://login.example/token",
    "client_id": "c",
    "client_secret": SECRET,
}
SESSION = {"kind": "session", "path": "Login", "password": SECRET, "body": {"p": "{password}"}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"version": 2}, "is 2, and this plugin reads up to 1", id="a newer version"),
        pytest.param({"version": 0}, "Input should be 1", id="a version that never was"),
        pytest.param(
            {"base_url": None}, "base_url is missing: orders is to be called", id="no url"
        ),
        pytest.param({"time_zone": ["x"]}, "is no time zone: write its name", id="no time zone"),
        pytest.param(
            {"auth": TOKEN | {"token_url": "login.example"}}, "is no address", id="no token_url"
        ),
        pytest.param(
            {"auth": TOKEN | {"token_url": f"{URL}?tenant=1"}}, "has a user, a query", id="a query"
        ),
        pytest.param({"auth": SESSION}, "give cookies or send", id="a login that leads to nothing"),
        pytest.param(
            {"auth": SESSION | {"send": {"X": "{kept.sid}"}, "keep": {"id": "id"}}},
            "send.X names {kept.sid}, which keep does not have: did you mean {kept.id}?",
            id="a value that the login does not keep",
        ),
        pytest.param(
            {"auth": SESSION | {"cookies": ["a"], "body": {"p": "{pasword}"}}},
            "p: unknown placeholder {pasword}: did you mean {password}?",
            id="a placeholder of the login",
        ),
        pytest.param(
            {"orders__headers": {"Cookie": "x"}}, "Cookie is a secret", id="a secret of a stream"
        ),
        pytest.param(
            {"orders__params": {"q": "since {since}"}}, "add incremental", id="changes, and no how"
        ),
        pytest.param({"orders__incremental": {}}, "incremental asks nowhere", id="nowhere"),
        pytest.param({"orders__body": {"a": "b"}}, "a GET has no body", id="a body with GET"),
        pytest.param(
            {"orders__params": {"q": "{ofset}"}},
            "unknown placeholder {ofset}: did you mean {offset}?",
            id="a placeholder of paging",
        ),
    ],
)
def test_a_mistake_is_told_in_words(changes: dict[str, Any], words: str) -> None:
    assert words in mistake(**changes)
