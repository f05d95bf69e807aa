"""Users and keys on the command line, and the link that the first start prints."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from exempt.cli import running
from exempt.services import api_keys, own_account
from exempt.wiring import Exempt
from support.desk import Desk
from support.records import NOW

DANA = "dana@acme.example"


@pytest.fixture
def exempt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same installation, opened beside the command line."""
    monkeypatch.setenv("EXEMPT_TEST_DATABASE", desk.database_url)
    with contextlib.closing(Exempt(desk.folder / "exempt.toml", clock=lambda: NOW)) as opened:
        yield opened


def welcome_of(exempt: Exempt, link: str) -> Any:
    """Whom a printed link is for."""
    where, _, token = link.strip().rpartition("/welcome/")
    assert where == "http://127.0.0.1:8080"
    return own_account.welcome(exempt.store, token, NOW)


def test_before_there_is_anybody_the_list_says_how_to_begin(desk: Desk) -> None:
    assert "exempt users link prints the link for the first administrator" in desk.run(
        "users", "list"
    )
    assert desk.json("users", "list") == []


def test_the_link_of_the_first_administrator_is_printed(desk: Desk, exempt: Exempt) -> None:
    *_, link = desk.run("users", "link").strip().splitlines()
    found = welcome_of(exempt, link)
    assert (found.purpose, found.user) == ("first", None)
    again = desk.json("users", "link")
    assert again["email"] is None
    assert welcome_of(exempt, again["link"])
    assert welcome_of(exempt, link) is None, "a new one takes its place"


def test_somebody_is_added_with_a_link_to_pass_on(desk: Desk, exempt: Exempt) -> None:
    said = desk.run("users", "add", DANA, "--name", "Dana Lee", "--role", "administrator")
    assert "Pass this on to dana@acme.example; it works once:" in said
    assert welcome_of(exempt, said.splitlines()[-1]).user.email == DANA
    assert "there is an administrator already" in desk.refused("users", "link")
    made = desk.json("users", "link", DANA)
    assert made["email"] == DANA
    assert welcome_of(exempt, made["link"])
    (listed,) = desk.json("users", "list")
    assert listed == {
        "email": DANA,
        "name": "Dana Lee",
        "role": "administrator",
        "companies": None,
        "second_factor": False,
        "signed_in_at": None,
        "state": "invited",
    }


def test_a_role_changes_with_the_companies(desk: Desk) -> None:
    desk.run("users", "add", DANA, "--name", "Dana", "--company", "northwind")
    assert desk.json("users", "list")[0]["companies"] == ["northwind"]
    assert "dana@acme.example is viewer now." in desk.run("users", "role", DANA, "viewer")
    (listed,) = desk.json("users", "list")
    assert (listed["role"], listed["companies"]) == ("viewer", None)
    assert "company 'acme': there is none" in desk.refused(
        "users", "role", DANA, "viewer", "--company", "acme"
    )


def test_somebody_is_disabled_and_enabled(desk: Desk) -> None:
    desk.run("users", "add", DANA, "--name", "Dana")
    assert "is disabled, and signed out everywhere" in desk.run("users", "disable", DANA)
    assert desk.json("users", "list")[0]["state"] == "disabled"
    assert "is disabled" in desk.refused("users", "link", DANA)
    assert "may sign in again" in desk.run("users", "enable", DANA)
    assert "no user has this e-mail" in desk.refused("users", "disable", "x@acme.example")


def test_a_lost_second_factor_is_dropped_with_the_new_link(desk: Desk, exempt: Exempt) -> None:
    desk.run("users", "add", DANA, "--name", "Dana")
    with exempt.store.writing() as tx:
        dana = tx.users.by_email(DANA)
        assert dana is not None
        tx.users.save(replace(dana, totp_sealed="sealed"))
    assert desk.json("users", "list")[0]["second_factor"] is True
    desk.run("users", "link", DANA, "--drop-second-factor")
    assert desk.json("users", "list")[0]["second_factor"] is False


# --- keys --------------------------------------------------------------------------------


def test_a_key_is_printed_once(desk: Desk, exempt: Exempt) -> None:
    *_, text = desk.run("keys", "add", "erp").strip().splitlines()
    with exempt.store.reading() as tx:
        caller = api_keys.caller_of(tx, text, NOW)
    assert caller is not None
    assert sorted(caller.rights) == ["decide", "read"]
    assert text not in desk.run("keys", "list")
    (listed,) = desk.json("keys", "list")
    assert (listed["begins_with"], listed["made_by"]) == (text[:18], "anna")
    assert "The key erp works no more." in desk.run("keys", "revoke", "1")
    assert desk.json("keys", "list")[0]["state"] == "revoked"
    assert "it was revoked before" in desk.refused("keys", "revoke", "1")


def test_a_key_has_rights_companies_and_an_end(desk: Desk) -> None:
    options = ("--right", "review", "--right", "edit", "--company", "northwind", "--days", "30")
    made = desk.json("keys", "add", "shop", *options)
    assert (made["rights"], made["companies"]) == (["edit", "review"], ["northwind"])
    assert made["expires_at"] == "2026-12-20T12:00:00+00:00"
    assert made["key"].startswith(made["begins_with"])
    desk.now = "2026-12-20T12:00:00+00:00"
    assert desk.json("keys", "list")[0]["state"] == "expired"


@pytest.mark.parametrize("command", ["users", "keys"])
def test_what_is_printed_for_people_fits_a_terminal(desk: Desk, command: str) -> None:
    desk.run("users", "add", DANA, "--name", "Dana \U0001f98a")
    desk.run("keys", "add", "erp")
    assert "never" in desk.run(command, "list")


# --- first start -------------------------------------------------------------------------


def test_the_first_start_prints_the_link_and_later_ones_do_not(
    desk: Desk, exempt: Exempt, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    server: Any = SimpleNamespace(url="http://127.0.0.1:8080")
    running._say_welcome(exempt, server)
    said = capsys.readouterr().out
    assert "There is no administrator yet." in said
    assert welcome_of(exempt, said.strip().splitlines()[-1]).purpose == "first"
    desk.run("users", "add", DANA, "--name", "Dana", "--role", "administrator")
    running._say_welcome(exempt, server)
    assert capsys.readouterr().out == ""
