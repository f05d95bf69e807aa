"""Open a connection as the settings file describes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from pydantic import SecretStr, ValidationError

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.connections.context import CoreContext, redactor
from exempt.discovery import Catalogue
from exempt.errors import ConfigError, ExemptError, SettingsError
from exempt.hookspecs import ConnectorInfo, Settings
from exempt.settings import Loaded, mistakes, resolve, resolve_all, secrets_of


def open_connection(
    loaded: Loaded,
    name: str,
    catalogue: Catalogue,
    *,
    environ: Mapping[str, str],
    clock: Callable[[], dt.datetime],
    stop: Callable[[], bool],
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
    settings, references = _settings(loaded, name, info, environ)
    secrets = secrets_of(settings, f"{key}.settings")
    for at in secrets:
        if at not in references:
            msg = (
                f"{loaded.place(at)}: {at}: a secret does not stand in the file:"
                " write env:NAME or file:PATH"
            )
            raise SettingsError(msg)
    referred = {
        at: SecretStr(resolve(reference, at, loaded.folder, environ))
        for at, reference in references.items()
    }
    redact = redactor(secrets | referred)
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


def _settings(
    loaded: Loaded, name: str, info: ConnectorInfo[Settings], environ: Mapping[str, str]
) -> tuple[Settings, dict[str, str]]:
    """The connector's settings with secrets in place, and the references by their keys."""
    key = f"connections.{name}.settings"
    raw = loaded.file.connections[name].settings
    try:
        resolved, references = resolve_all(raw, key, loaded.folder, environ)
    except SettingsError as error:
        at = str(error).partition(":")[0]
        msg = f"{loaded.place(at)}: {error}"
        raise SettingsError(msg) from None
    try:
        return info.settings.model_validate(resolved), references
    except ValidationError as error:
        lines = mistakes(error, loaded, key, info.settings)
        raise SettingsError("\n".join(lines)) from None
