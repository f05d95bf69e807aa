"""What the settings say of companies and connections, made known to the store."""

from __future__ import annotations

from collections.abc import Mapping

from exempt.adapters.connections.connection import OpenConnection
from exempt.services.ownership import narrow, take_over
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.rows import ConnectionRow
from exempt.settings.tables import ConnectionSettings, SettingsFile

Configured = Mapping[str, ConnectionSettings]
"""The connections there are, by name."""


def settle(store: Store, file: SettingsFile, connections: Configured) -> None:
    """Make the companies of the settings known, and what a connection owns no more.

    What it owns from now on is taken over by its next sync: who only looks changes no card.
    """
    with store.reading() as tx:
        known = {row.key: row for row in tx.cards.companies()}
        keys = {row.id: row.key for row in known.values()}
        as_told = {key: (company.name, company.parent) for key, company in file.companies.items()}
        stored = {
            key: (row.name, keys.get(row.parent_id) if row.parent_id else None)
            for key, row in known.items()
        }
    if any(stored.get(key) != said for key, said in as_told.items()):
        with store.writing() as tx:
            make_companies(tx, file)
    _narrow(store, connections)


def _narrow(store: Store, connections: Configured) -> None:
    """Take back what the settings do not let connections own, or not have these at all."""
    with store.reading() as tx:
        rows = tx.connections.all()
    for row in rows:
        told = connections.get(row.name)
        narrow(store, row, told.owns if told else ())


def make_companies(tx: Transaction, file: SettingsFile) -> None:
    """Make or update the companies of the settings."""
    for key in file.parents_first():
        company = file.companies[key]
        tx.connections.company(key, company.name, company.parent)


def register(
    store: Store,
    file: SettingsFile,
    connections: Configured,
    opened: Mapping[str, OpenConnection],
    clock: Clock,
) -> dict[str, ConnectionRow]:
    """Make or update companies and these connections."""
    with store.writing() as tx:
        make_companies(tx, file)
        rows = {
            name: tx.connections.register(
                name,
                connections[name].connector,
                connections[name].company,
                connection.capabilities,
            )
            for name, connection in opened.items()
        }
    _narrow(store, connections)
    for name, row in rows.items():
        take_over(store, row, connections[name].owns, clock)
    return rows
