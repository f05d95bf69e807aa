"""Connections are made, tried, changed and removed in the console; what is wrong is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cryptography", reason="needs exempt[web]")

from exempt.errors import ConflictError, RefusedError
from exempt.services.source_ports import FormError
from exempt.wiring import making, sources
from support.records import customer, order
from support.shop import CANARY, ShopHouse, draft, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ShopHouse]:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "shop").write_text("of-the-folder\n", encoding="utf-8")
    (tmp_path / "private").write_text("private", encoding="utf-8")
    console = {"secrets_folder": "secrets", "files_folder": "exports"}
    house = opened(tmp_path, console=console)
    with closing(house.exempt):
        yield house


def test_settings_are_tried_without_being_kept(house: ShopHouse) -> None:
    tried = house.steward.try_out(draft())
    assert tried.account == f"Shop of {len(CANARY)}"
    assert tried.choices == {"url": [("https://eu.example", "Europe")]}
    assert house.steward.made("shop") is None
    assert house.exempt.names() == ["erp"]


def test_what_a_connector_says_of_a_wrong_key_does_not_tell_the_key(house: ShopHouse) -> None:
    with pytest.raises(Exception, match=r"refused") as raised:
        house.steward.try_out(draft(settings={"key": "wrong"}))
    assert "wrong" not in str(raised.value)
    assert "trial" not in str(raised.value)


def test_a_connector_that_does_not_answer_is_given_up(
    house: ShopHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "PATIENCE", 0.05)
    over = threading.Event()
    house.remote.before = lambda hook: over.wait(5) if hook == "check" else None  # type: ignore[assignment]
    with pytest.raises(Exception, match="gave no answer"):
        house.steward.try_out(draft())
    over.set()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({"name": "No Name"}, "name", id="no name"),
        pytest.param({"company": "x"}, "company", id="no company"),
        pytest.param({"settings": {"key": "k", "what": 1}}, "settings.what", id="no such setting"),
        pytest.param({"schedule": "sometimes"}, "schedule", id="no schedule"),
        pytest.param({"options": {"since": "soon"}}, "since", id="no day"),
        pytest.param({"options": {"owns": ["email"]}}, "owns", id="what another one owns"),
        pytest.param({"connector": "none"}, "connector", id="no connector"),
    ],
)
def test_what_is_wrong_with_it_is_told_by_its_setting(
    house: ShopHouse, changes: dict[str, Any], key: str
) -> None:
    house.make("owner", options={"owns": ["email"]})
    with pytest.raises(FormError) as raised:
        house.steward.save(draft()._replace(**changes), "dana")
    assert key in raised.value.errors
    assert CANARY not in str(raised.value)


def test_a_missing_setting_is_told(house: ShopHouse) -> None:
    with pytest.raises(FormError) as raised:
        house.steward.save(draft()._replace(settings={}), "dana")
    assert raised.value.errors == {"settings.key": "is missing: fill it in"}


def test_two_who_change_it_at_once_do_not_undo_each_other(house: ShopHouse) -> None:
    house.make()
    house.make(version=1, schedule="1h")
    with pytest.raises(ConflictError):
        house.make(version=1, schedule="2h")
    assert house.made().schedule == "1h"
    with pytest.raises(ConflictError):
        house.steward.remove("shop", 1, "dana")
    with pytest.raises(FormError, match="there is a connection of that name"):
        house.make()


def test_a_name_stays_with_its_connector_and_company(house: ShopHouse) -> None:
    house.make()
    house.steward.remove("shop", 1, "dana")
    with pytest.raises(FormError, match="another connector or company"):
        house.make(company="w")
    house.make()


def test_changes_are_in_the_history_without_their_values(house: ShopHouse) -> None:
    house.make()
    house.make(version=1, schedule="1h", settings={"key": CANARY + "2"})
    with house.exempt.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT field, old, new, changed_by FROM history WHERE subject = 'connection'"
        ).all()
    assert rows == [
        ("made", None, "shop", "dana"),
        ("schedule", None, "1h", "dana"),
        ("settings", None, "key", "dana"),
    ]


def test_where_the_settings_say_so_none_is_made(tmp_path: Path) -> None:
    house = opened(tmp_path, console={"make_connections": False})
    with closing(house.exempt):
        assert not house.steward.may_make
        with pytest.raises(RefusedError, match="make_connections"):
            house.make()


def test_a_dry_run_writes_nothing_and_loses_nothing_of_others(house: ShopHouse) -> None:
    house.remote.put(customer(resale_certificate_number="FF-1"), order())
    store, written = house.exempt.store, threading.Event()

    def write() -> None:
        with store.writing() as tx:
            tx.connections.company("x", "Written meanwhile", None)
        written.set()

    def somebody_writes(hook: str) -> None:
        if hook == "fetch_customers":
            threading.Thread(target=write).start()

    house.remote.before = somebody_writes
    done = house.steward.rehearse("erp")
    assert sorted((each.external_id, each.old, each.new) for each in done.writes) == [
        ("C-1", "not said", "TX exempt"),
        ("O-1", "not said", "exempt, FF-1"),
    ]
    assert written.wait(30)
    assert (done.whole, dict(done.read)) == (True, {"customers": 1, "orders": 1})
    with store.reading() as tx:
        assert tx.source_reading.streams() == []
        assert "x" in {company.key for company in tx.cards.companies()}
    assert house.remote.pushed == []


def test_a_dry_run_that_takes_too_long_is_ended(
    house: ShopHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.remote.put(customer(), order())
    monkeypatch.setattr(sources, "LONGEST_REHEARSAL", 0.0)
    assert not house.steward.rehearse("erp").whole


def test_one_dry_run_at_a_time(house: ShopHouse) -> None:
    with sources._REHEARSING, pytest.raises(RefusedError, match="another dry run"):
        house.steward.rehearse("erp")
