"""Signing in as people do it, page by page, without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest

from exempt.model.access import Role
from exempt.services import users
from support.access import PASSWORD, events, member
from support.api import ApiHouse
from support.records import NOW
from support.visitor import Visitor

EMAIL = "dana@acme.example"
SID = "__Host-sid"


def enter(visitor: Visitor, password: str = PASSWORD, email: str = EMAIL, to: str = "") -> Any:
    """Sign in with a password; the pages behind belong to others."""
    visitor.get(f"/sign-in{to}")
    return visitor.send("/sign-in", email=email, password=password, follow=False)


def test_the_first_administrator_comes_in_by_a_link_with_a_second_factor(make_site: Any) -> None:
    site = make_site(second_factor=True)
    visitor = Visitor(site.app)
    visitor.get("/account")
    assert visitor.where == "/sign-in?next=/account"
    token = users.first_link(site.store, NOW)
    visitor.get(f"/welcome/{token}")
    assert "and will be the administrator" in visitor
    fields = {"name": "Ann", "email": "ann@acme.example"}
    visitor.send("/welcome", **fields, password="tickle 7", again="tickle 8")
    assert "The two passwords differ." in visitor
    visitor.send("/welcome", **fields, password="tickle", again="tickle")
    assert (visitor.page.status_code, "at least 8 characters" in visitor) == (422, True)
    visitor.send("/welcome", **fields, password="tickle 7", again="tickle 7")
    assert visitor.where == "/sign-in/second-factor?next=/"
    assert "<svg" in visitor.page.text
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', visitor.page.text)
    assert secret is not None
    phone = pyotp.TOTP(secret[1].replace(" ", ""))
    visitor.send("/sign-in/second-factor", code="000000")
    assert (visitor.page.status_code, "The code does not fit" in visitor) == (422, True)
    visitor.send("/sign-in/second-factor", code=phone.at(NOW))
    assert len(re.findall(r"<li><code>[a-z2-7-]{29}</code>", visitor.page.text)) == 10
    visitor.get("/account")
    assert visitor.where == "/account"
    assert "10 recovery codes are left" in visitor
    visitor.send("/sign-out")
    assert visitor.where == "/sign-in"
    site.later(minutes=1)
    assert (
        enter(visitor, "tickle 7", "ann@acme.example")
        .headers["location"]
        .startswith("/sign-in/code")
    )
    visitor.get("/account")
    assert visitor.where == "/sign-in?next=/account", "the password alone opens nothing"
    visitor.get("/sign-in/code?next=/account")
    visitor.send("/sign-in/code", code="000000")
    assert "The code is wrong" in visitor
    visitor.send("/sign-in/code", code=phone.at(site.now))
    assert visitor.where == "/account"


def test_a_link_that_does_not_work_says_so_and_no_more(site: ApiHouse, visitor: Visitor) -> None:
    used = users.add(site.store, users.Details(EMAIL, "Dana", Role.VIEWER), by="a", at=NOW).token
    visitor.get(f"/welcome/{used}")
    visitor.get(f"/welcome/{used}")
    assert "Welcome, Dana" in visitor, "looking does not use it up"
    visitor.send("/welcome", follow=False, password=PASSWORD, again=PASSWORD)
    assert visitor.page.headers["location"] == "/"
    pages = set()
    for token in (used, "unknown", "x" * 5000):
        answer = visitor.get(f"/welcome/{token}")
        pages.add((answer.status_code, answer.text))
    assert len(pages) == 1
    assert pages.pop()[0] == 410


@pytest.mark.parametrize(
    ("wanted", "to"),
    [
        ("/review?state=TX", "/review?state=TX"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/" + "x" * 2000, "/"),
    ],
)
def test_after_signing_in_one_goes_on_to_a_page_of_ours_only(
    site: ApiHouse, visitor: Visitor, wanted: str, to: str
) -> None:
    member(site.store)
    visitor._call("GET", "/sign-in", follow=False, params={"next": wanted})
    answer = visitor.send("/sign-in", email=EMAIL, password=PASSWORD, follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, to)


def test_who_is_signed_in_does_not_sign_in_again(site: ApiHouse, visitor: Visitor) -> None:
    member(site.store)
    enter(visitor)
    answer = visitor.get("/sign-in?next=/account", follow=False)
    assert answer.headers["location"] == "/account"
    assert visitor.get("/", follow=False).status_code == 200


def test_a_wrong_password_is_answered_with_the_form_and_without_the_password(
    site: ApiHouse, visitor: Visitor
) -> None:
    member(site.store)
    answer = enter(visitor, "password-canary")
    assert (answer.status_code, "The e-mail or the password is wrong." in visitor) == (422, True)
    assert f'value="{EMAIL}"' in answer.text
    assert "canary" not in answer.text


def test_asvs_2_4_1_too_many_tries_are_answered_with_429_and_when_to_try_again(
    site: ApiHouse, visitor: Visitor
) -> None:
    member(site.store)
    for _ in range(5):
        assert enter(visitor, "wrong").status_code == 422
    answer = enter(visitor, PASSWORD)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert "try again in 5 seconds" in visitor


def test_asvs_7_2_4_signing_in_gives_a_new_id_in_a_cookie_that_is_well_kept(
    site: ApiHouse, visitor: Visitor
) -> None:
    """Whatever somebody put into the browser before."""
    member(site.store)
    visitor.cookies.set(SID, "chosen-by-somebody-else", "exempt.example")
    answer = enter(visitor)
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(SID)]
    value, *flags = cookie.removeprefix(f"{SID}=").split(";")
    assert len(value) == 43
    assert {each.strip().lower() for each in flags} == {
        "path=/",
        "httponly",
        "secure",
        "samesite=lax",
    }


def test_a_stale_cookie_is_replaced_and_its_session_over(site: ApiHouse) -> None:
    member(site.store)
    first, second = Visitor(site.app), Visitor(site.app)
    enter(first)
    second.cookies = first.cookies
    site.later(minutes=31)
    enter(second)
    with site.store.reading() as tx:
        assert [each.made_at for each in tx.sessions.of(1)] == [site.now, NOW]


def test_asvs_7_4_1_signing_out_ends_it_also_for_who_kept_the_cookie(
    site: ApiHouse, visitor: Visitor
) -> None:
    member(site.store)
    enter(visitor)
    thief = Visitor(site.app)
    thief.cookies = visitor.cookies
    assert thief.get("/account").status_code == 200
    visitor.get("/sign-in/code", follow=False)
    visitor.get("/account")
    token = visitor.form("/account/name").fields["form_token"]
    visitor.post("/sign-out", data={"form_token": token})
    thief.get("/account")
    assert thief.where == "/sign-in?next=/account"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ],
)
def test_asvs_3_5_1_another_site_cannot_sign_anybody_in(
    site: ApiHouse, visitor: Visitor, headers: dict[str, str]
) -> None:
    member(site.store)
    visitor.get("/sign-in")
    answer = visitor.send("/sign-in", email=EMAIL, password=PASSWORD, headers=headers)
    assert answer.status_code == 403
    assert SID not in visitor.cookies


def test_asvs_6_2_6_and_6_2_7_password_fields_help_password_managers(
    site: ApiHouse, visitor: Visitor
) -> None:
    """They hide what is typed, and let it be pasted and filled in."""
    linked = users.add(site.store, users.Details(EMAIL, "Dana", Role.VIEWER), by="a", at=NOW)
    visitor.get("/sign-in")
    form = visitor.form("/sign-in")
    assert (form.kinds["password"], form.complete["password"]) == ("password", "current-password")
    assert form.complete["email"] == "username"
    pages = visitor.page.text
    visitor.get(f"/welcome/{linked.token}")
    form = visitor.form("/welcome")
    for name in ("password", "again"):
        assert (form.kinds[name], form.complete[name]) == ("password", "new-password")
    pages += visitor.page.text
    assert not re.search(r"onpaste|maxlength=\"\d{1,2}\"|hint question", pages)


def test_asvs_16_3_2_who_is_denied_a_page_stands_in_the_history(
    site: ApiHouse, visitor: Visitor
) -> None:
    whose = member(site.store, Role.VIEWER).user
    enter(visitor)
    assert visitor.get("/users/7?x=canary").status_code == 403
    last = events(site.store, whose.id)[-1]
    assert (last.field, last.new, last.changed_by) == ("denied", "GET /users/{user_id:int}", EMAIL)
