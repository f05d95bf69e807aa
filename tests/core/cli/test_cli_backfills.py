"""``exempt backfill``: template, check, import, products, complete."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from exempt.adapters.spreadsheets import open_table, write_table
from exempt.model.backfill import BackfillField
from exempt.rules.tax_categories import shipped_categories
from exempt.wiring import Exempt
from exempt.wiring.upkeep import Upkeep
from support.desk import Desk
from support.sale_files import Row, as_csv, sale

GOOD = "All looks good!"


def write(desk: Desk, *rows: Row, name: str = "sales.csv") -> str:
    path = desk.folder / name
    path.write_bytes(as_csv(*rows))
    return str(path)


@pytest.mark.parametrize("name", ["backfill.csv", "backfill.xlsx"])
def test_a_template_with_its_examples_looks_good(desk: Desk, name: str) -> None:
    """What is downloaded is what is understood (B27)."""
    path = desk.folder / name
    desk.run("backfill", "template", str(path))
    with open_table(path) as table:
        assert table.titles == tuple(BackfillField)
        assert len([*table.lines()]) == 3
    assert GOOD in desk.run("backfill", "check", str(path))
    run = desk.json("backfill", "import", str(path), "--wait")
    assert (run["state"], run["counts"]["sums"]) == ("imported", {"USD": "1450.00"})
    assert "is there already" in desk.refused("backfill", "template", str(path))


def test_a_template_has_a_name_of_its_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    desk.run("backfill", "template")
    desk.run("backfill", "template", "--xlsx")
    assert {"backfill.csv", "backfill.xlsx"} <= {each.name for each in desk.folder.iterdir()}
    assert "ends in .xlsx" in desk.refused("backfill", "template", "a.csv", "--xlsx")


def test_a_check_ends_in_the_words_that_say_so(desk: Desk) -> None:
    said = desk.run("backfill", "check", write(desk, sale()))
    before, _, after = said.partition(GOOD)
    assert "100.00 USD" in before
    assert "exempt backfill import 1" in after
    told = desk.json("backfill", "check", write(desk, sale()))
    assert (told["good"], told["message"], told["mistakes"]) == (True, GOOD, [])
    assert told["counts"]["first_new"] == {"SAAS": "SAAS"}


def test_a_check_lists_mistakes_with_row_column_and_how_to_mend_them(desk: Desk) -> None:
    path = write(desk, sale(), sale("INV-2", amount="many"), sale("INV-3", state=""))
    said = desk.run("backfill", "check", path, code=1)
    assert GOOD not in said
    assert "2 mistakes in the file; nothing was imported" in said
    assert "O amount" in said
    assert "write it as 1234.50, or -1234.50" in said
    told = desk.json("backfill", "check", path, code=1)
    assert [(m["row"], m["column"], m["kind"]) for m in told["mistakes"]] == [
        (3, "O", "bad_amount"),
        (4, "J", "missing_state"),
    ]
    assert desk.json("backfill", "import", path, code=1)["good"] is False
    assert "mend its mistakes" in desk.refused("backfill", "import", "1")


def test_all_mistakes_are_written_where_that_is_asked_for(desk: Desk) -> None:
    path = write(desk, *(sale(f"INV-{n}", amount="many") for n in range(60)))
    to = desk.folder / "mistakes.csv"
    said = desk.run("backfill", "check", path, "--mistakes", str(to), code=1)
    assert "The first 50 are shown" in said
    assert "60 mistakes written" in said
    with to.open(encoding="utf-8-sig", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == 60
    assert (rows[0]["row"], rows[0]["column"], rows[0]["value"]) == ("2", "O", "many")
    assert "60 mistakes written" in desk.run(
        "backfill", "show", "1", "--mistakes", str(to), "--replace"
    )


def test_a_file_goes_from_check_to_complete(desk: Desk) -> None:
    path = write(desk, sale(), sale("INV-2", product_id="BOOK"))
    desk.run("backfill", "check", path, "--source", "shop")
    assert "BOOK" in desk.run("backfill", "products", "1")
    category = shipped_categories().keys[0]
    found = desk.json("backfill", "products", "1", "--assign", f"BOOK={category}")
    assert {each["external_id"]: each["tax_category"] for each in found} == {
        "BOOK": category,
        "SAAS": None,
    }
    found = desk.json("backfill", "products", "1", "--rest", category)
    assert {each["tax_category"] for each in found} == {category}
    assert "is left to the daemon" in desk.run("backfill", "import", "1")
    assert "importing, 0%" in desk.run("backfill", "show", "1")
    said = desk.run("backfill", "import", "1", "--wait")
    assert "2 new, 0 changed, 0 unchanged, 0 already there" in said
    assert "is complete: anna" in desk.run("backfill", "complete", "1")
    listed = desk.json("backfill", "list")
    assert [(each["source"], each["state"], each["completed_by"]) for each in listed] == [
        ("shop", "complete", "anna")
    ]
    assert "shop" in desk.run("backfill", "list")
    assert "by anna" in desk.run("backfill", "show", "1")
    assert "sales out of files" in desk.run("connections", "list")


def test_the_daemon_goes_on_with_what_was_left_to_it(desk: Desk) -> None:
    desk.run("backfill", "import", write(desk, sale()))
    assert "No daemon runs" in desk.run("backfill", "import", "1")
    with_settings = Exempt(desk.folder / "exempt.toml", environ={**desk._environ})
    try:
        ended = Upkeep(with_settings, None).imports(None)  # type: ignore[arg-type]
    finally:
        with_settings.close()
    assert not ended.again
    assert desk.json("backfill", "show", "1")["state"] == "imported"


def test_a_file_that_is_being_imported_is_not_begun_anew(desk: Desk) -> None:
    path = write(desk, sale())
    desk.run("backfill", "import", path)
    assert "is being imported as backfill 1" in desk.refused("backfill", "check", path)
    assert "is importing" in desk.refused("backfill", "drop", "1")


def test_a_file_is_given_up(desk: Desk) -> None:
    desk.run("backfill", "check", write(desk, sale()))
    assert "is given up" in desk.run("backfill", "drop", "1")
    assert desk.json("backfill", "show", "1")["state"] == "dropped"


def test_options_say_how_a_file_is_read(desk: Desk) -> None:
    row = {"Beleg": "#1", "Tag": "4/3/2026", "Kunde": "C-1", "Land": "", "Bundesstaat": "TX"}
    row |= {"Artikel": "SAAS", "Netto=": "5", "currency": "", "Lager": "7"}
    path = desk.folder / "sales.xlsx"
    write_table(path, "Sales", [*row], [[*row.values()]])
    maps = {"Beleg": "transaction_id", "Tag": "date", "Kunde": "customer_id", "Land": "country",
            "Bundesstaat": "state", "Artikel": "product_id", "Netto=": "amount"}  # fmt: skip
    options = [word for theirs, ours in maps.items() for word in ("--map", f"{theirs}={ours}")]
    options += ["--ignore", "Lager", "--default", "country=US", "--default", "currency=USD"]
    options += ["--date-format", "day-first", "--any-signs", "--time-zone", "America/Chicago"]
    told = desk.json("backfill", "check", str(path), *options)
    assert told["message"] == GOOD
    assert told["counts"]["first_day"] == "2026-03-04"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--map", "date"], "write THEIRS=OURS"),
        (["--map", "a=b"], "b is no title of the template"),
        (["--default", "country"], "write TITLE=VALUE"),
        (["--date-format", "%d"], "one of year-first, month-first"),
        (["--time-zone", "EST"], "is no time zone"),
        (["--source", "A B"], "small letters"),
    ],
)
def test_options_that_are_written_otherwise(desk: Desk, options: list[str], said: str) -> None:
    assert said in desk.refused("backfill", "check", write(desk, sale()), *options)


def test_a_file_that_is_not_there(desk: Desk, tmp_path: Path) -> None:
    assert "cannot be read" in desk.refused("backfill", "check", str(tmp_path / "none.csv"))
    assert "backfill 7: there is none" in desk.refused("backfill", "import", "7")


def test_what_the_source_has_is_told(desk: Desk) -> None:
    desk.run("backfill", "import", write(desk, sale(), sale(product_id="B")), "--wait")
    said = desk.run("backfill", "check", write(desk, sale()))
    assert "1 sale is there with more lines than this file has" in said
    assert "brings no new products" in desk.run("backfill", "products", "2")
    desk.erp.world.store.database.close()
    row = {**sale("TX-1"), "customer_id": "C-1"}
    said = desk.run("backfill", "check", write(desk, row), "--source", "erp")
    assert "1 sale erp has shown itself: they stay as it shows them" in said


def test_an_import_is_undone_once_it_was_shown_what_that_does(desk: Desk) -> None:
    desk.run("backfill", "import", write(desk, sale(), sale("INV-2")), "--wait")
    told = desk.json("backfill", "undo", "1", "--preview")
    assert (told["undone"]["removed"], told["whole"], told["left"]) == (2, True, [])
    assert "taken away" in desk.run("backfill", "undo", "1", "--preview")
    assert desk.json("backfill", "show", "1")["state"] == "imported"
    said = desk.run("backfill", "undo", "1")
    assert "Backfill 1 of sales.csv is undone." in said
    assert "2 sales, 1 customer, 1 product" in said
    assert desk.json("backfill", "show", "1")["undone_by"] == "anna"
    assert "is undone: import its file again" in desk.refused("backfill", "undo", "1")
