"""Signed assertions: another library finds the signature good, and NetSuite's claims are there."""

from __future__ import annotations

import base64
import builtins
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
import respx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from exempt import ConfigError, FetchRequest
from exempt_erp_generic.auth import ClientAssertionAuth
from exempt_erp_generic.signing import assertion
from peers.erp_build import URL, as_json, connector, order_row
from support.records import NOW

# https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_162790605110.html
TOKEN = "https://1234567.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"
RSA = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def pem(key: Any) -> str:
    """*key* as a file has it."""
    kind = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    return str(key.private_bytes(serialization.Encoding.PEM, kind, plain).decode())


def auth(key: Any, algorithm: str, **changes: Any) -> dict[str, Any]:
    """The settings of a client that signs."""
    return {
        "kind": "client_assertion",
        "token_url": TOKEN,
        "client_id": "consumer-key",
        "private_key": pem(key),
        "algorithm": algorithm,
        "key_id": "certificate-1",
        "claims": {"scope": "rest_webservices"},
    } | changes


def signed(key: Any, algorithm: str, **changes: Any) -> tuple[dict[str, Any], Any, bytes, bytes]:
    """Header and claims of an assertion, what was signed, and the signature."""
    settings = ClientAssertionAuth.model_validate(auth(key, algorithm, **changes))
    text = assertion(settings, NOW)
    header, claims, signature = (_bytes(part) for part in text.split("."))
    return json.loads(header), json.loads(claims), text.rpartition(".")[0].encode(), signature


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize(
    ("algorithm", "scheme"),
    [
        ("PS256", padding.PSS(padding.MGF1(hashes.SHA256()), 32)),
        ("RS256", padding.PKCS1v15()),
    ],
)
def test_a_signature_by_rsa(algorithm: str, scheme: Any) -> None:
    header, claims, text, signature = signed(RSA, algorithm)
    RSA.public_key().verify(signature, text, scheme, hashes.SHA256())
    assert header == {"typ": "JWT", "alg": algorithm, "kid": "certificate-1"}
    assert (claims["iss"], claims["aud"]) == ("consumer-key", TOKEN)
    assert claims["scope"] == "rest_webservices"
    assert claims["exp"] - claims["iat"] == 300
    assert claims["iat"] == NOW.timestamp()


def test_a_signature_by_a_curve() -> None:
    *_, text, signature = signed(CURVE, "ES256")
    half = len(signature) // 2
    numbers = [int.from_bytes(part, "big") for part in (signature[:half], signature[half:])]
    plain = utils.encode_dss_signature(*numbers)
    CURVE.public_key().verify(plain, text, ec.ECDSA(hashes.SHA256()))
    assert len(signature) == 64


def test_no_two_assertions_are_the_same() -> None:
    assert signed(RSA, "PS256")[1]["jti"] != signed(RSA, "PS256")[1]["jti"]


@pytest.mark.parametrize(
    ("key", "algorithm", "changes"),
    [
        pytest.param(RSA, "ES256", {}, id="RSA, and a curve was asked for"),
        pytest.param(CURVE, "PS256", {}, id="a curve, and RSA was asked for"),
        pytest.param(CURVE, "ES384", {}, id="another curve"),
        pytest.param(RSA, "PS256", {"private_key": "canary"}, id="no key at all"),
    ],
)
def test_a_key_that_does_not_fit(key: Any, algorithm: str, changes: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=rf"no unencrypted PEM key for {algorithm}") as caught:
        signed(key, algorithm, **changes)
    assert "canary" not in str(caught.value)


def test_without_the_extra_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"exempt-erp-generic\[jwt\]"):
        signed(RSA, "PS256")


def test_the_assertion_takes_the_place_of_a_secret(mocked: respx.MockRouter) -> None:
    asked = mocked.post(TOKEN).mock(return_value=as_json({"access_token": "t"}))
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": [order_row(1)]}))
    connector(auth=auth(RSA, "PS256")).fetch_orders(FetchRequest())
    form = parse_qs(asked.calls[0].request.content.decode())
    assert form["grant_type"] == ["client_credentials"]
    assert form["client_assertion_type"] == [
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    ]
    assert form["client_assertion"][0].count(".") == 2
    assert "authorization" not in asked.calls[0].request.headers
