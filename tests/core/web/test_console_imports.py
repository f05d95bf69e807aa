"""The pages of imports of customers: a file that comes in, its check, its import, its undoing."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from pathlib import Path

from exempt.model.access import Role
from exempt.services import cards
from support.browsing import Browser
from support.import_desk import (
    GOOD,
    NAMES,
    Imports,
    bring,
    dana,
    desk,
    hidden,
    imported,
    other,
    send,
    table,
    told,
)
from support.imports import billing, shipping
from support.records import NOW
from support.stores import everything, rows

__all__ = ["dana", "desk"]


def test_a_file_is_read_checked_shown_imported_and_undone(desk: Imports, dana: Browser) -> None:
    answer = bring(dana, GOOD)
    where = answer.headers["location"]
    assert (answer.status_code, where) == (303, "/imports/1")
    waiting = dana.get(where).text
    assert "Reading the file" in waiting
    assert 'hx-trigger="every 2s"' in waiting, "it looks for itself"
    assert 'http-equiv="refresh"' in waiting, "also without a script"
    desk.work()
    checked = dana.get(where).text
    assert "All looks good!" in checked
    assert "Import 2 customers" in checked
    assert "Harbor Hotels" in checked
    assert "every 2s" not in checked
    assert "C-7" not in desk.numbers(), "nothing is changed before it is confirmed"
    send(dana, f"{where}/apply", seen=hidden(checked, "seen"))
    assert "C-7" not in desk.numbers(), "the daemon does it"
    assert "Importing" in dana.get(where).text
    desk.work()
    report = dana.get(where).text
    assert "The import is done." in report
    assert desk.numbers()["C-7"] == "Harbor Hotels"
    assert 'href="/customers/' in report, "with links to what was made"
    send(dana, f"{where}/undo")
    desk.work()
    assert "The import was undone" in dana.get(where).text
    assert "C-7" not in desk.numbers()


def test_nothing_is_imported_by_whoever_only_looks(desk: Imports, dana: Browser) -> None:
    where = bring(dana, GOOD).headers["location"]
    desk.work()
    viewer = desk.house.staff(Role.VIEWER, "northwind")
    assert "Import a file" not in viewer.get("/imports").text
    page = viewer.get(where).text
    assert "All looks good!" in page
    assert f'action="{where}/' not in page
    assert bring(viewer, GOOD).status_code == 403
    assert send(viewer, f"{where}/apply").status_code == 403


def test_each_problem_says_row_column_what_is_wrong_and_how_to_mend_it(
    desk: Imports, dana: Browser
) -> None:
    content = table(
        billing("C-7", "Harbor", email="ap at harbor"), billing("C-8", "Summit", email="a@b.co")
    )
    where = bring(dana, content).headers["location"]
    desk.work()
    page = dana.get(where).text
    assert "1 of 2 rows cannot go in." in page
    assert "Row 2" in page
    assert "Billing Customer Email" in page
    assert "Is no e-mail address." in page
    assert "Write one, such as ap@example.com." in page
    found = told(dana.get(f"{where}/problems/export?as=csv"))
    assert found[0] == ["Row", "Number", "What", "Column", "Letter", "Said"]
    assert ["2", "C-7", "problem", "Billing Customer Email"] in [each[:4] for each in found]


def test_rows_that_cannot_go_in_are_left_out_only_when_that_is_ticked(
    desk: Imports, dana: Browser
) -> None:
    content = table(billing("C-7", "Harbor", email="no"), billing("C-8", "Summit", email="a@b.co"))
    where = bring(dana, content).headers["location"]
    desk.work()
    seen = hidden(dana.get(where).text, "seen")
    refused = send(dana, f"{where}/apply", seen=seen)
    assert refused.status_code == 422
    assert "tick that they are left out" in refused.text
    assert send(dana, f"{where}/apply", seen=seen, skip="yes").status_code == 303
    desk.work()
    assert desk.numbers().get("C-8") == "Summit"
    assert "C-7" not in desk.numbers()


def test_erasures_are_shown_and_need_their_own_tick(desk: Imports, dana: Browser) -> None:
    imported(desk, dana, table(billing("C-7", "Harbor", phone="555-0100")))
    where = bring(dana, table(billing("C-7", "Harbor", phone="")), "again.csv").headers["location"]
    desk.work()
    page = dana.get(where).text
    assert "1 field that blank cells erase" in page
    assert "555-0100" in page
    seen = hidden(page, "seen")
    refused = send(dana, f"{where}/apply", seen=seen)
    assert refused.status_code == 422
    assert "Blank cells erase" in refused.text
    assert send(dana, f"{where}/apply", seen=seen, erase="yes").status_code == 303


def test_what_was_found_by_another_check_is_not_what_was_confirmed(
    desk: Imports, dana: Browser
) -> None:
    where = bring(dana, table(billing("C-7", "Harbor", phone=""))).headers["location"]
    desk.work()
    seen = hidden(dana.get(where).text, "seen")
    meanwhile = bring(dana, table(billing("C-7", "Harbour", phone="555")), "other.csv")
    desk.work()
    there = meanwhile.headers["location"]
    send(dana, f"{there}/apply", seen=hidden(dana.get(there).text, "seen"))
    desk.work()
    send(dana, f"{where}/check")
    desk.work()
    answer = send(dana, f"{where}/apply", seen=seen)
    assert answer.status_code == 409
    assert "checked again meanwhile" in answer.text
    assert desk.numbers()["C-7"] == "Harbour"


def test_two_who_import_at_once_import_once(desk: Imports, dana: Browser) -> None:
    where = bring(dana, GOOD).headers["location"]
    desk.work()
    seen = hidden(dana.get(where).text, "seen")
    assert send(dana, f"{where}/apply", seen=seen).status_code == 303
    late = send(dana, f"{where}/apply", seen=seen)
    assert late.status_code == 409
    assert "exempt imports" not in late.text, "a page speaks of no terminal"
    assert send(dana, f"{where}/drop").status_code == 409


def test_titles_that_are_not_the_templates_are_matched_by_hand(
    desk: Imports, dana: Browser
) -> None:
    content = b"Cust #,Company Name,Segment\nC-7,Harbor Hotels,gold\n"
    asked = bring(dana, content).headers["location"]
    answer = dana.get(asked)
    assert "Match the columns" in answer.text
    assert "Harbor Hotels" in answer.text, "what stands there"
    assert '<option value="Billing Customer Name 1" selected>' in answer.text, "it guesses"
    kept = {name: hidden(answer.text, name) for name in ("sha256", "name", "mark", "company")}
    chosen = {"column-0": NAMES[0], "column-1": NAMES[1], "column-2": "-"}
    nobody = send(dana, "/imports/columns", **kept, **chosen | {"column-0": "-"})
    assert nobody.status_code == 422
    assert "is missing" in nobody.text
    twice = send(dana, "/imports/columns", **kept, **chosen | {"column-2": NAMES[1]})
    assert twice.status_code == 422
    assert "both taken" in twice.text
    done = send(dana, "/imports/columns", **kept, **chosen)
    assert done.status_code == 303, done.text
    desk.work()
    assert "All looks good!" in dana.get(done.headers["location"]).text


def test_nobody_matches_the_columns_of_another_ones_file(desk: Imports, dana: Browser) -> None:
    asked = bring(dana, b"Cust #,Company Name\nC-7,Harbor\n").headers["location"]
    page = dana.get(asked).text
    kept = {name: hidden(page, name) for name in ("sha256", "name", "mark")}
    theirs = other(desk.house, "acme")
    assert theirs.get(asked).status_code == 404
    assert (
        dana.get(asked.replace("Cust", "x").replace("name=customers", "name=c")).status_code == 404
    )
    chosen = {"column-0": NAMES[0], "column-1": NAMES[1]}
    assert send(theirs, "/imports/columns", **kept, **chosen).status_code == 404
    forged = kept | {"name": "other.csv"}
    assert send(dana, "/imports/columns", **forged, **chosen).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        pytest.param(b"", "a.csv", "empty", id="empty"),
        pytest.param(b"%PDF-1.7 ...", "a.csv", "Is no table", id="another kind"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "a.xlsx",
            "old workbook (.xls), or one with a password",
            id="encrypted",
        ),
        pytest.param(b"PK\x03\x04 not a workbook", "a.xlsx", "save it as Excel", id="damaged"),
        pytest.param(",".join(NAMES).encode(), "a.csv", "", id="titles alone"),
    ],
)
def test_a_file_that_is_none_is_refused_with_what_to_do(
    desk: Imports, dana: Browser, content: bytes, name: str, says: str
) -> None:
    answer = bring(dana, content, name)
    if not says:  # found by the daemon, who tells of it on the file's page
        desk.work()
        page = dana.get(answer.headers["location"]).text
        assert "there is nothing to import" in page
        return
    assert answer.status_code == 422
    assert says in answer.text
    assert "Check this file" in answer.text, "the form is there again"


def test_a_formula_is_named_with_its_row(desk: Imports, dana: Browser, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="needs exempt[spreadsheets]")
    book = openpyxl.Workbook()
    book.active.append([*NAMES])
    book.active.append(["C-7", '="Har" & "bor"'])
    book.save(tmp_path / "book.xlsx")
    answer = bring(dana, (tmp_path / "book.xlsx").read_bytes(), "book.xlsx")
    desk.work()
    page = dana.get(answer.headers["location"]).text
    assert "formula" in page
    assert "Row 2" in page


def test_a_file_is_needed_and_a_company_where_there_are_several(desk: Imports) -> None:
    everywhere = other(desk.house, None)
    none = send(everywhere, "/imports", of="customers", company="northwind")
    assert none.status_code == 422
    assert "Choose a file" in none.text
    unnamed = bring(everywhere, GOOD)
    assert unnamed.status_code == 422
    assert "Choose the company" in unnamed.text
    assert bring(everywhere, GOOD, company="acme").status_code == 303
    assert bring(everywhere, GOOD, of="dogs", company="acme").status_code == 422
    theirs = other(desk.house, "acme")
    assert bring(theirs, GOOD, company="northwind").status_code == 404


def test_the_same_file_again_goes_on_where_it_is(desk: Imports, dana: Browser) -> None:
    assert bring(dana, GOOD).headers["location"] == bring(dana, GOOD).headers["location"]
    desk.work()
    assert bring(dana, GOOD).headers["location"] == "/imports/1"


def test_undoing_shows_first_what_it_would_do_and_changes_nothing(
    desk: Imports, dana: Browser
) -> None:
    content = table(billing("C-7", "Harbor", phone="1"), billing("C-8", "Summit", phone="2"))
    imported(desk, dana, content)
    where = imported(
        desk,
        dana,
        table(billing("C-7", "Harbor", phone="555"), billing("C-8", "Summit", phone="556")),
    )
    (found,) = rows(desk.store, "SELECT id FROM customer WHERE number = 'C-7'")
    with desk.store.reading() as tx:
        card = cards.get(tx, found[0])
    details = card.model_copy(update={"phone": "777"})
    with desk.store.writing() as tx:
        tx.cards.save([details], NOW, by="eve")
    before = everything(desk.store)
    page = dana.get(f"{where}/undo").text
    assert everything(desk.store) | {"session": 0} == before | {"session": 0}
    assert "<b>1</b><span>fields put back</span>" in page
    assert "changed since" in page
    assert "777" in page


def test_the_changes_are_told_cell_by_cell_and_by_kind(desk: Imports, dana: Browser) -> None:
    where = bring(dana, GOOD).headers["location"]
    desk.work()
    page = dana.get(f"{where}/changes?kind=new").text
    assert "Harbor Hotels" in page
    assert "No change of this kind" in dana.get(f"{where}/changes?kind=erase").text
    assert dana.get(f"{where}/changes?after=nowhere").status_code == 404
    found = told(dana.get(f"{where}/changes/export?as=csv"))
    assert [each[2:4] for each in found[1:]] == [["Harbor Hotels", "new"], ["Summit Supply", "new"]]


def test_a_file_that_cannot_be_read_on_says_why_on_its_page(desk: Imports, dana: Browser) -> None:
    content = ",".join(NAMES).encode() + b'\nC-7,"Har\n' + b"x" * 100
    where = bring(dana, content).headers["location"]
    desk.work()
    page = dana.get(where).text
    assert "could not be read to its end" in page
    assert "Could not be read" in page


def test_what_is_of_another_company_is_not_there(desk: Imports, dana: Browser) -> None:
    where = imported(desk, dana)
    theirs = other(desk.house, "acme")
    for path in ("", "/undo", "/changes", "/changes/export", "/problems/export"):
        assert theirs.get(where + path).status_code == 404, path
    for path in ("/apply", "/check", "/drop", "/undo"):
        assert send(theirs, where + path).status_code == 404, path
    assert "customers.csv" not in theirs.get("/imports").text
    assert "customers.csv" in dana.get("/imports").text


def test_hostile_text_stays_text(desk: Imports, dana: Browser) -> None:
    evil = "<script>alert(1)</script>"
    content = table(billing("C-7", evil, email=evil))
    where = bring(dana, content, f"{evil}.csv".replace("/", "")).headers["location"]
    desk.work()
    for path in (where, "/imports", f"{where}/changes"):
        assert "<script>alert" not in dana.get(path).text, path
        assert "&lt;script&gt;" in dana.get(path).text or path.endswith("/changes"), path
    formula = table(billing("C-9", "=1+1"))
    where = bring(dana, formula, "f.csv").headers["location"]
    desk.work()
    assert "'=1+1" in dana.get(f"{where}/changes/export?as=csv").text


def test_locations_with_numbers_of_their_own_are_linked(desk: Imports, dana: Browser) -> None:
    content = table(billing("C-7", "Harbor") | shipping("S-7", "Dock 7", state="TX", country="US"))
    where = imported(desk, dana, content)
    page = dana.get(where).text
    assert "location linked" in page
    assert "S-7" in desk.numbers()
