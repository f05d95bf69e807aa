"""The pages of physical nexus, of warnings and of employees."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.model.access import Role
from exempt.model.presence import WarningKind, WarningState
from exempt.services import presences, warning_steps
from exempt.services.presence_ports import PresenceRow, WarningRow
from exempt.services.presences import PresenceChange
from support.browsing import Browser, Premises, premises_in
from support.forms import send_form
from support.nexus import company_id
from support.nexus_desk import fill
from support.records import act
from support.staff import Firm, hire

ROW = {"jurisdiction": "", "kind": "employee", "effective_date": "", "end_date": "", "notes": ""}


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    with premises_in(tmp_path) as made:
        yield made


@pytest.fixture
def firm(premises: Premises) -> Firm:
    """Northwind's people."""
    return fill(premises.store, months=1)


@pytest.fixture
def house(premises: Premises, firm: Firm) -> Premises:
    """Northwind with people and a little sold; Acme with nothing."""
    assert firm.company == "northwind"
    return premises


@pytest.fixture
def staff(house: Premises) -> Browser:
    """Who may edit, at Northwind."""
    return house.staff(Role.REVIEWER, "northwind")


@pytest.fixture
def theirs(house: Premises) -> Browser:
    """Who may do everything, at Acme."""
    return house.staff(Role.ADMINISTRATOR, "acme")


def filed(house: Premises) -> list[PresenceRow]:
    with house.store.reading() as tx:
        return tx.presence.all([company_id(tx, "northwind")])


def warnings(house: Premises, *states: WarningState) -> dict[str, WarningRow]:
    """The warnings of people, by state."""
    with house.store.reading() as tx:
        found = tx.warnings.all(states=states, kind=WarningKind.EMPLOYEE)
    return {row.jurisdiction.removeprefix("US-"): row for row in found}


def columns(*rows: dict[str, str]) -> dict[str, str | list[str]]:
    """Rows as the form sends them."""
    full = [{**ROW, **row} for row in rows]
    return {name: [row[name] for row in full] for name in ROW}


# --- physical nexus ----------------------------------------------------------------------


def test_several_states_are_kept_in_one_save(house: Premises, staff: Browser) -> None:
    """B39 to B42."""
    done = send_form(
        staff,
        "/presence/manage",
        do="save",
        **columns(
            {"jurisdiction": "US-OH", "effective_date": "2024-03-01", "notes": "Jo, sales"},
            {},
            {
                "jurisdiction": "US-WA",
                "kind": "property",
                "effective_date": "2023-01-01",
                "end_date": "2025-06-30",
                "notes": "<b>Pier 9</b>",
            },
        ),
    )
    assert done.headers["location"] == "/presence"
    kept = {row.jurisdiction: row for row in filed(house)}
    assert kept["US-OH"].notes == "Jo, sales"
    assert (kept["US-WA"].kind, kept["US-WA"].end_date) == ("property", dt.date(2025, 6, 30))
    assert "Pier 9" not in staff.get("/presence").text, "it has ended"
    assert "&lt;b&gt;Pier 9" in staff.get("/presence?show=ended").text


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"jurisdiction": "US-OH"}], "Write the first day."),
        ([{"effective_date": "2024-01-01"}], "Write a state"),
        ([{"jurisdiction": "US-OH", "effective_date": "soon"}], "Write the first day."),
        (
            [{"jurisdiction": "US-OH", "effective_date": "2024-03-01", "end_date": "2024-02-01"}],
            "none before the first",
        ),
        (
            [{"jurisdiction": "US-OH", "effective_date": "2024-03-01"}] * 2,
            "Says the same as row 1",
        ),
        ([{}], "Choose a state and its first day"),
    ],
)
def test_where_one_row_is_wrong_none_is_kept_and_all_stay_typed(
    house: Premises, staff: Browser, rows: list[dict[str, str]], said: str
) -> None:
    before = filed(house)
    good = {"jurisdiction": "US-ME", "effective_date": "2024-05-01", "notes": "Lighthouse"}
    wanted = [good, *rows] if rows != [{}] else rows
    if said.endswith("row 1"):
        said = "Says the same as row 2"
    answer = send_form(staff, "/presence/manage", do="save", **columns(*wanted))
    assert answer.status_code == 422
    assert said in answer.text
    assert ("Lighthouse" in answer.text) == (rows != [{}])
    assert filed(house) == before


def test_another_row_is_added_without_a_script(staff: Browser) -> None:
    typed = columns({"jurisdiction": "US-OH", "notes": "Jo"})
    answer = send_form(staff, "/presence/manage", do="more", **typed)
    assert answer.status_code == 200
    assert answer.text.count('class="row-form five"') == 2
    assert 'value="Jo"' in answer.text


def test_a_presence_is_changed_ended_and_taken_back(house: Premises, staff: Browser) -> None:
    (row,) = [row for row in filed(house) if row.jurisdiction == "US-NV"]
    page = staff.get(f"/presence/{row.id}").text
    seen = re.findall(r'name="seen" value="(\w+)"', page)[0]
    wanted = {"effective_date": "2024-04-01", "end_date": "2026-10-31", "notes": "Sold"}
    early = send_form(
        staff, f"/presence/{row.id}", **{**wanted, "end_date": "2020-01-01"}, seen=seen
    )
    assert early.status_code == 422
    assert "before its first day" in early.text
    assert send_form(staff, f"/presence/{row.id}", **wanted, seen=seen).status_code == 303
    now = next(each for each in filed(house) if each.id == row.id)
    assert (now.end_date, now.notes) == (dt.date(2026, 10, 31), "Sold")
    assert "Sold" in staff.get(f"/presence/{row.id}").text
    assert send_form(staff, f"/presence/{row.id}/remove", reason="a mistake").status_code == 303
    assert row.id not in {each.id for each in filed(house)}
    assert "Removed: a mistake" in staff.get(f"/presence/{row.id}").text


def test_two_who_change_one_presence_do_not_overwrite_each_other(
    house: Premises, staff: Browser
) -> None:
    row = filed(house)[0]
    seen = presences.mark(row)
    presences.change(house.store, row.id, PresenceChange(notes="Bob's"), act(by="bob"))
    typed = {"effective_date": str(row.effective_date), "end_date": "", "notes": "Mine"}
    answer = send_form(staff, f"/presence/{row.id}", **typed, seen=seen)
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text
    assert "Mine" in answer.text
    assert "Bob&#39;s" in answer.text
    assert next(each for each in filed(house) if each.id == row.id).notes == "Bob's"


def test_presences_of_another_company_do_not_exist(house: Premises, theirs: Browser) -> None:
    row = filed(house)[0]
    assert "Sparks" not in theirs.get("/presence").text
    assert "Sparks" not in theirs.get("/presence/manage").text
    for answer in (
        theirs.get(f"/presence/{row.id}"),
        send_form(theirs, f"/presence/{row.id}", effective_date="2024-01-01"),
        send_form(theirs, f"/presence/{row.id}/remove"),
        send_form(
            theirs,
            "/presence/manage",
            do="save",
            company="northwind",
            **columns({"jurisdiction": "US-OH", "effective_date": "2024-03-01"}),
        ),
    ):
        assert answer.status_code == 404
    assert row in filed(house)


def test_whoever_may_only_look_finds_no_buttons(house: Premises) -> None:
    viewer = house.staff(Role.VIEWER, "northwind")
    row = filed(house)[0]
    assert "Manage physical nexus" not in viewer.get("/presence").text
    assert "Remove" not in viewer.get(f"/presence/{row.id}").text
    assert "Batch" not in viewer.get("/warnings").text
    for path in ("/presence/manage", f"/presence/{row.id}", "/warnings/bulk", "/warnings/close"):
        assert send_form(viewer, path).status_code == 403


# --- warnings ----------------------------------------------------------------------------


def test_a_warning_says_what_it_means_and_who_is_there(house: Premises, staff: Browser) -> None:
    warning = warnings(house)["NM"]
    page = staff.get(f"/warnings/{warning.id}").text
    assert "makes <b>physical nexus</b> there" in page
    assert "work from home makes nexus at home" in page, "G10"
    assert "E-2" in page
    assert "not yet" in page, "nobody has read it"


def test_confirming_makes_physical_nexus_from_the_day_that_is_typed(
    house: Premises, staff: Browser
) -> None:
    """B22."""
    warning = warnings(house)["NY"]
    done = send_form(
        staff,
        f"/warnings/{warning.id}/confirm",
        effective_date="2026-09-01",
        notes="Kim, engineer",
    )
    assert done.headers["location"] == "/warnings"
    made = next(row for row in filed(house) if row.jurisdiction == "US-NY")
    assert (made.effective_date, made.notes) == (dt.date(2026, 9, 1), "Kim, engineer")
    assert made.warning_id == warning.id
    assert f"/presence/{made.id}" in staff.get(f"/warnings/{warning.id}").text
    again = send_form(staff, f"/warnings/{warning.id}/confirm")
    assert again.status_code == 422
    assert "confirmed it on" in again.text


def test_dismissing_wants_a_reason(house: Premises, staff: Browser) -> None:
    """B22."""
    warning = warnings(house)["NY"]
    answer = send_form(staff, f"/warnings/{warning.id}/dismiss", reason="  ")
    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert warnings(house)["NY"].state is WarningState.OPEN
    send_form(staff, f"/warnings/{warning.id}/dismiss", reason="a <i>trip</i>")
    assert warnings(house)["NY"].reason == "a <i>trip</i>"
    page = staff.get("/warnings?status=dismissed").text
    assert "a &lt;i&gt;trip" in page


def test_several_are_read_confirmed_and_dismissed_at_once(house: Premises, staff: Browser) -> None:
    ids = [str(row.id) for row in warnings(house).values()]
    send_form(staff, "/warnings/bulk", do="read", ids=ids)
    assert all(row.read_at for row in warnings(house).values())
    asked = send_form(staff, "/warnings/bulk", do="dismiss", ids=ids)
    assert "Dismiss 3 warnings" in asked.text
    empty = send_form(staff, "/warnings/close", do="dismiss", ids=ids, words="")
    assert empty.status_code == 422
    assert "Say why" in empty.text
    assert send_form(staff, "/warnings/close", do="confirm", ids=ids).status_code == 303
    assert {row.state for row in warnings(house).values()} == {WarningState.CONFIRMED}
    assert {"US-NM", "US-NY", "US-CO"} <= {row.jurisdiction for row in filed(house)}


def test_of_several_none_is_closed_where_one_cannot_be(house: Premises, staff: Browser) -> None:
    found = warnings(house)
    warning_steps.dismiss(house.store, found["NY"].id, "seen to", act(by="bob"))
    ids = [str(row.id) for row in found.values()]
    answer = send_form(staff, "/warnings/close", do="confirm", ids=ids)
    assert answer.status_code == 422
    assert "Nothing was done" in answer.text
    assert warnings(house)["NM"].state is WarningState.OPEN
    assert "US-NM" not in {row.jurisdiction for row in filed(house)}


def test_warnings_of_another_company_do_not_exist(house: Premises, theirs: Browser) -> None:
    warning = warnings(house)["NY"]
    assert "New York" not in theirs.get("/warnings").text.partition("<main")[2]
    assert theirs.get(f"/warnings/{warning.id}").status_code == 404
    for part in ("read", "confirm", "dismiss"):
        path = f"/warnings/{warning.id}/{part}"
        assert send_form(theirs, path, reason="mine").status_code == 404
    one = str(warning.id)
    assert send_form(theirs, "/warnings/close", do="confirm", ids=one).status_code == 404
    send_form(theirs, "/warnings/bulk", do="read", ids=one)
    now = warnings(house)["NY"]
    assert (now.state, now.read_at) == (WarningState.OPEN, None)


# --- employees ---------------------------------------------------------------------------


def test_employees_stand_by_state_with_where_they_live_and_were_before(
    house: Premises, firm: Firm
) -> None:
    """B14, B15, G10."""
    house.later(days=10)
    firm.pass_days(10)
    firm.shows(hire("E-3", "FL", start_date=dt.date(2026, 10, 5)))
    staff = house.staff(Role.REVIEWER, "northwind")
    page = staff.get("/employees").text
    assert '1 employee <span class="muted">(lives there, works elsewhere)' in page, "New Mexico"
    assert "To confirm or dismiss" in page
    moved = staff.get("/employees?words=e-3").text.partition("data-rows")[2]
    assert 'title="Florida"' in moved
    assert 'title="New York"' in moved, "where they were before"
    assert "E-1" not in moved
    only = staff.get("/employees?state=US-NM").text.partition("data-rows")[2]
    assert "E-2" in only
    assert "E-1" not in only


def test_every_time_somebody_was_in_a_state_is_saved(house: Premises, staff: Browser) -> None:
    answer = staff.get("/employees/export?words=E-2")
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {(row["State"], row["Works there"], row["Lives there"]) for row in found} == {
        ("Texas", "yes", "no"),
        ("New Mexico", "no", "yes"),
    }


def test_employees_of_another_company_are_not_told(theirs: Browser) -> None:
    assert "E-1" not in theirs.get("/employees").text
    assert "E-1" not in theirs.get("/employees/export").text
    assert "Nobody is known" in theirs.get("/employees").text
