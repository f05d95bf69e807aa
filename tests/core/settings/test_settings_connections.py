"""The settings of a connection are checked by its connector's model, and hold no secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, SecretStr

from exempt import ConnectorInfo, Settings
from exempt.discovery import Catalogue, PluginRow, PluginState
from exempt.errors import ConfigError, SettingsError
from exempt.wiring import Exempt
from support.fake_connector import FakeConnector, Remote

SECRET = "canary-4711-secret"


class Feed(Settings):
    """One of several."""

    path: str
    limit: int = Field(10, ge=1)


class Login(Settings):
    """How to log in."""

    user: str = "exempt"
    password: SecretStr | None = None


class ShopSettings(Settings):
    """The settings of a connector, as an author would write them."""

    api_key: SecretStr
    region: Literal["eu", "us"] = "us"
    login: Login | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    feeds: tuple[Feed, ...] = ()
    old_keys: tuple[SecretStr, ...] = ()


OPENED: list[ShopSettings] = []


def open_shop(settings: ShopSettings, _context: object) -> FakeConnector:
    OPENED.append(settings)
    return FakeConnector(Remote())


SHOP = ConnectorInfo(name="shop", title="Shop", settings=ShopSettings, open=open_shop)


def exempt(folder: Path, settings: str, **environ: str) -> Exempt:
    """An installation with one connection, whose settings begin on line 6."""
    (folder / "exempt.toml").write_text(
        '[companies.main]\nname = "Main"\n[connections.shop]\nconnector = "shop"\n'
        f'company = "main"\n[connections.shop.settings]\n{settings}'
    )
    made = Exempt(folder / "exempt.toml", environ=environ)
    failed = PluginRow("broken", "", "x", "1", PluginState.FAILED, "SystemExit on import: 3")
    made.catalogue = Catalogue({"shop": SHOP}, (failed,))
    return made


def opened(folder: Path, settings: str, **environ: str) -> ShopSettings:
    exempt(folder, settings, **environ).open("shop").close()
    return OPENED.pop()


def refused(folder: Path, settings: str, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as wrong:
        opened(folder, settings, **environ)
    return str(wrong.value).replace(f"{folder}/", "").splitlines()


def test_references_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "password.txt").write_text("from-a-file\r\n")
    found = opened(
        tmp_path,
        'api_key = "env:KEY"\nlogin = { user = "env:WHO", password = "file:password.txt" }\n'
        'headers = { X-Key = "env:KEY" }\n',
        KEY=SECRET,
        WHO="tax",
    )
    assert found.api_key.get_secret_value() == SECRET
    assert found.login is not None
    assert found.login.user == "tax"
    assert found.login.password is not None
    assert found.login.password.get_secret_value() == "from-a-file"
    assert found.headers["X-Key"].get_secret_value() == SECRET
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("settings", "line", "key"),
    [
        pytest.param(f'api_key = "{SECRET}"\n', 7, "api_key", id="a key"),
        pytest.param(f'api_key = "env:KEY"\nlogin.password = "{SECRET}"\n', 8, "login.password",
                     id="a password within a table"),
        pytest.param(f'api_key = "env:KEY"\nheaders = {{ X-Key = "{SECRET}" }}\n', 8,
                     "headers.X-Key", id="a header"),
        pytest.param(f'api_key = "env:KEY"\nold_keys = ["env:KEY", "{SECRET}"]\n', 8,
                     "old_keys.1", id="one of several"),
        pytest.param('api_key = "environment:KEY"\n', 7, "api_key", id="no reference that we know"),
        pytest.param('api_key = ""\n', 7, "api_key", id="an empty one"),
    ],
)  # fmt: skip
def test_a_secret_does_not_stand_in_the_file(
    tmp_path: Path, settings: str, line: int, key: str
) -> None:
    (said,) = refused(tmp_path, settings, KEY="k")
    assert said == (
        f"exempt.toml, line {line}: connections.shop.settings.{key}: a secret does not stand in"
        " the file: write env:NAME or file:PATH"
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param("", "line 6: connections.shop.settings.api_key: missing: add it",
                     id="a setting that is missing"),
        pytest.param('apikey = "env:KEY"', "line 7: connections.shop.settings.apikey: no such"
                     " setting: did you mean 'api_key'?", id="a misspelt setting"),
        pytest.param('api_key = "env:KEY"\nregion = "mars"', "line 8:"
                     " connections.shop.settings.region: Input should be 'eu' or 'us'",
                     id="a choice that is none"),
        pytest.param('api_key = "env:KEY"\nlogin = { usr = "x" }', "line 8:"
                     " connections.shop.settings.login.usr: no such setting: did you mean 'user'?",
                     id="a misspelt setting within a table"),
        pytest.param('api_key = "env:KEY"\n[[connections.shop.settings.feeds]]\npath = "a"\n'
                     "[[connections.shop.settings.feeds]]\npath = 'b'\nlimit = 0",
                     "line 12: connections.shop.settings.feeds.1.limit: Input should be greater"
                     " than or equal to 1", id="a number too small within a list"),
        pytest.param('api_key = "env:KEY"\n[[connections.shop.settings.feeds]]\nlimt = 1',
                     "line 9: connections.shop.settings.feeds.0.limt: no such setting: did you"
                     " mean 'limit'?", id="a misspelt setting within a list"),
        pytest.param("api_key = 12", "line 7: connections.shop.settings.api_key: Input should be a"
                     " valid string", id="a number for a secret"),
    ],
)  # fmt: skip
def test_a_mistake(tmp_path: Path, settings: str, said: str) -> None:
    assert f"exempt.toml, {said}" in refused(tmp_path, settings, KEY=SECRET)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        pytest.param("env:KEY", "the environment has no variable KEY: set it, or correct the refer",
                     id="a variable that is not set"),
        pytest.param("file:none.txt", "cannot read the file", id="a file that is not there"),
        pytest.param("file:.", "cannot read the file", id="a folder"),
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere(tmp_path: Path, reference: str, said: str) -> None:
    (found,) = refused(tmp_path, f'api_key = "{reference}"')
    assert f"connections.shop.settings.api_key: {said}" in found


@pytest.mark.parametrize(
    ("connector", "said"),
    [
        pytest.param("shp", "no connector 'shp' is installed: did you mean 'shop'?", id="misspelt"),
        pytest.param("broken", "the connector 'broken' has failed: SystemExit on import: 3",
                     id="broken"),
    ],
)  # fmt: skip
def test_a_connector_that_cannot_be_used(tmp_path: Path, connector: str, said: str) -> None:
    made = exempt(tmp_path, 'api_key = "env:KEY"', KEY="k")
    text = (tmp_path / "exempt.toml").read_text()
    path = tmp_path / "other.toml"
    path.write_text(text.replace('connector = "shop"', f'connector = "{connector}"'))
    other = Exempt(path, environ={"KEY": "k"})
    other.catalogue = made.catalogue
    with pytest.raises(SettingsError) as wrong:
        other.open("shop")
    assert str(wrong.value) == f"{path}, line 3: connections.shop.connector: {said}"


def fails(error: BaseException) -> ConnectorInfo[Any]:
    def fail(_settings: object, _context: object) -> FakeConnector:
        raise error

    return ConnectorInfo(name="shop", title="Shop", settings=ShopSettings, open=fail)


@pytest.mark.parametrize("error", [ValueError(SECRET), SystemExit(SECRET), KeyError(SECRET)])
def test_a_connector_that_cannot_be_opened(tmp_path: Path, error: BaseException) -> None:
    made = exempt(tmp_path, 'api_key = "env:KEY"', KEY=SECRET)
    made.catalogue = Catalogue({"shop": fails(error)}, ())
    with pytest.raises(ConfigError) as refusal:
        made.open("shop")
    assert str(refusal.value).startswith(f"shop: shop cannot be opened: {type(error).__name__}: ")
    assert SECRET not in str(refusal.value)
