"""Connects Exempt to HR exports as CSV: employees, by where they work and live."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from exempt import ConnectorInfo, Sandbox, hookimpl
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.settings import HrisCsvSettings


def _sandbox(folder: Path) -> AbstractContextManager[Sandbox]:
    from exempt_hris_csv.sandbox import serve  # noqa: PLC0415 - only demonstrations need it

    return serve(folder)


@hookimpl
def exempt_connectors() -> list[ConnectorInfo[HrisCsvSettings]]:
    """The one connector of this plugin."""
    return [
        ConnectorInfo(
            name="hris_csv",
            title="HR export (CSV)",
            settings=HrisCsvSettings,
            open=HrisCsv,
            cursor_version=2,
            sandbox=_sandbox,
        )
    ]
