"""The part of a vendor that gives OAuth 2.0 tokens."""

from __future__ import annotations

import base64

from support.vendors.base import Call, Refused, Reply

ACCESS = "access-4711"
CLIENT, SECRET = "client-4711", "secret-4711"


def client_of(call: Call) -> tuple[str, str]:
    """The client's name and secret, from the header or the form."""
    scheme, _, coded = call.headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        name, _, secret = base64.b64decode(coded).decode().partition(":")
        return name, secret
    form = call.form()
    return form.get("client_id", ""), form.get("client_secret", "")


def check_client(call: Call) -> None:
    """Refuse a client that is not `CLIENT`, as RFC 6749 says."""
    if client_of(call) != (CLIENT, SECRET):
        raise Refused(401, {"error": "invalid_client"})


def granted(**more: str) -> Reply:
    """A token for an hour."""
    return Reply({"access_token": ACCESS, "token_type": "Bearer", "expires_in": 3600, **more})


def check_bearer(call: Call, body: object = None) -> None:
    """Refuse a call without the token; *body* is the vendor's answer then."""
    if call.headers.get("authorization", "").lower() != f"bearer {ACCESS}":
        raise Refused(401, body)
