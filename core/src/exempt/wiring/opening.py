"""Open a connection as the settings file describes it, or whoever made it in the console."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic import SecretStr, ValidationError

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.connections.context import CoreContext, redactor
from exempt.discovery import Catalogue
from exempt.errors import ConfigError, ExemptError, SettingsError
from exempt.hookspecs import ConnectorInfo, Settings
from exempt.settings import Loaded, mistakes, resolve_all, secrets_of
from exempt.settings.made import Allowed, InConsole


def _unseals_nothing(_sealed: str) -> str:
    msg = "nothing is unsealed here"
    raise SettingsError(msg)


def open_connection(
    loaded: Loaded,
    name: str,
    catalogue: Catalogue,
    *,
    environ: Mapping[str, str],
    clock: Callable[[], dt.datetime],
    stop: Callable[[], bool],
    unseal: Callable[[str], str] = _unseals_nothing,
    patience: float | None = None,
) -> OpenConnection:
    """Open the connection *name*; it reaches no network yet.

    Raises:
        SettingsError: Its settings are wrong.
        ConfigError: Its connector does not keep to the specification.
    """
    configured = loaded.file.connections[name]
    key = f"connections.{name}"
    info = catalogue.get(configured.connector, f"{loaded.place(key)}: {key}.connector")
    of = Referring(loaded, environ, unseal)
    settings, references = _settings(of, name, info)
    secrets = secrets_of(settings, f"{key}.settings")
    for at in secrets:
        if at not in references:
            msg = (
                f"{loaded.place(at)}: {at}: a secret does not stand in the file:"
                " write env:NAME or file:PATH"
            )
            raise SettingsError(msg)
    redact = redactor(secrets | _referred(of, configured.settings, f"{key}.settings"))
    context = CoreContext(
        name, loaded.folder, clock=clock, stop=stop, references=references, redact=redact
    )
    try:
        connector = info.open(settings, context)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a plugin may even call sys.exit()
        kind = "" if isinstance(error, ExemptError) else f"{type(error).__name__}: "
        said = redact(f"{kind}{error}")[:500]
        msg = f"{name}: {configured.connector} cannot be opened: {said}"
        raise ConfigError(msg) from None
    return OpenConnection(
        name,
        info,
        connector,
        settings,
        redact,
        rate=configured.rate_per_second,
        patience=patience,
    )


class Referring(NamedTuple):
    """By what references in settings are resolved."""

    loaded: Loaded
    environ: Mapping[str, str]
    unseal: Callable[[str], str]

    @property
    def made_here(self) -> Allowed | None:
        """What they may refer to, where the connection was made in the console."""
        if not isinstance(self.loaded, InConsole):
            return None
        loaded = self.loaded
        return Allowed(loaded.file.console, loaded.folder, self.environ, self.unseal)

    def resolve(self, raw: Any, key: str) -> tuple[Any, dict[str, str]]:
        """See `resolve_all`."""
        if (allowed := self.made_here) is not None:
            return allowed.resolve(raw, key)
        return resolve_all(raw, key, self.loaded.folder, self.environ)


def _settings(
    of: Referring, name: str, info: ConnectorInfo[Settings]
) -> tuple[Settings, dict[str, str]]:
    """The connector's settings with secrets in place, and the references by their keys."""
    loaded, key = of.loaded, f"connections.{name}.settings"
    raw = loaded.file.connections[name].settings
    try:
        resolved, references = of.resolve(raw, key)
    except SettingsError as error:
        at = str(error).partition(":")[0]
        msg = f"{loaded.place(at)}: {error}"
        raise SettingsError(msg) from None
    try:
        settings = info.settings.model_validate(resolved)
    except ValidationError as error:
        lines = mistakes(error, loaded, key, info.settings)
        raise SettingsError("\n".join(lines)) from None
    if (allowed := of.made_here) is not None:
        for at, why in allowed.check_paths(settings, key):
            msg = f"{loaded.place(at)}: {at}: {why}"
            raise SettingsError(msg)
    return settings, references


def _referred(of: Referring, raw: Any, key: str) -> dict[str, SecretStr]:
    """What the references stand for, wherever they are."""
    return {
        at: SecretStr(of.resolve(reference, at)[0])
        for at, reference in of.resolve(raw, key)[1].items()
    }
