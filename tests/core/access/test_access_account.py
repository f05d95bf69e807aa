"""One's own account, page by page."""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest

from exempt.model.access import Role
from support.access import PASSWORD, goes_on, member, with_factor
from support.api import ApiHouse
from support.records import NOW
from support.visitor import Visitor

EMAIL = "dana@acme.example"
NEW = "chimney parrot 3"


def signed_in(site: ApiHouse, role: Role = Role.VIEWER) -> Visitor:
    """Dana, at her account."""
    with site.store.reading() as tx:
        known = tx.users.by_email(EMAIL)
    if known is None:
        member(site.store, role)
    visitor = Visitor(site.app)
    visitor.get("/sign-in?next=/account")
    visitor.send("/sign-in", email=EMAIL, password=PASSWORD)
    assert visitor.where == "/account"
    return visitor


@pytest.mark.parametrize("role", Role)
def test_everybody_has_an_account_page(site: ApiHouse, role: Role) -> None:
    visitor = signed_in(site, role)
    assert f"<dd>{EMAIL}</dd><dt>Role</dt><dd>{role.title()}</dd>" in visitor
    assert "signed in with a password, from 203.0.113.9" in visitor


def test_a_name_is_changed(site: ApiHouse) -> None:
    visitor = signed_in(site)
    visitor.send("/account/name", name="x" * 101)
    assert (visitor.page.status_code, "write one of 1 to 100 characters" in visitor) == (422, True)
    visitor.send("/account/name", name="Dana <b>Lee</b>")
    assert visitor.where == "/account"
    assert 'value="Dana &lt;b&gt;Lee&lt;/b&gt;"' in visitor.page.text


def test_asvs_6_2_3_a_password_is_changed_by_who_knows_it(site: ApiHouse) -> None:
    visitor, elsewhere = signed_in(site), signed_in(site)
    fields = {"current": PASSWORD, "password": NEW, "again": NEW}
    visitor.send("/account/password", **{**fields, "again": "another"})
    assert "The two new passwords differ." in visitor
    visitor.send("/account/password", **{**fields, "current": "wrong"})
    assert (visitor.page.status_code, "is wrong" in visitor) == (422, True)
    visitor.send("/account/password", **fields)
    assert visitor.where == "/account", "and still signed in"
    elsewhere.get("/account")
    assert elsewhere.where == "/sign-in?next=/account"
    visitor.send("/sign-out")
    visitor.send("/sign-in", email=EMAIL, password=NEW, follow=False)
    assert visitor.page.status_code == 303


def test_asvs_6_2_8_blanks_at_the_ends_of_a_password_belong_to_it(site: ApiHouse) -> None:
    visitor = signed_in(site)
    padded = f"  {NEW}  "
    visitor.send("/account/password", current=PASSWORD, password=padded, again=padded)
    visitor.send("/sign-out")
    visitor.send("/sign-in", email=EMAIL, password=NEW)
    assert visitor.page.status_code == 422
    visitor.send("/sign-in", email=EMAIL, password=padded, follow=False)
    assert visitor.page.status_code == 303


def test_a_second_factor_is_set_up_replaced_and_taken_away(site: ApiHouse) -> None:
    visitor = signed_in(site)
    assert "Whoever learns your password can sign in as you" in visitor
    visitor.send("/account/second-factor", current="wrong")
    assert (visitor.page.status_code, "is wrong" in visitor) == (422, True)
    visitor.send("/account/second-factor", current=PASSWORD)
    phone = _phone(visitor)
    visitor.send("/account/second-factor/confirm", code="000000")
    assert _phone(visitor).secret == phone.secret, "who mistypes need not scan again"
    visitor.send("/account/second-factor/confirm", code=phone.at(NOW))
    assert "Keep these recovery codes" in visitor
    visitor.get("/account")
    assert "10 recovery codes are left" in visitor
    site.later(minutes=1)
    visitor.send("/account/recovery-codes", current=PASSWORD, code="000000")
    assert "The code is wrong" in visitor
    visitor.send("/account/recovery-codes", current=PASSWORD, code=phone.at(site.now))
    assert "Keep these recovery codes" in visitor
    visitor.get("/account")
    site.later(minutes=1)
    visitor.send("/account/second-factor/drop", current=PASSWORD, code=phone.at(site.now))
    assert visitor.where == "/account"
    assert "Whoever learns your password can sign in as you" in visitor


def test_where_a_second_factor_is_required_nobody_takes_theirs_away(make_site: Any) -> None:
    site = make_site(second_factor=True)
    whole, phone, _ = with_factor(site.store, member(site.store))
    visitor = Visitor(site.app)
    visitor.cookies.set("__Host-sid", whole.token, "exempt.example")
    visitor.get("/account")
    assert "/account/second-factor/drop" not in visitor.page.text
    token = visitor.form("/account/name").fields["form_token"]
    site.later(minutes=1)
    proof = {"form_token": token, "current": PASSWORD, "code": phone.at(site.now)}
    answer = visitor.post("/account/second-factor/drop", data=proof)
    assert (answer.status_code, "Everybody here has a second factor" in visitor) == (422, True)


def test_a_proposal_that_grew_too_old_begins_anew(site: ApiHouse) -> None:
    visitor = signed_in(site)
    visitor.send("/account/second-factor", current=PASSWORD)
    phone = _phone(visitor)
    site.later(minutes=16)
    answer = visitor.send("/account/second-factor/confirm", code=phone.at(site.now), follow=False)
    assert answer.headers["location"] == "/account"


def test_asvs_7_5_2_sessions_are_listed_and_ended_by_who_proves_it(site: ApiHouse) -> None:
    visitor = signed_in(site)
    other = member(site.store, email="bo@acme.example")
    elsewhere = signed_in(site)
    visitor.get("/account")
    assert "This browser" in visitor
    ids = re.findall(r'name="session" value="([0-9a-f]{64})"', visitor.page.text)
    with site.store.reading() as tx:
        theirs = tx.sessions.of(other.user.id)[0].id_hash
        mine = [each.id_hash for each in tx.sessions.of(1)]
    assert sorted(ids) == sorted(mine)
    visitor.send("/account/sessions/end", current=PASSWORD)
    assert "Choose where to sign out" in visitor
    visitor.send("/account/sessions/end", current="wrong", session=ids)
    assert visitor.page.status_code == 422
    visitor.send("/account/sessions/end", current=PASSWORD, session=[*ids, theirs], follow=False)
    assert visitor.page.headers["location"] == "/sign-in"
    for each in (visitor, elsewhere):
        each.get("/account")
        assert each.where == "/sign-in?next=/account"
    assert goes_on(site.store, other)


def _phone(visitor: Visitor) -> pyotp.TOTP:
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', visitor.page.text)
    assert secret is not None
    return pyotp.TOTP(secret[1].replace(" ", ""))
