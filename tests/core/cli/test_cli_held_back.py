"""``exempt sync`` says why a first write was held back."""

from __future__ import annotations

import json

import pytest

from exempt.services.sync import Synced
from exempt.wiring import Exempt
from support.desk import Desk

WHY = "erp: nothing is written while the register of its company holds no certificate"


@pytest.fixture(autouse=True)
def _held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync and a rehearsal that were held back."""

    def done(*_args: object, **_options: object) -> list[Synced]:
        return [Synced("erp", held_back=WHY)]

    monkeypatch.setattr(Exempt, "sync", done)
    monkeypatch.setattr(Exempt, "rehearse", done)


@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["sync", "dry run"])
def test_why_is_said(desk: Desk, options: list[str]) -> None:
    desk.connections = {"erp": {"connector": "fake", "write_back": True}}
    desk.write_settings()
    desk.add()
    said = " ".join(desk.run("sync", *options).split())
    assert WHY in said
    assert "for a later try" not in said, "one reason is enough"
    (told,) = json.loads(desk.run("sync", *options, "--json"))
    assert told["held_back"] == WHY
