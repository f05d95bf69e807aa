"""A certificate's whole way: asked for by mail, sent in by phone, reviewed, told to ERP and Stripe.

Nothing is pretended: the mail comes out of a mail server, people use a browser, and what
changed is read in the books of the systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("exempt_billing_stripe", reason="exempt-billing-stripe is missing")
pytest.importorskip("exempt_erp_generic", reason="exempt-erp-generic is missing")
pytest.importorskip("exempt_mail_smtp", reason="exempt-mail-smtp is missing")
pytest.importorskip("starlette", reason="needs exempt[web]")
pytest.importorskip("playwright", reason="playwright is not installed: the way is NOT tested")

from exempt.testing import sample
from support import windows
from support.live import DESK, PHONE, Window
from support.made_papers import Says, f0003
from support.seller import Seller, come_first, link_in, sellers, send_in, text_of

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("asked-to-pushed")]

BUCKEYE = sample.BUYER["C-1005"]
"""Known to the ERP and to Stripe; claims to be exempt, and nothing is on file."""
IN_STRIPE = "cus_C1005"
ORDER = "SO-5007"
NUMBER = "87654321"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with windows.chromium() as browser:
        yield browser


@pytest.fixture
def seller(tmp_path: Path) -> Iterator[Seller]:
    with sellers(tmp_path) as made:
        yield made


@pytest.fixture
def window(chromium: Any, seller: Seller) -> Iterator[windows.Open]:
    with windows.windows(chromium, seller) as opens:
        yield opens


@pytest.fixture
def desk(seller: Seller, window: windows.Open) -> Window:
    """The first administrator."""
    return come_first(window(DESK), seller)


def asked(seller: Seller, desk: Window) -> str:
    """Ask the customer, as staff do; the link in the mail that it gets."""
    desk.go("/requests/new?customer=C-1005")
    desk.check("way-1-ask")
    desk.page.get_by_role("button", name="Send request").click()
    desk.page.get_by_text(f"The request goes to {BUCKEYE.email}.").wait_for()
    (mail,) = seller.post()
    assert mail["To"].addresses[0].addr_spec == BUCKEYE.email
    assert "valid exemption certificate for:\r\n\r\n  - Ohio\r\n" in text_of(mail)
    return link_in(mail, seller.url)


def a_paper(folder: Path, buyer: str) -> Path:
    """A multi-state form, filled in for Ohio."""
    path = folder / f"{buyer}.pdf"
    path.write_bytes(f0003(Says(buyer, sample.COMPANY, (("OH", NUMBER),), signed_on="11/01/2026")))
    return path


def review(seller: Seller, desk: Window) -> Any:
    """Find what waits, once it was read, and look at it; the page."""
    seller.read()
    desk.go("/review")
    desk.check("way-3-queue")
    desk.page.get_by_role("link", name=BUCKEYE.name).click()
    desk.page.locator(".r-leaf img").evaluate("each => each.decode()")
    desk.check("way-3-review")
    return desk.page


def accept(seller: Seller, page: Any) -> None:
    """Accept it, and let the systems be told."""
    page.locator("[data-accept]").click()
    page.get_by_text("accepted; 2 open orders decided anew").wait_for()
    seller.push()


def test_a_certificate_from_the_request_to_the_books_of_erp_and_stripe(
    seller: Seller, desk: Window, window: windows.Open, tmp_path: Path
) -> None:
    """Its number, state, reason, dates and file come to the ERP (C30 to C35)."""
    assert seller.writes("erp")[ORDER] == "taxable: no → yes; exempt_percent: 100 → 0"
    assert seller.writes("billing")[IN_STRIPE].startswith("tax_exempt none;")
    phone = window(PHONE)
    phone.page.goto(asked(seller, desk))
    phone.check("way-2-portal")
    send_in(phone, a_paper(tmp_path, BUCKEYE.name), NUMBER)
    phone.check("way-2-sent")

    told = {mail["To"].addresses[0].addr_spec: text_of(mail) for mail in seller.post()}
    assert told.keys() == {BUCKEYE.email, "dana@northwind.example"}
    assert f"- {BUCKEYE.name} (C-1005): Ohio" in told["dana@northwind.example"]

    page = review(seller, desk)
    assert page.get_by_text("as on the document").count() == 5
    accept(seller, page)
    desk.check("way-4-accepted")

    assert seller.post() == [], "nothing is left to say"
    assert seller.writes("erp")[ORDER] == (
        f"taxable: yes → no; exempt_percent: 0 → 100; certificate_no: - → {NUMBER}"
    )
    in_erp = seller.writes("erp")[BUCKEYE.number]
    assert in_erp.startswith("tax_exempt: no → yes; exempt_percent: 0 → 100")
    assert (
        f"{{'state': 'OH', 'percent': 100, 'number': '{NUMBER}', 'code': 'G',"
        " 'signed': '2026-11-01', 'expires': None}"
    ) in in_erp
    assert re.search(rf"; documents: exempt-[0-9a-f]+-{BUCKEYE.name}\.pdf$", in_erp)
    in_stripe = seller.writes("billing")[IN_STRIPE]
    assert in_stripe.startswith("tax_exempt exempt;")
    assert f"exempt_numbers OH={NUMBER}; exempt_reasons OH=resale" in in_stripe

    desk.go("/sandbox")
    for folded in desk.page.locator("summary").all():
        folded.click()
    desk.check("way-5-sandbox")
    assert in_erp in desk.page.locator("main").inner_text()


def test_one_that_is_rejected_comes_back_better_by_the_link_in_the_mail(
    seller: Seller, desk: Window, window: windows.Open, tmp_path: Path
) -> None:
    phone = window(PHONE)
    phone.page.goto(asked(seller, desk))
    send_in(phone, a_paper(tmp_path, "Somebody Else Ltd"), NUMBER)
    seller.post()

    page = review(seller, desk)
    page.locator("[data-reject]").click()
    page.locator("[name=because][value=wrong_buyer]").check()
    page.locator("[name=text-wrong_buyer]").fill("It names Somebody Else Ltd.")
    page.locator("#reject .btn-danger").click()
    page.get_by_text("rejected; the customer is told by mail").wait_for()
    (mail,) = seller.post()
    assert mail["To"].addresses[0].addr_spec == BUCKEYE.email
    assert "It names Somebody Else Ltd." in text_of(mail)
    seller.push()
    assert seller.writes("erp")[ORDER] == "taxable: no → yes; exempt_percent: 100 → 0"

    again = window(PHONE)
    again.page.goto(link_in(mail, seller.url))
    assert again.page.get_by_text("It names Somebody Else Ltd.").is_visible()
    again.check("way-4-again")
    send_in(again, a_paper(tmp_path, BUCKEYE.name), NUMBER)
    seller.post()

    accept(seller, review(seller, desk))
    assert "taxable: yes → no" in seller.writes("erp")[ORDER]
    assert f"-{BUCKEYE.name}.pdf" in seller.writes("erp")[BUCKEYE.number]
    assert "Somebody Else" not in seller.writes("erp")[BUCKEYE.number]
    assert seller.writes("billing")[IN_STRIPE].startswith("tax_exempt exempt;")
