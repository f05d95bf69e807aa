"""An offline ERP with the sample company's customers, orders and products."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from exempt import Sandbox
from exempt_erp_generic.sandbox.books import Books
from exempt_erp_generic.sandbox.controls import Controls
from exempt_erp_generic.sandbox.server import KEY, serve

__all__ = ["KEY", "Books", "sandbox", "serve", "settings_for"]


@contextlib.contextmanager
def sandbox(_folder: Path, *, copies: int = 1) -> Iterator[Sandbox]:
    """A running ERP; each order exists *copies* times, under numbers of its own."""
    books = Books(copies=copies)
    with serve(books) as url:
        yield Sandbox(
            settings=settings_for(url),
            environment={"EXEMPT_SANDBOX_ERP_KEY": KEY},
            writes=books.writes,
            controls=Controls(books),
        )


def settings_for(url: str) -> dict[str, Any]:
    """The settings of a connection to the ERP at *url*, as in ``settings.toml``."""
    text = resources.files(__package__).joinpath("settings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text) | {"base_url": url}
