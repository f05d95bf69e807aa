"""Connections made in the console are connections like any other, for all of Exempt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("cryptography", reason="needs exempt[web]")

from exempt.cli import app
from exempt.errors import NotFoundError
from exempt.model.nexus import Counts
from exempt.services.counting import settings_of
from exempt.services.source_ports import FormError
from exempt.wiring.connections import CustomerPages
from exempt.wiring.worker import Worker
from support.engines import ByHand
from support.records import customer, order
from support.shop import ShopHouse, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ShopHouse]:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "shop").write_text("of-the-folder\n", encoding="utf-8")
    (tmp_path / "private").write_text("private", encoding="utf-8")
    console = {"secrets_folder": "secrets", "files_folder": "exports"}
    house = opened(tmp_path, console=console)
    with closing(house.exempt):
        yield house


def test_a_connection_that_was_made_is_read_like_any_other(house: ShopHouse) -> None:
    house.make(options={"since": "2026-01-01"})
    house.remote.put(customer(), order())
    assert house.exempt.names() == ["erp", "shop"]
    (done,) = house.exempt.sync(["shop"])
    assert done.problem is None
    with house.exempt.store.reading() as tx:
        (shop,) = [row for row in tx.connections.all() if row.name == "shop"]
        (stream, _) = tx.source_reading.streams([shop.id])
    assert stream.records == 1
    assert str(house.remote.fetched[0][1].since) == "2026-01-01"


def test_what_the_file_names_is_as_the_file_says(house: ShopHouse, tmp_path: Path) -> None:
    house.make()
    again = opened(tmp_path, connections={"shop": {"connector": "shop", "company": "n"}})
    with closing(again.exempt):
        assert not again.exempt.connections.made_here("shop")
        assert again.exempt.connections["shop"].settings == {}
        assert again.steward.connections()["shop"].version == 0, "it cannot be edited here"
    with pytest.raises(FormError, match="settings file has a connection of that name"):
        house.make("erp")


def test_another_process_sees_what_was_made_and_removed(house: ShopHouse, tmp_path: Path) -> None:
    other = opened(tmp_path)
    with closing(other.exempt):
        assert other.exempt.names() == ["erp"]
        before = other.exempt.connections.look()
        house.make()
        assert list(other.exempt.connections) == ["erp"], "it has not looked"
        assert other.exempt.connections.look() > before
        assert list(other.exempt.connections) == ["erp", "shop"]
        house.steward.remove("shop", 1, "dana")
        other.exempt.connections.look()
        with pytest.raises(NotFoundError):
            other.exempt.names(["shop"])


def test_what_sales_and_mails_go_by_follows(house: ShopHouse) -> None:
    policy, post = house.exempt.policy, house.exempt.post
    house.make(options={"counts": "invoices", "marketplace": True})
    with house.exempt.store.reading() as tx:
        (row,) = [row for row in tx.connections.all() if row.name == "shop"]
    assert settings_of(row, policy) == (Counts.INVOICES, True)
    assert list(post.senders or ()) == ["erp", "shop"]
    assert (list(policy.nexus.counts), len(policy.nexus.counts)) == (["erp", "shop"], 2)
    assert (list(policy.nexus.marketplaces), len(policy.nexus.marketplaces)) == (["shop"], 1)


def test_the_worker_that_runs_takes_it_up_and_lets_it_go(house: ShopHouse) -> None:
    worker = Worker(house.exempt, "w1")
    carried = ByHand(house.exempt.store)
    worker._make_jobs()
    carried.work(worker._run)
    house.make()
    worker._follow_connections()
    assert {"pull:shop", "push:shop"} <= set(carried.work(worker._run))
    worker._follow_connections()
    assert carried.work(worker._run) == [], "nothing changed since"
    house.steward.remove("shop", 1, "dana")
    worker._follow_connections()
    with house.exempt.store.reading() as tx:
        assert [job.name for job in tx.jobs.all() if job.connection == "shop"] == []
        assert [row.name for row in tx.connections.all()] == ["erp", "shop"], "its records stay"
    worker.engine.close()


def test_runs_of_the_worker_are_kept_with_what_they_read(house: ShopHouse) -> None:
    house.remote.put(customer(), order())
    worker = Worker(house.exempt, "w1")
    carried = ByHand(house.exempt.store)
    worker._make_jobs()
    carried.work(worker._run)
    house.remote.faults["fetch_customers"] = [RuntimeError("odd")]
    with house.exempt.store.writing() as tx:
        (erp,) = tx.connections.all()
        tx.jobs.ask(next(job.kind for job in tx.jobs.all() if job.name == "pull:erp"), erp.id)
    carried.work(worker._run)
    with house.exempt.store.reading() as tx:
        runs = [run for run in tx.job_runs.newest(erp.id, 10) if run.job == "pull:erp"]
    assert [run.outcome for run in runs] == ["failed", "done", "done"]
    assert "odd" in (runs[0].problem or "")
    assert [dict(run.counts) for run in runs[1:]] == [{}, {"customers": 1, "orders": 1}]
    worker.engine.close()


def test_pages_link_to_customers_where_a_connection_says_how(house: ShopHouse) -> None:
    pages = CustomerPages(house.exempt.connections)
    assert (dict(pages), len(pages), pages.get("erp")) == ({}, 0, None)
    house.make(options={"customer_page": "https://shop.example/{id}"})
    assert dict(pages) == {"shop": "https://shop.example/{id}"}


def test_the_command_line_knows_them_too(house: ShopHouse) -> None:
    house.make(schedule="1h")
    path = house.exempt.settings.path
    environ = dict(house.exempt.environ)
    listed = CliRunner().invoke(
        app, ["--settings", str(path), "connections", "list", "--json"], env=environ
    )
    found = {each["name"]: each for each in json.loads(listed.stdout)}
    assert (found["shop"]["schedule"], found["shop"]["made_in_console"]) == ("1h", True)
    assert not found["erp"]["made_in_console"]
