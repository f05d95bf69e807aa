"""Whatever stands in a text, no browser runs it, and no spreadsheet computes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")
pytest.importorskip("openpyxl", reason="needs exempt[spreadsheets]")

from openpyxl import load_workbook

from exempt.model.access import Role
from exempt.web.app import all_pages
from exempt.web.pages import Page
from support.attacked import addresses, secretco_in
from support.pages import Whole

A = Role.ADMINISTRATOR
HOSTILE = "=cmd|x'\"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e{{7*7}} "
TEXTS = {
    "company": ["name"],
    "customer": [
        "name",
        "number",
        "attention",
        "phone",
        "address_city",
        "address_line1",
        "made_by",
    ],
    "source_customer": ["name", "number", "billing_city", "exemption_number", "linked_by"],
    "certificate": ["number", "notes", "created_by"],
    "certificate_file": ["name", "added_by"],
    "coverage": ["exemption_number", "issued_by", "notes"],
    "sales_order": ["number", "ship_to_city", "purchase_order_number"],
    "decision": ["certificate_number"],
    "product": ["name", "tax_code"],
    "product_code": ["assigned_by", "assigned_why"],
    "delivery": ["message"],
    "connection": ["paused_reason", "paused_by"],
    "rejected_row": ["row_name", "reason"],
    "history": ["old", "new", "changed_by"],
    "entry": ["text", "added_by"],
    "import_run": ["file_name", "created_by"],
    "backfill_run": ["file_name", "created_by"],
    "job": ["problem", "worker"],
    "job_run": ["problem", "worker"],
    "employee": ["label", "work_city"],
    "presence": ["notes", "made_by"],
    "registration": ["number", "notes", "made_by"],
    "nexus_warning": ["reason", "closed_by"],
    "request": ["message", "made_by"],
    "exchange_rate": ["source", "added_by"],
    "user_account": ["name", "made_by"],
    "user_session": ["agent", "address"],
    "saved_view": ["name"],
    "api_key": ["name", "made_by"],
}
"""Columns that hold what anybody wrote, by table."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A company of which every text is an attack."""
    with secretco_in(tmp_path_factory.mktemp("texts")) as made:
        with made.exempt.database.writing() as connection:
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in connection.exec_driver_sql(named).all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')  # they guard the history
            for table, columns in TEXTS.items():
                for column in columns:
                    said = f'UPDATE "{table}" SET {column} = ? || {column}'  # noqa: S608
                    if column == "cells":
                        said = "UPDATE import_row SET cells = replace(cells, 'Harbor', ?)"
                    connection.exec_driver_sql(said, (HOSTILE,))
        yield made


class _Seen(HTMLParser):
    """Elements and attributes that nobody of ours writes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img" and dict(attrs).get("src") == "x":
            self.wrong.append(tag)
        if tag == "script" and not dict(attrs).get("src"):
            self.wrong.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().casefold().startswith("javascript:"):
                self.wrong.append(f"{tag} {name}")


def pages(*, exports: bool) -> list[Page]:
    return [
        page
        for page in all_pages()
        if page.method == "GET" and page.may and page.path.endswith("/export") == exports
    ]


def test_no_text_becomes_part_of_a_page(whole: Whole) -> None:
    wrong, shown = [], set()
    for page in pages(exports=False):
        for path in addresses(whole, page):
            answer = whole.call("GET", f"{path}?all=yes", A)
            if "html" not in answer.headers.get("content-type", ""):
                continue
            found = _Seen(answer.text).wrong
            if found or answer.status_code >= 500:
                wrong.append(f"{path}: {answer.status_code} {found}")
            if "onerror=alert" in answer.text:
                shown.add(page.path)
    assert wrong == []
    assert len(shown) > 25, "the texts are shown at all"


def test_no_export_has_a_cell_that_is_computed(whole: Whole) -> None:
    wrong, attacked = [], 0
    for page in pages(exports=True):
        for path in addresses(whole, page):
            answer = whole.call("GET", f"{path}?as=csv", A)
            if answer.status_code != 200:
                assert answer.status_code in {403, 404, 422}, path
                continue
            for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))):
                attacked += sum("onerror" in cell for cell in row)
                wrong += [f"{path}: {cell}" for cell in row if cell.startswith(tuple("=@+\t\r"))]
            book = whole.call("GET", f"{path}?as=xlsx", A)
            sheet = load_workbook(io.BytesIO(book.content)).active
            assert sheet is not None
            for cells in sheet.iter_rows():
                wrong += [f"{path}: {cell.value}" for cell in cells if cell.data_type == "f"]
            for each in (answer, book):
                assert "\n" not in each.headers["content-disposition"]
                assert each.headers["x-content-type-options"] == "nosniff"
    assert wrong == []
    assert attacked > 50
