"""Every page of the console, whatever they are, on a phone and on a desk, light and dark.

Of each page one width is light and the other dark, by turns, so that each is
seen in each; it is loaded in one and then looked at in the other, too, where only
what hangs on width and colours is gone through again. A page that is added is
walked too: where its address has parts that vary, `EXAMPLES` says what stands for
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from exempt.model.access import Role
from exempt.model.backfill import BackfillOptions
from exempt.model.certificate import ReviewStatus
from exempt.model.imports import Layout, Template
from exempt.model.presence import PresenceKind
from exempt.model.requesting import Way
from exempt.services import requesting
from exempt.services.nexus_warnings import raise_employee_warnings
from exempt.services.policy import Policy
from exempt.services.post import Post
from exempt.services.presence_ports import NewPresence
from exempt.services.rows import DeliveryState, DeliveryTarget
from exempt.services.source_ports import MadeConnection
from exempt.web.app import all_pages
from exempt.web.pages import Page
from support.live import DESK, PHONE, Live, Window
from support.records import DAY, NOW, TODAY, address, customer, details, order, product
from support.staff import hire
from support.stores import connected, enter
from support.world import World

pytestmark = pytest.mark.xdist_group("browser-every-page")

PARTS = 4
"""Tests that share the pages, so that each takes its share of time."""

HEAVIEST = 150_000
"""Bytes on the line, without documents."""
MOST_SHIFT = 0.1

OF_LOOKS = ("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block")
"""What of accessibility hangs on width and colours; all else is the same page's."""

EXAMPLES = {"jurisdiction": "US-TX", "state": "US-TX", "purpose": "request", "name": "shop",
            "connection": "erp", "connector": "erp"}  # fmt: skip
"""What stands for the parts of addresses that are no numbers; numbers are 1."""

FILES = re.compile(r"[/-]export$|/print$|^/files/|^/imports/templates/|/columns$|-events$|/events$")
"""Addresses of what is no page."""

NUMBERS = {"/review/": 2}
"""The numbers that are others, by how their addresses begin."""

ABSENT = {"/imports/employees/1": 404, "/imports/employees/1/undo": 404, "/backfills/1/undo": 422}
"""What there is none of here, and how that answers: its own test has one."""

LONG = "Lone Star Industrial Supply & Agricultural Equipment Holdings of North America LLC"

WATCH = """
window.shifted = 0
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value
}).observe({ type: "layout-shift", buffered: true })
"""

LOOK = r"""() => {
  const controls = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], [hx-get]"
  )].filter((each) => each.checkVisibility({ visibilityProperty: true })
    && !each.disabled && !each.closest("[inert]"))
  const unreachable = controls.filter((each) => {
    const own = each.matches("a, button, input, select, textarea, summary")
    if (!own && each.matches("form, [tabindex='-1'], [hx-trigger]")) return false
    if (each.matches(".visually-hidden[type=submit]")) return false // what the return key presses
    each.focus({ preventScroll: true })
    return each.tabIndex < 0 || document.activeElement !== each
  })
  const root = document.documentElement
  return {
    unreachable: unreachable.map((each) => each.outerHTML.slice(0, 120)),
    over: root.scrollWidth - root.clientWidth,
  }
}"""

LOADED = r"""() => {
  const loaded = [...performance.getEntriesByType("navigation"),
                  ...performance.getEntriesByType("resource")]
  return {
    bytes: loaded.reduce((sum, each) => sum + each.encodedBodySize, 0),
    shifted: window.shifted,
    days: document.body.innerText
      .match(/(?<![\w./=,-])\d{4}-\d{2}-\d{2}(?!: year first).{0,20}/g) || [],
  }
}"""


def paths() -> list[str]:
    """The addresses of all pages that staff look at, but for files."""
    return [
        _address(page)
        for page in all_pages()
        if page.method == "GET" and page.may is not None and not FILES.search(page.path)
    ]


def _address(page: Page) -> str:
    begins = (number for start, number in NUMBERS.items() if page.path.startswith(start))
    number = str(next(begins, 1))

    def part(found: re.Match[str]) -> str:
        return number if found[2] else EXAMPLES.get(found[1], "1")

    return re.sub(r"\{(\w+)(:int)?\}", part, page.path)


@pytest.fixture(scope="module", autouse=True)
def work(live: Live) -> None:
    """A day's work: one of everything that the pages show."""
    world = World(live.store)
    source = world.connect("erp", company="n")
    source.remote.put(
        customer("C-1", name=LONG, number="C-1", email="ap@c1.example", exempt=True),
        customer("C-2", name="Acme", number="C-2", exempt=True),
    )
    source.remote.put(
        order("O-1"), order("O-2", ship_to=address("CA")), order("O-3", customer_external_id="C-2")
    )
    source.sync()
    ids = (world.customer_id(LONG), world.customer_id("Acme"))
    with live.store.writing() as tx:
        enter(tx, ids[0], "TX", expiration_date=TODAY + 12 * DAY)
        waiting = details("CA", "OK", customer_ids=(ids[0],))
        tx.certificates.add(waiting, ReviewStatus.PENDING, NOW, by="anna", source="staff")
        enter(tx, ids[0], "CA", expiration_date=TODAY - DAY)
        tx.sources.save_products(source.row, [product()], NOW)
        tx.sources.save_employees(source.row, [hire("E-1", "OK")], NOW)
        depot = NewPresence("US-TX", PresenceKind.PROPERTY, TODAY, "a depot")
        tx.presence.add(source.row.company_id, [depot], NOW, "anna")
        tx.deliveries.owe(source.row.id, DeliveryTarget.ORDER, [("O-2", 99, "{}")], NOW)
        (owed,) = tx.deliveries.last(source.row.id, DeliveryTarget.ORDER, ["O-2"]).values()
        tx.deliveries.mark(owed, DeliveryState.DEAD, outcome="rejected", message=LONG, at=NOW)
        layout = Layout(template=Template.BASIC, columns=())
        company_id = source.row.company_id
        tx.imports.begin(company_id, layout, "customers.csv", "0" * 64, NOW, by="anna")
        tx.backfills.begin(source.row.id, "sales.csv", "0" * 64, BackfillOptions(), NOW, by="anna")
        made = MadeConnection("shop", "erp", "n", None, {"secret": "env:SECRET"}, {})
        assert tx.made_connections.save(made, NOW, "anna")
    wish = requesting.Wish(ids[1], ["US-TX"], way=Way.LINK)
    post = Post(url="https://exempt.example")
    for name in ("mail", "shop"):
        connected(live.store, name, company="n")
    raise_employee_warnings(live.store, Policy(), lambda: NOW)
    requesting.make(live.store, wish, world.act(), post)


@pytest.fixture
def here(window: Callable[..., Window]) -> Window:
    """A window in which all pages are walked through."""
    opened = window(role=Role.ADMINISTRATOR)
    opened.page.add_init_script(WATCH)
    return opened


@pytest.mark.parametrize("part", range(PARTS), ids="part {}".format)
def test_every_page_is_whole_everywhere(here: Window, part: int) -> None:
    wrong: list[str] = []
    for at, path in list(enumerate(paths()))[part::PARTS]:
        turn = at // PARTS
        ways = [(PHONE, turn % 2 == 0), (DESK, turn % 2 == 1)]
        for number, (width, dark) in enumerate(ways if turn % 4 < 2 else ways[::-1]):
            here.page.set_viewport_size({"width": width, "height": 900})
            here.page.emulate_media(color_scheme="dark" if dark else "light")
            found = _wrong_when_loaded(here, path) if not number else []
            found += _wrong_as_it_looks(here, OF_LOOKS if number else ())
            place = f"{path} at {width} px, {'dark' if dark else 'light'}"
            wrong += [f"{place}: {each}" for each in found]
    assert not wrong, "\n".join(wrong)


def _wrong_when_loaded(here: Window, path: str) -> list[str]:
    answer = here.go(path)
    found: dict[str, Any] = here.page.evaluate(LOADED)
    wrong = []
    if answer.status != ABSENT.get(path, 200):
        wrong.append(f"answers {answer.status}: what stands for the parts of its address?")
    if found["bytes"] > HEAVIEST:
        wrong.append(f"has {found['bytes']:,} bytes")
    if found["shifted"] >= MOST_SHIFT:
        wrong.append(f"moves while it loads: {found['shifted']:.2f}")
    if found["days"]:
        wrong.append(f"shows days as programs write them: {found['days']}")
    return wrong


def _wrong_as_it_looks(here: Window, rules: Sequence[str]) -> list[str]:
    found: dict[str, Any] = here.page.evaluate(LOOK)
    wrong = []
    if found["unreachable"]:
        wrong.append(f"no key reaches {found['unreachable']}")
    if found["over"] > 0:
        wrong.append(f"is {found['over']} px wider than the window")
    try:
        here.check_access(rules)
    except AssertionError as error:
        wrong.append(str(error)[:1500])
    wrong += here.wrong
    here.wrong.clear()
    return wrong
