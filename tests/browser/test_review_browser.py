"""Review in a real browser: by keyboard alone, on a phone, in the dark, and without scripts."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from exempt.adapters.papers.inspector import ProcessInspector
from exempt.model.access import Role
from exempt.model.paper import Box, FieldName
from exempt.model.requesting import Submission, SubmissionState
from exempt.services.papers import take_in
from support.live import DESK, PHONE, Live, Window
from support.records import NOW, order
from support.reviews import Office, found
from support.world import World

Open = Callable[..., Window]

LINES = ("Acme Robotics, Inc.", "32098765432", "Northwind", "2028-02-28")


@pytest.fixture(scope="module")
def office(live: Live) -> Office:
    return Office(World(live.store, live.now), live.exempt.documents)


@pytest.fixture(scope="module")
def scanned(office: Office) -> Callable[[str], Submission]:
    """Lets a customer send in a certificate whose number and end it has entered wrongly."""
    paper = _paper()

    def send_in(name: str) -> Submission:
        number = f"C-{len(name)}{name[0]}"
        office.customer(number, name, email=f"ap@{name.split(maxsplit=1)[0].lower()}.example")
        office.sell(order(f"SO-{number}", customer_external_id=number))
        store, content = office.world.store, io.BytesIO(paper + name.encode())
        kept = take_in(store, office.documents, ProcessInspector(), "scan.pdf", content, NOW)
        office.read(
            kept,
            found(FieldName.BUYER_NAME, name, box=_box(0)),
            found(FieldName.NUMBER, LINES[1], box=_box(1)),
            found(FieldName.SELLER_NAME, LINES[2], box=_box(2)),
            found(FieldName.EXPIRATION_DATE, LINES[3], box=_box(3)),
            found(FieldName.JURISDICTION, "US-TX"),
        )
        return office.send_in(name=name, kept=kept)

    return send_in


def _paper() -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(612, 792), invariant=1)
    for number, line in enumerate(LINES):
        canvas.drawString(60, 700 - 60 * number, line)
    canvas.save()
    return file.getvalue()


def _box(number: int) -> Box:
    """Where a line stands on the page."""
    top = (792 - 700 + 60 * number - 14) / 792
    return Box(page=1, left=0.09, top=top, right=0.4, bottom=top + 0.028)


def test_three_are_reviewed_by_keyboard_alone(
    office: Office, scanned: Callable[[str], Submission], window: Open
) -> None:
    first, second, third = (scanned(name) for name in ("Acme Robotics", "Bolt Works", "Cog Mills"))
    here = window(DESK, role=Role.REVIEWER)
    here.go("/review")
    here.check("review-queue")
    for key in ("j", "j", "k", "Enter"):
        here.page.keyboard.press(key)

    here.page.wait_for_url(f"**/review/{first.certificate_id}")
    _accept_as_it_is(here)
    here.page.wait_for_url(f"**/review/{second.certificate_id}")
    assert "accepted; 1 open order decided anew" in _said(here)
    _take_over_and_accept(here)
    here.page.wait_for_url(f"**/review/{third.certificate_id}")
    _reject(here)
    here.page.wait_for_url("**/review")
    assert "rejected; the customer is told by mail" in _said(here)

    assert [office.state(each) for each in (first, second, third)] == [
        SubmissionState.ACCEPTED,
        SubmissionState.ACCEPTED,
        SubmissionState.REJECTED,
    ]
    (texas,) = office.certificate(second.certificate_id).jurisdictions
    assert texas.exemption_number == LINES[1]
    office.post()
    assert "Line 4 is empty." in office.mail.remote.sent[-1].text


def _said(here: Window) -> str:
    """What the page tells of what was done."""
    return str(here.page.locator("[role=status]").inner_text())


def _accept_as_it_is(here: Window) -> None:
    """Look where the number that differs was read, and accept it."""
    page, keys = here.page, here.page.keyboard
    page.locator(".r-leaf img").evaluate("each => each.decode()")
    keys.press("f")
    number = page.locator("#f-US-TX-exemption_number")
    assert number.evaluate("each => each === document.activeElement")
    spot = page.locator("#s-number-US-TX")
    assert "r-spot-now" in (spot.get_attribute("class") or "")
    assert _stands_on(spot, page.locator(".r-leaf img"), _box(1))
    here.check("review-one")
    keys.press("End")
    keys.press("a")  # a letter in a field is a letter
    assert number.input_value() == "32012345678a"
    for key in ("Backspace", "Escape", "a"):
        keys.press(key)


def _take_over_and_accept(here: Window) -> None:
    """Take over the number of the document, and accept what it then says."""
    page, keys = here.page, here.page.keyboard
    for key in ("f", "Tab", "Enter"):
        keys.press(key)
    assert page.locator("#f-US-TX-exemption_number").input_value() == LINES[1]
    assert page.locator("[data-accept]").inner_text().startswith("Save and accept")
    keys.press("Escape")
    keys.press("a")


def _reject(here: Window) -> None:
    """Reject it for the first reason, with words of one's own, once the mail is seen."""
    page, keys = here.page, here.page.keyboard
    keys.press("r")
    assert page.locator("[name=because]").first.evaluate("e => e === document.activeElement")
    keys.press("Space")
    keys.press("Tab")
    keys.type("Line 4 is empty.")
    page.locator("[data-told]", has_text="Line 4 is empty.").wait_for()
    here.check("review-reject")
    page.locator("#reject .btn-danger").focus()
    keys.press("Enter")


def _stands_on(spot: Any, picture: Any, box: Box) -> bool:
    """Whether a mark stands where its words are on the picture, give or take its frame."""
    mark, page = spot.bounding_box(), picture.bounding_box()
    left = (mark["x"] - page["x"]) / page["width"]
    top = (mark["y"] - page["y"]) / page["height"]
    return bool(abs(left - box.left) < 0.02 and abs(top - box.top) < 0.02)


def test_the_picture_grows_shrinks_turns_and_fits(
    scanned: Callable[[str], Submission], window: Open
) -> None:
    sent = scanned("Dune Traders")
    here = window(DESK, role=Role.REVIEWER)
    here.go(f"/review/{sent.certificate_id}")
    page = here.page
    page.locator(".r-leaf img").evaluate("each => each.decode()")
    leaf = page.locator(".r-leaf")
    plain = leaf.bounding_box()
    page.keyboard.press("+")
    assert leaf.bounding_box()["width"] == pytest.approx(plain["width"] * 1.25, rel=0.01)
    page.locator("[data-zoom='-1']").click()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    turned = leaf.bounding_box()
    assert turned["width"] == pytest.approx(plain["width"], rel=0.01)
    assert turned["height"] / turned["width"] == pytest.approx(
        plain["width"] / plain["height"], rel=0.01
    )
    page.keyboard.press("0")
    assert leaf.bounding_box() == pytest.approx(plain, rel=0.01)
    page.locator("#s-expiration_date-US-TX").click()
    assert page.locator("#f-US-TX-expiration_date").evaluate("e => e === document.activeElement")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.locator("[data-keys-on]").uncheck()
    page.locator("h1").click()
    page.keyboard.press("n")
    assert page.url.endswith(f"/review/{sent.certificate_id}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_serves_on_a_phone(
    scanned: Callable[[str], Submission], window: Open, dark: bool
) -> None:
    sent = scanned(f"Elk {'Night' if dark else 'Day'} Supply")
    here = window(PHONE, role=Role.REVIEWER, dark=dark)
    if not dark:
        here.go("/review")
        here.check("review-queue-phone")
    here.go(f"/review/{sent.certificate_id}")
    here.check(f"review-one-phone{'-dark' if dark else ''}")


def test_it_works_without_scripts(
    office: Office, scanned: Callable[[str], Submission], window: Open
) -> None:
    first, second = scanned("Fern Brothers"), scanned("Gull Harbor")
    here = window(DESK, role=Role.REVIEWER, scripts=False)
    page = here.page
    here.go(f"/review/{first.certificate_id}")
    page.fill("#f-US-TX-exemption_number", LINES[1])
    page.click("[data-accept]")
    assert office.state(first) is SubmissionState.ACCEPTED
    here.go(f"/review/{second.certificate_id}")
    page.click("[data-reject]")
    page.check("[name=because][value=not_signed]")
    page.click("#reject .btn-danger:not([data-reject])")
    assert office.state(second) is SubmissionState.REJECTED
