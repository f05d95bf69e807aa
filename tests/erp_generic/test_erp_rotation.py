"""A refresh token in a file: the core writes the new one there, and the next opening reads it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import respx

from exempt import ConfigError, FetchRequest, Stream
from exempt.wiring import Exempt
from peers.erp_build import URL, as_json
from support.records import NOW

TOKEN = "https://login.example/token"
CONFIG = f"""
[companies.main]
name = "Northwind"
[connections.erp]
connector = "erp_generic"
company = "main"
[connections.erp.settings]
base_url = "{URL}"
country = "US"
[connections.erp.settings.auth]
kind = "refresh_token"
token_url = "{TOKEN}"
client_id = "exempt"
refresh_token = "REFERENCE"
[connections.erp.settings.customers]
path = "customers"
paging = {{ kind = "none" }}
fields = {{ external_id = "no", name = "name" }}
"""


@pytest.fixture
def asked(mocked: respx.MockRouter) -> respx.Route:
    """The calls for a token, each of which gives a new refresh token."""
    mocked.get(f"{URL}/customers").mock(return_value=as_json([]))
    route = mocked.post(TOKEN)
    route.side_effect = [
        as_json({"access_token": f"a{n}", "expires_in": 60, "refresh_token": f"refresh-{n}"})
        for n in (1, 2)
    ]
    return route


def fetch(folder: Path, reference: str, hour: int = 0) -> None:
    """Open the connection as the core does, and read a page."""
    (folder / "exempt.toml").write_text(CONFIG.replace("REFERENCE", reference))
    environ = {"REFRESH": "refresh-0"}
    exempt = Exempt(
        folder / "exempt.toml", clock=lambda: NOW + dt.timedelta(hours=hour), environ=environ
    )
    connection = exempt.open("erp")
    try:
        connection.fetch(Stream.CUSTOMERS, FetchRequest())
    finally:
        connection.close()


def test_the_file_holds_the_newest_refresh_token(tmp_path: Path, asked: respx.Route) -> None:
    kept = tmp_path / "refresh.txt"
    kept.write_text("refresh-0\n")
    for number in (1, 2):
        fetch(tmp_path, "file:refresh.txt", hour=number)
        assert kept.read_text() == f"refresh-{number}"
    forms = [parse_qs(call.request.content.decode()) for call in asked.calls]
    assert [form["refresh_token"] for form in forms] == [["refresh-0"], ["refresh-1"]]


def test_a_variable_cannot_keep_a_new_refresh_token(tmp_path: Path, asked: respx.Route) -> None:
    with pytest.raises(ConfigError, match=r"settings\.auth\.refresh_token: .* refer to a file"):
        fetch(tmp_path, "env:REFRESH")
    assert asked.call_count == 1
