"""The pages of requests: whose they are, who may do what, and what cannot be done."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from starlette.applications import Starlette

from exempt.model.access import Role
from exempt.model.messages import Purpose
from exempt.model.requesting import Way
from exempt.services import cards, requesting
from exempt.services.certificates import Act
from exempt.services.letters import PaperLetter
from exempt.services.policy import Policy
from exempt.services.post import Post
from exempt.services.request_ports import RequestRow
from exempt.services.requesting import Wish
from exempt.web.app import PARTS
from exempt.web.console import asking
from exempt.web.guard import Guard
from support.browsing import URL, Browser, Premises, premises_in
from support.cards import card_of
from support.fake_connector import MAILS
from support.records import NOW
from support.stores import connected, everything

POST = Post(url=URL)


def print_nothing(letter: PaperLetter) -> bytes:
    return b"%PDF-1.7 " + letter.link.encode()


def with_site(house: Premises, **changes: object) -> Premises:
    """The same house with another site."""
    house.site = dataclasses.replace(house.site, **changes)  # type: ignore[arg-type]
    routes = [route for part in PARTS for route in part.routes(house.site)]
    house.app = Guard(Starlette(routes=routes))
    return house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """C-1 of Northwind and A-1 of Acme; both companies send mail; C-1 was asked for Texas."""
    with premises_in(tmp_path) as found:
        for key in ("northwind", "acme"):
            connected(found.store, f"mail-{key}", company=key, capabilities=MAILS)
        with found.store.writing() as tx:
            tx._c.exec_driver_sql("UPDATE customer SET email = 'ap@c.example', ship_to = 1")
        wish = Wish(found.ids["C-1"], ["US-TX"])
        requesting.make(found.store, wish, Act("anna", NOW, Policy()), POST)
        yield with_site(found, post=POST, letter_printer=print_nothing)


def send(browser: Browser, path: str, **fields: str) -> httpx.Response:
    body = urlencode({"form_token": browser.token, **fields})
    return browser("POST", path, body, content_type="application/x-www-form-urlencoded")


def rows(house: Premises) -> list[RequestRow]:
    with house.store.reading() as tx:
        return tx.requests.all()


def test_what_belongs_to_another_company_does_not_exist(house: Premises) -> None:
    theirs = house.staff(Role.REVIEWER, "acme")
    before = everything(house.store)
    assert "Customer C-1" not in theirs.get("/requests").text
    assert theirs.get("/requests/1").status_code == 404
    assert theirs.get("/requests?company=northwind").status_code == 404
    assert theirs.get("/requests/bulk?company=northwind").status_code == 404
    assert theirs.get(f"/requests/new?customer=id:{house.ids['C-1']}").status_code == 404
    for path in ("/requests/1/cancel", "/requests/1/resend", "/requests/1/revoke"):
        assert send(theirs, path).status_code == 404
    made = send(theirs, "/requests/new", customer=f"id:{house.ids['C-1']}", jurisdictions="US-CA")
    assert made.status_code == 404
    after = everything(house.store)
    assert {name: before[name] for name in ("request", "request_link", "delivery")} == {
        name: after[name] for name in ("request", "request_link", "delivery")
    }


def test_whoever_may_only_look_changes_nothing(house: Premises) -> None:
    viewer = house.staff(Role.VIEWER)
    page = viewer.get("/requests").text
    assert "Customer C-1" in page
    assert "New request" not in page
    assert "Cancel request" not in viewer.get("/requests/1").text
    for path in ("/requests/new", "/requests/bulk"):
        assert viewer.get(path).status_code == 403
        assert send(viewer, path).status_code == 403
    assert send(viewer, "/requests/1/cancel").status_code == 403
    assert viewer.get("/mail-templates").status_code == 403


def test_switched_off_the_action_is_absent(house: Premises) -> None:
    """A04."""
    off = with_site(house, requests_enabled=False, post=POST._replace(enabled=False))
    staff = off.staff(Role.ADMINISTRATOR)
    page = staff.get("/requests").text
    assert "New request" not in page
    assert "Requests are switched off" in page
    assert "Send again" not in staff.get("/requests/1").text
    for path in ("/requests/new", "/requests/bulk"):
        assert staff.get(path).status_code == 403
        assert send(staff, path, customer="id:1").status_code == 403
    assert send(staff, "/requests/1/resend").status_code == 403
    assert len(rows(off)) == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", True),
        ("?state=not_opened", True),
        ("?state=submitted", False),
        ("?state=nonsense", True),
        ("?words=customer%20c", True),
        ("?words=AP@C", True),
        ("?words=nobody", False),
        ("?page=9", False),
        ("?page=-1", True),
        ("?company=northwind", True),
        ("?company=acme", False),
    ],
)
def test_what_the_list_shows(house: Premises, query: str, shown: bool) -> None:
    page = house.staff().get(f"/requests{query}")
    assert page.status_code == 200
    assert ("Customer C-1" in page.text) == shown


def test_of_an_impossible_number_there_is_none(house: Premises) -> None:
    assert house.staff().get(f"/requests/{10**30}").status_code == 404
    assert house.staff(Role.ADMINISTRATOR).get("/mail-templates/notice").status_code == 404


def test_what_is_wrong_stands_in_the_form_as_it_was_filled_in(house: Premises) -> None:
    staff = house.staff(Role.REVIEWER)
    page = send(staff, "/requests/new", customer=f"id:{house.ids['A-1']}",
                message="Dear <b>all</b>", recipient="nobody")  # fmt: skip
    assert page.status_code == 400
    assert "choose at least one state" in page.text
    assert "is no e-mail address" in page.text
    assert "Dear &lt;b&gt;all&lt;/b&gt;" in page.text
    assert len(rows(house)) == 1


def test_a_letter_is_downloaded_with_its_link(house: Premises) -> None:
    """F11 and F12."""
    staff = house.staff(Role.REVIEWER)
    page = send(staff, "/requests/1/resend", way=Way.LETTER.value)
    assert page.status_code == 200
    assert f"{URL}/r/" in page.text
    assert "data:application/pdf;base64," in page.text
    assert page.headers["cache-control"] == "no-store"


def test_what_is_over_is_refused_with_a_reason(house: Premises) -> None:
    staff = house.staff(Role.REVIEWER)
    assert send(staff, "/requests/1/cancel").status_code == 303
    page = send(staff, "/requests/1/resend")
    assert page.status_code == 400
    assert "is cancelled, and not sent again" in page.text


def test_in_bulk_from_the_page(house: Premises) -> None:
    """A35."""
    act = Act("anna", NOW, Policy())
    for card_id in house.ids.values():
        details = card_of(house.store, card_id).details
        claims = details.model_copy(update={"exempt": True, "ship_to_zones": ("US-NY",)})
        cards.edit(house.store, card_id, claims, act)
    staff = house.staff(Role.REVIEWER)
    assert "2 customers to ask" in staff.get("/requests/bulk").text
    assert send(staff, "/requests/bulk").status_code == 400, "no kind was chosen"
    answer = send(staff, "/requests/bulk", kind="missing")
    assert (answer.status_code, answer.headers["location"]) == (303, "/requests")
    assert sorted(row.jurisdictions for row in rows(house)) == [
        ("US-NY",),
        ("US-NY", "US-TX"),
        ("US-TX",),
    ]
    assert "0 customers to ask" in staff.get("/requests/bulk").text


def test_whoever_sees_one_company_changes_its_words_alone(house: Premises) -> None:
    """F13."""
    theirs = house.staff(Role.ADMINISTRATOR, "acme")
    words = {"subject": "Of Acme", "text": "x", "do": "save"}
    assert send(theirs, "/mail-templates/receipt", **words).status_code == 303
    assert send(
        theirs, "/mail-templates/receipt", company="northwind", **words
    ).status_code == 404  # fmt: skip
    with house.store.reading() as tx:
        assert tx.templates.newest(Purpose.RECEIPT, house.companies["northwind"]) is None
        found = tx.templates.newest(Purpose.RECEIPT, house.companies["acme"])
    assert found
    assert (found.subject, found.company_id) == ("Of Acme", house.companies["acme"])


def test_the_html_of_a_mail_can_run_and_load_nothing(house: Premises) -> None:
    admin = house.staff(Role.ADMINISTRATOR)
    words = {"subject": "s", "text": "<script>alert(1)</script>\n\n{{ link }}", "do": "html"}
    page = send(admin, "/mail-templates/request", **words)
    assert page.headers["content-security-policy"].startswith("sandbox; default-src 'none';")
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    wrong = send(admin, "/mail-templates/request", **{**words, "text": "{{ nope }}"})
    assert (wrong.status_code, "nope is not known" in wrong.text) == (400, True)
    versions = admin.get("/mail-templates/request?version=built-in")
    assert versions.status_code == 200


def test_where_many_claim_exemption_nobody_is_looked_up_unasked(
    house: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MANY", 1)
    staff = house.staff(Role.REVIEWER)
    with house.store.writing() as tx:
        tx._c.exec_driver_sql("UPDATE customer SET flagged_exempt = 1")
    assert "2 customers are flagged as exempt" in staff.get("/requests/bulk").text
    assert "customers are flagged" not in staff.get("/requests/bulk?kind=missing").text


def test_requests_are_exported_as_the_list_shows_them(house: Premises) -> None:
    rows = list(csv.reader(house.staff().get("/requests/export").text.splitlines()))
    assert [row[1] for row in rows[1:]] == ["Customer C-1"]
    assert rows[1][-1] == "Not opened"
    for query in ("?words=nobody", "?state=submitted", "?company=acme"):
        assert len(house.staff().get(f"/requests/export{query}").text.splitlines()) == 1
