"""What the core lends to a connection: its name, its log, the clock, its secrets."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from exempt.adapters.logs import extras, message, plain, raised
from exempt.errors import ConfigError

_FORMS: tuple[Callable[[str], str], ...] = (
    str,
    quote_plus,
    lambda value: quote(value, safe=""),
    lambda value: repr(value)[1:-1],
    lambda value: json.dumps(value)[1:-1],
)

_CHANGING_FILTERS = threading.Lock()


def redactor(secrets: Mapping[str, SecretStr]) -> Callable[[str], str]:
    """A function that takes these secrets out of a text, in a URL, or quoted, too."""
    plain = {value for s in secrets.values() if len(value := s.get_secret_value()) >= 4}
    forms = {form(value) for value in plain for form in _FORMS}
    values = sorted(forms, key=len, reverse=True)

    def redact(text: str) -> str:
        for value in values:
            text = text.replace(value, "[secret]")
        return text

    return redact


class _Redacting(logging.Filter):
    """Takes secrets out of every record, its extra fields too, before anybody sees it."""

    def __init__(self, redact: Callable[[str], str], connection_id: str) -> None:
        super().__init__()
        self._redact = redact
        self.connection_id = connection_id

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(message(record)), ()
        if record.exc_info:
            kind, error, _ = record.exc_info
            record.msg += f" ({kind.__name__})" if kind else ""
            if error is not None:
                record.raised = raised(error)
            # A traceback may quote what was being sent.
            record.exc_info = record.exc_text = None
        for key, value in extras(record).items():
            setattr(record, key, plain(value, self._redact))
        return True


def _is_of(found: object, connection_id: str) -> bool:
    return isinstance(found, _Redacting) and found.connection_id == connection_id


def forget(connection_id: str) -> None:
    """Look no more for the secrets of a connection that is gone for good."""
    with _CHANGING_FILTERS:
        for place in logging.getLogger().handlers:
            place.filters = [each for each in place.filters if not _is_of(each, connection_id)]


class CoreContext:
    """The `exempt.Context` of a configured connection."""

    def __init__(
        self,
        connection_id: str,
        folder: Path,
        *,
        clock: Callable[[], dt.datetime],
        stop: Callable[[], bool],
        references: Mapping[str, str],
        redact: Callable[[str], str],
    ) -> None:
        self._connection_id = connection_id
        self._folder = folder
        self._clock, self._stop = clock, stop
        self._references = references
        log = logging.getLogger(f"exempt.connection.{connection_id}")
        # Beside its own log, whatever else a plugin logs ends in the root's handlers.
        with _CHANGING_FILTERS:
            for place in (log, *logging.getLogger().handlers):
                others = [each for each in place.filters if not _is_of(each, connection_id)]
                # A new list: whoever logs right now goes through the old one to its end.
                place.filters = [*others, _Redacting(redact, connection_id)]
        self._log = logging.LoggerAdapter(log, {"connection": connection_id})

    @property
    def connection_id(self) -> str:
        """The connection's name."""
        return self._connection_id

    @property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """A log that names the connection and shows no secret."""
        return self._log

    @property
    def folder(self) -> Path:
        """The folder of the settings file."""
        return self._folder

    def now(self) -> dt.datetime:
        """The moment, in UTC."""
        return self._clock()

    def cancelled(self) -> bool:
        """Whether the run is being stopped."""
        return self._stop()

    def rotate_secret(self, setting: str, old: SecretStr, new: SecretStr) -> None:
        """Write *new* into the file that the setting's reference names.

        Raises:
            ConfigError: The reference names no file, or the file no longer holds *old*.
        """
        key = f"connections.{self._connection_id}.settings.{setting}"
        reference = self._references.get(key, "")
        if not reference.startswith("file:"):
            msg = f"{key}: the remote gave a new secret; refer to a file (file:PATH) to keep it"
            raise ConfigError(msg)
        path = self._folder / reference.removeprefix("file:")
        try:
            held = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{key}: {path} cannot be read ({type(error).__name__}): mend the reference"
            raise ConfigError(msg) from None
        if held != old.get_secret_value():
            msg = f"{key}: the file holds another secret by now: run again"
            raise ConfigError(msg)
        part = path.with_name(f".{path.name}.new")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(new.get_secret_value())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
