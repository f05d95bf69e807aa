"""The table of mutants: what each breaks, and which test must catch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exempt import ConnectorInfo
from support.good import info

MUTANTS: dict[str, Mutant] = {}


@dataclass(frozen=True)
class Mutant:
    """A good connector that is broken in one way.

    Attributes:
        info: Its declaration.
        test: The test of the contract that must fail.
        says: What its failure must say, so that it fails for the reason meant.
    """

    info: ConnectorInfo[Any]
    test: str
    says: str


def mutant(name: str, *, test: str, says: str) -> Callable[[type[Any]], type[Any]]:
    """Take the class that follows as a mutant."""

    def take(kind: type[Any]) -> type[Any]:
        declared(name, test=test, says=says, kind=kind)
        return kind

    return take


def declared(
    name: str, *, test: str, says: str, kind: type[Any] | None = None, **changes: Any
) -> None:
    """Take a changed declaration as a mutant."""
    assert name not in MUTANTS
    MUTANTS[name] = Mutant(info(kind, name=name.replace(" ", "_"), **changes), test, says)
