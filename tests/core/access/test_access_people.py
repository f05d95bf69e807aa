"""Users and keys as administrators see them."""

from __future__ import annotations

import re

import pytest

from exempt.model.access import Role
from exempt.services import api_keys
from support.access import PASSWORD, goes_on, member, with_factor
from support.access import signed_in as cookies_of
from support.api import ApiHouse
from support.records import NOW
from support.visitor import SITE, Visitor

BO = {"name": "Bo Chen", "email": "bo@acme.example", "role": "reviewer"}


@pytest.fixture
def admin(site: ApiHouse) -> Visitor:
    """Dana, who is an administrator."""
    entered = member(site.store)
    visitor = Visitor(site.app)
    visitor.cookies.set("__Host-sid", entered.token, "exempt.example")
    return visitor


def test_somebody_is_invited_and_comes_in_by_the_link(site: ApiHouse, admin: Visitor) -> None:
    admin.get("/users/new")
    admin.send("/users", **{**BO, "email": "bo"})
    assert (admin.page.status_code, "e-mail: is no address" in admin) == (422, True)
    assert 'value="Bo Chen"' in admin.page.text, "what was typed stands there still"
    admin.send("/users", **BO)
    link = re.search(rf'value="({SITE}/welcome/[\w-]+)"', admin.page.text)
    assert link is not None
    bo = Visitor(site.app)
    bo.get(link[1])
    bo.send("/welcome", password="chimney parrot 3", again="chimney parrot 3", follow=False)
    assert bo.get("/account").status_code == 200
    admin.get("/users")
    assert "bo@acme.example" in admin
    assert not re.search(r"welcome/[\w-]{43}", admin.page.text), "the link is shown once"


def test_a_role_is_changed_and_its_owner_signs_in_anew(site: ApiHouse, admin: Visitor) -> None:
    entered = member(site.store, Role.REVIEWER, email=BO["email"])
    admin.get(f"/users/{entered.user.id}")
    admin.send(f"/users/{entered.user.id}", role="viewer", scope="some", company=["1"])
    with site.store.reading() as tx:
        after = tx.users.get(entered.user.id)
    assert after is not None
    assert (after.role, after.company_ids) == (Role.VIEWER, frozenset({1}))
    assert not goes_on(site.store, entered)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"role": "owner"}, "role: choose one of viewer, reviewer, administrator"),
        ({"scope": "some"}, "companies: name at least one"),
        ({"scope": "some", "company": ["99"]}, "companies: there is no such company"),
        ({"scope": "some", "company": ["²"]}, "companies: there is no such company"),
        ({"role": "administrator", "scope": "some", "company": ["1"]}, "administrator sees all"),
        ({"name": "\x1b[2J"}, "name: write one of 1 to 100 characters"),
        ({"email": "dana@acme.example"}, "somebody has this e-mail already"),
    ],
)
def test_what_cannot_be_said_of_somebody(
    site: ApiHouse, admin: Visitor, fields: dict[str, object], why: str
) -> None:
    admin.get("/users/new")
    admin.send("/users", **{**BO, **fields})
    assert (admin.page.status_code, why in admin) == (422, True)


def test_asvs_7_5_1_an_e_mail_changes_only_for_who_proves_that_it_is_they(
    site: ApiHouse, admin: Visitor
) -> None:
    """A link and another second factor let somebody in as well, and so need the same."""
    bo = member(site.store, Role.REVIEWER, email=BO["email"]).user
    with_factor(site.store, member(site.store, email="cy@acme.example"))
    page = f"/users/{bo.id}"
    for action, fields in ((page, {"email": "bo2@acme.example"}), (f"{page}/link", {})):
        admin.get(page)
        admin.send(action, **fields)
        assert (admin.page.status_code, "is wrong" in admin) == (422, True)
        admin.get(page)
        admin.send(action, **fields, current=PASSWORD)
        assert admin.page.status_code == 200
    admin.get("/users/3")
    drop = "/users/3/second-factor/drop"
    assert admin.send(drop).status_code == 422
    admin.get("/users/3")
    admin.send(drop, current=PASSWORD)
    with site.store.reading() as tx:
        cy = tx.users.get(3)
    assert cy is not None
    assert not cy.has_second_factor


def test_asvs_7_4_2_and_7_4_5_somebody_is_signed_out_disabled_and_let_in_again(
    site: ApiHouse, admin: Visitor
) -> None:
    entered = member(site.store, Role.REVIEWER, email=BO["email"])
    page = f"/users/{entered.user.id}"
    admin.get(page)
    admin.send(f"{page}/sign-out")
    assert not goes_on(site.store, entered)
    admin.get(page)
    admin.send(f"{page}/disable")
    assert "disabled" in admin
    visitor = Visitor(site.app)
    visitor.get("/sign-in")
    visitor.send("/sign-in", email=BO["email"], password=PASSWORD)
    assert visitor.page.status_code == 422
    admin.get(page)
    admin.send(f"{page}/enable")
    visitor.send("/sign-in", email=BO["email"], password=PASSWORD, follow=False)
    assert visitor.page.status_code == 303


def test_the_only_administrator_cannot_shut_herself_out(site: ApiHouse, admin: Visitor) -> None:
    admin.get("/users/1")
    admin.send("/users/1/disable")
    assert (admin.page.status_code, "is the only administrator" in admin) == (422, True)
    admin.get("/users/1")
    admin.send("/users/1", role="viewer")
    assert (admin.page.status_code, "is the only administrator" in admin) == (422, True)


def test_who_is_not_there_is_not_found(site: ApiHouse, admin: Visitor) -> None:
    assert admin.get("/users/99").status_code == 404
    assert admin.get("/users/abc").status_code == 404


# --- keys --------------------------------------------------------------------------------


def test_a_key_is_made_shown_once_and_works(site: ApiHouse, admin: Visitor) -> None:
    admin.get("/keys/new")
    admin.send("/keys", name="ERP", right=["decide", "read"], scope="some", company=["1"])
    text = re.search(r"exk_live_[a-z0-9]{8}_[\w-]{43}", admin.page.text)
    assert text is not None
    with site.store.reading() as tx:
        caller = api_keys.caller_of(tx, text[0], NOW)
        assert caller is not None
        assert caller.name == "api:ERP"
        assert sorted(caller.rights) == ["decide", "read"]
        assert caller.company_ids == frozenset({1})
        assert tx.api_keys.all()[0].made_by == "dana@acme.example"
    admin.get("/keys")
    assert "ERP" in admin
    assert text[0] not in admin.page.text
    admin.send("/keys/1/revoke")
    with site.store.reading() as tx:
        assert api_keys.caller_of(tx, text[0], NOW) is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": " "}, "give the key a name"),
        ({"right": ["own"]}, "rights: name at least one"),
        ({"days": "9999"}, "days: choose how long it works"),
        ({"scope": "some"}, "companies: name at least one"),
    ],
)
def test_what_is_no_key(
    site: ApiHouse, admin: Visitor, fields: dict[str, object], why: str
) -> None:
    admin.get("/keys/new")
    admin.send("/keys", **{"name": "ERP", **fields})
    assert (admin.page.status_code, why in admin) == (422, True)
    with site.store.reading() as tx:
        assert tx.api_keys.all() == []


def test_a_key_is_revoked_once(site: ApiHouse, admin: Visitor) -> None:
    admin.get("/keys/new")
    admin.send("/keys", name="ERP", days="30")
    admin.get("/keys")
    token = admin.form("/keys/1/revoke").fields["form_token"]
    for status in (303, 303):
        assert admin.post("/keys/1/revoke", data={"form_token": token}).status_code == status
    assert admin.post("/keys/9/revoke", data={"form_token": token}).status_code == 404


# --- and who is none ---------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
@pytest.mark.parametrize("path", ["/users", "/users/new", "/users/1", "/keys", "/keys/new"])
def test_only_administrators_see_users_and_keys(site: ApiHouse, role: Role, path: str) -> None:
    visitor = Visitor(site.app)
    for name, value in cookies_of(site.store, role, secure=True).items():
        visitor.cookies.set(name, value, "exempt.example")
    assert visitor.get(path).status_code == 403
