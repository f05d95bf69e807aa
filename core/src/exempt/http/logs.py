"""What the HTTP library may log: never a query, which can hold a secret or a person."""

from __future__ import annotations

import logging

import httpx

from exempt.http.address import shown


def keep_quiet() -> None:
    """Take queries out of httpx's log, and keep httpcore's account of each byte out of it.

    httpcore logs headers, cookies among them; set the level of its logger to
    DEBUG again where that is really wanted.
    """
    logging.getLogger("httpx").addFilter(_without_query)
    logging.getLogger("httpcore").setLevel(logging.INFO)


def _without_query(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(
            shown(str(value)) if isinstance(value, httpx.URL) else value for value in record.args
        )
    return True
