"""The pages of deliveries, jobs, settings and the audit trail: who sees what, and does what."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from starlette.applications import Starlette

from exempt.model.access import Role
from exempt.rules.history import FieldChange
from exempt.services.job_ports import JobKind
from exempt.services.owed_mails import OwedMail
from exempt.services.rows import ConnectionRow, Delivery, DeliveryState, DeliveryTarget, Subject
from exempt.services.setting_rows import SettingRow, SettingTable
from exempt.services.source_ports import JobRun
from exempt.settings import load
from exempt.settings.explained import explain
from exempt.web.app import PARTS
from exempt.web.guard import Guard
from support.browsing import Browser, Premises, premises_in
from support.records import NOW
from support.stores import connected, everything

MAIL, ORDER = DeliveryTarget.MAIL, DeliveryTarget.ORDER
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """C-1 of Northwind and A-1 of Acme."""
    with premises_in(tmp_path) as found:
        yield found


@pytest.fixture
def erp(house: Premises) -> ConnectionRow:
    """The connection of Northwind."""
    return connected(house.store, "northwind", company="northwind")


def failed(
    house: Premises, row: ConnectionRow, name: str, target: DeliveryTarget = ORDER,
    outcome: str = "rejected", wanted: str = "{}",
) -> int:  # fmt: skip
    """A delivery that waits for a person; its id."""
    with house.store.writing() as tx:
        tx.deliveries.owe(row.id, target, [(name, 1, wanted)], NOW)
        (owed,) = tx.deliveries.last(row.id, target, [name]).values()
        tx.deliveries.mark(owed, DeliveryState.DEAD, outcome=outcome, message=HOSTILE, at=NOW)
    return owed.id


def a_mail(house: Premises, row: ConnectionRow) -> int:
    """A mail that may have gone out; its id."""
    with house.store.writing() as tx:
        request = tx.requests.add(house.ids["C-1"], "ap@c.example", ["US-TX"], NOW)
    mail = OwedMail(key="1", purpose="request", to=("ap@c.example",), subject="We ask", text="…")
    return failed(house, row, str(request), MAIL, "unknown", mail.model_dump_json())


def state(house: Premises, delivery_id: int) -> Delivery:
    with house.store.reading() as tx:
        view = tx.handling.get(delivery_id)
    assert view is not None
    return view.delivery


def send(browser: Browser, path: str, **fields: str | list[str]) -> httpx.Response:
    body = urlencode({"form_token": browser.token, **fields}, doseq=True)
    return browser("POST", path, body, content_type="application/x-www-form-urlencoded")


# --- deliveries --------------------------------------------------------------------------------


def test_what_failed_is_told_with_its_reason_as_text(house: Premises, erp: ConnectionRow) -> None:
    number = failed(house, erp, "O-1")
    for path in ("/deliveries?state=dead", f"/deliveries/{number}"):
        page = house.staff().get(path).text
        assert "&lt;script&gt;alert" in page
        assert HOSTILE not in page


def test_one_who_edits_has_it_tried_again(house: Premises, erp: ConnectionRow) -> None:
    number = failed(house, erp, "O-1")
    assert send(house.staff(), f"/deliveries/{number}/retry").status_code == 403
    anna = house.staff(Role.REVIEWER)
    answer = send(anna, f"/deliveries/{number}/retry")
    assert answer.headers["location"] == f"/deliveries/{number}"
    assert state(house, number).state is DeliveryState.PENDING


def test_a_delivery_is_given_up_for_a_reason_alone(house: Premises, erp: ConnectionRow) -> None:
    number = failed(house, erp, "O-1")
    anna = house.staff(Role.REVIEWER)
    refused = send(anna, f"/deliveries/{number}/drop", reason="  ")
    assert refused.status_code == 422
    assert "say why" in refused.text
    assert send(anna, f"/deliveries/{number}/drop", reason="entered by hand").status_code == 303
    done = state(house, number)
    assert done.state is DeliveryState.DROPPED
    assert "entered by hand" in (done.message or "")


def test_a_mail_that_may_have_gone_out_goes_again_only_when_somebody_says_so(
    house: Premises, erp: ConnectionRow
) -> None:
    number = a_mail(house, erp)
    anna = house.staff(Role.REVIEWER)
    assert "May have been sent" in anna.get("/deliveries?state=maybe_sent").text
    refused = send(anna, f"/deliveries/{number}/retry")
    assert refused.status_code == 422
    assert "may have gone out" in refused.text
    assert "--even-if-sent" not in refused.text
    send(anna, f"/deliveries/{number}/retry", even_if_sent="yes")
    assert state(house, number).state is DeliveryState.PENDING


def test_another_companys_deliveries_do_not_exist(house: Premises, erp: ConnectionRow) -> None:
    number = failed(house, erp, "O-1")
    before = everything(house.store)
    theirs = house.staff(Role.REVIEWER, "acme")
    assert "O-1" not in theirs.get("/deliveries").text
    assert "O-1" not in theirs.get("/deliveries/export").text
    assert theirs.get(f"/deliveries/{number}").status_code == 404
    for path in (f"/deliveries/{number}/retry", f"/deliveries/{number}/drop"):
        assert send(theirs, path, reason="mine").status_code == 404
    for fields in ({"ids": str(number)}, {"all": "yes"}):
        send(theirs, "/deliveries/bulk", do="retry", **fields)
        send(theirs, "/deliveries/drop", reason="mine", **fields)
    kept = everything(house.store)
    assert kept["delivery"] == before["delivery"]


def test_those_that_are_ticked_are_tried_again_and_mails_are_left(
    house: Premises, erp: ConnectionRow
) -> None:
    first, second = failed(house, erp, "O-1"), failed(house, erp, "O-2")
    mail = a_mail(house, erp)
    anna = house.staff(Role.REVIEWER)
    send(anna, "/deliveries/bulk", do="retry", ids=[str(first), str(mail)], query="state=dead")
    assert state(house, first).state is DeliveryState.PENDING
    assert state(house, second).state is DeliveryState.DEAD
    assert state(house, mail).state is DeliveryState.DEAD


def test_all_that_fit_are_given_up_after_a_page_that_asks_why(
    house: Premises, erp: ConnectionRow
) -> None:
    numbers = [failed(house, erp, name) for name in ("O-1", "O-2", "O-3")]
    anna = house.staff(Role.REVIEWER)
    page = send(anna, "/deliveries/bulk", do="drop", all="yes", query="state=dead").text
    assert "Give up 3 deliveries" in page
    fields = {"all": "yes", "query": "state=dead"}
    assert send(anna, "/deliveries/drop", reason=" ", **fields).status_code == 422
    answer = send(anna, "/deliveries/drop", reason="a test system", **fields)
    assert answer.headers["location"] == "/deliveries?state=dead"
    assert {state(house, each).state for each in numbers} == {DeliveryState.DROPPED}


def test_nothing_ticked_changes_nothing(house: Premises, erp: ConnectionRow) -> None:
    failed(house, erp, "O-1")
    before = everything(house.store)["delivery"]
    send(house.staff(Role.REVIEWER), "/deliveries/bulk", do="retry")
    send(house.staff(Role.REVIEWER), "/deliveries/bulk", do="drop", ids="x")
    assert everything(house.store)["delivery"] == before


# --- jobs --------------------------------------------------------------------------------------


def job(house: Premises, name: str) -> tuple[bool, int]:
    """Whether it waits, and how often it failed."""
    with house.store.reading() as tx:
        found = tx.jobs.get(name)
    assert found is not None
    return found.waiting, found.failures


def failing(house: Premises, row: ConnectionRow) -> str:
    """The name of a job of that connection that failed."""
    with house.store.writing() as tx:
        tx.jobs.ask(JobKind.PUSH, row.id)
        name = f"push:{row.name}"
        tx.jobs.begin(name, "w1", NOW)
        tx.jobs.end(name, NOW, problem=HOSTILE)
    return name


def test_jobs_are_told_with_their_problems_to_administrators(
    house: Premises, erp: ConnectionRow
) -> None:
    name = failing(house, erp)
    assert house.staff(Role.REVIEWER).get("/jobs").status_code == 403
    page = house.staff(Role.ADMINISTRATOR).get("/jobs?state=failing").text
    assert name in page
    assert "&lt;script&gt;" in page
    assert "Nobody does these jobs" in page
    assert name not in house.staff(Role.ADMINISTRATOR).get("/jobs?state=running").text


def test_an_administrator_asks_for_a_job_now(house: Premises, erp: ConnectionRow) -> None:
    name = failing(house, erp)
    assert job(house, name) == (False, 1)
    send(house.staff(Role.ADMINISTRATOR), "/jobs/run", job=name)
    assert job(house, name) == (True, 1)


def test_a_paused_connections_job_and_another_companys_are_not_asked_for(
    house: Premises, erp: ConnectionRow
) -> None:
    name = failing(house, erp)
    theirs = house.staff(Role.ADMINISTRATOR, "acme")
    assert name not in theirs.get("/jobs").text
    assert send(theirs, "/jobs/run", job=name).status_code == 404
    with house.store.writing() as tx:
        tx.connections.pause(erp.id, "maintenance", NOW, "anna")
    send(house.staff(Role.ADMINISTRATOR), "/jobs/run", job=name)
    assert job(house, name) == (False, 1)
    assert send(house.staff(Role.ADMINISTRATOR), "/jobs/run", job="no such").status_code == 404


def test_past_runs_are_told_by_job_and_outcome_and_saved(
    house: Premises, erp: ConnectionRow
) -> None:
    name = failing(house, erp)
    ran = JobRun(name, erp.id, NOW, NOW + dt.timedelta(seconds=90), "done", None, {"orders": 1200})
    with house.store.writing() as tx:
        tx.job_runs.add(ran)
        tx.job_runs.add(ran._replace(outcome="failed", problem="503 <b>100%", counts={}))
        tx.job_runs.add(ran._replace(job="elsewhere", connection_id=None))
    anna = house.staff(Role.ADMINISTRATOR)
    assert f'href="/job-runs?job={name.replace(":", "%3A")}"' in anna.get("/jobs").text
    page = anna.get(f"/job-runs?job={name}").text
    for words in ("90.0 s", "1,200 orders", "503 &lt;b&gt;100%", "Run it again"):
        assert words in page, words
    assert "elsewhere" not in anna.get("/job-runs").text, "no job that there is"
    assert "503" not in anna.get("/job-runs?outcome=done").text
    assert "No run fits" in anna.get("/job-runs?words=100%25x").text
    assert "503" in anna.get("/job-runs?words=100%25").text
    saved = anna.get("/job-runs/export?outcome=failed&as=csv").text
    assert len(saved.splitlines()) == 2
    assert house.staff(Role.REVIEWER).get("/job-runs").status_code == 403
    there = send(anna, "/jobs/run", job=name, runs="yes").headers["location"]
    assert there.startswith("/job-runs?job=")


# --- the audit trail ---------------------------------------------------------------------------


def note(house: Premises, subject: Subject, number: int, field: str, by: str = "anna") -> None:
    with house.store.writing() as tx:
        tx.history.add(subject, number, [FieldChange(field, "before", HOSTILE)], NOW, by)


def fields(page: str) -> list[str]:
    return re.findall(r'<td data-head="Field">([^<]*)<', page)


def test_the_trail_tells_who_changed_what_from_what_to_what(house: Premises) -> None:
    note(house, Subject.CUSTOMER, house.ids["C-1"], "email")
    note(house, Subject.CUSTOMER, house.ids["A-1"], "number", by="bert")
    page = house.staff().get("/audit").text
    assert fields(page)[:2] == ["Customer number", "A/P e-mail"]
    assert "Customer C-1" in page
    assert "&lt;script&gt;" in page
    assert fields(house.staff().get("/audit?by=bert").text) == ["Customer number"]
    assert fields(house.staff().get("/audit?first=2026-11-21").text) == []
    assert fields(house.staff().get("/audit?words=a/p e-mail").text) == ["A/P e-mail"]
    assert "No change fits" in house.staff().get("/audit?words=zzz").text


def test_changes_of_users_are_for_administrators_and_of_a_company_for_its_own(
    house: Premises,
) -> None:
    note(house, Subject.USER, 1, "role")
    note(house, Subject.CUSTOMER, house.ids["C-1"], "email")
    theirs = house.staff(Role.VIEWER, "acme")
    assert "A/P e-mail" not in fields(theirs.get("/audit").text)
    viewer = house.staff(Role.REVIEWER)
    assert "Role" not in fields(viewer.get("/audit").text)
    assert fields(viewer.get("/audit?subject=user").text) == []
    assert "role" not in viewer.get("/audit/export?subject=user").text
    administrator = house.staff(Role.ADMINISTRATOR)
    assert "Role" in fields(administrator.get("/audit?subject=user").text)


def test_all_of_the_trail_that_fits_is_given_out_disarmed(house: Premises) -> None:
    with house.store.writing() as tx:
        change = FieldChange("name", None, "=1+1")
        tx.history.add(Subject.CUSTOMER, house.ids["C-1"], [change], NOW, "anna")
    told = house.staff().get("/audit/export?as=csv&by=anna").text
    assert '"Before","After"' in told
    assert '"\'=1+1"' in told


# --- settings ----------------------------------------------------------------------------------


SETTINGS = """
[exempt]
database = "env:DATABASE"
expiring_soon_days = 45

[companies.n]
name = "Northwind"

[connections.erp]
connector = "fake"
company = "n"

[connections.erp.settings]
secret = "env:ERP_KEY"
base_url = "https://user:hunter2@erp.example"
"""


@pytest.fixture
def tables(tmp_path: Path) -> list[SettingTable]:
    path = tmp_path / "exempt.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return explain(load(path))


def row(tables: list[SettingTable], name: str, key: str) -> SettingRow:
    (found,) = [each for table in tables if table.name == name for each in table.rows
                if each.key == key]  # fmt: skip
    return found


def test_a_setting_says_what_counts_where_it_stands_and_what_it_means(
    tables: list[SettingTable],
) -> None:
    soon = row(tables, "exempt", "expiring_soon_days")
    assert (soon.value, soon.place, soon.is_set) == ("45", "exempt.toml, line 4", True)
    assert "days before its end" in soon.meaning
    profile = row(tables, "exempt", "decision_profile")
    assert (profile.value, profile.is_set) == ("default", False)
    assert row(tables, "web", "session_length").value == "12h"
    assert row(tables, "companies.n", "name").value == "Northwind"


def test_a_secret_is_shown_as_a_reference_and_what_is_a_connectors_own_is_counted(
    tables: list[SettingTable],
) -> None:
    database = row(tables, "exempt", "database")
    assert (database.value, database.is_reference) == ("env:DATABASE", True)
    own = row(tables, "connections.erp", "settings").value
    assert own == "secret = env:ERP_KEY; 1 more of its own"
    assert "hunter2" not in repr(tables)


def test_settings_are_for_administrators_who_look_for_words_or_for_what_is_set(
    house: Premises, tables: list[SettingTable]
) -> None:
    house.site = replace(house.site, settings=lambda: tables)
    routes = [route for part in PARTS for route in part.routes(house.site)]
    house.app = Guard(Starlette(routes=routes))
    assert house.staff(Role.REVIEWER).get("/settings").status_code == 403
    anna = house.staff(Role.ADMINISTRATOR)
    everything_ = anna.get("/settings").text
    assert "session_length" in everything_
    assert "hunter2" not in everything_
    just_set = anna.get("/settings?set=yes").text
    assert "expiring_soon_days" in just_set
    assert "session_length" not in just_set
    assert "No setting fits" in anna.get("/settings?words=zzzz").text
    assert '"45","exempt.toml, line 4"' in anna.get("/settings/export?words=soon").text
