"""The least a connector can be, and connectors with one odd hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from exempt import CheckRequest, CheckResult, Connector, ConnectorInfo, Settings, hookimpl
from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.connections.context import redactor

SECRET = "canary-4711-secret"
REDACT = redactor({"connections.x.settings.key": SecretStr(SECRET)})


class Plain(Connector):
    """The least a connector can be."""

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return CheckResult(account="Plain Inc.")


def opened(connector: object, **changes: Any) -> OpenConnection:
    fields: dict[str, Any] = {"name": "plain", "title": "Plain", "settings": Settings, **changes}
    info: ConnectorInfo[Any] = ConnectorInfo(open=lambda _s, _c: Plain(), **fields)
    return OpenConnection("x", info, connector, Settings(), REDACT)


def with_hook(name: str, hook: Callable[..., Any], *, mark: bool = True) -> object:
    """A plain connector with one more attribute."""
    return type("Odd", (Plain,), {name: hookimpl(hook) if mark else hook})()


def returning(hook: str, result: object) -> OpenConnection:
    """A connection whose hook returns *result*."""

    def fetch(self: object, request: object) -> object:
        return result

    return opened(with_hook(hook, fetch))
