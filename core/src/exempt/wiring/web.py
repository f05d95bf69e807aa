"""What the web server shows and takes in, of one Exempt."""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from pydantic import SecretStr
from starlette.types import ASGIApp

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.store import version
from exempt.errors import ExemptError, NotFoundError, SettingsError, TransientError
from exempt.model.checking import Capability
from exempt.services.health import Health, look
from exempt.services.receiving import Received, receive
from exempt.settings import resolve
from exempt.web.app import make_app
from exempt.web.looks import Sights
from exempt.web.site import Sandbox
from exempt.wiring import Exempt
from exempt.wiring.metrics import exposition
from exempt.wiring.site import site_of

_log = logging.getLogger("exempt.web")

PATIENCE = 10.0
"""Seconds that a connector may take to verify a webhook, and a webhook for its turn."""

AGAIN = 30.0
"""Seconds before a connection that could not be opened is tried again."""


class _Receiver(NamedTuple):
    """A connection that receives webhooks, one at a time as connectors do all."""

    connection_id: int
    connection: OpenConnection
    turn: threading.Lock


class Receivers:
    """The connections that receive webhooks, opened once.

    Args:
        hurry: Called with the connection's name when there is something new to follow.
    """

    def __init__(self, exempt: Exempt, hurry: Callable[[str], None]) -> None:
        self._exempt = exempt
        self._hurry = hurry
        self._mutex = threading.Lock()
        self._opened: dict[str, _Receiver | None] = {}
        self._broken: dict[str, float] = {}
        self._connections = exempt.connections.look()
        for name in exempt.names():
            self._open(name)

    def receive(
        self, name: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Received:
        """Take in a webhook; see `exempt.services.receiving.receive`.

        Raises:
            NotFoundError: There is no such connection, or it receives none.
            ConnectorError: It cannot be taken in now; it should come again.
        """
        receiver = self._receiver(name)
        if not receiver.turn.acquire(timeout=PATIENCE):
            msg = f"{name}: too many webhooks at once"
            raise TransientError(msg)
        try:
            received = receive(
                self._exempt.store,
                receiver.connection_id,
                receiver.connection,
                body=body,
                headers=headers,
                query=query,
                clock=self._exempt.clock,
            )
        finally:
            receiver.turn.release()
        if received.new:
            self._hurry(name)
        return received

    def close(self) -> None:
        """Close the connections."""
        for receiver in self._opened.values():
            if receiver is not None:
                receiver.connection.close()

    def _receiver(self, name: str) -> _Receiver:
        now = self._exempt.connections.look()
        with self._mutex:
            if now != self._connections:
                self._connections = now
                self._open_anew()
            if name in self._broken and time.monotonic() >= self._broken[name]:
                self._open(name)
            receiver = self._opened.get(name)
        if receiver is None:
            msg = f"{name}: receives no webhooks"
            raise NotFoundError(msg)
        return receiver

    def _open_anew(self) -> None:
        """Follow what was made, changed and removed in the console."""
        mine = {name for name in self._opened if name not in self._exempt.settings.file.connections}
        for name in mine:
            receiver = self._opened.pop(name)
            if receiver is not None:
                with receiver.turn:  # it may be at one
                    receiver.connection.close()
        self._broken = {n: at for n, at in self._broken.items() if n in self._exempt.connections}
        for name in self._exempt.names():
            if self._exempt.connections.made_here(name):
                self._open(name)

    def _open(self, name: str) -> None:
        """Open a connection, and keep it if it receives webhooks."""
        self._broken.pop(name, None)
        try:
            connection = self._exempt.open(name, patience=PATIENCE)
        except ExemptError as error:
            _log.warning("%s", error, extra={"connection": name})
            self._broken[name] = time.monotonic() + AGAIN
            return
        if Capability.WEBHOOKS in connection.capabilities:
            row = self._exempt.register({name: connection})[name]
            self._opened[name] = _Receiver(row.id, connection, threading.Lock())
        else:
            connection.close()


def app_of(
    exempt: Exempt,
    receivers: Receivers | None = None,
    listens_at: str | None = None,
    sandbox: Sandbox | None = None,
) -> ASGIApp:
    """The web server's application; without *receivers* it takes in no webhooks.

    With *listens_at*, its own address, it has the API, the portal and the console too,
    and with *sandbox* what that adds.

    Raises:
        SettingsError: The token for metrics, or the site's key, cannot be found.
    """
    sights = Sights(
        ping=lambda: _ping(exempt),
        health=lambda: _health(exempt),
        metrics=_metrics(exempt),
        token=_token(exempt),
    )
    site = site_of(exempt, listens_at) if listens_at else None
    if site is not None:
        site = dataclasses.replace(site, sandbox=sandbox)
    return make_app(sights, receivers.receive if receivers else None, site)


def _ping(exempt: Exempt) -> None:
    with exempt.database.reading() as connection:
        connection.execute(sa.text("SELECT 1"))


def _health(exempt: Exempt) -> Health:
    return look(exempt.store, lambda: version.current(exempt.database), version.HEAD, exempt.clock)


def _metrics(exempt: Exempt) -> Callable[[], tuple[bytes, str]] | None:
    return exposition(exempt) if importlib.util.find_spec("prometheus_client") else None


def _token(exempt: Exempt) -> SecretStr | None:
    """The secret that shows everything.

    Raises:
        SettingsError: It is not where the settings say, or empty.
    """
    settings, key = exempt.settings, "daemon.metrics_token"
    reference = settings.file.daemon.metrics_token
    if reference is None:
        return None
    try:
        token = resolve(reference, key, settings.folder, exempt.environ)
    except SettingsError as error:
        msg = f"{settings.place(key)}: {error}"
        raise SettingsError(msg) from None
    if not token.strip():
        msg = f"{settings.place(key)}: {key}: {reference} is empty: put a long random text there"
        raise SettingsError(msg)
    return SecretStr(token)
