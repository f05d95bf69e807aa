"""What ``exempt sync`` says of changes that wait: one waits, several wait."""

from __future__ import annotations

import pytest

from support.desk import Desk


@pytest.mark.parametrize(
    ("states", "write_back", "said"),
    [
        pytest.param(["TX"], True, "erp: 1 change waits for a later try", id="one"),
        pytest.param(["TX", "CA"], True, "erp: 2 changes wait for a later try", id="several"),
        pytest.param(
            ["TX"], False, "erp: 1 change waits, because write_back is off", id="one, off"
        ),
        pytest.param(
            ["TX", "CA"],
            False,
            "erp: 2 changes wait, because write_back is off",
            id="several, off",
        ),
    ],
)
def test_how_many_changes_wait(desk: Desk, states: list[str], write_back: bool, said: str) -> None:
    desk.connections = {"erp": {"connector": "fake", "write_back": write_back}}
    desk.write_settings()
    for state in states:
        desk.add("--state", state)
    # The connector is not installed, so nothing is read or written by this.
    assert said in " ".join(desk.run("sync", code=1).split())
