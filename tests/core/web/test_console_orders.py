"""The pages of orders: what they say, whose they are, and what somebody decides by hand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from exempt.model.access import Role
from exempt.services import orders
from exempt.services.order_ports import OrderRow
from support.access import signed_in
from support.pages import Whole, whole_in
from support.records import NOW, customer, order
from support.sold import order_id, sold
from support.stores import everything
from support.world import World

V, R = Role.VIEWER, Role.REVIEWER


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One that nobody changes."""
    with whole_in(tmp_path_factory.mktemp("whole")) as made:
        sold(made.exempt.store)
        yield made


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with whole_in(tmp_path) as made:
        sold(made.exempt.store)
        yield made


def text(answer: httpx.Response) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def seen(whole: Whole, number: str) -> OrderRow:
    with whole.exempt.store.reading() as tx:
        (view,) = tx.decisions.find_orders(number)
        row = tx.orders.one(view.id)
    assert row is not None
    return row


def form(row: OrderRow, **fields: str) -> dict[str, str | list[str]]:
    assert row.decided_at is not None
    return {"seen": row.decided_at.isoformat(), **fields}


def shown(answer: httpx.Response) -> list[str]:
    """The numbers of the orders of a list."""
    return re.findall(r'<td data-head="Order"><a href="/orders/\d+">(.*?)</a>', answer.text)


# --- the list ----------------------------------------------------------------------------


def test_the_list_shows_orders_with_what_was_decided(looked_at: Whole) -> None:
    answer = looked_at.call("GET", "/orders", V)
    assert shown(answer)[:3] == ["SO-1001", "SO-1002", "SO-1007"]
    said = text(answer)
    assert "Taxable Claimed, nothing on file" in said
    assert "50 % exempt Certificate" in said
    assert "Eagle & <Sons>" in said
    assert "<Sons>" not in answer.text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("decided=without", ["SO-1002", "SO-1003", "SO-1005"]),
        ("status=closed", ["SO-1005"]),
        ("state=US-CA&ground=certificate", ["SO-1004"]),
        ("from=2026-11-19", ["SO-1001", "SO-1002"]),
        ("words=cactus&status=cancelled", ["SO-1006"]),
        ("sort=number&words=SO-&size=50", [f"SO-{n}" for n in range(1001, 1010)]),
        ("sort=-total&decided=exempt", ["SO-1004", "SO-1003", "SO-1001"]),
        ("certificate=1", ["SO-1001"]),
        ("source=nowhere", []),
    ],
)
def test_the_address_says_what_is_listed(looked_at: Whole, asked: str, found: list[str]) -> None:
    assert shown(looked_at.call("GET", f"/orders?{asked}", V)) == found


@pytest.mark.parametrize(
    "asked",
    [
        *("from=yesterday", "ground=nonsense", "decided=maybe", "state=US-XX", "page=x"),
        *("certificate=99999999999", "sort=customer", "status=shut"),
    ],
)
def test_what_makes_no_sense_in_an_address_is_as_if_it_were_not_there(
    looked_at: Whole, asked: str
) -> None:
    assert len(shown(looked_at.call("GET", f"/orders?{asked}", V))) == 10


def test_a_page_behind_the_end_says_so(looked_at: Whole) -> None:
    assert "The list ends before this page" in text(looked_at.call("GET", "/orders?page=9", V))


def test_the_customer_that_is_asked_for_is_named(looked_at: Whole) -> None:
    customer_id = seen(looked_at, "SO-1003").customer_id
    answer = looked_at.call("GET", f"/orders?customer={customer_id}", V)
    assert shown(answer) == ["SO-1003", "SO-1006", "no-number"]
    assert "Just orders of Cactus Health." in text(answer)


def test_all_that_fit_are_exported(looked_at: Whole) -> None:
    answer = looked_at.call("GET", "/orders/export?as=csv&decided=exempt&size=50&page=7", V)
    assert answer.headers["content-disposition"].startswith("attachment")
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head[:4] == ["Order", "Kind", "Date", "Customer"]
    assert [row[0] for row in rows] == ["SO-1001", "SO-1003", "SO-1004"]
    assert rows[0][6:11] == ["100.00", "exempt", "100.00", "Certificate", "TX-SOON"]


def test_cancelled_orders_are_exported_without_a_decision(looked_at: Whole) -> None:
    answer = looked_at.call("GET", "/orders/export?as=csv&status=cancelled", V)
    (row,) = list(csv.reader(io.StringIO(answer.text)))[1:]
    assert (row[0], row[7:12]) == ("SO-1006", ["", "", "", "", "cancelled"])


# --- one of them -------------------------------------------------------------------------


def test_an_order_says_why_with_every_certificate_that_was_looked_at(looked_at: Whole) -> None:
    said = text(looked_at.call("GET", f"/orders/{seen(looked_at, 'SO-1004').id}", V))
    assert "Exempt. Certificate CA-OLD covers California on Nov 17, 2026." in said
    assert "It is the one used." in said
    assert "It would do, but the one used expires sooner." in said
    assert "It is for Texas." in said
    assert "Hex bolt M8, zinc plated P-1 1,000.00 0.00 The customer is exempt" in said
    assert "What was kept gives the same decision once more." in said
    assert "Decided today, it would be the same." in said


def test_an_order_says_what_was_decided_before_and_what_its_source_was_told(
    looked_at: Whole,
) -> None:
    said = text(looked_at.call("GET", f"/orders/{seen(looked_at, 'SO-1001').id}", V))
    assert "Earlier decisions" in said
    assert "Tax applies. Exemption is claimed, but nothing on file covers Texas" in said
    assert "Exempt, TX-SOON Written" in said
    assert "4400 Industrial Boulevard, Dock 7, Fort Worth, TX 76106" in said


def test_what_if_it_were_another_order(looked_at: Whole) -> None:
    number = seen(looked_at, "SO-1004").id
    before = looked_at.contents()
    said = text(looked_at.call("GET", f"/orders/{number}?day=2027-01-15&place=US-WA", V))
    assert "Tax applies. Exemption is claimed, but nothing on file covers Washington" in said
    assert "As an order of Jan 15, 2027 to Washington" in said
    assert looked_at.contents() == before
    said = text(looked_at.call("GET", f"/orders/{number}?day=soon", V))
    assert "Write the day as 2026-12-31." in said


def test_what_would_be_decided_otherwise_today_is_said(whole: Whole) -> None:
    """A closed order keeps its decision, whatever comes in later."""
    world = World(whole.exempt.store)
    world.certify("Acme", "TX", number="LATE")
    said = text(whole.call("GET", f"/orders/{order_id(world, 'SO-1005')}", V))
    assert "Decided today, it would differ. Exempt. Certificate LATE covers Texas" in said
    assert "keeps its decision until somebody asks for it to be checked" in said


def test_a_decision_that_was_tampered_with_is_told_from_its_replay(whole: Whole) -> None:
    assert seen(whole, "SO-1001").id == 1
    with whole.exempt.store.writing() as tx:
        tx._c.exec_driver_sql("UPDATE decision SET certificate_number = 'X' WHERE order_id = 1")
    said = text(whole.call("GET", "/orders/1", V))
    assert "Replayed, and it differs. What was kept gives: Exempt. Certificate TX-SOON" in said


@pytest.mark.parametrize("number", ["SO-1006", "SO-1009"])
def test_a_cancelled_order_and_one_of_an_unknown_customer_can_be_looked_at(
    looked_at: Whole, number: str
) -> None:
    row = seen(looked_at, number)
    said = text(looked_at.call("GET", f"/orders/{row.id}", R))
    assert ("nothing is decided for it" in said) == (number == "SO-1006")
    assert ("Decide by hand" in said) == (number == "SO-1009")
    if number == "SO-1006":
        assert looked_at.call("GET", f"/orders/{row.id}/choose", R).status_code == 404


def test_whoever_only_looks_sees_no_buttons_to_decide(looked_at: Whole) -> None:
    number = seen(looked_at, "SO-1003").id
    theirs = text(looked_at.call("GET", f"/orders/{number}", R))
    mine = text(looked_at.call("GET", f"/orders/{number}", V))
    for words in ("Choose certificate", "Decide by hand", "Let the rule decide"):
        assert words in theirs
        assert words not in mine


def test_an_order_that_is_not_there_is_not_found(looked_at: Whole) -> None:
    assert looked_at.call("GET", "/orders/999", V).status_code == 404
    assert looked_at.call("GET", "/orders/99999999999", V).status_code == 404


# --- another company's -------------------------------------------------------------------


def test_orders_of_another_company_are_not_there(whole: Whole) -> None:
    number = seen(whole, "SO-1001").id
    with whole.exempt.store.writing() as tx:
        other = tx.connections.company("other", "Other", None)
    theirs = signed_in(whole.exempt.store, R, company_ids=[other], at=NOW, secure=True)
    whole._cookies[R] = theirs
    before = everything(whole.exempt.store)
    assert shown(whole.call("GET", "/orders?words=SO-1001", R)) == []
    assert "SO-1001" not in whole.call("GET", "/orders/export?as=csv", R).text
    assert whole.call("GET", f"/orders/{number}", R).status_code == 404
    assert whole.call("GET", f"/orders/{number}/choose", R).status_code == 404
    for what in ("choose", "override", "reset"):
        sent = {"certificate": "1", "outcome": "taxable", "reason": "mine", "seen": ""}
        assert whole.post(f"/orders/{number}/{what}", sent, R).status_code == 404
    assert "Lone Star" not in whole.call("GET", "/orders?customer=1", R).text
    after = everything(whole.exempt.store)
    assert {name for name in before if before[name] != after[name]} <= {"session"}


# --- by hand -----------------------------------------------------------------------------


def test_an_override_needs_an_outcome_and_a_reason(whole: Whole) -> None:
    row = seen(whole, "SO-1002")
    answer = whole.post(f"/orders/{row.id}/override", form(row, reason="  "), R)
    assert answer.status_code == 422
    assert "Say whether it is exempt or taxable." in text(answer)
    assert "Say why: an auditor will ask for it." in text(answer)
    assert seen(whole, "SO-1002") == row


def test_what_was_typed_is_kept_where_it_is_too_long(whole: Whole) -> None:
    row, words = seen(whole, "SO-1002"), "because " * 80
    answer = whole.post(f"/orders/{row.id}/override", form(row, outcome="exempt", reason=words), R)
    assert (answer.status_code, "Write at most 500 characters." in text(answer)) == (422, True)
    assert words.strip() in answer.text
    assert 'value="exempt" checked' in answer.text


@pytest.mark.parametrize(("outcome", "taxable"), [("exempt", False), ("taxable", True)])
def test_somebody_decides_an_order_and_takes_it_back(
    whole: Whole, outcome: str, taxable: bool
) -> None:
    """F25."""
    row = seen(whole, "SO-1002")
    reason = "<b>The customer's letter</b>"
    sent = form(row, outcome=outcome, reason=reason)
    answer = whole.post(f"/orders/{row.id}/override", sent, R)
    assert answer.headers["location"] == f"/orders/{row.id}"
    now = seen(whole, "SO-1002")
    assert (now.ground, now.tax_applicable) == ("override", taxable)
    page = whole.call("GET", f"/orders/{row.id}", R)
    assert reason not in page.text
    assert f"Decided by hand: {outcome}" in text(page)
    assert whole.post(f"/orders/{row.id}/reset", form(now), R).status_code == 303
    assert seen(whole, "SO-1002").ground == "no_certificate"
    said = text(whole.call("GET", f"/orders/{row.id}", V))
    assert "What was decided by hand was dropped." in said


def test_who_decides_on_what_is_no_longer_so_is_told_and_keeps_what_was_typed(
    whole: Whole,
) -> None:
    row = seen(whole, "SO-1002")
    store, act = whole.exempt.store, whole.site.act("bert")
    at = act.at.replace(hour=13)
    orders.override(store, row.id, act._replace(at=at), tax_applicable=True, reason="first")
    sent = form(row, outcome="exempt", reason="second")
    answer = whole.post(f"/orders/{row.id}/override", sent, R)
    assert answer.status_code == 409
    assert "The order was decided anew since you opened it" in text(answer)
    assert "second" in answer.text
    assert at.isoformat() in answer.text, "sent again, it counts"
    assert seen(whole, "SO-1002").tax_applicable is True
    assert whole.post(f"/orders/{row.id}/reset", form(row), R).status_code == 409
    again = whole.post(f"/orders/{row.id}/choose", form(row, certificate="1"), R)
    assert again.status_code == 409
    nothing_seen = {"outcome": "exempt", "reason": "third", "seen": "x"}
    assert whole.post(f"/orders/{row.id}/override", nothing_seen, R).status_code == 409


def test_the_certificates_to_choose_from_are_the_customers_with_unfit_ones_marked(
    looked_at: Whole,
) -> None:
    """D11."""
    said = text(looked_at.call("GET", f"/orders/{seen(looked_at, 'SO-1004').id}/choose", R))
    assert "MTC-LONG resale CA Nov 20, 2025 – no end Yes" in said
    assert "TX-SOON resale TX Nov 20, 2025 – Dec 30, 2026 No It is for Texas." in said
    assert "TX-SCHOOL" not in said
    none = text(looked_at.call("GET", f"/orders/{seen(looked_at, 'SO-1003').id}/choose", R))
    assert "No certificate on file" in none


def test_somebody_chooses_a_certificate(whole: Whole) -> None:
    row = seen(whole, "SO-1004")
    sent = form(row, certificate="2", reason="it lasts longer")
    assert whole.post(f"/orders/{row.id}/choose", sent, R).status_code == 303
    now = seen(whole, "SO-1004")
    assert (now.certificate_id, now.certificate_number) == (2, "MTC-LONG")
    said = text(whole.call("GET", f"/orders/{row.id}", V))
    assert "Certificate MTC-LONG was chosen by hand: it lasts longer." in said


def test_one_that_does_not_fit_is_chosen_only_by_who_insists(whole: Whole) -> None:
    row = seen(whole, "SO-1004")
    answer = whole.post(f"/orders/{row.id}/choose", form(row, certificate="1"), R)
    assert answer.status_code == 422
    assert "or tick that you want it anyway." in text(answer)
    assert 'value="1" checked' in answer.text
    sent = form(row, certificate="1", anyway="yes")
    assert whole.post(f"/orders/{row.id}/choose", sent, R).status_code == 303
    assert seen(whole, "SO-1004").certificate_id == 1


@pytest.mark.parametrize("chosen", ["", "x", "0", "99999999999", "4"])
def test_no_other_certificate_can_be_chosen(whole: Whole, chosen: str) -> None:
    row = seen(whole, "SO-1004")
    answer = whole.post(f"/orders/{row.id}/choose", form(row, certificate=chosen), R)
    assert answer.status_code == 422
    assert "exempt orders" not in text(answer), "no words for the command line"
    assert seen(whole, "SO-1004") == row


def test_of_a_closed_order_it_is_said_that_its_source_is_not_told(whole: Whole) -> None:
    row = seen(whole, "SO-1005")
    whole.post(f"/orders/{row.id}/override", form(row, outcome="exempt", reason="letter"), R)
    said = text(whole.call("GET", f"/orders/{row.id}", R))
    assert "The order is closed in its source, which is not told of it." in said


def test_hostile_texts_of_a_source_stay_texts(whole: Whole) -> None:
    bad = "<script>alert(1)</script>"
    erp = World(whole.exempt.store).connect("shop", company="n")
    erp.remote.put(customer("X", name=bad), order("X", number=bad, customer_external_id="X"))
    erp.pull()
    answers = [whole.call("GET", "/orders", R)]
    answers += [
        whole.call("GET", f"/orders/{seen(whole, bad).id}{end}", R) for end in ("", "/choose")
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert bad not in answer.text
        assert "&lt;script&gt;" in answer.text
