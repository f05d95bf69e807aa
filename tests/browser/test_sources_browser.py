"""Staff look after sources in a browser: connect one, see it being read, pause it, mend it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from exempt.discovery import Catalogue, PluginKind, PluginRow, PluginState
from exempt.model.access import Role
from exempt.model.fetching import Stream
from exempt.services.source_ports import JobRun
from support.fake_connector import Remote
from support.live import DESK, PHONE, Live, Window, lives
from support.records import NOW, customer, order
from support.shop import CANARY, shop_info

pytestmark = pytest.mark.xdist_group("browser-sources")

Open = Callable[..., Window]


@pytest.fixture(scope="module")
def shop() -> Remote:
    """The books of the shop that is connected."""
    return Remote()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, shop: Remote) -> Iterator[Live]:
    """One where the ERP was read, and a shop can be connected."""
    with lives(tmp_path_factory.mktemp("live")) as made:
        erp = made.exempt.catalogue.connectors["erp"]
        rows = (
            PluginRow("shop", "Shop", "exempt-shop", "1.2", PluginState.LOADED,
                      kind=PluginKind.CONNECTOR),
            PluginRow("legacy", "Legacy", "exempt-legacy", "0.3", PluginState.FAILED,
                      "ImportError on import: no module named odbc"),
        )  # fmt: skip
        info = dataclasses.replace(shop_info(shop), title="Corner shop")
        made.exempt.catalogue = Catalogue({"erp": erp, "shop": info}, rows)
        made.erp.put(*(customer(f"C-{n}") for n in range(30)), order())
        made.erp.spoil(Stream.ORDERS, "row 14", "O-9001")
        made.exempt.sync(["erp"])
        with made.store.writing() as tx:
            (row,) = tx.connections.all()
            tx.job_runs.add(JobRun("pull:erp", row.id, NOW, NOW, "done", None, {"orders": 1}))
        yield made


def test_an_administrator_connects_a_system_and_sees_it_being_read(
    window: Open, live: Live, shop: Remote
) -> None:
    here = window(DESK, role=Role.ADMINISTRATOR)
    page = here.page
    here.go("/sources")
    here.check("sources")
    page.get_by_role("link", name="Connect a system").click()
    here.check("sources-choose")
    page.get_by_role("link", name="Corner shop").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("shop-us")
    page.get_by_label("Typed here: it is sealed").first.fill(CANARY)
    page.get_by_role("button", name="Check these settings").click()
    expect(page.get_by_text("It works: the account is Shop of")).to_be_visible()
    expect(page.get_by_label("Typed here: it is sealed").first).to_have_value(CANARY)
    here.check("sources-form")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("shop-us is connected.")).to_be_visible()
    assert CANARY not in page.content()
    shop.put(*(customer(f"S-{n}") for n in range(7)))
    live.exempt.sync(["shop-us"])
    expect(page.get_by_role("row", name="Customers 7")).to_be_visible()  # without a reload
    here.check("sources-one")


def test_a_mistake_in_a_form_is_told_and_what_was_typed_stays(window: Open) -> None:
    here = window(PHONE, role=Role.ADMINISTRATOR)
    page = here.page
    here.go("/connect/shop")
    page.get_by_role("textbox", name="Name", exact=True).fill("two words")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("alert")).to_contain_text("small letters")
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("two words")
    here.check("sources-form-phone")


def test_a_reviewer_pauses_a_source_and_lets_it_go_on(window: Open) -> None:
    here = window(PHONE, role=Role.REVIEWER)
    page = here.page
    here.go("/sources")
    here.check("sources-phone")
    page.get_by_role("link", name="erp").click()
    page.locator("summary", has_text="Pause").click()
    page.get_by_label("Why").fill("stocktaking")
    here.check("sources-pause-phone")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("stocktaking").first).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("It goes on")).to_be_visible()
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("It works: the account is Fake Inc.")).to_be_visible()
    here.check("sources-one-phone")


def test_rejected_rows_a_dry_run_and_the_lists_compared(window: Open) -> None:
    here = window(DESK, role=Role.REVIEWER)
    page = here.page
    here.go("/sources/erp/rejected")
    expect(page.get_by_text("O-9001")).to_be_visible()
    here.check("sources-rejected")
    here.go("/sources/erp/dry-run")
    page.get_by_role("button", name="Start dry run").click()
    expect(page.get_by_text("Nothing would be written")).to_be_visible()
    here.check("sources-dry-run")
    here.go("/sources/erp/reconcile")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Reconcile customers")).to_be_visible()
    here.check("sources-reconcile")
