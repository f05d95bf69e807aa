"""Signing in elsewhere, page by page: what is begun in a browser ends in that browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

pytest.importorskip("authlib", reason="needs exempt[oidc]")

from exempt.adapters.oidc import OidcProvider
from exempt.model.access import Role
from support.access import user
from support.api import ApiHouse
from support.oidc_provider import CLIENT, SECRET, Provider
from support.records import NOW
from support.visitor import SITE, Visitor

START = "/sign-in/elsewhere?next=/account"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def site(make_site: Any, provider: Provider) -> ApiHouse:
    """A site that knows the provider, and Dana, who has no password."""
    known = OidcProvider(
        provider.url, CLIENT, SECRET, label="Acme", trust_emails=False, clock=lambda: NOW
    )
    made: ApiHouse = make_site(provider=known, second_factor=True)
    user(made.store, Role.REVIEWER, email="dana@acme.example")
    return made


def there(visitor: Visitor) -> str:
    """Where the provider sends the browser back to."""
    answer = visitor.get(START, follow=False)
    assert answer.status_code == 303
    back = httpx.get(answer.headers["location"]).headers["location"]
    assert back.startswith(f"{SITE}/sign-in/back?")
    return str(back)


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/account", follow=False).status_code == 200


def test_who_signs_in_there_is_in_here_at_the_page_they_wanted(site: ApiHouse) -> None:
    visitor = Visitor(site.app)
    visitor.get("/sign-in?next=/account")
    assert 'href="/sign-in/elsewhere?next=/account">Sign in with Acme<' in visitor.page.text
    visitor.get(there(visitor))
    assert urlsplit(visitor.where).path == "/account"
    assert "You sign in elsewhere" in visitor
    assert "__Host-elsewhere" not in visitor.cookies


def test_asvs_10_2_1_what_another_browser_began_does_not_end_here(site: ApiHouse) -> None:
    """Else somebody could be signed in as somebody else, without noticing."""
    attacker, victim = Visitor(site.app), Visitor(site.app)
    back = there(attacker)
    assert victim.get(back).status_code == 422
    assert "began in another browser" in victim
    there(victim)
    assert victim.get(back).status_code == 422, "another state"
    assert not is_in(victim)


def test_what_came_back_counts_once(site: ApiHouse) -> None:
    visitor, again = Visitor(site.app), Visitor(site.app)
    back = there(visitor)
    again.cookies = httpx.Cookies(visitor.cookies)
    visitor.get(back)
    assert again.get(back).status_code == 422
    assert "it answered with status 400" in again


def test_who_takes_too_long_begins_anew(site: ApiHouse) -> None:
    visitor = Visitor(site.app)
    back = there(visitor)
    site.later(minutes=10)
    assert visitor.get(back).status_code == 422
    assert "That took too long" in visitor


def test_who_was_refused_there_is_told_so(site: ApiHouse) -> None:
    visitor = Visitor(site.app)
    state = dict(httpx.URL(there(visitor)).params)["state"]
    visitor.get(f"/sign-in/back?error=access_denied&state={state}")
    assert "You were not signed in there." in visitor


def test_who_has_no_account_here_is_told_so(site: ApiHouse, provider: Provider) -> None:
    provider.claims["email"] = "nobody@acme.example"
    visitor = Visitor(site.app)
    visitor.get(there(visitor))
    assert "You have no account here" in visitor
    assert not is_in(visitor)


def test_a_cookie_that_is_not_ours_is_told_so(site: ApiHouse) -> None:
    visitor = Visitor(site.app)
    visitor.cookies.set("__Host-elsewhere", "made-up", "exempt.example")
    assert visitor.get("/sign-in/back?state=x&code=y").status_code == 422


def test_a_provider_that_is_away_leaves_the_password(site: ApiHouse, provider: Provider) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    visitor = Visitor(site.app)
    assert visitor.get(START).status_code == 422
    assert "The sign-in service cannot be used now" in visitor
    assert "password" in visitor.form("/sign-in").fields


@pytest.mark.parametrize("path", ["/sign-in/elsewhere", "/sign-in/back"])
def test_without_a_provider_there_are_no_such_pages(make_site: Any, path: str) -> None:
    visitor = Visitor(make_site().app)
    assert visitor.get(path).status_code == 404
    visitor.get("/sign-in")
    assert "/sign-in/elsewhere" not in visitor.page.text
