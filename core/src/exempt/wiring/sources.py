"""Whoever keeps the connections for the pages of sources."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from exempt.errors import ConflictError, ExemptError, NotFoundError, RefusedError
from exempt.hookspecs import ConnectorInfo
from exempt.model.checking import CheckResult
from exempt.rules.history import FieldChange
from exempt.rules.schedules import in_words
from exempt.rules.wanted_words import in_words as wanted_in_words
from exempt.services import steering, stewarding
from exempt.services.job_ports import JobKind
from exempt.services.pull import PageStored
from exempt.services.rehearsed import Before
from exempt.services.rows import ConnectionRow, Subject
from exempt.services.secret_ports import Keys
from exempt.services.source_ports import FormError, MadeConnection
from exempt.services.stewarding import (
    ConfiguredView,
    ConnectorView,
    PluginView,
    Rehearsal,
    Tried,
    WouldWrite,
)
from exempt.services.sync import Synced
from exempt.settings.tables import ConnectionSettings
from exempt.wiring import Exempt
from exempt.wiring.making import PATIENCE, choices_of, looked_through, trial

LONGEST_REHEARSAL = 15.0
"""Seconds: while it lasts, nobody else can write into an SQLite database."""

_REHEARSING = threading.Lock()

_ELSEWHERE = ("connector", "company", "settings", "settings_file")
"""What of a connection has fields of its own."""


class Steward(stewarding.Steward):
    """The steward of one Exempt; *keys* seal what is typed."""

    def __init__(self, exempt: Exempt, keys: Keys) -> None:
        self._exempt = exempt
        self._keys = keys

    @property
    def may_make(self) -> bool:
        """See the port."""
        return self._exempt.settings.file.console.make_connections

    @property
    def references(self) -> str:
        """See the port."""
        console = self._exempt.settings.file.console
        variable = f"env:{console.secret_variables}NAME"
        if console.secrets_folder is None:
            return f"{variable}, a variable of the server's environment"
        return f"{variable}, or file:{console.secrets_folder.rstrip('/')}/NAME"

    def plugins(self) -> list[PluginView]:
        """See the port."""
        return [
            PluginView(
                row.name,
                row.title,
                str(row.kind),
                row.distribution,
                row.version,
                str(row.state),
                row.reason,
            )
            for row in self._exempt.catalogue.rows
        ]

    def connectors(self) -> list[ConnectorView]:
        """See the port."""
        infos = self._exempt.catalogue.connectors.values()
        packages = {row.name: f"{row.package} {row.version}" for row in self.plugins()}
        views = (
            ConnectorView(info.name, info.title, packages.get(info.name, "")) for info in infos
        )
        return sorted(views, key=lambda view: view.title.lower())

    def connections(self) -> dict[str, ConfiguredView]:
        """See the port."""
        self._exempt.connections.look()
        made = self._made()
        return {
            name: self._view(name, each, made.get(name))
            for name, each in self._exempt.connections.items()
        }

    def _view(
        self, name: str, each: ConnectionSettings, made: MadeConnection | None
    ) -> ConfiguredView:
        daemon = self._exempt.settings.file.daemon
        info = self._exempt.catalogue.connectors.get(each.connector)
        view = ConfiguredView(
            name,
            each.connector,
            info.title if info else each.connector,
            each.company,
            in_words(each.schedule or daemon.pull, daemon.time_zone),
            each.write_back,
            each.since,
        )
        if made is None or not self._exempt.connections.made_here(name):
            return view
        return view._replace(
            version=made.version, changed_by=made.changed_by, changed_at=made.changed_at
        )

    def _made(self) -> dict[str, MadeConnection]:
        with self._exempt.store.reading() as tx:
            return {made.name: made for made in tx.made_connections.all()}

    def _info(self, connector: str) -> ConnectorInfo[Any]:
        found = self._exempt.catalogue.connectors.get(connector)
        if found is None:
            msg = f"connector {connector}: there is none: see the plugins that are installed"
            raise NotFoundError(msg)
        return found

    def schema(self, connector: str) -> Mapping[str, Any]:
        """See the port."""
        schema: Mapping[str, Any] = self._info(connector).settings.model_json_schema()
        return schema

    def options(self) -> Mapping[str, Any]:
        """See the port."""
        schema = ConnectionSettings.model_json_schema()
        properties = {k: v for k, v in schema["properties"].items() if k not in _ELSEWHERE}
        return {**schema, "properties": properties, "required": []}

    def made(self, name: str) -> MadeConnection | None:
        """See the port."""
        return self._made().get(name)

    # --- made, changed, removed ----------------------------------------------------------

    def try_out(self, draft: MadeConnection) -> Tried:
        """See the port."""
        made = looked_through(self._exempt, draft, self._keys)
        names = list(self._info(made.connector).settings.model_fields)
        with trial(self._exempt, made, self._keys) as connection:
            result = connection.check()
            return Tried(result.account, result.problems, choices_of(connection, names))

    def save(self, draft: MadeConnection, by: str) -> None:
        """See the port."""
        self._refuse_unless_made_here()
        self._exempt.settle()  # its company may be new in the settings
        made = looked_through(self._exempt, draft, self._keys)
        before = self._made().get(made.name)
        try:
            with trial(self._exempt, made, self._keys) as connection:
                capabilities = connection.capabilities
        except ExemptError as error:
            raise FormError({"": str(error)}) from None
        at = self._exempt.clock()
        with self._exempt.store.writing() as tx:
            if not tx.made_connections.save(made, at, by):
                self._refuse_conflict(made)
            row = tx.connections.register(made.name, made.connector, made.company, capabilities)
            tx.history.add(Subject.CONNECTION, row.id, _changes(before, made), at, by)
        self._exempt.connections.look()

    def _refuse_unless_made_here(self) -> None:
        if not self.may_make:
            msg = (
                "connections are not made here: the setting console.make_connections says so;"
                " add them to the settings file"
            )
            raise RefusedError(msg)

    def _refuse_conflict(self, made: MadeConnection) -> None:
        if made.version:
            msg = f"{made.name}: somebody else changed it meanwhile: look at what it is now"
            raise ConflictError(msg)
        raise FormError({"name": "Name: there is a connection of that name: choose another"})

    def remove(self, name: str, version: int, by: str) -> None:
        """See the port."""
        self._refuse_unless_made_here()
        at = self._exempt.clock()
        with self._exempt.store.writing() as tx:
            if not tx.made_connections.remove(name, version, at, by):
                msg = f"{name}: somebody else changed or removed it meanwhile: look at it again"
                raise ConflictError(msg)
            for row in tx.connections.all():
                if row.name == name:
                    gone = [FieldChange("removed", row.connector, None)]
                    tx.history.add(Subject.CONNECTION, row.id, gone, at, by)
        self._exempt.connections.look()

    # --- asked and run ---------------------------------------------------------------------

    def row(self, name: str) -> ConnectionRow:
        """See the port."""
        with self._exempt.store.reading() as tx:
            known = {row.name: row for row in tx.connections.all()}
        if name in known:
            return known[name]
        self._exempt.names([name])
        opened = self._exempt.open(name, patience=PATIENCE)
        try:
            return self._exempt.register({name: opened})[name]
        finally:
            opened.close()

    def check(self, name: str) -> CheckResult:
        """See the port."""
        self._exempt.names([name])
        return self._exempt.check_opened(self._exempt.open(name, patience=PATIENCE))

    def run_now(self, name: str) -> list[JobKind]:
        """See the port."""
        self._exempt.names([name])
        return steering.run_now(self._exempt.store, self.row(name))

    def rehearse(self, name: str) -> Rehearsal:
        """See the port."""
        if not _REHEARSING.acquire(blocking=False):
            msg = "another dry run is going on: try again when it has ended"
            raise RefusedError(msg)
        try:
            return _rehearsed(self._exempt, name)
        finally:
            _REHEARSING.release()


def _rehearsed(exempt: Exempt, name: str) -> Rehearsal:
    """A dry run in a database connection of its own, for what others write meanwhile must stay."""
    apart = Exempt(exempt.settings, clock=exempt.clock, environ=exempt.environ)
    apart.catalogue, apart.patience = exempt.catalogue, PATIENCE
    read: Counter[str] = Counter()
    before = Before(apart.store)
    writes: list[WouldWrite] = []

    def told(page: PageStored) -> None:
        read[page.stream.value] += page.records

    def seen(result: Synced) -> None:
        before.look(result)
        writes.extend(
            WouldWrite(
                delivery.target.value,
                delivery.external_id,
                before.of(delivery),
                wanted_in_words(item),
                f"{answer.outcome}: {answer.message}".rstrip(": "),
            )
            for delivery, item, answer in result.would_write
        )

    timer = threading.Timer(LONGEST_REHEARSAL, apart.stop)
    timer.start()
    try:
        (result,) = apart.rehearse([name], told=told, seen=seen)
        return Rehearsal(
            writes,
            read,
            whole=not apart.stopping,
            problem=str(result.problem or ""),
            held_back=result.held_back,
            unread=result.unread,
        )
    finally:
        timer.cancel()
        apart.close()


def _changes(before: MadeConnection | None, made: MadeConnection) -> list[FieldChange]:
    """Which settings were changed, without what they are."""
    if before is None:
        return [FieldChange("made", None, made.connector)]
    said = {"schedule": (before.schedule, made.schedule), "company": (before.company, made.company)}
    said |= {
        k: (before.options.get(k), made.options.get(k)) for k in {*before.options, *made.options}
    }
    changes = [
        FieldChange(
            key, str(old) if old is not None else None, str(new) if new is not None else None
        )
        for key, (old, new) in sorted(said.items())
        if old != new
    ]
    own = {
        k
        for k in {*before.settings, *made.settings}
        if before.settings.get(k) != made.settings.get(k)
    }
    if own:
        changes.append(FieldChange("settings", None, ", ".join(sorted(own))))
    return changes
