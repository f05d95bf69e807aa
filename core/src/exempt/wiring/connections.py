"""The connections there are: those of the settings file, and those that were made in the console.

Everything of Exempt that asks for connections asks here. The file wins: a
connection that it names is as it says, whatever the console knows by that name.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Collection, ItemsView, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from exempt.adapters.store import version
from exempt.adapters.store.database import Database
from exempt.adapters.store.made_connections import MadeConnections
from exempt.model.nexus import Counts
from exempt.services.source_ports import MadeConnection
from exempt.settings import Loaded
from exempt.settings.made import InConsole
from exempt.settings.tables import ConnectionSettings

_log = logging.getLogger("exempt.connections")


class Connections(Mapping[str, ConnectionSettings]):
    """What the settings of each connection say, by name: those of the file first.

    It stays the same object while connections come and go; see `look`.

    Args:
        loaded: The settings file.
        database: Gives the database, which need not be there yet.
    """

    def __init__(self, loaded: Loaded, database: Callable[[], Database]) -> None:
        self._loaded = loaded
        self._database = database
        self._mutex = threading.Lock()
        self._seen: int | None = None
        self._made: dict[str, ConnectionSettings] = {}

    def look(self) -> int:
        """See what was made, changed and removed meanwhile; a number that grows with each change.

        It takes one small question, so it may be asked often.
        """
        database = self._database()
        if not _has_tables(database):
            return 0
        with database.reading() as connection:
            kept = MadeConnections(connection)
            now = kept.version()
            if now != self._seen:
                found = kept.all()
                with self._mutex:
                    self._made, self._seen = _usable(found), now
        return now

    def made_here(self, name: str) -> bool:
        """Whether a connection was made in the console, and is not in the file."""
        return name not in self._loaded.file.connections and name in self._known

    def loaded(self, name: str) -> Loaded:
        """The settings file with that connection in it, whoever made it."""
        if not self.made_here(name):
            return self._loaded
        return with_made(self._loaded, name, self[name])

    @property
    def _known(self) -> dict[str, ConnectionSettings]:
        if self._seen is None:
            self.look()
        of_file = self._loaded.file.connections
        return {**of_file, **{n: each for n, each in self._made.items() if n not in of_file}}

    def __getitem__(self, name: str) -> ConnectionSettings:
        of_file = self._loaded.file.connections.get(name)
        return self._known[name] if of_file is None else of_file

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def items(self) -> ItemsView[str, ConnectionSettings]:
        """As they are at one moment, as all of this is."""
        return self._known.items()


def with_made(loaded: Loaded, name: str, configured: ConnectionSettings) -> Loaded:
    """The settings file with a connection in it that is made in the console."""
    connections = {**loaded.file.connections, name: configured}
    file = loaded.file.model_copy(update={"connections": connections})
    fields = {field.name: getattr(loaded, field.name) for field in dataclasses.fields(loaded)}
    return InConsole(**{**fields, "file": file})


def configured_of(made: MadeConnection) -> ConnectionSettings:
    """What the settings file would say of a connection.

    Raises:
        ValidationError: It could not.
    """
    said = {
        **made.options,
        "connector": made.connector,
        "company": made.company,
        "schedule": made.schedule,
        "settings": made.settings,
    }
    return ConnectionSettings.model_validate(said)


def _usable(found: Collection[MadeConnection]) -> dict[str, ConnectionSettings]:
    usable = {}
    for made in found:
        try:
            usable[made.name] = configured_of(made)
        except ValidationError:  # made by a version that knew more
            _log.error("%s: was made in the console, and is not understood any more", made.name)
    return usable


def _has_tables(database: Database) -> bool:
    """Whether the database can be asked; else whoever uses it first makes or refuses it."""
    path = database.engine.url.database
    if database.is_sqlite and path and not Path(path).exists():
        return False
    return version.current(database) == version.HEAD


# --- what hangs on them, and follows them -----------------------------------------------


class CountsOf(Mapping[str, Counts]):
    """Which documents of each connection are sales."""

    def __init__(self, connections: Mapping[str, ConnectionSettings]) -> None:
        self._connections = connections

    def __getitem__(self, name: str) -> Counts:
        return self._connections[name].counts

    def __iter__(self) -> Iterator[str]:
        return iter(self._connections)

    def __len__(self) -> int:
        return len(self._connections)


class CustomerPages(Mapping[str, str]):
    """Under which address each connection's system shows a customer, of those that say so."""

    def __init__(self, connections: Mapping[str, ConnectionSettings]) -> None:
        self._connections = connections

    def __getitem__(self, name: str) -> str:
        if address := self._connections[name].customer_page:
            return address
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, each in self._connections.items() if each.customer_page)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Marketplaces(Collection[str]):
    """The connections all of whose sales are a marketplace's."""

    def __init__(self, connections: Mapping[str, ConnectionSettings]) -> None:
        self._connections = connections

    def __contains__(self, name: object) -> bool:
        found = self._connections.get(name) if isinstance(name, str) else None
        return found is not None and found.marketplace

    def __iter__(self) -> Iterator[str]:
        return (name for name, each in self._connections.items() if each.marketplace)

    def __len__(self) -> int:
        return sum(1 for _ in self)
