"""Bring a database to a version."""

from __future__ import annotations

from exempt.adapters.store import migrate, version
from exempt.cli.output import say
from exempt.wiring import Exempt


def migrate_database(exempt: Exempt, to: str | None) -> None:
    """Migrate forwards to the newest version, or to *to*."""
    before = version.current(exempt.database)
    if to is None or not _is_back(before, to):
        migrate.upgrade(exempt.database, to or "head")
    else:
        migrate.downgrade(exempt.database, to)
    after = version.current(exempt.database)
    say(f"The database was at version {before or 'none'}, and is at {after or 'none'} now.")


def _is_back(before: str | None, to: str) -> bool:
    return to == "base" or to.startswith("-") or (before is not None and to < before)
