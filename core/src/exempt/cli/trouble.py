"""What went wrong, in one sentence for a person, without a traceback."""

from __future__ import annotations

import sys

from exempt.errors import ExemptError


def sentence(error: BaseException) -> str | None:
    """Words for *error*; None for what is a mistake of the program itself."""
    if isinstance(error, ExemptError):
        return str(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or type(error).__name__}"
    if isinstance(error, UnicodeError):
        return "a text that is no UTF-8: check what was typed, and the terminal's encoding"
    return _of_database(error)


def _of_database(error: BaseException) -> str | None:
    """A database's own words only where they hold no secret: SQLite's."""
    if "sqlalchemy" not in sys.modules:
        return None
    from sqlalchemy import exc  # noqa: PLC0415 - only when it was loaded anyway

    if not isinstance(error, exc.DBAPIError):
        return None
    if type(error.orig).__module__ == "sqlite3":
        return f"the database: {error.orig}: see exempt.database in the settings"
    kind = type(error.orig).__name__
    return (
        f"the database cannot be used ({kind}): check that it runs, and exempt.database in the"
        " settings"
    )
