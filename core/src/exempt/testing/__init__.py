"""What connector authors test and demonstrate with.

Names are loaded when first used: a plugin of pytest lives in this package, and
pytest loads it in every run of anybody who has Exempt installed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exempt.testing.context import StillContext, read_all, records
    from exempt.testing.contract import Contract

_HOMES = {
    "Contract": "exempt.testing.contract",
    "StillContext": "exempt.testing.context",
    "read_all": "exempt.testing.context",
    "records": "exempt.testing.context",
}

__all__ = ["Contract", "StillContext", "read_all", "records"]

if not TYPE_CHECKING:  # so that type checkers complain of a name that does not exist

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            try:
                home = importlib.import_module(_HOMES[name])
            except ModuleNotFoundError as error:
                if name != "Contract" or error.name not in {"pytest", "_pytest"}:
                    raise
                msg = "exempt.testing.Contract needs pytest: pip install exempt[testing]"
                raise ImportError(msg) from None
            return globals().setdefault(name, getattr(home, name))
        msg = f"module 'exempt.testing' has no attribute {name!r}"
        raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
