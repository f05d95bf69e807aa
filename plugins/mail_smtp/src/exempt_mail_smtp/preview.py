"""Mails as files in a folder, in place of sending them."""

from __future__ import annotations

import os
from pathlib import Path

from exempt import ConfigError
from exempt_mail_smtp import keys
from exempt_mail_smtp.message import Mail


def write(folder: Path, key: str, mail: Mail) -> Path:
    """Write *mail* as it would be sent; the same key is the same file, whole at any moment.

    Raises:
        ConfigError: The folder cannot be written to.
    """
    path = folder / f"{keys.token(key) or keys.digest(key)}.eml"
    part = path.with_suffix(".part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(mail.lines)
        part.replace(path)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return path


def ready(folder: Path) -> None:
    """See that mails can be written; none is.

    Raises:
        ConfigError: The folder cannot be written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(folder, PermissionError(13, "Permission denied"))


def _unwritable(folder: Path, error: OSError) -> ConfigError:
    reason = error.strerror or type(error).__name__
    return ConfigError(
        f"preview_folder: {folder} cannot be written to: {reason}; name another folder"
    )
