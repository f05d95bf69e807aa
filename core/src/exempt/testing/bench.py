"""What the contract is tested on: a sandbox, a proxy before it, and connections to it."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import stamina

from exempt.discovery import Catalogue
from exempt.hookspecs import (
    Connector,
    ConnectorInfo,
    Context,
    Sandbox,
    SandboxControls,
    Settings,
)
from exempt.http import Client
from exempt.settings import Loaded, resolve_all, secrets_of
from exempt.settings.tables import SettingsFile
from exempt.testing import sample
from exempt.testing.faults import Fault
from exempt.testing.proxy import Proxy
from exempt.testing.secrecy import Secrets
from exempt.wiring.opening import open_connection

if TYPE_CHECKING:  # its class is the wiring's business, its hooks are ours
    from exempt.adapters.connections.connection import OpenConnection as Connection

NAME = "contract"
"""What connections are called in tests."""
START = dt.datetime.combine(sample.TODAY, dt.time(12), dt.UTC)
"""Where the clock of a sandbox stands at first: noon of the sample company's day."""
PATIENCE = 30.0
"""Seconds to wait for a hook."""
TIMEOUT = 10.0
"""Seconds that an HTTP client waits for an answer, in place of a longer time-out of its own."""
_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\]):\d+")


class Bench:
    """A remote to test on, and connections to it that are opened as the core does.

    Attributes:
        info: What is tested.
        sandbox: The remote; None where there is none, or a real account.
        proxies: Before each HTTP address of the sandbox.
        secrets: All that no text may show.
        connectors: The objects behind the connections, oldest first.
        has_bounces: Whether mails were sent and have bounced.
        timeout: Seconds that HTTP clients wait, of those connectors that are opened from now on.
    """

    def __init__(
        self,
        info: ConnectorInfo[Any],
        settings: Mapping[str, Any],
        folder: Path,
        *,
        environ: Mapping[str, str],
        clock: Callable[[], dt.datetime] | None = None,
        sandbox: Sandbox | None = None,
        proxies: tuple[Proxy, ...] = (),
        elsewhere: Proxy | None = None,
    ) -> None:
        self.info = dataclasses.replace(info, open=functools.partial(self._made, info))
        self.sandbox = sandbox
        self.proxies = proxies
        self.elsewhere = elsewhere
        self.connectors: list[Connector] = []
        self.has_bounces = False
        self.timeout = TIMEOUT
        self._settings = settings
        self._folder = folder
        self._environ = environ
        self._clock = clock
        self._passed = dt.timedelta()
        self._open: list[Connection] = []
        _, references = resolve_all(settings, "", folder, environ)
        self.secrets = Secrets(self._secrets(), references)

    def now(self) -> dt.datetime:
        """The moment on the connector's clock."""
        return self._clock() if self._clock else START + self._passed

    def advance(self, by: dt.timedelta) -> None:
        """Move the clocks on, the remote's too where the sandbox can."""
        self._passed += by
        controls = self.sandbox and self.sandbox.controls
        if controls and type(controls).advance is not SandboxControls.advance:
            controls.advance(by)

    def settings(self) -> Settings:
        """The settings as the connector gets them."""
        resolved, _ = resolve_all(self._settings, "", self._folder, self._environ)
        settings: Settings = self.info.settings.model_validate(resolved)
        return settings

    @property
    def raw_settings(self) -> Mapping[str, Any]:
        """The settings as they stand in the file."""
        return self._settings

    def open(self, name: str = NAME, **changed: object) -> Connection:
        """A new connector, opened as the core does; closed at the end of the test.

        Args:
            name: The connection's name.
            changed: Settings in place of the sandbox's.
        """
        company = {"main": {"name": "Main"}}
        connection = {
            "connector": self.info.name,
            "company": "main",
            "settings": {**self._settings, **changed},
            "rate_per_second": 10_000,
        }
        file = SettingsFile.model_validate(
            {"companies": company, "connections": {name: connection}}
        )
        opened = open_connection(
            Loaded(self._folder / "exempt.toml", "", file),
            name,
            Catalogue({self.info.name: self.info}, ()),
            environ=self._environ,
            clock=self.now,
            stop=lambda: False,
            patience=PATIENCE,
        )
        self._open.append(opened)
        return opened

    def plan(self, fault: Fault | None, **when: Any) -> None:
        """Have *fault* happen behind every HTTP address; see `Proxy.plan`."""
        for proxy in (*self.proxies, *([self.elsewhere] if self.elsewhere else [])):
            proxy.plan(None if proxy is self.elsewhere else fault, **when)

    def before_write(self, work: Callable[[], None]) -> None:
        """Do *work* before the next call that is not GET goes on to the remote, once."""
        for proxy in self.proxies:
            proxy.before_write = work

    @property
    def meddled(self) -> bool:
        """Whether what was to be done before a write was done."""
        return any(proxy.before_write is None for proxy in self.proxies)

    @property
    def calls(self) -> int:
        """How many HTTP calls came since the last plan."""
        return sum(len(proxy.calls) for proxy in self.proxies)

    def environ_with(self, name: str, value: str) -> None:
        """Set a variable of the environment that references can name."""
        self._environ = {**self._environ, name: value}
        self.secrets = Secrets([*self.secrets.values, value], self.secrets.references)

    def close(self, connection: Connection | None = None) -> None:
        """Close *connection*, or all that are open."""
        for each in [connection] if connection else list(self._open):
            self._open.remove(each)
            each.close()

    def _made(self, info: ConnectorInfo[Any], settings: Settings, context: Context) -> Connector:
        made = info.open(settings, context)
        self.connectors.append(made)
        return made

    def _secrets(self) -> list[str]:
        try:
            found = secrets_of(self.settings(), "")
        except ValueError:  # settings that do not fit are told by a test of their own
            return []
        return [secret.get_secret_value() for secret in found.values()]


@contextlib.contextmanager
def started(info: ConnectorInfo[Any], folder: Path) -> Iterator[Bench | None]:
    """A bench on the connector's sandbox, started anew in *folder*; None where it has none."""
    if info.sandbox is None:
        yield None
        return
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(info.sandbox(folder))
        elsewhere = stack.enter_context(Proxy("http://127.0.0.1:9").running())
        behind = {origin: Proxy(origin) for origin in _origins(sandbox.settings)}
        for proxy in behind.values():
            proxy.elsewhere = elsewhere.url
            stack.enter_context(proxy.running())
        bench = Bench(
            info,
            _led_through(sandbox.settings, behind),
            folder,
            environ=sandbox.environment,
            sandbox=sandbox,
            proxies=tuple(behind.values()),
            elsewhere=elsewhere,
        )
        stack.callback(bench.close)
        stack.enter_context(hurried(lambda: bench.timeout))
        yield bench


@contextlib.contextmanager
def hurried(timeout: Callable[[], float]) -> Iterator[None]:
    """Retries happen and wait for nothing, and HTTP clients wait no longer than *timeout*."""
    made = Client.__init__

    def soon(client: Client, base_url: str, **options: Any) -> None:
        options["timeout"] = min(options.get("timeout", TIMEOUT), timeout())
        made(client, base_url, **options)

    changed = mock.patch.object(Client, "__init__", soon)
    with stamina.set_testing(True, attempts=4, cap=True), changed:
        yield


def _origins(value: Any) -> Iterator[str]:
    """Every HTTP address on loopback in settings, once."""
    yield from dict.fromkeys(_ADDRESS.findall(repr(value)))


def _led_through(value: Any, behind: Mapping[str, Proxy]) -> Any:
    """*value* with each address led through its proxy."""
    if isinstance(value, Mapping):
        return {name: _led_through(inner, behind) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_led_through(inner, behind) for inner in value]
    if isinstance(value, str):
        return _ADDRESS.sub(lambda found: behind[found[0]].url, value)
    return value
