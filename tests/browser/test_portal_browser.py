"""The portal as a customer meets it: on a phone, by keyboard, without a script, on a poor line."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from exempt.model.customer import CustomerDetails, CustomerOrigin
from exempt.model.requesting import SubmissionState
from exempt.services.links import make_link
from support.live import DESK, PHONE, Live, Window

Open = Callable[..., Window]
MOST = 60_000
"""Bytes that the first page may cost on the line, all in all."""


def asked(live: Live, *states: str) -> tuple[int, str]:
    """A request to a customer of its own; its id, and the path of its link."""
    details = CustomerDetails(
        name="Brightwater School District 12",
        line1="12 Elm St",
        city="Brightwater",
        country="US",
        state="TX",
        postal_code="78701",
    )
    with live.store.writing() as tx:
        company_id = tx.connections.company("n", "Northwind", None)
        (customer_id,) = tx.cards.make(
            company_id, [details], live.now, by="anna", origin=CustomerOrigin.STAFF
        )
        places = [f"US-{each}" for each in states]
        request_id = tx.requests.add(customer_id, "ap@brightwater.example", places, live.now)
        return request_id, f"/r/{make_link(tx, request_id, live.now, 30)}"


def state(live: Live, request_id: int) -> list[SubmissionState]:
    with live.store.reading() as tx:
        return [each.state for each in tx.submissions.of_requests([request_id])]


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate as a PDF."""
    path = tmp_path_factory.mktemp("scans") / "certificate scan.pdf"
    canvas = Canvas(str(path), invariant=1)
    canvas.drawString(72, 720, "Texas resale certificate")
    canvas.save()
    return path


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One as a photo of more than a megabyte: three pieces on the line."""
    content = io.BytesIO()
    Image.effect_noise((1100, 1100), 90).save(content, "JPEG", quality=95)
    assert 1_050_000 < len(content.getvalue()) < 1_570_000
    path = tmp_path_factory.mktemp("photos") / "photo.jpg"
    path.write_bytes(content.getvalue())
    return path


def fill(page: Any) -> None:
    """Fill in what the form asks, for resale in Texas."""
    page.get_by_label("Number for Texas").fill("12345678901")
    page.get_by_label("Reason", exact=True).select_option("resale")
    page.get_by_label("Effective date").fill("2026-11-01")


def test_on_a_phone_a_file_is_sent_in_and_nothing_stands_in_the_way(
    live: Live, window: Open, scan: Path
) -> None:
    request_id, link = asked(live, "TX")
    here, referers = window(PHONE), []
    here.page.on("request", lambda each: referers.append(each.headers.get("referer")))
    here.go(link)
    assert here.page.url == f"{live.url}/portal"
    here.check("portal-phone")

    here.page.get_by_label("Choose a file").set_input_files(scan)
    here.page.get_by_role("button", name="Remove certificate scan.pdf").wait_for()
    here.page.get_by_role("button", name="Send certificate").click()
    here.page.get_by_role("heading", name="Please look at this first").wait_for()
    here.check("portal-phone-amiss")
    fill(here.page)
    here.page.get_by_role("button", name="Send certificate").click()
    here.page.get_by_role("heading", name="Thank you, we have your certificate").wait_for()
    here.check("portal-phone-sent")

    assert state(live, request_id) == [SubmissionState.WAITING]
    assert not any(referers)
    here.go("/portal")
    here.check("portal-phone-overview")
    here.page.get_by_role("link", name="Texas").click()
    here.check("portal-phone-given")


def test_the_first_page_costs_little_on_a_poor_line(live: Live, window: Open) -> None:
    here = window(PHONE)
    here.go(asked(live, "TX", "CA", "NY")[1])

    assert here.transferred("/portal") < MOST


def test_every_target_is_large_enough_for_a_thumb(live: Live, window: Open) -> None:
    here = window(PHONE)
    here.go(asked(live, "TX", "CA", "NY")[1])
    small = here.page.evaluate(
        """() => [...document.querySelectorAll('input, select, button, textarea, summary')]
           .filter(one => one.closest('main') && one.type !== 'hidden')
           .map(one => [one.name || one.textContent, one.closest('.p-check') || one])
           .map(([name, target]) => [name, target.getBoundingClientRect()])
           .filter(([, box]) => box.width > 1 && (box.height < 44 || box.width < 44))
           .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
    )

    assert small == []


def test_it_is_done_by_keyboard_alone(live: Live, window: Open, scan: Path) -> None:
    request_id, link = asked(live, "TX")
    here = window(DESK)
    # The browser is told in time that choosers are looked for: a key is quicker than that.
    here.page.on("filechooser", lambda _chooser: None)
    here.go(link)
    here.check("portal-desk")
    press = here.page.keyboard.press

    def to(selector: str) -> None:
        for _ in range(60):
            press("Tab")
            if here.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        pytest.fail(f"no way to {selector} by keyboard")

    to("#f-files")
    assert here.page.evaluate(
        "getComputedStyle(document.querySelector('.p-drop')).outlineStyle"
    ) == ("solid")
    with here.page.expect_file_chooser() as chooser:
        press("Enter")
    chooser.value.set_files(scan)
    here.page.get_by_role("button", name="Remove certificate scan.pdf").wait_for()
    assert here.page.locator("[data-told]").text_content() == "certificate scan.pdf was added"
    to('[name="number:US-TX"]')
    here.page.keyboard.type("12345678901")
    to("[name=exemption_reason]")
    here.page.keyboard.type("We resell")
    to("[name=effective_date]")
    here.page.keyboard.type("11012026")
    to('button[value="send"]')
    press("Enter")
    here.page.get_by_role("heading", name="Thank you, we have your certificate").wait_for()

    assert state(live, request_id) == [SubmissionState.WAITING]


def test_without_a_script_it_is_done_all_the_same(live: Live, window: Open, scan: Path) -> None:
    request_id, link = asked(live, "TX")
    here = window(PHONE, scripts=False)
    here.go(link)
    here.page.get_by_label("Choose a file").set_input_files(scan)
    here.page.get_by_role("button", name="Add the chosen files").click()
    here.page.get_by_role("button", name="Remove certificate scan.pdf").wait_for()
    here.page.get_by_label("Add a state").select_option("US-OH")
    here.page.get_by_role("button", name="Add", exact=True).click()
    here.page.get_by_label("Ohio").first.uncheck(force=True)
    here.shoot("portal-phone-without-script")
    here.page.get_by_label("Texas", exact=True).last.fill("12345678901")
    here.page.get_by_label("Reason", exact=True).select_option("resale")
    here.page.get_by_label("Effective date").fill("2026-11-01")
    here.page.get_by_role("button", name="Send certificate").click()
    here.page.get_by_role("heading", name="Thank you, we have your certificate").wait_for()

    assert state(live, request_id) == [SubmissionState.WAITING]


def test_an_upload_that_is_cut_goes_on_where_it_stopped(
    live: Live, window: Open, photo: Path
) -> None:
    _, link = asked(live, "TX")
    here = window(PHONE)
    here.go(link)
    offsets: list[str] = []

    def poor(route: Any) -> None:
        request = route.request
        if request.method == "PATCH":
            offsets.append(request.headers["upload-offset"])
        cut = len(offsets) == 2 and request.method == "PATCH"
        _ = route.abort("connectionreset") if cut else route.continue_()

    here.page.route(re.compile("/portal/uploads/"), poor)
    here.page.get_by_label("Choose a file").set_input_files(photo)
    here.page.get_by_text("The line is down. Waiting to go on…").wait_for()
    here.page.evaluate("dispatchEvent(new Event('online'))")
    here.page.get_by_role("button", name="Remove photo.jpg").wait_for()

    piece = 512 * 1024
    assert offsets == ["0", str(piece), str(piece), str(2 * piece)]
    here.wrong.clear()  # the cut line itself
    here.check()


def test_what_was_typed_saves_itself_and_is_there_again(live: Live, window: Open) -> None:
    _, link = asked(live, "TX")
    here = window(PHONE)
    here.go(link)
    here.page.get_by_label("Anything we should know?").fill("Call Zoë")
    here.page.get_by_text("Saved", exact=True).wait_for()

    other = window(DESK)
    other.go(link)
    assert other.page.get_by_label("Anything we should know?").input_value() == "Call Zoë"


def test_fields_come_and_go_with_the_answers(live: Live, window: Open) -> None:
    here = window(PHONE)
    here.go(asked(live, "TX", "CA")[1])
    number = here.page.get_by_label("California", exact=True).last
    order = here.page.get_by_label("Purchase order or invoice number")
    hidden = [number.is_visible(), order.is_visible()]
    here.page.get_by_role("checkbox", name="California").uncheck(force=True)
    here.page.get_by_label("This certificate is for one purchase only").check()

    assert hidden == [True, False]
    assert [number.is_visible(), order.is_visible()] == [False, True]


def test_a_form_is_filled_in_signed_and_sent(live: Live, window: Open) -> None:
    request_id, link = asked(live, "TX")
    here = window(PHONE)
    here.go(link)
    here.page.get_by_role("button", name="Fill in and sign").click()
    here.page.get_by_label("Reason", exact=True).select_option("resale")
    here.page.get_by_role("button", name="Continue").click()
    here.page.get_by_role("heading", name="Fill in the certificate").wait_for()
    here.check("portal-phone-form")
    here.page.get_by_label("Number for Texas").fill("12345678901")
    for field in here.page.locator("[name^='field:'][aria-required]").all():
        if not field.input_value():
            field.fill("Bolts")
    here.page.get_by_role("button", name="Continue to the signature").click()
    here.page.get_by_role("heading", name="Look over it and sign").wait_for()
    here.check("portal-phone-sign")
    here.page.get_by_label("Your full name").fill("Zoë Ng")
    here.page.get_by_role("checkbox").check()
    here.page.get_by_role("button", name="Sign and send").click()
    here.page.get_by_role("heading", name="Thank you, we have your certificate").wait_for()

    assert state(live, request_id) == [SubmissionState.WAITING]


def test_a_link_that_does_not_work_says_how_to_go_on(window: Open) -> None:
    here = window(PHONE)
    assert here.go("/r/nonsense").status == 410
    here.check("portal-phone-closed")
