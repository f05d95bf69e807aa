"""The pages of sources: how each does, whose they are, and what somebody has done with one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from exempt import TransientError
from exempt.discovery import Catalogue, PluginRow, PluginState
from exempt.model.access import Role
from exempt.model.fetching import Stream
from exempt.model.messages import WebhookEvent
from exempt.services.job_ports import JobKind, WorkerRow
from exempt.services.rows import ConnectionRow
from exempt.services.source_ports import JobRun
from support.records import NOW, customer, order
from support.shop import ShopHouse, opened
from support.shop_site import ShopSite, said

V, R, A = Role.VIEWER, Role.REVIEWER, Role.ADMINISTRATOR
MINUTE = dt.timedelta(minutes=1)
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ShopSite]:
    """One whose ERP was read: a customer, an order, and two rows that could not be."""
    house = opened(tmp_path)
    house.remote.put(customer(), order())
    house.remote.spoil(Stream.ORDERS, f"=row {HOSTILE}", "O-9")
    house.remote.spoil(Stream.CUSTOMERS, "row 3", "C-9")
    house.exempt.sync(["erp"])
    with closing(house.exempt):
        yield ShopSite(house)


def erp(house: ShopHouse) -> ConnectionRow:
    with house.exempt.store.reading() as tx:
        return next(row for row in tx.connections.all() if row.name == "erp")


def test_the_list_tells_how_each_source_does(site: ShopSite) -> None:
    house = site.house
    house.make("new-shop")
    rows = (
        PluginRow("old", "Old", "exempt-old", "1", PluginState.SKIPPED, "too old"),
        PluginRow("bad", HOSTILE, "exempt-bad", "2", PluginState.FAILED, "ImportError"),
    )
    house.exempt.__dict__["catalogue"] = Catalogue(house.exempt.catalogue.connectors, rows)
    page = said(site.call("GET", "/sources", V))
    assert "no worker is running" in page
    for words in ("erp", "Works", "2 records", "2 rejected", "new-shop", "Not used yet"):
        assert words in page, words
    assert "exempt-old 1 Unknown Skipped too old" in page
    assert "exempt-bad 2 Unknown Failed ImportError" in page
    assert HOSTILE not in site.call("GET", "/sources", V).text
    assert "Connect a system" not in page, "only administrators do"
    assert "Connect a system" in said(site.call("GET", "/sources", A))


def test_the_list_is_searched_sorted_and_saved(site: ShopSite) -> None:
    house = site.house
    house.make("new-shop")
    with house.exempt.store.writing() as tx:
        tx.connections.pause(erp(house).id, f"401 {HOSTILE}", NOW)
    page = said(site.call("GET", "/sources", V))
    assert "All 2 Running 0 Fails 1 Paused 1 Works 0 Not used yet 1" in page
    home = site.call("GET", "/", V).text
    assert 'href="/sources?state=paused"' in home
    for query, shown in (
        ("state=paused", {"erp"}),
        ("state=failing", {"erp"}),
        ("state=new", {"new-shop"}),
        ("words=401", {"erp"}),
        ("state=ok", set()),
        ("state=x", {"erp", "new-shop"}),
    ):
        text = site.call("GET", f"/sources?{query}", V).text
        found = {name for name in ("erp", "new-shop") if f'href="/sources/{name}"' in text}
        assert found == shown, query
    assert "No data source fits" in said(site.call("GET", "/sources?state=ok", V))
    saved = site.call("GET", "/source-export?as=csv&sort=-source", V).text
    names = [line.partition(",")[0].strip('\ufeff"') for line in saved.splitlines()]
    assert names == ["Source", "new-shop", "erp"]
    assert "Stopped by an error" in saved


def test_with_a_worker_nobody_is_warned(site: ShopSite) -> None:
    with site.house.exempt.store.writing() as tx:
        tx.workers.tick(WorkerRow("w1", "host", 1, "1", 1, NOW, NOW))
    assert "worker runs" not in said(site.call("GET", "/sources", V))


def test_a_source_shows_what_was_read_its_runs_and_what_came_in(site: ShopSite) -> None:
    row = erp(site.house)
    event = WebhookEvent(event_id="evt-7", stream=Stream.ORDERS, external_ids=("O-1",))
    with site.house.exempt.store.writing() as tx:
        tx.webhooks.add(row.id, b"{}", [event], NOW)
        run = JobRun("pull:erp", row.id, NOW, NOW + MINUTE, "done", None, {"orders": 1200})
        tx.job_runs.add(run)
        tx.job_runs.add(run._replace(outcome="failed", problem=f"503 {HOSTILE}", counts={}))
    answer = site.call("GET", "/sources/erp", V)
    page = said(answer)
    for words in (
        "Customers 1 1 –", "Up to date", "Read 1,200 orders 60.0 s Done", "Failed 503",
        "Orders O-1 evt-7 Waits", "O-9", "In the settings file",
    ):  # fmt: skip
        assert words in page, words
    assert HOSTILE not in answer.text
    for button in ("Run now", "Pause", "Check", "Dry run"):
        assert button not in page, "who only looks changes nothing"
        assert button in said(site.call("GET", "/sources/erp", R))


def test_a_source_of_another_company_is_not_there(site: ShopSite) -> None:
    other = site.of("w")
    for path in ("", "/rejected", "/reconcile", "/events", "/dry-run", "/rejected/export"):
        assert site.call("GET", f"/sources/erp{path}", R).status_code == 200 or path == "/events"
        assert other.call("GET", f"/sources/erp{path}", R).status_code == 404, path
    for path in ("check", "run", "pause", "resume", "backfill", "dry-run"):
        assert other.post(f"/sources/erp/{path}", {}, R).status_code == 404, path
    assert "erp" not in said(other.call("GET", "/sources", R))


def test_a_check_tells_what_it_found_and_ends_a_pause_by_an_error(site: ShopSite) -> None:
    with site.house.exempt.store.writing() as tx:
        tx.connections.pause(erp(site.house).id, "the key was refused", NOW)
    assert "An error paused it: the key was refused" in said(site.call("GET", "/sources/erp", R))
    assert "It works: the account is Shop of 11." in said(site.post("/sources/erp/check", {}, R))
    assert erp(site.house).paused_reason is None


def test_a_check_that_fails_tells_why_without_the_secret(site: ShopSite) -> None:
    site.house.remote.faults["check"] = [TransientError("503, with of-the-file")]
    answer = site.post("/sources/erp/check", {}, R)
    assert answer.status_code == 422
    assert "erp: 503, with [secret]" in said(answer)


def test_it_is_paused_with_a_reason_and_goes_on(site: ShopSite) -> None:
    answer = site.post("/sources/erp/pause", {"reason": " "}, R)
    assert (answer.status_code, "say why" in said(answer)) == (422, True)
    assert site.post("/sources/erp/pause", {"reason": HOSTILE}, R).status_code == 303
    assert (erp(site.house).paused_by, erp(site.house).paused_reason) == (site.name(R), HOSTILE)
    answer = site.call("GET", "/sources/erp", R)
    assert "Paused by" in said(answer)
    assert HOSTILE not in answer.text
    answer = site.post("/sources/erp/run", {}, R)
    assert (answer.status_code, "is paused" in said(answer)) == (422, True)
    assert site.post("/sources/erp/resume", {}, R).status_code == 303
    assert erp(site.house).paused_by is None
    assert site.post("/sources/erp/resume", {}, R).status_code == 422, "it goes on already"


def test_it_is_run_now(site: ShopSite) -> None:
    assert site.post("/sources/erp/run", {}, R).status_code == 303
    with site.house.exempt.store.reading() as tx:
        assert {job.kind for job in tx.jobs.all() if job.waiting} >= {JobKind.PULL, JobKind.PUSH}


def test_its_orders_are_read_from_further_back(site: ShopSite) -> None:
    for wrong in ({"from": "2027-01-01"}, {"from": "x"}, {}):
        answer = site.post("/sources/erp/backfill", wrong, R)
        assert (answer.status_code, "name a day of the past" in said(answer)) == (422, True)
    assert site.post("/sources/erp/backfill", {"from": "2019-05-01"}, R).status_code == 303
    assert "read from 2019-05-01 on, and that is going on" in said(
        site.call("GET", "/sources/erp", R)
    )
    assert site.post("/sources/erp/backfill", {"everything": "yes"}, R).status_code == 303
    assert "read from the beginning on" in said(site.call("GET", "/sources/erp", R))


def test_rejected_rows_are_listed_and_given_out(site: ShopSite) -> None:
    answer = site.call("GET", "/sources/erp/rejected", V)
    assert "O-9 =row" in said(answer)
    assert "C-9 row 3 Customers total: missing" in said(answer)
    assert HOSTILE not in answer.text
    only = said(site.call("GET", "/sources/erp/rejected?stream=orders", V))
    assert ("O-9" in only, "C-9" in only) == (True, False)
    assert said(site.call("GET", "/sources/erp/rejected?stream=no&page=9", V)).count("No row") == 1
    lines = site.call("GET", "/sources/erp/rejected/export", V).text.splitlines()
    assert len(lines) == 3
    assert "\"'=row" in "".join(lines), "a spreadsheet computes nothing of it"


def test_customers_are_held_against_the_source_when_somebody_asks(site: ShopSite) -> None:
    assert "Nothing is compared yet" in said(site.call("GET", "/sources/erp/reconcile", V))
    page = said(site.call("GET", "/sources/erp/reconcile?compare=yes", V))
    assert "Missing here" in page
    assert "C-9" in page
    lines = site.call("GET", "/sources/erp/reconcile/export", V).text.splitlines()
    assert any("C-9" in line for line in lines)


def test_a_dry_run_shows_old_and_new_and_writes_nothing(site: ShopSite) -> None:
    site.house.remote.put(order("O-2", certificate_number="X-1", tax_applicable=True))
    assert "Nothing was tried yet" in said(site.call("GET", "/sources/erp/dry-run", R))
    page = said(site.post("/sources/erp/dry-run", {}, R))
    assert "O-2 Order taxed, X-1 → taxed" in page
    assert "Writing back is off" in page
    assert site.house.remote.pushed == []


def test_what_is_connected_no_more_is_still_there_to_be_seen(site: ShopSite) -> None:
    site.house.make("shop")
    site.house.steward.remove("shop", 1, "dana")
    assert "It is connected no more" in said(site.call("GET", "/sources/shop", V))
    for path in ("check", "run", "pause", "backfill"):
        assert site.post(f"/sources/shop/{path}", {}, R).status_code == 404, path
    assert site.call("GET", "/sources/none", V).status_code == 404


def test_a_failing_source_says_when_it_is_tried_again(site: ShopSite) -> None:
    row = erp(site.house)
    with site.house.exempt.store.writing() as tx:
        tx.jobs.ask(JobKind.PULL, row.id)
        tx.jobs.begin("pull:erp", "w1", NOW)
    assert "Running" in said(site.call("GET", "/sources/erp", V))
    with site.house.exempt.store.writing() as tx:
        tx.jobs.end("pull:erp", NOW, problem="erp: 503", next_at=NOW + MINUTE)
    page = said(site.call("GET", "/sources/erp", V))
    assert "tried again by itself at 12:01:00 UTC: erp: 503" in page


@pytest.mark.parametrize("path", ["/source-events", "/sources/erp/events"])
def test_whoever_opens_events_in_a_browser_sees_the_page(site: ShopSite, path: str) -> None:
    answer: httpx.Response = site.call("GET", path, V)
    assert answer.status_code == 303
    assert answer.headers["location"] == path.replace("-events", "s").replace("/events", "")
