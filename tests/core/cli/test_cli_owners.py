"""Which connection has the last word: what a command that looks makes of new settings."""

from __future__ import annotations

import pytest

from exempt.services.ownership import take_over
from support.desk import Desk
from support.records import NOW
from support.workspace import Workspace


@pytest.fixture
def owned(desk: Desk) -> Desk:
    """The ERP owns names."""
    desk.connections = {"erp": {"connector": "fake"}}
    desk.write_settings(owns=["name"])
    take_over(desk.erp.world.store, desk.erp.row, ["name"], lambda: NOW)
    assert "erp has the last word on it" in desk.refused(*RENAMED)
    return desk


RENAMED = ("customers", "edit", "C-1", "--name", "Acme Inc.")


def name(desk: Workspace) -> str:
    found: str = desk.json("customers", "show", "C-1")["name"]
    return found


def test_a_connection_that_is_in_the_settings_no_more_owns_nothing(owned: Desk) -> None:
    owned.connections = {}
    owned.write_settings()
    owned.run(*RENAMED)
    assert name(owned) == "Acme Inc."


def test_what_it_owns_no_more_can_be_edited(owned: Desk) -> None:
    owned.write_settings(owns=["email"])
    owned.run(*RENAMED)
    assert name(owned) == "Acme Inc."


@pytest.mark.parametrize(
    "command", [["customers", "list"], ["customers", "show", "C-1"], ["customers", "doubles"]]
)
def test_who_only_looks_changes_no_card(desk: Desk, command: list[str]) -> None:
    desk.run(*RENAMED)
    desk.connections = {"erp": {"connector": "fake"}}
    desk.write_settings(owns=["name"])
    desk.run(*command)
    assert name(desk) == "Acme Inc.", "the ERP says Acme: the next sync takes it over"
