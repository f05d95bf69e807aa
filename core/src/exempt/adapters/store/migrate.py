"""Bring a database to a version of the schema, forwards or back."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError

from exempt.adapters.store.database import Database
from exempt.errors import RefusedError


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", "exempt.adapters.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = database.engine
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate forwards to *revision*."""
    _run(lambda: command.upgrade(_config(database), revision), revision)


def downgrade(database: Database, revision: str) -> None:
    """Migrate back to *revision*: ``base``, an id, or ``-1``."""
    _run(lambda: command.downgrade(_config(database), revision), revision)


def _run(step: object, revision: str) -> None:
    try:
        step()  # type: ignore[operator]
    except CommandError as error:
        msg = f"migration to {revision!r}: {error}"
        raise RefusedError(msg) from None
