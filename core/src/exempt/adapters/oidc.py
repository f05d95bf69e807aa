"""A provider of OpenID Connect: the code flow with state, nonce and PKCE (ASVS 10.2, 10.5)."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from exempt.errors import RefusedError
from exempt.services.access_ports import Begun, Identity, IdentityProvider
from exempt.services.ports import Clock

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""By which a provider may sign; never by a secret that is shared, and never not at all."""

LEEWAY = 60
"""Seconds by which clocks may differ."""

TIMEOUT = 10.0
ANSWER_MAX = 1024 * 1024

_SCOPE = "openid email profile"


class OidcProvider(IdentityProvider):
    """The provider with this *issuer*.

    Args:
        issuer: Its address, exactly as in its metadata.
        client_id: What we are called there.
        client_secret: Ours, there.
        label: What it is called on the page.
        trust_emails: Whether each e-mail counts as verified.
        clock: The moment, in UTC.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        label: str,
        trust_emails: bool,
        clock: Clock,
    ) -> None:
        self.label = label
        self._issuer = issuer
        self._client_id = client_id
        self._secret = client_secret
        self._trust_emails = trust_emails
        self._clock = clock

    def begin(self, back: str) -> Begun:
        with _talking() as client:
            metadata = self._metadata(client)
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back,
            "scope": _SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        where = _address(metadata, "authorization_endpoint")
        url = f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"
        return Begun(url, state, nonce, verifier)

    def finish(self, begun: Begun, code: str, back: str) -> Identity:
        with _talking() as client:
            metadata = self._metadata(client)
            tokens = self._tokens(client, metadata, begun, code, back)
            keys = _answer(client.get(_address(metadata, "jwks_uri")))
            claims = self._claims(tokens, keys, begun.nonce)
            if "email" not in claims and "userinfo_endpoint" in metadata:
                claims = {**_more(client, metadata, tokens, claims["sub"]), **claims}
        email = str(claims.get("email") or "").lower()
        verified = self._trust_emails or claims.get("email_verified") in {True, "true"}
        subject = f"{self._issuer} {claims['sub']}"
        return Identity(subject, email, verified, str(claims.get("name") or ""))

    def _metadata(self, client: httpx.Client) -> dict[str, Any]:
        where = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = _answer(client.get(where))
        if metadata.get("issuer") != self._issuer:  # ASVS 10.5.3
            raise _trouble("its metadata names another issuer than web.oidc.issuer")
        return metadata

    def _tokens(
        self, client: httpx.Client, metadata: dict[str, Any], begun: Begun, code: str, back: str
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": begun.verifier,
        }
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        where = _address(metadata, "token_endpoint")
        if "client_secret_basic" in methods:
            proof = (quote(self._client_id, safe=""), quote(self._secret, safe=""))
            return _answer(client.post(where, data=form, auth=proof))
        ours = {"client_id": self._client_id, "client_secret": self._secret}
        return _answer(client.post(where, data=form | ours))

    def _claims(
        self, tokens: dict[str, Any], keys: dict[str, Any], nonce: str
    ) -> Mapping[str, Any]:
        """What the identity token says, once it is known to be theirs, for us, and for now."""
        options = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client_id},
            "sub": {"essential": True},
        }
        params = {
            "nonce": nonce,
            "client_id": self._client_id,
            "access_token": tokens.get("access_token"),
        }
        try:
            known = KeySet.import_key_set(keys)  # type: ignore[arg-type]
            token = jwt.decode(str(tokens.get("id_token")), known, algorithms=ALGORITHMS)
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _trouble(f"its token does not count ({type(error).__name__})") from None
        return claims  # type: ignore[no-any-return]


def _more(
    client: httpx.Client, metadata: dict[str, Any], tokens: dict[str, Any], subject: str
) -> dict[str, Any]:
    """What the provider says of the user beside the token."""
    bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
    said = _answer(client.get(_address(metadata, "userinfo_endpoint"), headers=bearer))
    if said.get("sub") != subject:
        raise _trouble("it tells of another user than its token")
    return said


@contextlib.contextmanager
def _talking() -> Iterator[httpx.Client]:
    """A client; that there is no answer is told as trouble."""
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
        try:
            yield client
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _trouble(f"it does not answer ({type(error).__name__})") from None


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.status_code != 200 or len(response.content) > ANSWER_MAX:
        raise _trouble(f"it answered with status {response.status_code}")
    try:
        found = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _trouble("it answered with something else than JSON")
    return found


def _address(metadata: dict[str, Any], name: str) -> str:
    found = metadata.get(name)
    if not isinstance(found, str) or not found.startswith(("https://", "http://")):
        raise _trouble(f"its metadata has no {name}")
    return found


def _trouble(what: str) -> RefusedError:
    return RefusedError(f"The sign-in service cannot be used now: {what}.")
