"""Good connectors that are broken on purpose, one way each."""

from __future__ import annotations

from support.good.mutants import (
    astray,
    declaring,
    listening,
    meaning,
    reading,
    seeing,
    timing,
    weighing,
    writing,
)
from support.good.mutants.registry import MUTANTS, Mutant

__all__ = [
    "MUTANTS",
    "Mutant",
    "astray",
    "declaring",
    "listening",
    "meaning",
    "reading",
    "seeing",
    "timing",
    "weighing",
    "writing",
]
