"""A connector that keeps the contract passes all of it."""

from __future__ import annotations

from exempt.testing import Contract
from support.good import info


class TestGood(Contract):
    connector = info()
    level = "gold"
