"""Orders read further back from connections, and how far that is, on the command line."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exempt import Settings, Stream, wiring
from exempt.discovery import Catalogue
from exempt.services.job_ports import JobKind, WorkerRow
from exempt.services.steering import pause
from support.desk import Desk
from support.fake_connector import MAILS, READS, Remote, info
from support.owed import waiting_jobs
from support.records import NOW, customer, order
from support.stores import MINUTE, rows

YEARS = range(2019, 2027)


@pytest.fixture
def remote() -> Remote:
    """A shop with an order on 1 July of each year since 2019."""
    books = Remote(dated=True)
    books.put(customer())
    books.put(*(order(f"O-{year}", order_date=dt.date(year, 7, 1)) for year in YEARS))
    return books


@pytest.fixture
def shop(desk: Desk, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with that shop, and a mailbox."""
    plain: dict[str, Any] = {"settings": Settings}  # without a secret
    connectors = {
        "fake": replace(info(remote, READS), **plain),
        "mail": replace(info(Remote(), MAILS, name="mail"), **plain),
    }
    monkeypatch.setattr(wiring, "discover", lambda: Catalogue(connectors, ()))
    desk.connections = {"shop": {"connector": "fake"}, "mail": {"connector": "mail"}}
    desk.write_settings()
    return desk


def on_file(desk: Desk) -> list[int]:
    """The years of the orders of the shop."""
    sql = (
        "SELECT order_date FROM sales_order o JOIN connection n ON n.id = o.connection_id"
        " WHERE n.name = 'shop' ORDER BY order_date"
    )
    return [int(str(day)[:4]) for (day,) in rows(desk.erp.world.store, sql)]


def lookback(desk: Desk, lines: str) -> None:
    """What the settings say of it."""
    path = desk.folder / "exempt.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[nexus]\n{lines}\n", encoding="utf-8")


def daemon(desk: Desk) -> None:
    """Let a worker have given a sign of life."""
    with desk.erp.world.store.writing() as tx:
        tx.workers.tick(WorkerRow("w1", "host-7", 42, "1.0", 123_456_789, NOW - MINUTE, NOW))


def state(desk: Desk, name: str = "shop") -> Any:
    """What is told of a connection."""
    found = desk.json("backfill", "status")["connections"]
    return next(one for one in found if one["connection"] == name)


# --- reading -----------------------------------------------------------------------------


def test_a_sync_reads_what_is_wanted_and_points_at_the_exposure(shop: Desk) -> None:
    said = shop.run("sync", "shop")
    assert said.rstrip().endswith("Exposure: exempt nexus")
    assert on_file(shop) == [2023, 2024, 2025, 2026]
    assert "Exposure" not in shop.run("sync", "shop"), "nothing came"


def test_further_back_is_read_here_and_shown(shop: Desk) -> None:
    shop.run("sync", "shop")
    said = shop.run("backfill", "run", "shop", "--from", "2020-01-01")
    assert "shop: reads orders from 2020-01-01 on." in said
    assert re.search(r"shop +orders +1 +7 +\S+ +3 +0 +– +2020-07-01 +2026-07-01", said)
    assert "shop: 7 orders, from 2020-07-01 on file." in said
    assert on_file(shop) == list(range(2020, 2027))
    again = shop.run("backfill", "run", "shop", "--from", "2020-01-01")
    assert again == "shop: orders were read from 2020-01-01 on already.\n"


@pytest.mark.parametrize(
    ("options", "first"),
    [
        pytest.param((), 2023, id="without a day as far as is wanted"),
        pytest.param(("--years", "5"), 2021, id="years"),
        pytest.param(("--all",), 2019, id="all"),
        pytest.param(("--from", "2022-07-01"), 2022, id="a day"),
        pytest.param(("--from", "2025-01-01"), 2023, id="no less than is wanted"),
    ],
)
def test_how_far(shop: Desk, options: tuple[str, ...], first: int) -> None:
    """Of a connection that was never used, too; those without orders are left out."""
    (told,) = shop.json("backfill", "run", *options)
    assert (told["connection"], told["problem"]) == ("shop", None)
    assert told["read"]["orders"]["rows"] == 2027 - first
    assert on_file(shop)[0] == first


def test_what_a_state_wants_more_is_read_when_it_is_asked_for(shop: Desk) -> None:
    shop.run("sync", "shop")
    lookback(shop, "lookback = { TX = 5 }")
    said = shop.run("backfill", "status")
    assert "! shop: orders are read from 2023-01-01 on, and TX wants 5 years, to 2021" in said
    assert "    exempt backfill run shop --from 2021-01-01    reads further back\n" in said
    assert "! erp: orders are read" in said, "once a connection, and not in the settings any more"
    shop.run("backfill", "run")
    assert on_file(shop)[0] == 2021
    assert "! shop" not in shop.run("backfill", "status")


def test_where_a_daemon_runs_it_does_it(shop: Desk) -> None:
    shop.run("sync", "shop")
    daemon(shop)
    said = shop.run("backfill", "run", "shop", "--all")
    assert said == ("shop: the daemon reads orders from their beginning: exempt backfill status\n")
    assert "pull:shop" in waiting_jobs(shop.erp.world)
    assert on_file(shop)[0] == 2023, "not here"
    assert state(shop)["state"] == "about to be read"
    assert "about to be read" in shop.run("backfill", "status")
    (told,) = shop.json("backfill", "run", "shop", "--all")
    assert (told["asked_of_daemon"], told["further"], told["was_read"]) == (True, False, False)


def test_what_broke_off_goes_on(shop: Desk, remote: Remote) -> None:
    shop.write_settings(page_size=2)
    remote.faults["fetch_orders"] = [None, None, ConnectionError("away")]
    shop.run("backfill", "run", "--all", code=1)
    half = len(on_file(shop))
    assert 0 < half < len(YEARS)
    told = state(shop)
    assert (told["state"], told["reading"]["records"]) == ("being read", half)
    said = shop.run("backfill", "status")
    assert f"shop: {half} orders so far, in {half // 2} page" in said
    assert "goes on reading orders from their beginning" in shop.run("backfill", "run")
    assert on_file(shop) == list(YEARS)
    assert state(shop)["reading"] is None


def test_what_the_settings_say_is_not_overridden(shop: Desk) -> None:
    shop.write_settings(since=dt.date(2024, 7, 1))
    shop.run("sync", "shop")
    refused = shop.run("backfill", "run", "shop", "--from", "2020-01-01", code=1)
    assert "shop: is read from 2024-07-01 on, as the settings say: write since = 2020" in refused
    assert "as the settings say" in shop.run("backfill", "run"), "told, where nobody named it"
    said = shop.run("backfill", "status")
    assert "! shop: orders are read from 2024-07-01 on, and every state wants 3 years" in said
    assert "    since = 2023-01-01    in the settings, where it is 2024-07-01\n" in said
    shop.write_settings(since="all")
    assert "reads all there are, as the settings say by now" in shop.run("backfill", "status")
    shop.run("sync", "shop")
    assert on_file(shop) == list(YEARS)


def test_a_paused_connection_is_left_alone(shop: Desk) -> None:
    shop.run("sync", "shop")
    with shop.erp.world.store.reading() as tx:
        row = next(row for row in tx.connections.all() if row.name == "shop")
    shop.run("backfill", "run", "shop", "--all")
    pause(shop.erp.world.store, row, "the books are closed", shop.erp.world.act())
    assert "is paused by anna" in shop.run("backfill", "run", "shop", code=1)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--all", "--years", "3"), "say one of --from, --years and --all"),
        (("--from", "soon"), "--from: write a date"),
        (("--from", "2027-01-01"), "has not come yet"),
        (("no-such-shop",), "no-such-shop: no such connection"),
    ],
)
def test_what_is_asked_for_must_make_sense(shop: Desk, options: tuple[str, ...], why: str) -> None:
    assert why in shop.refused("backfill", "run", *options)


def test_a_connection_without_orders_has_none_to_read(shop: Desk) -> None:
    assert "mail: has no orders to read" in shop.run("backfill", "run", "mail", code=1)
    shop.connections = {"mail": {"connector": "mail"}}
    shop.write_settings()
    assert "no connection has orders to read" in shop.refused("backfill", "run")


# --- how far it is -----------------------------------------------------------------------


def test_the_status_of_all_connections(shop: Desk, remote: Remote) -> None:
    remote.spoil(Stream.ORDERS, "row 9", "O-BAD")
    shop.run("sync")
    said = shop.run("backfill", "status")
    line = r"shop +2023-01-01 +read since 2026-11-20 12:00 +4 +2023-07-01 +2026-07-01"
    assert re.search(line, said)
    assert "mail" not in said
    assert "! shop: 1 order could not be read: exempt status says why" in said
    told = state(shop)
    assert (told["reads_from"], told["orders"], told["rejected"]) == ("2023-01-01", 4, 1)


def test_nothing_older_is_told_apart_from_read_from_later_on(shop: Desk, remote: Remote) -> None:
    del remote.log[Stream.ORDERS][:6]
    shop.run("sync", "shop")
    assert state(shop, "erp")["first_day"] == "2026-11-20", "the desk's own"
    told = shop.json("backfill", "status")["companies"]
    assert [(one["company"], one["first_sale"]) for one in told] == [
        ("Northwind Fasteners Inc.", "2025-07-01")
    ]
    ((why, lacking),) = {(each["why"], each["jurisdictions"]) for each in told[0]["lacking"]}
    assert (why, lacking) == ("nothing_older", "all others")
    said = shop.run("backfill", "status")
    assert (
        "! Northwind Fasteners Inc.: every state wants 3 years, to 2023-01-01; the first sale is of"
        " 2025-07-01, and its connections have nothing older" in said
    )
    assert "    exempt backfill check FILE    for what was sold before, elsewhere\n" in said


def test_a_company_is_looked_at_by_itself(shop: Desk) -> None:
    shop.run("sync", "shop")
    assert shop.json("backfill", "status", "--company", "northwind")["connections"]
    assert "there is none" in shop.refused("backfill", "status", "--company", "acme")


def test_before_anything_is_read_nothing_is_shown(tmp_path: Path, shop: Desk) -> None:
    empty = type(shop)(tmp_path / "empty", f"sqlite:///{tmp_path}/empty.db", {})
    assert empty.run("backfill", "status") == (
        "No connection has orders yet: exempt sync reads them.\n"
    )


def test_a_job_says_how_far_it_is_meanwhile(shop: Desk, remote: Remote) -> None:
    remote.ranges = 4
    remote.faults["fetch_orders"] = [None, ConnectionError("away")]
    shop.run("sync", "shop", code=1)
    daemon(shop)
    with shop.erp.world.store.writing() as tx:
        row = next(row for row in tx.connections.all() if row.name == "shop")
        tx.jobs.ask(JobKind.PULL, row.id)
    with shop.erp.world.store.writing() as tx:
        tx.jobs.begin("pull:shop", "w1", NOW)
    said = shop.run("jobs")
    assert re.search(r"running on w1 since 2026-11-20 12:00:00, 3 of 4 parts done: 3 orders", said)
    with shop.erp.world.store.writing() as tx:
        tx.jobs.end("pull:shop", NOW)
    shop.run("sync", "shop")
    with shop.erp.world.store.writing() as tx:
        tx.jobs.begin("pull:shop", "w1", NOW)
    assert "so far" not in shop.run("jobs"), "that was the first reading"
