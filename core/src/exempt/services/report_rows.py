"""What reports give back: plain rows, counted by the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple


class GroundCount(NamedTuple):
    """How many orders were decided so, and their worth, by state and currency."""

    ground: str
    tax_applicable: bool
    jurisdiction: str | None
    currency: str
    orders: int
    total_minor: int


class ConnectionStatus(NamedTuple):
    """A connection at a glance."""

    name: str
    connector: str
    paused_reason: str | None
    records: Mapping[str, int]
    rejected: int
    last_read_at: dt.datetime | None
    deliveries: Mapping[str, int]
