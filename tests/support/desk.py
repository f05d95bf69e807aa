"""Somebody at a desk: a workspace whose register and orders the command line works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exempt import Order, Stream
from exempt.adapters.store.store import SqlStore
from exempt.cli.trouble import sentence
from support.databases import made, open_database
from support.records import address, customer, line, order
from support.workspace import Workspace
from support.world import Source, World


class Desk(Workspace):
    """A workspace, and the ERP that it was read from.

    Acme (C-1) and Bolt (C-2) claim to be exempt. Acme has an open order to
    Texas, one to California, and a closed one to Texas, ``OLD``.
    """

    erp: Source

    def add(self, *arguments: str) -> Any:
        """Enter a certificate of Acme for Texas; what is given last counts."""
        usual = ["-c", "C-1", "--reason", "resale", "--signed", "2024-02-01"]
        if "--state" not in arguments:
            usual += ["--state", "TX"]
        return self.json("certificates", "add", *usual, *arguments)

    def shown(self, certificate: int = 1) -> Any:
        """All that is known of a certificate."""
        return self.json("certificates", "show", str(certificate), "--history")

    def explained(self, number: str = "TX-1") -> Any:
        """All that is known of an order."""
        return self.json("orders", "explain", number)[0]

    def sell(self, *orders: Order) -> None:
        """Read these orders from the ERP."""
        self.erp.remote.put(*orders)
        self.erp.pull()

    def refused(self, *arguments: str) -> str:
        """What a person reads of a command that is refused."""
        result = self.invoke(*arguments)
        assert result.exit_code != 0, result.output
        if result.exception is None or isinstance(result.exception, SystemExit):
            return result.output
        words = sentence(result.exception)
        assert words is not None, repr(result.exception)
        return words


@contextmanager
def a_desk(folder: Path) -> Iterator[Desk]:
    """A desk in a folder, on SQLite, where anna works."""
    with made("sqlite", folder, migrated=True) as url, open_database(url) as database:
        desk = Desk(folder, url, {}, {"EXEMPT_USER": "anna"})
        desk.erp = World(SqlStore(database, _no_file)).connect("erp")
        desk.erp.remote.put(
            customer("C-1", number="C-1", name="Acme", email="ap@acme.example", exempt=True),
            customer("C-2", number="C-2", name="Bolt", exempt=True),
        )
        desk.erp.pull(Stream.CUSTOMERS)
        desk.sell(
            order("TX-1", lines=(line(product_external_id="HAMMER"),)),
            order("CA-1", ship_to=address("CA")),
            order("OLD", closed=True),
        )
        yield desk


def _no_file(_sha256: str) -> Any:
    raise NotImplementedError
