"""The contract that every connector keeps, held against this one."""

from __future__ import annotations

from exempt.testing import Contract
from exempt_hris_csv import exempt_connectors


class TestHrisCsv(Contract):
    connector = exempt_connectors()[0]
    level = "gold"
