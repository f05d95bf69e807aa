"""Links to files: signed, for some minutes, and of no use once they are changed (F23)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.model.access import Caller
from exempt.services import handing_out
from support.browsing import Premises

STAFF = Caller("dana@acme.example", frozenset(), user_id=5)
PROGRAM = Caller("api:erp", frozenset(), key_id=3)


def link(premises: Premises, on_file: Any, caller: Caller = STAFF, **how: Any) -> str:
    keys = premises.site.keys
    token, _ = handing_out.make_link(keys, caller, on_file.kept.sha256, premises.now, **how)
    return f"/file-links/{token}"


@pytest.mark.parametrize("copy", [False, True])
def test_whoever_has_it_gets_the_file_for_five_minutes(
    premises: Premises, on_file: Any, copy: bool
) -> None:
    address = link(premises, on_file, copy=copy)
    stranger = premises.stranger()
    answer = stranger.get(address)
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-copy of " if copy else b"%PDF-1.7")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert (
        answer.headers["content-security-policy"]
        == "sandbox; default-src 'none'; frame-ancestors 'none'"
    )
    premises.later(minutes=4, seconds=59)
    assert stranger.get(address).status_code == 200
    premises.later(seconds=1)
    assert stranger.get(address).status_code == 410


def test_it_works_for_an_hour_at_most(premises: Premises, on_file: Any) -> None:
    address = link(premises, on_file, lasts=dt.timedelta(days=400))
    premises.later(minutes=59)
    assert premises.stranger().get(address).status_code == 200
    premises.later(minutes=1)
    assert premises.stranger().get(address).status_code == 410


def test_when_it_ends_is_told(premises: Premises, on_file: Any) -> None:
    keys, sha256 = premises.site.keys, on_file.kept.sha256
    _, until = handing_out.make_link(keys, STAFF, sha256, premises.now)
    assert until == premises.now + dt.timedelta(minutes=5)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _token: "", id="nothing"),
        pytest.param(lambda _token: "x.y", id="nonsense"),
        pytest.param(lambda token: token[:-1], id="its signature cut"),
        pytest.param(lambda token: "A" + token[1:], id="a letter of it changed"),
        pytest.param(lambda token: token.partition(".")[0], id="without its signature"),
        pytest.param(lambda token: token + "%C3%A9", id="a letter more"),
        pytest.param(lambda token: f"{token.partition('.')[0]}.{'A' * 43}", id="another signature"),
    ],
)
def test_one_that_was_changed_is_as_one_that_never_was(
    premises: Premises, on_file: Any, change: Any
) -> None:
    address = link(premises, on_file)
    path, _, token = address.rpartition("/")
    answer = premises.stranger().get(f"{path}/{change(token)}")
    assert answer.status_code == (410 if change(token) else 404)


def test_a_signature_for_another_purpose_is_none(premises: Premises, on_file: Any) -> None:
    token = link(premises, on_file).rpartition("/")[2].partition(".")[0]
    forged = f"{token}.{premises.site.keys.sign('form', token)}"
    assert premises.stranger().get(f"/file-links/{forged}").status_code == 410


def test_it_says_who_made_it_by_number_only(premises: Premises, on_file: Any) -> None:
    for caller, by in ((STAFF, "user:5"), (PROGRAM, "key:3")):
        token = link(premises, on_file, caller).rpartition("/")[2]
        found = handing_out.follow_link(premises.site.keys, token, premises.now)
        assert found is not None
        assert (found.by, found.sha256, found.copy) == (by, on_file.kept.sha256, False)


def test_a_file_that_nothing_uses_any_more(premises: Premises) -> None:
    token, _ = handing_out.make_link(premises.site.keys, STAFF, "e" * 64, premises.now)
    assert premises.stranger().get(f"/file-links/{token}").status_code == 404
