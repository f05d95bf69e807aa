"""What keeps Exempt from its work."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.rules.readiness import SILENT_AFTER, lacking, silent
from support.records import NOW

SECOND = dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ticked_at", "gone"),
    [
        pytest.param(NOW, False, id="now"),
        pytest.param(NOW - SILENT_AFTER, False, id="half a minute ago"),
        pytest.param(NOW - SILENT_AFTER - SECOND, True, id="longer ago"),
        pytest.param(NOW + SILENT_AFTER, False, id="half a minute ahead, by another clock"),
        pytest.param(NOW + SILENT_AFTER + SECOND, True, id="by a clock that was put back"),
    ],
)
def test_silent(ticked_at: dt.datetime, gone: bool) -> None:
    assert silent(ticked_at, NOW) is gone


@pytest.mark.parametrize(
    ("version", "ticks", "lacks"),
    [
        pytest.param("0004", [NOW], [], id="ready"),
        pytest.param("0004", [NOW, NOW - 100 * SECOND], [], id="one of two workers is enough"),
        pytest.param("0004", [NOW + 100 * SECOND, NOW], [], id="whatever the other's clock says"),
        pytest.param("0004", [], ["no worker runs"], id="no worker"),
        pytest.param("0004", [NOW - 90 * SECOND], ["for 90 s"], id="a worker that is silent"),
        pytest.param(
            "0004",
            [NOW - 90 * SECOND, NOW - 45 * SECOND],
            ["for 45 s"],
            id="the one that was heard last counts",
        ),
        pytest.param("0003", [NOW], ["at version 0003, and this Exempt needs 0004"], id="older"),
        pytest.param("0005", [NOW], ["at version 0005"], id="newer"),
        pytest.param(None, [NOW], ["at version none"], id="empty"),
        pytest.param("0003", [], ["0003", "no worker runs"], id="several things"),
    ],
)
def test_lacking(version: str | None, ticks: list[dt.datetime], lacks: list[str]) -> None:
    found = lacking(version, "0004", ticks, NOW)
    assert len(found) == len(lacks)
    assert all(part in sentence for part, sentence in zip(lacks, found, strict=True))
