"""The list of files that were brought, their templates; sales of the past, and employees."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.model.access import Role
from support.browsing import Browser
from support.import_desk import Imports, bring, dana, desk, hidden, imported, other, send, told
from support.sale_files import as_csv, sale
from support.stores import rows

__all__ = ["dana", "desk"]


# --- the list, and templates -----------------------------------------------------------------


def test_the_list_tells_who_brought_what_and_what_became_of_it(
    desk: Imports, dana: Browser
) -> None:
    imported(desk, dana)
    bring(dana, as_csv(sale()), "sales.csv", of="sales")
    bring(dana, b"employee_id,state\n7,TX\n", "people.csv", of="employees")
    desk.work()
    page = dana.get("/imports").text
    for words in ("customers.csv", "Imported", "sales.csv", "Ready to import", "people.csv"):
        assert words in page
    assert ">sales.csv<" not in dana.get("/imports?of=customers").text
    assert ">people.csv<" not in dana.get("/imports?stands=done").text
    assert "No file fits" in dana.get("/imports?words=nothing%25").text
    found = told(dana.get("/imports/export?as=csv&of=sales"))
    assert [each[0] for each in found] == ["File", "sales.csv"]


@pytest.mark.parametrize("name", ["basic", "full", "sales", "employees"])
def test_a_template_goes_right_back_in(desk: Imports, dana: Browser, name: str) -> None:
    answer = dana.get(f"/imports/templates/{name}.csv")
    assert "attachment" in answer.headers["content-disposition"]
    titles = told(answer)[0]
    of = {"sales": "sales", "employees": "employees"}.get(name, "customers")
    cells = {"employee_id": "7", "state": "TX", "Billing Customer Number": "C-7"}
    cells |= {"Billing Customer Name 1": "Harbor", "Shipping Customer Number": "S-7"}
    cells |= {"Shipping Customer Name 1": "Dock"}
    content = answer.content
    if name != "sales":  # which has its examples
        content += ",".join(cells.get(title, "") for title in titles).encode() + b"\n"
    where = bring(dana, content, of=of).headers["location"]
    desk.work()
    assert "All looks good!" in dana.get(where).text


def test_there_is_no_other_template(desk: Imports, dana: Browser) -> None:
    for name in ("other.csv", "basic.exe", "basic", "..%2fbasic.csv"):
        assert dana.get(f"/imports/templates/{name}").status_code == 404, name


# --- sales of the past -----------------------------------------------------------------------


def test_sales_are_checked_given_categories_imported_and_marked_complete(
    desk: Imports, dana: Browser
) -> None:
    brought = bring(dana, as_csv(sale(), sale("I-2")), "s.csv", of="sales")
    where = brought.headers["location"]
    assert "Checking the file" in dana.get(where).text
    desk.work()
    page = dana.get(where).text
    assert "All looks good!" in page
    assert "new product" in page
    refused = send(dana, f"{where}/products", category="")
    assert refused.status_code == 422
    product = hidden(page, "product")
    done = send(dana, f"{where}/products", product=[product], category=CATEGORY)
    assert done.status_code == 303, done.text
    assert "None yet" not in dana.get(where).text
    assert send(dana, f"{where}/complete").status_code == 422, "it is not imported"
    send(dana, f"{where}/import")
    assert "Reading the file" in dana.get(where).text
    desk.work()
    assert "Mark as complete" in dana.get(where).text
    assert len(rows(desk.store, "SELECT id FROM sales_order")) == 2
    send(dana, f"{where}/complete")
    assert "Complete: " in dana.get(where).text


CATEGORY = "saas_business"


def test_mistakes_in_sales_say_where_and_how_and_the_file_is_read_otherwise(
    desk: Imports, dana: Browser
) -> None:
    content = as_csv(sale(date="3/4/2025", country=""), sale("I-2", date="3/4/2025"))
    content = content.replace(b"amount", b"Turnover", 1)
    where = bring(dana, content, "s.csv", of="sales").headers["location"]
    desk.work()
    page = dana.get(where).text
    assert "Nothing is imported until the file has none" in page
    assert "Say under Read it otherwise what it has, or leave it out." in page
    assert "--map" not in page
    found = told(dana.get(f"{where}/mistakes/export?as=csv"))
    assert found[0][-1] == "How to mend it"
    again = send(
        dana,
        f"{where}/check",
        **{"otherwise": "yes", "title-1": "Turnover", "field-1": "amount", "default-country": "US"},
        date_form="month-first",
        time_zone="America/New_York",
    )
    assert again.headers["location"] != where
    desk.work()
    assert "All looks good!" in dana.get(again.headers["location"]).text
    bad = send(dana, f"{again.headers['location']}/check", otherwise="yes", time_zone="Mars")
    assert bad.status_code == 422
    assert "is no time zone" in bad.text


def test_sales_of_another_company_are_not_there(desk: Imports, dana: Browser) -> None:
    where = bring(dana, as_csv(sale()), "s.csv", of="sales").headers["location"]
    desk.work()
    theirs = other(desk.house, "acme")
    for path in ("", "/mistakes/export"):
        assert theirs.get(where + path).status_code == 404, path
    for path in ("/check", "/import", "/products", "/complete", "/drop"):
        assert send(theirs, where + path).status_code == 404, path
    strange = bring(theirs, as_csv(sale()), "s.csv", of="sales", source="northwind")
    assert strange.status_code == 422
    assert "out of the list" in strange.text


def test_sales_are_undone_once_it_was_shown_what_that_does(desk: Imports, dana: Browser) -> None:
    where = bring(dana, as_csv(sale(), sale("I-2")), "s.csv", of="sales").headers["location"]
    desk.work()
    send(dana, f"{where}/import")
    desk.work()
    page = dana.get(where).text
    assert "Undo this import" in page
    send(dana, f"{where}/products", product="SAAS", category="goods_general")
    foreseen = dana.get(f"{where}/undo").text
    assert "<b>2</b><span>sales taken away" in foreseen
    assert "Has a tax category." in foreseen
    alive = "SELECT id FROM sales_order WHERE deleted_at IS NULL"
    assert len(rows(desk.store, alive)) == 2, "nothing is done so far"
    viewer = desk.house.staff(Role.VIEWER, "northwind")
    assert "Undo this import" not in viewer.get(where).text
    assert send(viewer, f"{where}/undo").status_code == 403
    assert send(other(desk.house, "acme"), f"{where}/undo").status_code == 404
    send(dana, f"{where}/undo")
    assert "Putting back what it brought" in dana.get(where).text
    desk.work()
    assert rows(desk.store, alive) == []
    page = dana.get(where).text
    assert "2 sales were taken away" in page
    assert told(dana.get(f"{where}/left/export"))[1] == ["Product", "SAAS", "Has a tax category."]
    assert "Undone" in dana.get("/imports?stands=undone").text
    assert dana.get(f"{where}/undo").status_code == 303
    assert send(dana, f"{where}/undo").status_code == 422


def test_sales_are_given_up(desk: Imports, dana: Browser) -> None:
    where = bring(dana, as_csv(sale()), "s.csv", of="sales").headers["location"]
    desk.work()
    assert send(dana, f"{where}/drop").status_code == 303
    assert "was given up" in dana.get(where).text
    assert dana.get("/backfills").headers["location"] == "/imports?of=sales"


# --- employees -------------------------------------------------------------------------------


def test_employees_are_looked_at_and_taken_in(desk: Imports, dana: Browser) -> None:
    content = b"employee_id,state,start_date\n7,TX,2024-01-02\n8,NY,2024-05-06\n"
    where = bring(dana, content, "p.csv", of="employees").headers["location"]
    page = dana.get(where).text
    assert "All looks good!" in page
    assert "Import 2 employees" in page
    assert rows(desk.store, "SELECT id FROM employee") == []
    assert send(dana, f"{where}/apply").status_code == 303
    assert "every 2s" in dana.get(where).text, "it looks for itself"
    desk.work()
    assert len(rows(desk.store, "SELECT id FROM employee")) == 2
    assert "are taken in" in dana.get(where).text
    assert send(dana, f"{where}/apply").status_code == 409
    assert send(dana, f"{where}/drop").status_code == 409
    again = bring(dana, content.replace(b"NY", b"NJ"), "p.csv", of="employees")
    second = again.headers["location"]
    assert "<b>2</b><span>known already" in dana.get(second).text
    send(dana, f"{second}/apply")
    desk.work()
    assert "has it too" in dana.get(f"{where}/undo").text
    assert "<b>1</b><span>employees as they were before" in dana.get(f"{second}/undo").text
    send(dana, f"{where}/undo")
    assert "Putting back what it brought" in dana.get(where).text
    desk.work()
    assert "0 employees were taken away" in dana.get(where).text
    why = "Import 2 has it too, and came later."
    assert told(dana.get(f"{where}/left/export"))[1:] == [
        ["Employee", "7", why],
        ["Employee", "8", why],
    ]
    assert send(dana, f"{where}/undo").status_code == 409


def test_mistakes_in_employees_stop_all_of_them(desk: Imports, dana: Browser) -> None:
    content = b"employee_id,state\n7,TX\n8,Atlantis\n"
    where = bring(dana, content, "p.csv", of="employees").headers["location"]
    page = dana.get(where).text
    assert "1 of 2 rows have mistakes" in page
    assert "Row 3" in page
    assert told(dana.get(f"{where}/mistakes/export"))[1][:2] == ["3", "state"]
    assert send(dana, f"{where}/apply").status_code == 409
    assert send(dana, f"{where}/drop").status_code == 303
    nobody = bring(dana, b"name\nx\n", "p.csv", of="employees")
    assert nobody.status_code == 422
    assert "needs the columns" in nobody.text
    theirs = other(desk.house, "acme")
    assert theirs.get(where).status_code == 404
    assert send(theirs, f"{where}/apply").status_code == 404
