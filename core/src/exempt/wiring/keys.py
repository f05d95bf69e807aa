"""The site's key, which seals and signs: it lies outside the database."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from exempt.errors import SettingsError
from exempt.settings import resolve

if TYPE_CHECKING:
    from exempt.wiring import Exempt

KEY_FILE = "exempt.key"


def secret_key(exempt: Exempt, *, make: bool = True) -> str:
    """The secret that seals and signs; made when it is needed first, with *make*.

    Raises:
        SettingsError: It is not where the settings say, not there at all, or too short.
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
    if make:
        _make(path)
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}: mend its rights, or restore it from a backup"
        raise SettingsError(msg) from None


def _make(path: os.PathLike[str]) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as made:
        made.write(secrets.token_urlsafe(48) + "\n")


def unseal(exempt: Exempt, sealed: str) -> str:
    """What was sealed with the site's key, which must be there by now.

    Raises:
        SettingsError: It is not, or what unseals is not installed.
        RefusedError: It was sealed with another key.
    """
    try:
        from exempt.adapters.sealing import SecretKeys  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        msg = "it is sealed: install exempt[web] here, too, which reads that"
        raise SettingsError(msg) from None
    return SecretKeys(secret_key(exempt, make=False)).unseal(sealed)
