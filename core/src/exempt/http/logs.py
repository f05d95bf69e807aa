"""What the HTTP libraries may log: never a query, which can hold a secret or a person."""

from __future__ import annotations

import logging

import httpx
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from exempt.http.address import shown

_log = logging.getLogger("exempt.http")


def keep_quiet() -> None:
    """Take queries out of httpx's log, and keep httpcore's account of each byte out of it.

    httpcore logs headers, cookies among them; set the level of its logger to
    DEBUG again where that is really wanted.
    """
    tell_retries()
    logging.getLogger("httpx").addFilter(_without_query)
    logging.getLogger("httpcore").setLevel(logging.INFO)


def tell_retries() -> None:
    """Have a retry told by our own line, and only where somebody listens.

    A retry is no news to whoever runs one command: what ends badly is told as
    an error. ``--verbose`` and the daemon's log show it.
    """
    set_on_retry_hooks((_of_retry,))
    if not _log.handlers:  # without one, Python prints warnings to stderr by itself
        _log.addHandler(logging.NullHandler())


def _of_retry(details: RetryDetails) -> None:
    """In place of stamina's own line, which has the arguments and the words of the error."""
    _log.warning(
        "tries again after a %s",
        type(details.caused_by).__name__,
        extra={"retry": details.retry_num, "in_seconds": round(details.wait_for, 2)},
    )


def _without_query(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(
            shown(str(value)) if isinstance(value, httpx.URL) else value for value in record.args
        )
    return True
