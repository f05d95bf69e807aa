"""An Exempt with a shop that sends webhooks, and an ERP that does not."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exempt.cli.toml import to_toml
from exempt.discovery import Catalogue
from exempt.wiring import Exempt
from support.databases import made
from support.fake_connector import READS, Remote, info
from support.records import NOW
from support.webhooks import HOOKED, HookedConnector


class House:
    """A settings file, its remotes, and an `Exempt` with it.

    Attributes:
        shop: The books of a shop that sends webhooks.
        environ: The environment; the shop's secret is in it.
        opened: How many connectors of the shop were opened.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        self.shop, self.erp = Remote(), Remote()
        self.environ = {"DATABASE": database_url, "SHOP_SECRET": "of-shop", "ERP_SECRET": "of-erp"}
        self.opened = 0
        self._path = folder / "exempt.toml"
        self.write()

    def write(self, **daemon: Any) -> None:
        """Write the settings file, with this table ``[daemon]``, and open it."""
        tables = {
            "exempt": {"database": "env:DATABASE"},
            "daemon": daemon,
            "companies": {"n": {"name": "Northwind"}},
            "connections": {
                name: {
                    "connector": name,
                    "company": "n",
                    "settings": {"secret": f"env:{name.upper()}_SECRET"},
                }
                for name in ("shop", "erp")
            },
        }
        self._path.write_text(to_toml(tables), encoding="utf-8")
        self.exempt = Exempt(self._path, clock=lambda: NOW, environ=self.environ)
        shop_info = dataclasses.replace(info(self.shop, HOOKED, name="shop"), open=self._open)
        connectors = {"shop": shop_info, "erp": info(self.erp, READS, name="erp")}
        self.exempt.catalogue = Catalogue(connectors, ())

    def _open(self, _settings: Any, _context: Any) -> HookedConnector:
        self.opened += 1
        return HookedConnector(self.shop)

    def states(self) -> dict[str, str]:
        """What became of the events of webhooks."""
        with self.exempt.database.reading() as connection:
            found = connection.exec_driver_sql("SELECT event_id, state FROM webhook_event")
            return dict(map(tuple, found))

    def pause(self, reason: str | None) -> None:
        """Pause the shop, or let it go on."""
        with self.exempt.store.writing() as tx:
            (row,) = [row for row in tx.connections.all() if row.name == "shop"]
            tx.connections.pause(row.id, reason, NOW)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An installation on SQLite."""
    with made("sqlite", tmp_path, migrated=True) as url:
        here = House(tmp_path, url)
        with contextlib.closing(here.exempt):
            yield here


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until something is so, for half a minute at most."""

    def wait(reached: Callable[[], object]) -> None:
        end = time.monotonic() + 30
        while not reached():
            assert time.monotonic() < end, "waited in vain"
            threading.Event().wait(0.01)

    return wait
