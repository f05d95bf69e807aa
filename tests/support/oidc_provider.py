"""A provider of OpenID Connect on this machine, which also tells lies when it is told to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from support.records import NOW

CLIENT, SECRET = "exempt", "client-secret-canary"


class Provider:
    """Signs everybody in who comes, as *user*, and tells *claims* of them.

    Attributes:
        claims: What the token says beside what it must.
        userinfo: What is told of the user beside the token.
        sign: Makes the token of its claims; a test may put a worse one here.
        metadata: What stands otherwise in its metadata.
        used: The codes that were turned in.
        asked: The requests for tokens: their forms.
    """

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
        self.claims: dict[str, Any] = {
            "sub": "u-7",
            "email": "Dana@Acme.example",
            "email_verified": True,
            "name": "Dana Lee",
        }
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.used: list[str] = []
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def signed(self, claims: dict[str, Any]) -> str:
        """The token, as it should be."""
        return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, self.key)

    def unsigned(self, claims: dict[str, Any]) -> str:
        """A token that nobody signed."""
        return f"{_part({'alg': 'none'})}.{_part(claims)}."

    def signed_by_the_secret(self, claims: dict[str, Any]) -> str:
        """A token signed by what the client knows, too."""
        key = OctKey.import_key(SECRET.ljust(64, "-"))
        return jwt.encode({"alg": "HS256"}, claims, key)

    def signed_by_another(self, claims: dict[str, Any]) -> str:
        """A token signed by a key that is not among the published ones."""
        other = ECKey.generate_key("P-256", {"kid": "k1"})
        return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, other)

    # --- what it answers -----------------------------------------------------------------

    def get(self, path: str, query: dict[str, str], headers: Any) -> tuple[int, Any]:
        """The answer to GET: a status, and JSON or an address to go to."""
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "userinfo_endpoint": f"{self.url}/userinfo",
                **self.metadata,
            }
        if path == "/jwks":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/userinfo" and headers.get("Authorization") == "Bearer access":
            return 200, self.userinfo
        if path == "/authorize" and query.get("code_challenge_method") == "S256":
            code = secrets.token_urlsafe(16)
            self._codes[code] = query
            back = urlencode({"code": code, "state": query["state"]})
            return 302, f"{query['redirect_uri']}?{back}"
        return 404, {"error": "not_found"}

    def post(self, path: str, form: dict[str, str], headers: Any) -> tuple[int, Any]:
        """The answer to POST: tokens for a code, once, for whoever began with its challenge."""
        self.asked.append(form)
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        by_header = headers.get("Authorization") == f"Basic {known}"
        by_form = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        asked = self._codes.pop(form.get("code", ""), None)
        if path != "/token" or not (by_header or by_form) or asked is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        self.used.append(form["code"])
        at = int(NOW.timestamp())
        must = {"iss": self.url, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"]}
        claims = {name: each for name, each in {**must, **self.claims}.items() if each is not None}
        return 200, {
            "access_token": "access",
            "token_type": "Bearer",
            "id_token": self.sign(claims),
        }


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            self._answer(*provider.get(where.path, _flat(where.query), self.headers))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(*provider.post(self.path, _flat(body), self.headers))

        def _answer(self, status: int, what: Any) -> None:
            body = b"" if status == 302 else json.dumps(what).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", what)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    return Handler


def _flat(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
