"""How Alembic reaches the database: through the engine it was given."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, Engine

from exempt.adapters.store.tables import metadata


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run() -> None:
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            _migrate(connection)
            return
        # SQLite alters a table by copying it; with foreign keys on that drops its children.
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - just connected
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            _migrate(connection)
            broken = driver.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                msg = f"after the migration {len(broken)} rows refer to rows that are gone"
                raise RuntimeError(msg)
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


_run()
