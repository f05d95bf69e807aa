"""The console as a tax person uses it: the sample company, its sandboxes, and one browser.

The tests of a module share them; each has customers of its own to work with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("exempt_billing_stripe", reason="exempt-billing-stripe is missing")
pytest.importorskip("exempt_erp_generic", reason="exempt-erp-generic is missing")
pytest.importorskip("exempt_hris_csv", reason="exempt-hris-csv is missing")
pytest.importorskip("exempt_mail_smtp", reason="exempt-mail-smtp is missing")
pytest.importorskip("starlette", reason="needs exempt[web]")
pytest.importorskip("playwright", reason="playwright is not installed: the console is NOT tested")

from exempt.testing import sample
from support import windows
from support.live import DESK, Window
from support.seller import Seller, come_first, sellers

COMPANIES = {
    "northwind": {"name": sample.COMPANY, "contact": "tax@northwind.example"},
    "west": {"name": "Northwind West LLC", "parent": "northwind"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the seller."""
    return tmp_path_factory.mktemp("seller")


@pytest.fixture(scope="module")
def seller(folder: Path) -> Iterator[Seller]:
    """The sample company, which has a branch in the west."""
    files = {"files_folder": str(folder)}
    with sellers(folder, companies=COMPANIES, console=files) as made:
        made.watch()
        yield made


@pytest.fixture(scope="module")
def window(seller: Seller) -> Iterator[windows.Open]:
    """Opens windows, which stay open."""
    with windows.chromium() as browser, windows.windows(browser, seller) as opens:
        yield opens


@pytest.fixture(scope="module")
def signed_in(seller: Seller, window: windows.Open) -> Window:
    """Dana, the first administrator."""
    return come_first(window(DESK), seller)


@pytest.fixture
def desk(signed_in: Window) -> Iterator[Window]:
    """Dana's window, in which nothing goes wrong."""
    yield signed_in
    signed_in.check_clean()


@pytest.fixture
def trail(desk: Window) -> Callable[[str, str], list[tuple[str, str]]]:
    """What the audit trail says that somebody did: the fields by the words that became of them."""

    def rows(who: str, thing: str) -> list[tuple[str, str]]:
        desk.go(f"/audit?by={who}&size=200")
        desk.page.get_by_role("heading", name="Audit trail").wait_for()
        found = desk.page.locator("tbody tr", has_text=thing).all()
        return [
            (
                row.locator("[data-head=Field]").inner_text(),
                row.locator("[data-head=After]").inner_text(),
            )
            for row in found
        ]

    return rows
