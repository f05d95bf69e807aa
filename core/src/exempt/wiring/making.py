"""A connection that somebody makes in the console: looked through, its secrets sealed, tried."""

from __future__ import annotations

import re
import secrets as randomness
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr, ValidationError

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.connections.context import forget, redactor
from exempt.adapters.connections.patience import HangsError, within
from exempt.errors import ConfigError, ExemptError, SettingsError
from exempt.services import companies
from exempt.services.secret_ports import Keys
from exempt.services.source_ports import FormError, MadeConnection
from exempt.settings import secrets_of
from exempt.settings.made import Allowed, is_kept_safe, sealed
from exempt.settings.tables import ConnectionSettings
from exempt.wiring import Exempt
from exempt.wiring.connections import configured_of, with_made
from exempt.wiring.opening import open_connection

PATIENCE = 10.0
"""Seconds that a connector may take for an answer while somebody waits before a page."""

NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}\Z")
SETTINGS = "settings"
"""Before the keys of the connector's own settings, in errors."""


def looked_through(exempt: Exempt, draft: MadeConnection, keys: Keys) -> MadeConnection:
    """*draft* as it may be kept: every secret that was typed is sealed.

    Raises:
        FormError: Some of it is wrong; the keys of the connector's settings begin
            with ``settings.``.
    """
    errors = _of_the_whole(exempt, draft)
    own, kept = _of_the_connector(exempt, draft, keys)
    if errors | own:
        raise FormError(errors | own)
    return draft._replace(settings=kept)


def _of_the_whole(exempt: Exempt, draft: MadeConnection) -> dict[str, str]:
    """What is wrong with all but the connector's own settings."""
    errors: dict[str, str] = {}
    if not NAME.match(draft.name):
        errors["name"] = "Name: small letters, digits, - and _, 63 at most"
    if draft.company not in exempt.settings.file.companies:
        errors["company"] = "Company: choose one"
    if draft.name in exempt.settings.file.connections:
        errors["name"] = "Name: the settings file has a connection of that name: choose another"
    try:
        configured = configured_of(draft._replace(settings={}))
    except ValidationError as error:
        for key, wrong in told(error):
            errors.setdefault(key, wrong)
        return errors
    errors |= _owned_twice(exempt, draft, configured)
    with exempt.store.reading() as tx:
        known = {row.name: row for row in tx.connections.all()}.get(draft.name)
        keys = companies.keys(tx)
    if known is not None and (
        known.connector != draft.connector or keys.get(known.company_id) != draft.company
    ):
        errors["name"] = (
            "Name: its records are of another connector or company so far: choose another"
        )
    return errors


def _owned_twice(
    exempt: Exempt, draft: MadeConnection, configured: ConnectionSettings
) -> dict[str, str]:
    for name, other in exempt.connections.items():
        twice = set(other.owns) & set(configured.owns)
        if twice and name != draft.name and other.company == configured.company:
            wrong = f"{', '.join(sorted(twice))}: {name} owns that in the same company"
            return {"owns": f"Owns: {wrong}: leave it to one of the two"}
    return {}


def _of_the_connector(
    exempt: Exempt, draft: MadeConnection, keys: Keys
) -> tuple[dict[str, str], Mapping[str, Any]]:
    """What is wrong with the connector's own settings, and these with their secrets sealed."""
    try:
        info = exempt.catalogue.get(draft.connector, "connector")
    except SettingsError as error:
        return {"connector": str(error)}, {}
    allowed = Allowed(
        exempt.settings.file.console, exempt.settings.folder, exempt.environ, keys.unseal
    )
    raw = dict(draft.settings)
    try:
        resolved, _ = allowed.resolve(raw, SETTINGS)
    except SettingsError as error:
        key, _, wrong = str(error).partition(": ")
        return {key: wrong}, {}
    redact = redactor(typed(raw, resolved))
    try:
        settings = info.settings.model_validate(resolved)
    except ValidationError as error:
        return {f"{SETTINGS}.{key}": redact(wrong) for key, wrong in told(error)}, {}
    except Exception as error:  # noqa: BLE001 - a plugin's own validators may raise anything
        return {"": f"its settings could not be looked at: {type(error).__name__}"}, {}
    errors = dict(allowed.check_paths(settings, SETTINGS))
    return errors, sealed(raw, secrets_of(settings, SETTINGS), SETTINGS, keys.seal)


def typed(raw: Any, resolved: Any) -> dict[str, SecretStr]:
    """Every text that may be a secret: those resolved, and whatever else was filled in."""
    found: dict[str, SecretStr] = {}

    def walk(before: Any, after: Any, at: str) -> None:
        if isinstance(after, dict):
            for name, inner in after.items():
                walk(before[name], inner, f"{at}.{name}")
        elif isinstance(after, list):
            for number, inner in enumerate(after):
                walk(before[number], inner, f"{at}.{number}")
        elif isinstance(after, str) and (is_kept_safe(before) or len(after) >= _SECRET_FROM):
            found[at] = SecretStr(after)

    walk(raw, resolved, "")
    return found


_SECRET_FROM = 16
"""Characters: what is as long may be a secret that was put into the wrong field."""


def told(error: ValidationError) -> Iterator[tuple[str, str]]:
    """The dotted key of each mistake, and what is wrong; never a value."""
    for found in error.errors(include_input=False, include_url=False, include_context=False):
        key = ".".join(map(str, found["loc"]))
        wrong = found["msg"].removeprefix("Value error, ")
        if found["type"] == "missing":
            wrong = "is missing: fill it in"
        elif found["type"] == "extra_forbidden":
            wrong = "there is no such setting"
        yield key, wrong


@contextmanager
def trial(exempt: Exempt, made: MadeConnection, keys: Keys) -> Iterator[OpenConnection]:
    """A connection of these settings, open for a moment; no other one is touched by it.

    Raises:
        ExemptError: It cannot be opened.
    """
    name = f"trial-{randomness.token_hex(6)}"  # its own, since others keep their secrets by name
    loaded = with_made(exempt.settings, name, configured_of(made))
    try:
        connection = _opened(
            lambda: open_connection(
                loaded,
                name,
                exempt.catalogue,
                environ=exempt.environ,
                clock=exempt.clock,
                stop=lambda: exempt.stopping,
                unseal=keys.unseal,
                patience=PATIENCE,
            )
        )
        try:
            yield connection
        finally:
            connection.close()
    except ExemptError as error:
        said = str(error).replace(f"in the console: connections.{name}.", "")
        raise type_of(error)(said.replace(f"{name}: ", "").replace(name, made.name)) from None
    finally:
        forget(name)


def type_of(error: ExemptError) -> type[ExemptError]:
    """What it is raised again as, with other words."""
    return SettingsError if isinstance(error, SettingsError) else ConfigError


def _opened(do: Callable[[], OpenConnection]) -> OpenConnection:
    try:
        return within(PATIENCE, do)
    except HangsError:
        msg = f"it could not be opened within {PATIENCE:g} seconds: it was given up"
        raise ConfigError(msg) from None


def choices_of(
    connection: OpenConnection, settings: Sequence[str]
) -> dict[str, list[tuple[str, str]]]:
    """The values that the connector offers for these settings; what it does not know is left."""
    found = {}
    for setting in settings:
        try:
            offered = connection.choices(setting).choices
        except ExemptError:
            continue
        if offered:
            found[setting] = [(each.value, each.label) for each in offered]
    return found
