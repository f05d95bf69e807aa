"""``exempt employees``, ``presence`` and ``warnings`` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.desk import Desk
from support.records import NOW
from support.staff import Firm, hire

PEOPLE = """\
Employee ID,State,Home state,Start date,End date,Note
E-1,TX,OK,2024-03-01,,Sales engineer
E-2,CA,,3/1/2022,12/31/2024,
E-2,NV,,1/1/2025,,
E-3,OR,,2024-01-01,,
"""


@pytest.fixture
def firm(desk: Desk) -> Firm:
    """The HR system of the same company."""
    return Firm(desk.erp.world)


@pytest.fixture
def staffed(desk: Desk, firm: Firm) -> Desk:
    """Ana works in Texas and lives in Oklahoma; Ben has left California; both are warned of."""
    firm.shows(
        hire("E-1", "TX", "OK", label="Ana Ruiz"),
        hire("E-2", "CA", end_date=NOW.date().replace(year=2025)),
        hire("E-3", None),
    )
    firm.watch()
    return desk


def written(desk: Desk, name: str, text: str) -> str:
    path: Path = desk.folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# --- employees ---------------------------------------------------------------------------


def test_states_with_people(staffed: Desk) -> None:
    """B14, G10."""
    (told,) = staffed.json("employees", "list")
    states = [(each["jurisdiction"], each["current"], each["since"]) for each in told["states"]]
    assert states == [("US-OK", 1, "2024-03-01"), ("US-TX", 1, "2024-03-01")]
    assert told["unplaced"] == 1
    assert "Ana" not in str(told)
    shown = staffed.run("employees", "list", "--past")
    assert "1 employee (1 just lives there)" in shown
    assert "1 left" in shown
    assert "2025-11-20" in shown
    assert "To confirm or dismiss: CA, OK, TX" in shown
    assert "Of 1 employee no state is known." in shown


def test_people_in_one_state(staffed: Desk) -> None:
    (told,) = staffed.json("employees", "list", "TX")
    ((ana,),) = [state["people"] for state in told["states"]]
    assert (ana["label"], ana["when"], ana["at_work"]) == ("Ana Ruiz", "now", True)
    assert ana["records"] == [{"connection": "gusto", "employee_id": "E-1"}]
    shown = staffed.run("employees", "list", "ok")
    for words in ("Oklahoma", "Ana Ruiz", "gusto", "live", "Physical nexus: warning"):
        assert words in shown
    assert "Nobody is known in Kansas" in staffed.run("employees", "list", "KS")
    assert "unknown state" in staffed.refused("employees", "list", "ZZ")


def test_people_out_of_a_file(desk: Desk) -> None:
    """B37: the same file again changes nothing, a corrected one what was corrected."""
    file = written(desk, "people.csv", PEOPLE)
    first = desk.json("employees", "import", file)
    assert (first["rows"], first["new"], first["source"]) == (4, 3, "people")
    again = desk.json("employees", "import", file)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 3)
    (told,) = desk.json("employees", "list", "--past")
    assert {each["jurisdiction"]: each["since"] for each in told["states"]} == {
        "US-CA": "2022-03-01",
        "US-NV": "2025-01-01",
        "US-OK": "2024-03-01",
        "US-OR": "2024-01-01",
        "US-TX": "2024-03-01",
    }
    written(desk, "people.csv", PEOPLE.replace("TX,OK,2024-03-01", "TX,,2023-03-01"))
    assert desk.json("employees", "import", file)["changed"] == 1
    (told,) = desk.json("employees", "list", "--past")
    assert [each["since"] for each in told["states"] if each["jurisdiction"] == "US-TX"] == [
        "2023-03-01"
    ]
    assert "no sales tax there" in desk.run("employees", "list")
    assert "people out of files" in desk.run("connections", "list")
    assert (first["warnings"], again["warnings"]) == (4, 0), "Oregon has no sales tax"


def test_an_import_of_people_is_undone_once_it_was_shown_what_that_does(desk: Desk) -> None:
    assert "exempt employees undo 1" in desk.run(
        "employees", "import", written(desk, "people.csv", PEOPLE)
    )
    assert "3 employees taken away" in desk.run("employees", "undo", "1", "--preview")
    assert len(desk.json("employees", "list")[0]["states"]) == 4
    told = desk.json("employees", "undo", "1")
    assert (told["removed"], told["restored"], told["left"]) == (3, 0, [])
    assert desk.json("employees", "list") == []
    assert "is undone" in desk.refused("employees", "undo", "1")


def test_a_file_with_mistakes_changes_nothing(desk: Desk) -> None:
    file = written(desk, "people.csv", PEOPLE + "E-4,Texas,,soon,,\nE-5,,,,,\n")
    result = desk.invoke("employees", "import", file)
    assert result.exit_code == 1
    assert "people.csv, row 6, column start_date: write a day as YYYY-MM-DD" in result.output
    assert "people.csv, row 7, column state: write where they work" in result.output
    assert "Nothing was taken" in result.output
    assert desk.json("employees", "list") == []
    assert "Nobody is known: connect an HR system" in desk.run("employees", "list")
    empty = written(desk, "empty.csv", "id,state\n")
    assert "there is nobody in it" in desk.refused("employees", "import", empty)


# --- presence ----------------------------------------------------------------------------


def test_one_reason_in_several_states(desk: Desk) -> None:
    """B39, B41, B42."""
    told = desk.json(
        "presence", "add", "TX", "CA", "--kind", "employee", "--from", "2024-03-01",
        "--notes", "Two VPs",
    )  # fmt: skip
    assert [(row["jurisdiction"], row["kind"], row["notes"]) for row in told] == [
        ("US-TX", "employee", "Two VPs"),
        ("US-CA", "employee", "Two VPs"),
    ]
    assert {row["made_by"] for row in told} == {"anna"}
    shown = desk.run("presence", "list")
    assert "2024-03-01" in shown
    assert "Two VPs" in shown


def test_several_that_differ_out_of_a_file(desk: Desk) -> None:
    rows = "State,Kind,From,Notes\nTX,employee,2024-03-01,VP\nCA,inventory,2025-01-01,FBA\n"
    shown = desk.run("presence", "add", "--rows", written(desk, "rows.csv", rows))
    assert "Presence 2: California, inventory since 2025-01-01." in shown
    wrong = written(desk, "wrong.csv", rows + "OK,staff,2025-01-01,\n\nNM,other,soon,\n")
    assert desk.refused("presence", "add", "--rows", wrong) == (
        "nothing was saved: row 4: kind: write one of employee, property, inventory, other;"
        " row 6: effective_date: write the first day as YYYY-MM-DD"
    )
    assert len(desk.json("presence", "list")) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ZZ", "--from", "2024-03-01"), "ZZ: write a state, such as TX"),
        (("TX", "--from", "soon"), "--from: write the first day as YYYY-MM-DD"),
        (("TX", "--from", "2024-03-01", "--kind", "x"), "--kind: write one of employee"),
        (("TX",), "name a state and its first day"),
        (("--from", "2024-03-01"), "name a state and its first day"),
        (("TX", "TX", "--from", "2024-03-01"), "row 2: says the same as row 1"),
        (("TX", "--rows", "x.csv"), "name states, or a file with --rows: not both"),
    ],
)
def test_what_cannot_be_added(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    assert said in desk.refused("presence", "add", *arguments)


def test_a_presence_is_changed_ended_and_taken_back(desk: Desk) -> None:
    assert "no physical nexus on file" in desk.run("presence", "list")
    desk.run("presence", "add", "TX", "CA", "--kind", "property", "--from", "2024-03-01")
    assert "Texas, ends on 2025-06-30" in desk.run("presence", "end", "1", "--on", "2025-06-30")
    assert [row["id"] for row in desk.json("presence", "list")] == [2]
    assert desk.json("presence", "change", "1", "--goes-on")["end_date"] is None
    changed = desk.json("presence", "change", "1", "--from", "2023-01-01", "--notes", "Depot")
    assert (changed["effective_date"], changed["notes"]) == ("2023-01-01", "Depot")
    assert "say what is to change" in desk.refused("presence", "change", "1")
    desk.run("presence", "remove", "2", "--reason", "a typo")
    assert [row["id"] for row in desk.json("presence", "list")] == [1]
    shown = desk.run("presence", "list", "--all")
    assert "removed by anna" in shown
    one = desk.run("presence", "show", "1")
    for words in ("2023-01-01", "Depot", "anna", "2024-03-01", "property"):
        assert words in one
    assert [c["new"] for c in desk.json("presence", "show", "2")["history"]] == [
        "property since 2024-03-01",
        "removed: a typo",
    ]
    assert "presence 9: there is none" in desk.refused("presence", "show", "9")


# --- warnings ----------------------------------------------------------------------------


def told_of(desk: Desk, *arguments: str) -> list[tuple[Any, ...]]:
    rows = desk.json("warnings", "list", *arguments)
    return [(row["id"], row["jurisdiction"], row["state"]) for row in rows]


def test_warnings_are_listed_and_shown(staffed: Desk) -> None:
    """B20."""
    assert told_of(staffed) == [
        (1, "US-CA", "open"),
        (2, "US-OK", "open"),
        (3, "US-TX", "open"),
    ]
    shown = staffed.run("warnings", "list")
    assert shown.count("*") == 3
    assert "Texas: 1 employee, since 2024-03-01." in shown
    one = staffed.run("warnings", "show", "3")
    for words in ("Texas: somebody works or lives there", "exempt warnings confirm 3",
                  "exempt employees list TX", "Mailed"):  # fmt: skip
        assert words in one
    assert "3 warnings of nexus to look at: exempt warnings list" in staffed.run("status")
    assert staffed.json("status")["open_warnings"] == 3


def test_warnings_are_read(staffed: Desk) -> None:
    assert "1 warning read." in staffed.run("warnings", "read", "1")
    assert staffed.run("warnings", "list").count("*") == 2
    assert staffed.json("warnings", "show", "1")["read_by"] == "anna"
    assert "2 warnings read." in staffed.run("warnings", "read", "--all")
    assert "0 warnings read." in staffed.run("warnings", "read", "--all")
    assert "name warnings, or all" in staffed.refused("warnings", "read")


def test_warnings_are_confirmed_and_dismissed(staffed: Desk) -> None:
    """B22."""
    said = staffed.run("warnings", "confirm", "3", "--notes", "Ana, in Austin")
    assert "Warning 3 confirmed: physical nexus in Texas since 2024-03-01 (presence 1)." in said
    told = staffed.json("warnings", "confirm", "2", "--from", "2024-02-01")
    assert told["presence"]["effective_date"] == "2024-02-01"
    assert "dismissed: a visit." in staffed.run("warnings", "dismiss", "1", "--reason", "a visit")
    assert "There are no open warnings." in staffed.run("warnings", "list")
    shown = staffed.run("warnings", "list", "--all")
    assert "confirmed by anna" in shown
    assert "dismissed by anna" in shown
    history = staffed.json("warnings", "show", "1")["history"]
    assert [(c["new"], c["changed_by"]) for c in history] == [("dismissed: a visit", "anna")]
    assert "anna dismissed it" in staffed.refused("warnings", "confirm", "1")
    assert [row["jurisdiction"] for row in staffed.json("presence", "list")] == ["US-OK", "US-TX"]


def test_a_mail_of_a_warning_among_the_deliveries(staffed: Desk) -> None:
    shown = staffed.run("deliveries", "list")
    assert "warning of US-CA" in shown
    one = staffed.run("deliveries", "show", "1")
    assert "to tell staff of warning 1: see exempt warnings show" in one
