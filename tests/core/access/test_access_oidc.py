"""Signing in through OpenID Connect: the rows 10.2 and 10.5 of OWASP ASVS 5.0, against liars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

pytest.importorskip("authlib", reason="needs exempt[oidc]")

from exempt.adapters.oidc import OidcProvider
from exempt.adapters.store.store import SqlStore
from exempt.errors import RefusedError
from exempt.model.access import Role
from exempt.services import users
from exempt.services.access_ports import Begun, Identity
from exempt.services.signing_in import NO_ACCOUNT, sign_in_from
from support.access import desk, events, member, user
from support.databases import made, open_database
from support.oidc_provider import CLIENT, SECRET, Provider
from support.records import NOW

BACK = "http://testserver/sign-in/back"
DANA = Identity("https://idp.example u-7", "dana@acme.example", email_verified=True, name="Dana")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with made("sqlite", tmp_path, migrated=True) as url, open_database(url) as database:
        yield SqlStore(database, lambda _sha256: pytest.fail("nobody opens a file"))


def ours(provider: Provider, **changes: Any) -> OidcProvider:
    """What we know of it."""
    given = {"label": "Acme", "trust_emails": False, "clock": lambda: NOW, **changes}
    issuer = given.pop("issuer", provider.url)
    return OidcProvider(issuer, CLIENT, given.pop("secret", SECRET), **given)


def come_back(begun: Begun) -> dict[str, str]:
    """What the browser brings back from the provider."""
    answer = httpx.get(begun.url, follow_redirects=False)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def finished(provider: Provider, **changes: Any) -> Identity:
    """Who has signed in there."""
    known = ours(provider, **changes)
    begun = known.begin(BACK)
    return known.finish(begun, come_back(begun)["code"], BACK)


def test_who_signs_in_there_is_known_by_issuer_and_subject(provider: Provider) -> None:
    """10.5.2: an e-mail may be given to another, this may not."""
    assert finished(provider) == Identity(
        f"{provider.url} u-7", "dana@acme.example", email_verified=True, name="Dana Lee"
    )


def test_asvs_10_2_1_state_nonce_and_challenge_are_new_each_time(provider: Provider) -> None:
    begun = [ours(provider).begin(BACK) for _ in range(5)]
    for secrets in zip(*[(b.state, b.nonce, b.verifier) for b in begun], strict=True):
        assert len(set(secrets)) == 5
    asked = parse_qs(urlsplit(begun[0].url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert begun[0].verifier not in begun[0].url
    assert come_back(begun[0])["state"] == begun[0].state


def test_asvs_10_2_1_a_code_without_its_verifier_is_worth_nothing(provider: Provider) -> None:
    known = ours(provider)
    mine, theirs = known.begin(BACK), known.begin(BACK)
    with pytest.raises(RefusedError, match="it answered with status 400"):
        known.finish(theirs, come_back(mine)["code"], BACK)


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"nonce": "another"}, id="10.5.1: another nonce"),
        pytest.param({"nonce": None}, id="10.5.1: no nonce"),
        pytest.param({"sub": None}, id="10.5.2: nobody"),
        pytest.param({"iss": "https://evil.example"}, id="10.5.3: another issuer"),
        pytest.param({"aud": "another client"}, id="10.5.4: for another client"),
        pytest.param({"aud": [CLIENT, "b"], "azp": "b"}, id="10.5.4: asked for by another"),
        pytest.param({"aud": None}, id="10.5.4: for nobody"),
        pytest.param({"exp": int(NOW.timestamp()) - 61}, id="too old"),
        pytest.param({"exp": None}, id="without an end"),
        pytest.param({"iat": int(NOW.timestamp()) + 3600}, id="from the future"),
        pytest.param({"at_hash": "AAAA"}, id="beside another access token"),
    ],
)
def test_a_token_that_is_not_for_this_moment_and_us_does_not_count(
    provider: Provider, lie: dict[str, Any]
) -> None:
    provider.claims |= lie
    with pytest.raises(RefusedError, match="its token does not count"):
        finished(provider)


@pytest.mark.parametrize("how", ["unsigned", "signed_by_the_secret", "signed_by_another"])
def test_a_token_that_the_provider_did_not_sign_does_not_count(
    provider: Provider, how: str
) -> None:
    provider.sign = getattr(provider, how)
    with pytest.raises(RefusedError, match="its token does not count"):
        finished(provider)


def test_a_clock_that_is_a_minute_off_does_no_harm(provider: Provider) -> None:
    later = NOW + dt.timedelta(seconds=359)
    assert finished(provider, clock=lambda: later).email == "dana@acme.example"


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"issuer": "https://evil.example"}, "names another issuer than web.oidc.issuer"),
        ({"token_endpoint": None}, "its metadata has no token_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "has no authorization_endpoint"),
        ({"jwks_uri": 7}, "its metadata has no jwks_uri"),
    ],
)
def test_asvs_10_5_3_metadata_that_is_not_as_it_should_be(
    provider: Provider, metadata: dict[str, Any], why: str
) -> None:
    provider.metadata = metadata
    with pytest.raises(RefusedError, match=why):
        finished(provider)


def test_a_provider_that_is_away_is_told_without_an_address(provider: Provider) -> None:
    with pytest.raises(RefusedError, match=r"it does not answer \(ConnectError\)\.$"):
        ours(provider, issuer="http://127.0.0.1:9").begin(BACK)
    with pytest.raises(RefusedError, match="it answered with status 404"):
        ours(provider, issuer=f"{provider.url}/elsewhere").begin(BACK)


def test_the_secret_goes_as_the_provider_wants_it(provider: Provider) -> None:
    assert finished(provider).email
    assert "client_secret" not in provider.asked[-1]
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert finished(provider).email
    assert provider.asked[-1]["client_secret"] == SECRET
    with pytest.raises(RefusedError) as refused:
        finished(provider, secret="another-canary")
    assert "canary" not in str(refused.value)


def test_an_e_mail_that_the_token_lacks_is_asked_for(provider: Provider) -> None:
    provider.claims |= {"email": None, "email_verified": None}
    provider.userinfo = {"sub": "u-7", "email": "d@acme.example", "email_verified": "true"}
    assert finished(provider)[1:3] == ("d@acme.example", True)
    provider.userinfo["sub"] = "u-8"
    with pytest.raises(RefusedError, match="it tells of another user than its token"):
        finished(provider)


@pytest.mark.parametrize(
    ("said", "trusted", "counts"),
    [(True, False, True), (None, False, False), ("yes", False, False), (None, True, True)],
)
def test_an_e_mail_counts_that_the_provider_verified(
    provider: Provider, said: object, trusted: bool, counts: bool
) -> None:
    provider.claims["email_verified"] = said
    assert finished(provider, trust_emails=trusted).email_verified is counts


# --- whose account it is -----------------------------------------------------------------


def test_who_was_invited_comes_in_by_a_verified_e_mail_and_later_by_subject(
    store: SqlStore,
) -> None:
    dana = user(store, Role.REVIEWER, email=DANA.email)
    first = sign_in_from(desk(store, second_factor=True), DANA)
    assert (first.user.id, first.complete) == (dana.id, True), "the second factor is theirs"
    moved = DANA._replace(email="dana.lee@acme.example", email_verified=False)
    assert sign_in_from(desk(store), moved).user.id == dana.id
    fields = [each.field for each in events(store, dana.id)]
    assert fields == ["OpenID Connect", "signed in", "signed in"]


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(DANA._replace(email="bo@acme.example"), id="nobody invited them"),
        pytest.param(DANA._replace(email_verified=False), id="their e-mail is not verified"),
        pytest.param(DANA._replace(email=""), id="they have no e-mail"),
        pytest.param(DANA._replace(subject="https://idp.example u-9"), id="the e-mail's new owner"),
    ],
)
def test_who_has_no_account_stays_out(store: SqlStore, who: Identity) -> None:
    dana = user(store, email=DANA.email)
    if who.subject != DANA.subject:
        with store.writing() as tx:
            tx.users.save(replace(dana, subject=DANA.subject))
    with pytest.raises(RefusedError, match=NO_ACCOUNT):
        sign_in_from(desk(store), who)
    with store.reading() as tx:
        assert len(tx.users.all()) == 1


def test_who_is_disabled_stays_out(store: SqlStore) -> None:
    entered = member(store, Role.VIEWER)
    sign_in_from(desk(store), DANA)
    users.disable(store, entered.user.id, by="anna", at=NOW)
    with pytest.raises(RefusedError, match=NO_ACCOUNT):
        sign_in_from(desk(store), DANA)
    assert events(store, entered.user.id)[-1].field == "could not sign in"


@pytest.mark.parametrize(
    ("email", "verified", "comes_in"),
    [
        ("new@acme.example", True, True),
        ("new@acme.example", False, False),
        ("new@evil.example", True, False),
        ("new@acme.example.evil.example", True, False),
        ("new@evil.example@acme.example", True, False),
    ],
)
def test_everybody_of_a_domain_gets_an_account_where_that_is_wanted(
    store: SqlStore, email: str, verified: bool, comes_in: bool
) -> None:
    who = DANA._replace(email=email, email_verified=verified, name="New\x1b Person")
    here = desk(store, domains=frozenset({"acme.example"}), default_role=Role.VIEWER)
    if not comes_in:
        with pytest.raises(RefusedError):
            sign_in_from(here, who)
        return
    entered = sign_in_from(here, who)
    assert (entered.user.role, entered.user.name) == (Role.VIEWER, "New Person")
    assert sign_in_from(here, who).user.id == entered.user.id
