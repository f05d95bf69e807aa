"""What the settings say of companies and connections, made known to the store."""

from __future__ import annotations

from collections.abc import Mapping

from exempt.adapters.connections.connection import OpenConnection
from exempt.services.ownership import take_over
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.rows import ConnectionRow
from exempt.settings import SettingsFile


def settle(store: Store, file: SettingsFile, clock: Clock) -> None:
    """Make the companies of the settings known, and which connection owns which fields.

    A field that a connection owns from now on is taken over from it at once.
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
    with store.reading() as tx:
        rows = tx.connections.all()
    for row in rows:
        if row.name in file.connections:
            take_over(store, row, file.connections[row.name].owns, clock)


def make_companies(tx: Transaction, file: SettingsFile) -> None:
    """Make or update the companies of the settings."""
    for key in file.parents_first():
        company = file.companies[key]
        tx.connections.company(key, company.name, company.parent)


def register(
    store: Store, file: SettingsFile, opened: Mapping[str, OpenConnection], clock: Clock
) -> dict[str, ConnectionRow]:
    """Make or update companies and these connections."""
    with store.writing() as tx:
        make_companies(tx, file)
        rows = {
            name: tx.connections.register(
                name,
                file.connections[name].connector,
                file.connections[name].company,
                connection.capabilities,
            )
            for name, connection in opened.items()
        }
    for name, row in rows.items():
        take_over(store, row, file.connections[name].owns, clock)
    return rows
