"""A remote, its sandbox, and a connector that keeps the whole contract; mutants break it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from exempt import Connector, ConnectorInfo, Context, Sandbox
from support.good.settings import GoodSettings


def info(kind: type[Any] | None = None, **changes: Any) -> ConnectorInfo[Any]:
    """The declaration of the good connector, or of a mutant of it."""

    def opened(settings: GoodSettings, context: Context) -> Connector:
        # Imported here, as a plugin should.
        from support.good.connector import Good

        made: Connector = (kind or Good)(settings, context)
        return made

    fields: dict[str, Any] = {
        "name": "good",
        "title": "Good remote",
        "settings": GoodSettings,
        "open": opened,
        "sandbox": _sandbox,
        "push_batch_max": 50,
        **changes,
    }
    return ConnectorInfo(**fields)


def _sandbox(folder: Path) -> AbstractContextManager[Sandbox]:
    from support.good.sandbox import sandbox

    return sandbox(folder)
