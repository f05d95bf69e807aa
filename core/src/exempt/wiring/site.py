"""What the pages and the API have, of one Exempt."""

from __future__ import annotations

import datetime as dt
import os
import secrets

from exempt.adapters.sealing import SecretKeys
from exempt.errors import SettingsError
from exempt.rules.schedules import seconds
from exempt.settings import resolve
from exempt.web.site import Site
from exempt.wiring import Exempt

KEY_FILE = "exempt.key"


def site_of(exempt: Exempt, listens_at: str) -> Site:
    """The site; *listens_at* is its address where the settings name none.

    Raises:
        SettingsError: Its key cannot be read.
    """
    file = exempt.settings.file
    return Site(
        store=exempt.store,
        documents=exempt.documents,
        policy=exempt.policy,
        clock=exempt.clock,
        keys=SecretKeys(secret_key(exempt)),
        url=file.web.url or listens_at,
        contacts={key: each.contact for key, each in file.companies.items() if each.contact},
        requests_enabled=file.requests.enabled,
        link_days=file.requests.link_days,
        expiring_soon_days=file.exempt.expiring_soon_days,
        session_idle=dt.timedelta(seconds=seconds(file.web.session_idle)),
        session_length=dt.timedelta(seconds=seconds(file.web.session_length)),
    )


def secret_key(exempt: Exempt) -> str:
    """The secret that seals and signs; made when it is needed first.

    Raises:
        SettingsError: It is not where the settings say, or too short.
    """
    settings, key = exempt.settings, "web.secret_key"
    reference = settings.file.web.secret_key
    if reference is not None:
        try:
            found = resolve(reference, key, settings.folder, exempt.environ)
        except SettingsError as error:
            msg = f"{settings.place(key)}: {error}"
            raise SettingsError(msg) from None
        if len(found.strip()) < 32:
            msg = f"{settings.place(key)}: {key}: {reference} is shorter than 32 characters"
            raise SettingsError(msg)
        return found.strip()
    path = settings.folder / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w", encoding="ascii") as made:
            made.write(secrets.token_urlsafe(48) + "\n")
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}: mend its rights, or restore it from a backup"
        raise SettingsError(msg) from None
