"""A tax person's watch: nexus, connected systems, companies, and figures that are right."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from support.live import Window
from support.seller import DANA, Seller

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("console-watch")]

Trail = Callable[[str, str], list[tuple[str, str]]]

HIRES = """employee_id,first_name,work_state,home_state,hire_date
1,Ann,AZ,AZ,2026-01-05
2,Bo,AZ,NV,2026-02-02
3,Cy,UT,UT,2026-03-02
"""


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def said(page: Any) -> str:
    """What the page says was done."""
    return str(page.get_by_role("status").inner_text()).strip()


def test_a_warning_is_confirmed_and_states_are_added_in_one_save(
    desk: Window, trail: Trail
) -> None:
    page = desk.page
    desk.go("/warnings")
    page.get_by_role("link", name="Massachusetts").click()
    page.locator("summary", has_text="Confirm").click()
    page.get_by_label("Effective date").fill("2026-11-09")
    page.get_by_label("Notes").fill("Support, from home")
    press(page, "Confirm warning")
    assert "physical nexus in Massachusetts since" in said(page)
    desk.go("/presence/manage")
    page.get_by_label("Company", exact=True).select_option("northwind")
    for at, (state, day) in enumerate((("Ohio", "2024-03-01"), ("Utah", "2025-01-15")), 1):
        row = page.get_by_role("group", name=f"Jurisdiction {at}")
        row.get_by_label("Jurisdiction").select_option(label=state)
        row.get_by_label("Effective date").fill(day)
    press(page, "Save")
    assert "Ohio, Utah" in said(page)
    shown = page.get_by_role("table").inner_text()
    assert all(state in shown for state in ("Massachusetts", "Ohio", "Utah"))
    assert trail(DANA, "Massachusetts")
    desk.go("/nexus")
    desk.check("console-nexus")


def test_a_system_is_connected_and_seen_being_read(
    seller: Seller, desk: Window, trail: Trail, folder: Path
) -> None:
    file = folder / "hires.csv"
    file.write_text(HIRES, encoding="utf-8")
    page = desk.page
    desk.go("/sources")
    page.get_by_role("link", name="Connect a system").click()
    page.get_by_role("link", name="HR export (CSV)").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("west-people")
    page.get_by_label("Company", exact=True).select_option("west")
    page.get_by_label("Path").fill(str(folder / "nowhere.csv"))
    press(page, "Check these settings")
    page.locator("#tried").get_by_text("nowhere.csv").first.wait_for()
    page.get_by_label("Path").fill(str(file))
    press(page, "Check these settings")
    page.get_by_text("It works: the account is").wait_for()
    press(page, "Connect")
    assert "west-people is connected." in said(page)
    press(page, "Run now")
    page.evaluate("document.loadedOnce = true")
    expect(page.get_by_role("row", name="Employees 3")).to_have_count(0)
    seller.exempt.sync(["west-people"])
    expect(page.get_by_role("row", name="Employees 3")).to_be_visible()
    assert page.evaluate("document.loadedOnce"), "told by the server, not by a reload"
    assert trail(DANA, "west-people")


def test_the_switcher_shows_one_company_and_those_below_it(desk: Window) -> None:
    page = desk.page
    desk.go("/customers")
    assert page.get_by_role("link", name="Beacon Cafe").count() == 1
    whose = page.get_by_label("Company whose things are shown")
    whose.select_option(label="\u2003Northwind West LLC")
    page.get_by_role("link", name="Beacon Cafe").wait_for(state="detached")
    desk.go("/orders")
    assert page.get_by_role("link", name="SO-5001").count() == 0
    desk.check("console-west")
    page.get_by_label("Company whose things are shown").select_option(label="All companies")
    page.get_by_role("link", name="SO-5001").wait_for()


def test_every_figure_of_home_is_the_length_of_the_list_behind_it(desk: Window) -> None:
    """A02, F16."""
    page = desk.page
    desk.go("/")
    found = page.locator("main a:has(> b), main a.figure:has(b)")
    figures = [(_number(each.locator("b").first.inner_text()), each.get_attribute("href"))
               for each in found.all()]  # fmt: skip
    assert len(figures) > 20
    assert sum(many > 0 for many, _ in figures) > 8
    wrong = []
    for at, (many, to) in enumerate(figures):
        desk.go("/")
        found.nth(at).click()
        page.wait_for_url("**" + to)
        if (listed := _listed(page)) != many:
            wrong.append(f"{to}: home says {many}, the list {listed}")
    assert not wrong, "\n".join(wrong)


def _listed(page: Any) -> int:
    """How many things the list of a page has."""
    said = page.locator(".list-foot .many, .r-page .page-lead")
    if said.count() and (found := _numbers(said.first.inner_text())):
        return found[0]
    return int(page.locator("main table[data-rows] tbody tr").count())


def _number(text: str) -> int:
    return _numbers(text)[0]


def _numbers(text: str) -> list[int]:
    return [int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", text)]
