"""How a test of the contract tells an author what is wrong, and what it could not show."""

from __future__ import annotations

from typing import NoReturn

import pytest

from exempt.testing.levels import Level, level_of

GAP = "exempt_gap"
"""The name of a test's property that says why it did not run."""
APART = "does not apply"
MISSING = "not shown"


def must(holds: object, *, did: str, came: str, asks: str, read: str) -> None:
    """Fail unless *holds*, in words for somebody who does not know the core.

    Args:
        holds: Whether all is well.
        did: What the test did.
        came: What came of it.
        asks: What the specification asks for.
        read: Where that stands: a hook or a class of `exempt`.
    """
    __tracebackhide__ = True
    if not holds:
        fail(did=did, came=came, asks=asks, read=read)


def fail(*, did: str, came: str, asks: str, read: str) -> NoReturn:
    """Fail; see `must`."""
    __tracebackhide__ = True
    words = f"did: {did}\ncame: {came}\nasked: {asks}\nread: exempt.{read}"
    pytest.fail(words, pytrace=False)


def does_not_apply(item: pytest.Item, why: str) -> NoReturn:
    """Skip a test that asks for something the connector does not claim to do."""
    item.user_properties.append((GAP, APART))
    pytest.skip(f"{APART}: {why}")


def not_shown(item: pytest.Item, why: str, required: Level | None = None) -> NoReturn:
    """Skip a test that could not run for want of something; fail where its level is required."""
    level = level_of(item)
    if required is not None and level is not None and level <= required:
        pytest.fail(f"{MISSING}, and level {required.word} is required: {why}", pytrace=False)
    item.user_properties.append((GAP, MISSING))
    pytest.skip(f"{MISSING}: {why}")
