"""A signed assertion of who the client is: a JSON Web Token (RFC 7515, RFC 7519).

``cryptography`` signs. It is an extra of this plugin, and only loaded here.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
from typing import Any

from exempt import ConfigError
from exempt_erp_generic.auth import ClientAssertionAuth

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_LIFE = dt.timedelta(minutes=5)
_CURVES = {"ES256": ("secp256r1", 32), "ES384": ("secp384r1", 48), "ES512": ("secp521r1", 66)}


def assertion(auth: ClientAssertionAuth, now: dt.datetime) -> str:
    """The token that proves the client at *now*; it holds for five minutes.

    Raises:
        ConfigError: The key is no key, or does not fit; or the extra is not installed.
    """
    header: dict[str, Any] = {"typ": "JWT", "alg": auth.algorithm}
    if auth.key_id:
        header["kid"] = auth.key_id
    claims = {
        "iss": auth.client_id,
        "sub": auth.client_id,
        "aud": auth.audience or auth.token_url,
        "iat": int(now.timestamp()),
        "exp": int((now + _LIFE).timestamp()),
        "jti": secrets.token_urlsafe(16),
        **auth.claims,
    }
    signed = f"{_encoded(_json(header))}.{_encoded(_json(claims))}"
    return f"{signed}.{_encoded(_signature(auth, signed.encode()))}"


def _signature(auth: ClientAssertionAuth, signed: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - an extra
            load_pem_private_key,
        )
    except ImportError:
        msg = (
            "auth.kind = 'client_assertion' needs a library that signs:"
            " pip install 'exempt-erp-generic[jwt]'"
        )
        raise ConfigError(msg) from None
    pem = auth.private_key.get_secret_value().encode()
    try:
        key = load_pem_private_key(pem, password=None)
        return _signed(key, auth.algorithm, signed)
    except (ValueError, TypeError, AttributeError):
        # The library's own words could quote the key.
        msg = (
            f"auth.private_key is no unencrypted PEM key for {auth.algorithm}:"
            " copy it with its first and last line, or correct algorithm"
        )
        raise ConfigError(msg) from None


def _signed(key: Any, algorithm: str, signed: bytes) -> bytes:
    """The signature of RFC 7518, section 3.3 to 3.5."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils  # noqa: PLC0415

    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
    if algorithm in _CURVES:
        curve, length = _CURVES[algorithm]
        if key.curve.name != curve:
            raise ValueError(curve)
        r, s = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(digest)))
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")
    if algorithm.startswith("PS"):
        pss = padding.PSS(padding.MGF1(digest), salt_length=digest.digest_size)
        return bytes(key.sign(signed, pss, digest))
    return bytes(key.sign(signed, padding.PKCS1v15(), digest))


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
