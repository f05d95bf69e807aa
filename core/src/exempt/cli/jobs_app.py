"""The command ``exempt jobs``."""

from __future__ import annotations

from exempt.cli.base import Json, opened


def jobs(json: Json = False) -> None:
    """List what the daemon does again and again: what runs, waits and fails."""
    from exempt.cli import daemon_view  # noqa: PLC0415

    daemon_view.show_jobs(opened(), as_json=json)
