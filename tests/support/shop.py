"""A shop with secrets and paths in its settings, and an Exempt where it can be connected."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from exempt import (
    CheckRequest,
    CheckResult,
    Choice,
    ChoicesRequest,
    ChoicesResult,
    ConnectorInfo,
    Context,
    Settings,
    hookimpl,
)
from exempt.adapters.sealing import SecretKeys
from exempt.cli.toml import to_toml
from exempt.discovery import Catalogue
from exempt.services.source_ports import MadeConnection
from exempt.wiring import Exempt
from exempt.wiring.keys import secret_key
from exempt.wiring.sources import Steward
from support.databases import made
from support.fake_connector import WRITES, FakeConnector, Remote
from support.records import NOW

CANARY = "canary-7d1f0c2b9e"


class ShopSettings(Settings):
    """A shop's."""

    key: SecretStr
    old: tuple[SecretStr, ...] = ()
    url: str = "https://shop.example"
    folder: Path | None = None
    pattern: str = Field("", json_schema_extra={"format": "path"})


class Shop(FakeConnector):
    """A connector whose settings have secrets and paths."""

    def __init__(self, remote: Remote, settings: ShopSettings, context: Context) -> None:
        super().__init__(remote)
        self._settings, self._context = settings, context

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        self._remote.trip("check")
        key = self._settings.key.get_secret_value()
        self._context.log.warning("asked with %s", key)
        if key == "wrong":
            msg = f"the key {key} is refused"
            raise RuntimeError(msg)
        return CheckResult(account=f"Shop of {len(key)}")

    @hookimpl
    def choices(self, request: ChoicesRequest) -> ChoicesResult:
        offered = (Choice(value="https://eu.example", label="Europe"),)
        return ChoicesResult(choices=offered if request.setting == "url" else ())


@dataclass
class ShopHouse:
    """An Exempt with one connection in its file, and whoever makes others."""

    exempt: Exempt
    remote: Remote = field(default_factory=Remote)

    @property
    def steward(self) -> Steward:
        """Whoever keeps its connections."""
        return Steward(self.exempt, SecretKeys(secret_key(self.exempt)))

    def make(self, name: str = "shop", **changes: Any) -> None:
        """Make a connection, or change one."""
        self.steward.save(draft(name, **changes), "dana")

    def made(self, name: str = "shop") -> MadeConnection:
        """One as it is kept."""
        found = self.steward.made(name)
        assert found is not None
        return found

    def contents(self) -> str:
        """All that the database's files hold."""
        database = Path(self.exempt.database.engine.url.database or "")
        files = database.parent.glob(database.name + "*")
        return "".join(file.read_bytes().decode("latin-1") for file in files)


def draft(name: str = "shop", **changes: Any) -> MadeConnection:
    """A connection to a shop, as somebody fills it in."""
    settings = {"key": CANARY} | changes.pop("settings", {})
    return MadeConnection(name, "shop", "n", None, settings, {})._replace(**changes)


def opened(folder: Path, **tables: Any) -> ShopHouse:
    """One over a database in *folder*, with these further tables of settings."""
    path = folder / "exempt.toml"
    settings = {
        "exempt": {"database": "env:DB"},
        "companies": {"n": {"name": "Northwind"}, "w": {"name": "Westwind"}},
        "connections": {
            "erp": {"connector": "shop", "company": "n", "settings": {"key": "env:KEY"}}
        },
        "daemon": {"memory": 1_000_000},
        **tables,
    }
    path.write_text(to_toml(settings), encoding="utf-8")
    if not (folder / "exempt.db").exists():
        with made("sqlite", folder, migrated=True):
            pass  # a copy, as making one takes far longer
    environ = {
        "DB": f"sqlite:///{folder}/exempt.db",
        "KEY": "of-the-file",
        "EXEMPT_SECRET_SHOP": "of-the-variable",
    }
    exempt = Exempt(path, clock=lambda: NOW, environ=environ)
    house = ShopHouse(exempt)
    exempt.__dict__["catalogue"] = Catalogue({"shop": shop_info(house.remote)}, ())
    exempt.register({})
    return house


def shop_info(remote: Remote) -> ConnectorInfo[ShopSettings]:
    """The declaration of a connector to a shop with these books."""
    return ConnectorInfo(
        "shop",
        "Shop",
        ShopSettings,
        lambda settings, context: Shop(remote, settings, context),
        capabilities=lambda _settings: WRITES,
    )
