"""Staff begin their day: the home page, the search, and what Exempt does by itself."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from exempt.model.access import Role
from exempt.model.certificate import ReviewStatus
from exempt.rules.history import FieldChange
from exempt.services.job_ports import JobKind
from exempt.services.rows import DeliveryState, DeliveryTarget, Subject
from support.cards import make_cards, on_card
from support.live import DESK, PHONE, Live, Window
from support.records import DAY, NOW, TODAY, customer, details, order
from support.stores import connected, enter, save_customers, save_orders

pytestmark = pytest.mark.xdist_group("browser-home")

Open = Callable[..., Window]
LONG_AGO = dt.date(2020, 1, 1)
NAMES = (
    "Lone Star Industrial Supply LLC",
    "Bluebonnet Schools",
    "Cactus Health",
    "A customer with a name that is as long as names of customers ever get, Incorporated",
)


@pytest.fixture(scope="module")
def day(live: Live) -> Live:
    """A morning: certificates that end, deliveries that failed, a job that fails, changes."""
    store = live.store
    erp = connected(store, "erp", company="n")
    ids = make_cards(
        store,
        *(on_card(name, number=f"C-{at}", email=f"ap@c{at}.example" if at else None, exempt=True)
          for at, name in enumerate(NAMES)),
        company="n",
    )  # fmt: skip
    with store.writing() as tx:
        for at, days in enumerate((-400, -20, 3, 20, 45, 80, 200, 500, 900)):
            enter(tx, ids[at % len(ids)], "TX", number=f"N-{at}", signed_date=LONG_AGO,
                  effective_date=LONG_AGO, expiration_date=TODAY + days * DAY)  # fmt: skip
        tx.certificates.add(details("CA", customer_ids=(ids[0],)), ReviewStatus.PENDING, NOW,
                            by="shop", source="api")  # fmt: skip
        change = FieldChange("email", "old@c0.example", "ap@c0.example")
        tx.history.add(Subject.CUSTOMER, ids[0], [change], NOW - DAY, "anna")
        tx.history.add(Subject.CERTIFICATE, 1, [change._replace(field="notes")], NOW, "bert")
        tx.jobs.ask(JobKind.PUSH, erp.id)
        tx.jobs.begin("push:erp", "w1", NOW)
        tx.jobs.end("push:erp", NOW, problem="the ERP answers 503")
    save_customers(store, erp, customer("C-1"))
    save_orders(store, erp, *(order(f"SO-{at}", number=f"SO-{at}") for at in range(3)))
    with store.writing() as tx:
        names = ["SO-0", "SO-1", "SO-2"]
        tx.deliveries.owe(erp.id, DeliveryTarget.ORDER, [(each, 1, "{}") for each in names], NOW)
        for owed in tx.deliveries.last(erp.id, DeliveryTarget.ORDER, names).values():
            tx.deliveries.mark(owed, DeliveryState.DEAD, outcome="rejected",
                               message="the period is closed", at=NOW)  # fmt: skip
    return live


@pytest.mark.parametrize(("width", "name"), [(DESK, "home"), (PHONE, "home-phone")])
def test_the_home_page_leads_to_what_needs_a_person(
    day: Live, window: Open, width: int, name: str
) -> None:
    here = window(width, role=Role.ADMINISTRATOR)
    here.go("/")
    here.check(name)
    here.page.get_by_role("link", name=re.compile("^3 ?failed deliveries")).click()
    here.page.wait_for_url("**/deliveries?state=dead")
    assert here.page.locator("[data-tick]").count() == 3


def test_a_newcomer_sees_first_steps_and_then_the_page_in_the_dark(
    live: Live, window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exempt.services.home import Home

    nothing = dict.fromkeys(("sources", "customers", "orders", "certificates", "requests"), False)
    monkeypatch.setattr(Home, "filled", lambda _self: nothing)
    here = window(DESK, role=Role.ADMINISTRATOR)
    here.page.emulate_media(color_scheme="dark")
    here.go("/")
    assert here.page.get_by_role("heading", name="Welcome to Exempt").is_visible()
    here.check("home-new")


def test_one_search_from_any_page(day: Live, window: Open) -> None:
    here = window(DESK, role=Role.VIEWER)
    here.go("/audit")
    here.page.get_by_label("Search everything").fill("SO-1")
    here.page.keyboard.press("Enter")
    here.page.get_by_role("link", name="SO-1").wait_for()
    here.check("search")
    here.go("/search?words=nothing like it")
    assert here.page.get_by_text("Nothing fits").is_visible()


def test_the_trail_is_narrowed_while_one_types(day: Live, window: Open) -> None:
    here = window(PHONE, role=Role.ADMINISTRATOR)
    here.go("/audit")
    here.check("audit-phone")
    here.page.get_by_label("Field, or what stood there").fill("email")
    here.page.wait_for_url("**words=email**")
    here.page.get_by_role("link", name="bert", exact=True).wait_for(state="hidden")
    here.page.get_by_text("Filters").click()
    here.page.locator("#by").select_option("anna")
    here.page.wait_for_url("**by=anna**")


def test_deliveries_are_tried_again_and_given_up(day: Live, window: Open) -> None:
    here = window(DESK, role=Role.REVIEWER)
    here.go("/deliveries?state=dead")
    here.check("deliveries")
    here.page.get_by_label("Tick Order SO-0").check()
    here.page.get_by_role("button", name="Try again").click()
    assert "1 delivery is owed again" in here.page.get_by_role("status").inner_text()
    here.page.get_by_role("link", name="Order SO-1").click()
    here.page.get_by_text("Give up", exact=True).first.click()
    here.check("delivery")
    here.page.get_by_label("Reason").fill("entered by hand")
    here.page.locator(".dialog-box").get_by_role("button", name="Give up").click()
    assert "It is given up" in here.page.get_by_role("status").inner_text()


def test_an_administrator_runs_a_job_and_reads_the_settings(day: Live, window: Open) -> None:
    here = window(DESK, role=Role.ADMINISTRATOR)
    here.go("/jobs?state=failing")
    here.check("jobs")
    here.page.get_by_role("button", name=re.compile("push:erp")).click()
    assert "push:erp is asked for" in here.page.get_by_role("status").inner_text()
    here.go("/settings")
    here.page.get_by_label("Setting, value or meaning").fill("session_length")
    here.page.wait_for_url("**words=session_length**")
    here.page.get_by_text("How long staff stay signed in").wait_for()
    here.check("settings")
