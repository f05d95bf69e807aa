"""Employees' places of work are read by a schedule, without a person."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from support.daemon import Daemon

pytest.importorskip("exempt_hris_csv", reason="exempt-hris-csv is not installed")
pytestmark = pytest.mark.crash

PLACES = "SELECT count(*) FROM employee WHERE deleted_at IS NULL AND work_state IN ('CO', 'MA')"


def staff(folder: Path, *places: str) -> None:
    """Write the HR system's export: somebody in each of these places."""
    lines = [f'E{number},"{place}"' for number, place in enumerate(places, start=1)]
    folder.mkdir(exist_ok=True)
    new = folder / "staff.new"
    new.write_text("\n".join(("Employee ID,Work location", *lines, "")), encoding="utf-8")
    new.rename(folder / "staff.csv")


def test_a_move_is_known_after_the_next_scheduled_reading(
    tmp_path: Path, database_url: str
) -> None:
    folder = tmp_path / "work"
    staff(folder, "Austin, TX")
    hr = {"connector": "hris_csv", "schedule": "1h", "settings": {"path": "staff.csv"}}
    with Daemon(folder, database_url, {"hr": hr}, daemon={"daily": "never"}) as daemon:
        daemon.worker("w1")
        daemon.until(lambda: daemon.succeeded("pull:hr"))
        read = daemon.clock.now
        staff(folder, "Denver, CO", "Boston, MA")
        job = daemon.job("pull:hr")
        assert job is not None
        assert job.next_at == read + dt.timedelta(hours=1)
        assert daemon.one(PLACES) == 0
        due = daemon.clock.forward(hours=1)
        daemon.until(lambda: daemon.succeeded("pull:hr", due))
        assert daemon.one(PLACES) == 2
