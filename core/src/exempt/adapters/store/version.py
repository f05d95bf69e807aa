"""At which version of the schema a database is, without loading Alembic for it."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.database import Database

HEAD = "0008"
"""The newest revision in ``migrations/versions``."""


def current(database: Database) -> str | None:
    """The revision the database is at; None before the first."""
    with database.reading() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return found
