"""Imports on the command line: what a person sees, and types next."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from exempt.adapters.spreadsheets import open_table
from exempt.cli import output
from exempt.model.imports import ImportState
from support import workbooks
from support.desk import Desk
from support.imports import Office, billing, shipping, write
from support.workbooks import texts


def file(desk: Desk, *rows: Any, name: str = "new.csv") -> str:
    return str(write(desk.folder / name, *rows))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


# --- templates ---------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["basic", "full"])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_template_is_written_and_can_be_filled_in(desk: Desk, which: str, suffix: str) -> None:
    path = desk.folder / f"t.{suffix}"
    said = desk.run("customers", "template", which, str(path))
    assert f"The {which} template is written to {path}: fill it in, then" in said
    with open_table(path) as opened:
        titles = opened.titles
    assert titles[0] == "Billing Customer Number"
    assert ("Shipping Customer Number" in titles) is (which == "full")
    assert texts(path) == []
    assert "is there already" in desk.refused("customers", "template", which, str(path))
    desk.run("customers", "template", which, str(path), "--replace")


def test_a_template_has_the_fields_of_ones_own(desk: Desk) -> None:
    settings = desk.folder / "exempt.toml"
    own = '\n[custom_fields.customers.region]\ntitle = "Region"\n'
    settings.write_text(settings.read_text() + own)
    path = desk.folder / "t.csv"
    desk.run("customers", "template", "basic", str(path))
    with open_table(path) as opened:
        assert opened.titles[-1] == "Region"
    found = desk.json("customers", "import", file(desk, billing("C-9", Region="East")), "--apply")
    assert found["made"] == [3]


# --- check -------------------------------------------------------------------------------


def test_a_file_that_is_fine(desk: Desk) -> None:
    path = file(desk, billing("C-3", "Cog", ship_to="TX"), billing("C-3", "Cog", ship_to="CA"))
    said = desk.run("customers", "import", path)
    assert "Import 1: new.csv, basic template, 2 rows" in said
    assert "All looks good!" in said
    assert "New         1 customer" in said
    assert "Ship-to     2 states" in said
    assert f"exempt customers import {path} --apply" in said
    assert "exempt imports changes 1    every change, cell by cell" in said
    assert "lacks address line 1, city, state, country, zip" in said
    assert desk.json("customers", "list")["total"] == 2, "nothing is changed so far"


def test_rows_that_cannot_go_in_have_their_place_and_how_to_mend_them(desk: Desk) -> None:
    path = file(
        desk, billing("C-3", "Cog", email="x"), billing("C-4", None), billing("C-5", email=None)
    )
    said = desk.run("customers", "import", path, code=1)
    assert "2 of 3 rows cannot go in" in said
    assert "Billing Customer Email (C)    is no e-mail address: write one, such as" in said
    assert "Billing Customer Name 1 (B)   is blank: fill it in, or delete the row" in said
    assert f"exempt customers import {path} --apply --skip-bad-rows" in said
    found = desk.json("customers", "import", path, code=1)
    assert [(p["row"], p["letter"]) for p in found["problems"]] == [(2, "C"), (3, "B")]
    refused = desk.refused("customers", "import", path, "--apply")
    assert "2 of 3 rows cannot go in: mend that and import the file again" in refused
    done = desk.json("customers", "import", path, "--apply", "--skip-bad-rows")
    assert done["import"]["counts"]["done"]["new"] == 1
    assert "Rows that cannot go in" in desk.run("imports", "show", "1")


def test_erasures_are_shown_with_what_they_erase(desk: Desk) -> None:
    path = file(desk, billing("C-1", "Acme", email=None))
    said = desk.run("customers", "import", path)
    assert "1 field erased" in said
    assert "2   C-1      Acme   Billing Customer Email   ap@acme.example" in said
    assert f"exempt customers import {path} --apply --erase" in said
    refused = desk.refused("customers", "import", path, "--apply")
    assert "blank cells would erase 1 field: see them with exempt imports changes 1" in refused
    seen = desk.run("imports", "changes", "1", "--kind", "erase")
    assert "erase   Billing Customer Email   ap@acme.example" in seen
    done = desk.run("customers", "import", path, "--apply", "--erase")
    assert "Import 1 of new.csv is applied." in done
    assert desk.json("customers", "show", "C-1")["email"] is None


def test_a_long_list_is_cut_and_can_be_written(desk: Desk) -> None:
    rows = [billing(f"D-{n}", f"Customer {n}", email="x" if n % 2 else None) for n in range(60)]
    problems, changes = desk.folder / "problems.csv", desk.folder / "changes.xlsx"
    path = file(desk, *rows)
    said = desk.run(
        "customers", "import", path,
        "--all-problems", str(problems), "--preview", str(changes), code=1,
    )  # fmt: skip
    assert "--all-problems FILE.csv writes all of them." in said
    assert f"60 findings written to {problems}." in said
    assert f"30 changes written to {changes}." in said
    found = table(problems)
    assert [f["What"] for f in found].count("problem") == 30
    assert found[0] == {
        "Row": "3",
        "Number": "D-1",
        "What": "problem",
        "Column": "Billing Customer Email",
        "Letter": "C",
        "Said": "is no e-mail address: write one, such as ap@example.com",
    }
    assert len(texts(changes)) == 30
    again = ("customers", "import", path, "--preview", str(changes))
    assert "is there already" in desk.refused(*again)
    quiet = desk.json(*again, "--replace", code=1)
    assert quiet["import"]["id"] == 1, "it is the same file"


def test_what_a_cell_says_is_no_formula_in_the_files(desk: Desk) -> None:
    path = file(desk, billing("C-3", "=HYPERLINK(1)"))
    out = desk.folder / "changes.csv"
    desk.run("customers", "import", path, "--preview", str(out))
    assert table(out)[0]["New"] == "'=HYPERLINK(1)"


# --- how a file is read ------------------------------------------------------------------


def test_a_wrong_title_is_named_with_the_nearest(desk: Desk) -> None:
    path = file(desk, {"Billing Customer Number": "C-3", "Billing Customer Nmae 1": "Cog"})
    refused = desk.refused("customers", "import", path)
    assert "column B: 'Billing Customer Nmae 1' is no title of the template" in refused
    assert "did you mean 'Billing Customer Name 1'?" in refused


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--aliases", "--ignore", "Notes"), id="usual titles"),
        pytest.param(
            ("--map", "Customer No=Billing Customer Number", "--map",
             "name=Billing Customer Name 1", "--ignore", "Notes"),
            id="titles that are mapped",
        ),
    ],
)  # fmt: skip
def test_titles_of_ones_own(desk: Desk, options: tuple[str, ...]) -> None:
    path = file(desk, {"Customer No": "C-3", "name": "Cog", "Notes": "x"})
    said = desk.run("customers", "import", path, *options)
    assert "All looks good!" in said
    for option in options:
        assert option in said, "they are in the command to type next"
    assert desk.json("customers", "import", path, *options, "--apply")["made"] == [3]


def test_a_workbook(desk: Desk) -> None:
    """Numbers keep their zeros, and what the spreadsheet made of one is told."""
    path = desk.folder / "new.xlsx"
    row = workbooks.row
    titles = row(*map(workbooks.text, billing(postal_code=None)))
    workbooks.workbook(
        path,
        titles,
        row(workbooks.text("00012"), workbooks.text("Cog"), workbooks.number(2139, style=1)),
        row(workbooks.number(45000, style=2), workbooks.text("Dot")),
        formats=["00000", "yyyy-mm-dd"],
    )
    found = desk.json("customers", "import", str(path), code=1)
    assert [(p["row"], p["title"], p["letter"]) for p in found["problems"]] == [
        (3, "Billing Customer Number", "A")
    ]
    assert "was turned into a date by the spreadsheet" in found["problems"][0]["text"]
    desk.run("customers", "import", str(path), "--apply", "--skip-bad-rows")
    card = desk.json("customers", "show", "00012")
    assert (card["number"], card["postal_code"]) == ("00012", "02139")


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ","), ("utf-16", "\t"), ("utf-8", ";")],
    ids=["with a mark of order", "UTF-16 with tabs", "with semicolons"],
)
def test_files_as_spreadsheet_programs_write_them(
    desk: Desk, encoding: str, delimiter: str
) -> None:
    path = desk.folder / "new.csv"
    with path.open("w", encoding=encoding, newline="") as opened:
        writer = csv.writer(opened, delimiter=delimiter)
        writer.writerows(
            [[*billing(line1=None)], ["C-3", "Café", "1 Main St\nSuite 4"], ["C-4", "Größe", ""]]
        )
    done = desk.json("customers", "import", str(path), "--apply")
    assert done["made"] == [3, 4]
    card = desk.json("customers", "show", "C-3")
    assert (card["name"], card["line1"]) == ("Café", "1 Main St\nSuite 4")


def test_only_some_rows(desk: Desk) -> None:
    path = file(desk, billing("C-3") | {"Buys": "Exempt"}, billing("C-4") | {"Buys": "Taxed"})
    said = desk.run("customers", "import", path, "--only", "Buys=exempt", "--apply")
    assert "1 row, 1 left out" in said
    assert "id:3" in said


@pytest.mark.parametrize("option", ["--map", "--only"])
def test_a_pair_that_is_none(desk: Desk, option: str) -> None:
    path = file(desk, billing())
    assert f"{option} Name: write TITLE=" in desk.refused(
        "customers", "import", path, option, "Name"
    )


def test_letters_that_were_guessed_are_said(desk: Desk) -> None:
    path = Path(file(desk, billing("C-3", "Café")))
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    said = desk.run("customers", "import", str(path))
    assert "its letters were taken for those of Windows (cp1252)" in said


def test_the_company_is_chosen(desk: Desk) -> None:
    with (desk.folder / "exempt.toml").open("a") as settings:
        settings.write('\n[companies.southwind]\nname = "Southwind"\nparent = "northwind"\n')
    path = file(desk, billing("C-1", "Other"))
    assert "which company? Say --company with one of" in desk.refused("customers", "import", path)
    done = desk.json("customers", "import", path, "--company", "southwind", "--apply")
    assert done["made"] == [3]
    said = desk.run("customers", "import", path, "--company", "southwind")
    assert "--company southwind --apply" in said
    listed = desk.json("imports", "list", "--company", "northwind", "--only-this")
    assert listed["imports"] == []
    assert [i["company"] for i in desk.json("imports", "list")["imports"]] == ["southwind"] * 2


# --- apply, look, undo -------------------------------------------------------------------


def test_an_import_from_the_file_to_its_undoing(desk: Desk) -> None:
    path = file(
        desk,
        billing("C-1", "Acme Inc.") | shipping("S-1", "Dock 1", state="TX", country="US"),
        billing("C-3", "Cog") | shipping("C-3", "Cog", state="CA"),
    )
    said = desk.run("customers", "import", path, "--apply")
    assert "Import 1 of new.csv is applied." in said
    assert "Changed     1 customer, 1 field" in said
    assert "id:1       C-1      Acme Inc." in said
    assert "exempt imports undo 1    puts all of it back" in said
    listed = desk.run("imports", "list")
    assert "applied" in listed
    assert "anna" in listed
    seen = desk.run("imports", "changes", "1")
    assert "change   name" in seen
    assert "link     ship-to customers" in seen
    out = desk.folder / "done.csv"
    desk.run("imports", "changes", "1", "--to", str(out))
    assert sorted((c["What"], c["Old"], c["New"]) for c in table(out)) == [
        ("change", "Acme", "Acme Inc."),
        ("link", "", "id:4"),
        ("new", "", "Cog"),
        ("new", "", "Dock 1"),
    ]
    shown = desk.run("imports", "show", "1")
    assert "Applied     2026-11-20 12:00 by anna" in shown
    undone = desk.run("imports", "undo", "1")
    assert "Import 1 of new.csv is undone." in undone
    assert "Put back    1 field, 0 ship-to states" in undone
    assert "Removed     2 customers, 1 link" in undone
    assert desk.json("customers", "list")["total"] == 2
    assert "is undone: import its file again" in desk.refused("imports", "undo", "1")


def test_what_could_not_be_put_back_is_told(desk: Desk) -> None:
    desk.run("customers", "import", file(desk, billing("C-1", "Acme Inc.")), "--apply")
    desk.run("--by", "bea", "customers", "edit", "C-1", "--name", "Acme Ltd.")
    said = desk.run("imports", "undo", "1")
    assert "1 change left as they are" in said
    assert "changed since by bea" in said
    assert desk.json("imports", "show", "1")["left"][0]["note"] == "changed since by bea"
    assert "left" in desk.run("imports", "changes", "1", "--kind", "left")


def test_what_a_check_had_not_seen_is_left(desk: Desk) -> None:
    office = Office(desk.erp.world.store, desk.folder)
    run = office.check(billing("C-2", "Bolt", email=None)).run
    desk.run("customers", "edit", "C-2", "--email", "b@bolt.example")
    with office.store.writing() as tx:
        applying = {"state": ImportState.APPLYING, "position": "billing:"}
        tx.imports.save(run.model_copy(update=applying))
    said = desk.run("imports", "resume", "1", code=1)
    assert "Left        1 customer" in said
    assert "exempt imports show 1    the rows that did not go in" in said
    assert "would erase something by now" in desk.run("imports", "show", "1")


def test_an_import_that_was_interrupted(desk: Desk) -> None:
    path = file(desk, billing("C-3", "Cog"))
    desk.run("customers", "import", path)
    assert "changed nothing so far: import new.csv again" in desk.refused("imports", "resume", "1")
    store = desk.erp.world.store
    with store.writing() as tx:
        run = tx.imports.get(1)
        assert run
        tx.imports.save(
            run.model_copy(update={"state": ImportState.APPLYING, "position": "billing:"})
        )
    refused = desk.refused("customers", "import", path)
    assert "import 1 of this file was interrupted: exempt imports resume 1" in refused
    assert "is applying, and cannot be given up" in desk.refused("imports", "drop", "1")
    said = desk.run("customers", "import", path, "--apply")
    assert "Import 1 of new.csv is applied." in said
    assert "there is nothing to go on with" in desk.refused("imports", "resume", "1")


def test_an_import_is_given_up(desk: Desk) -> None:
    desk.run("customers", "import", file(desk, billing("C-3", "Cog")))
    said = desk.run("imports", "drop", "1")
    assert "Import 1 of new.csv, 1 row, is given up." in said
    assert "dropped" in desk.run("imports", "list")
    assert "There is no such change." in desk.run("imports", "changes", "1")


def test_nothing_to_list(desk: Desk) -> None:
    assert "There is no import yet" in desk.run("imports", "list")
    assert "import 7: there is none: see exempt imports list" in desk.refused(
        "imports", "show", "7"
    )


def test_progress_is_shown_on_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(desk, *(billing(f"D-{n}") for n in range(3)))
    monkeypatch.setattr(output.console, "_force_terminal", True)
    said = desk.run("customers", "import", path, "--apply")
    for step in ("Reading", "Checking", "Importing"):
        assert step in said
    assert "100%" in said
