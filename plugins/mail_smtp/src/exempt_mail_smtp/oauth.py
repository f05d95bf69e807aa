"""Access tokens in place of passwords, had by OAuth2 and shown by SASL XOAUTH2.

The string and its error challenge: https://developers.google.com/workspace/gmail/imap/xoauth2-protocol,
the same for Microsoft 365: https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import threading
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from exempt import (
    AuthError,
    ConfigError,
    ConnectorError,
    Context,
    CursorExpired,
    PermanentError,
    TransientError,
)
from exempt_mail_smtp.parts import OAuth2, RefreshToken

if TYPE_CHECKING:
    from exempt.http import Response

_EARLY = dt.timedelta(minutes=2)  # so that none expires on its way
_LIFETIME = dt.timedelta(minutes=55)  # where the server does not say
_CODE = re.compile(r"[a-z_]{1,40}")
_MICROSOFT = re.compile(r"AADSTS\d{4,8}")
_SENDABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(eq=False)
class _Kept:
    """What the connectors of one connection share: a refresh token may be good only once."""

    refresh: SecretStr | None = field(default=None, repr=False)
    digests: set[str] = field(default_factory=set, repr=False)
    token: SecretStr | None = field(default=None, repr=False)
    expires_at: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


_SHARED: dict[tuple[str, ...], _Kept] = {}
_SHARING = threading.Lock()


def _shared(name: tuple[str, ...], refresh: SecretStr | None) -> _Kept:
    """What is kept under *name*; a refresh token that was never in use begins anew."""
    with _SHARING:
        kept = _SHARED.get(name)
        if kept is None or (refresh is not None and _digest(refresh) not in kept.digests):
            kept = _SHARED[name] = _Kept(refresh, {_digest(refresh)})
        return kept


def _digest(secret: SecretStr | None) -> str:
    text = secret.get_secret_value() if secret else ""
    return hashlib.sha256(text.encode()).hexdigest()


class Tokens:
    """The access token of one account, had anew when it expires.

    Connectors of one connection that work side by side share it.

    Args:
        settings: Where tokens are had, as who.
        context: Gives the moment, and keeps a new refresh token.
        place: The part of the settings, such as ``oauth2``.
        timeout: Seconds to wait for the server.
    """

    def __init__(self, settings: OAuth2, context: Context, place: str, timeout: float) -> None:
        self._settings = settings
        self._context = context
        self._place = place
        self._timeout = timeout
        refresh = settings.refresh_token if isinstance(settings, RefreshToken) else None
        name = (context.connection_id, place, settings.token_url, settings.client_id)
        of = (settings.grant, settings.scope or "", _digest(settings.client_secret))
        self._kept = _shared((*name, *of), refresh)

    def __repr__(self) -> str:
        return f"<Tokens of {self._host}>"

    @property
    def _host(self) -> str:
        return urlsplit(self._settings.token_url).hostname or ""

    @property
    def kept(self) -> bool:
        """Whether the next `get` will give a token that was had before."""
        return self._good() is not None

    def forget(self) -> None:
        """Have the next `get` ask for a new token: the last one was refused."""
        self._kept.token = None

    def _good(self) -> SecretStr | None:
        kept = self._kept
        return kept.token if self._context.now() + _EARLY < kept.expires_at else None

    def get(self) -> SecretStr:
        """A token that is good for two minutes at least.

        Raises:
            AuthError: The server refuses the secret, or the refresh token.
            ConfigError: It refuses something else, or a new refresh token cannot be kept.
            TransientError: It cannot be reached.
        """
        with self._kept.lock:
            token = self._good()
            if token is None:
                token = self._kept.token = self._ask()
            return token

    def _ask(self) -> SecretStr:
        from exempt.http import Client, origin  # noqa: PLC0415 - most connections need no HTTP

        url = self._settings.token_url
        client = Client(origin(url), timeout=self._timeout, now=self._context.now)
        try:
            response = client.post(url, form=self._form(), allow={400, 401, 403})
            body = response.json()
        except (PermanentError, CursorExpired) as error:
            msg = f"{self._place}.token_url: {error}; mend the address"
            raise ConfigError(msg) from None
        except TransientError as error:
            error.maybe_applied = False  # no mail was sent
            raise
        finally:
            client.close()
        if response.status != 200 or not isinstance(body, dict) or "access_token" not in body:
            raise self._refusal(response, body)
        return self._taken(body)

    def _form(self) -> dict[str, str]:
        settings = self._settings
        form = {"grant_type": settings.grant, "client_id": settings.client_id}
        if settings.client_secret is not None:
            form["client_secret"] = settings.client_secret.get_secret_value()
        if self._kept.refresh is not None:
            form["refresh_token"] = self._kept.refresh.get_secret_value()
        if settings.scope is not None:
            form["scope"] = settings.scope
        return form

    def _taken(self, body: dict[str, Any]) -> SecretStr:
        """The token in *body*; a new refresh token is kept before it is used."""
        token = body["access_token"]
        if not isinstance(token, str) or not _SENDABLE.fullmatch(token):
            msg = f"{self._place}.token_url: the server gave no token that can be sent"
            raise ConfigError(msg)
        new = body.get("refresh_token")
        old = self._kept.refresh
        if old is not None and isinstance(new, str) and new and new != old.get_secret_value():
            self._kept.refresh = SecretStr(new)
            self._kept.digests.add(_digest(self._kept.refresh))
            self._context.rotate_secret(f"{self._place}.refresh_token", old, self._kept.refresh)
        self._kept.expires_at = self._context.now() + _lifetime(body.get("expires_in"))
        return SecretStr(token)

    def _refusal(self, response: Response, body: object) -> ConnectorError:
        """What to mend, by the error's code (RFC 6749, section 5.2); its prose is not shown."""
        told = body if isinstance(body, dict) else {}
        code = str(told.get("error", ""))
        code = code if _CODE.fullmatch(code) else f"status {response.status}"
        if detail := _MICROSOFT.search(str(told.get("error_description", ""))):
            code += f", {detail[0]}"
        said = f"{self._host} gives no token ({code})"
        if code.startswith("invalid_grant"):
            return AuthError(
                f"{self._place}: {said}: the grant is no longer good: have the user agree again,"
                " and give the new refresh token"
            )
        if code.startswith(("invalid_client", "unauthorized_client")):
            return AuthError(
                f"{self._place}: {said}: check `client_id` and `client_secret`, and whether the"
                " secret has expired"
            )
        return ConfigError(f"{self._place}: {said}: check `token_url`, `scope` and `grant`")


def _lifetime(told: object) -> dt.timedelta:
    """How long a token is good by what the server says, which may be anything."""
    try:
        # Bounds first: a number in JSON may have more digits than can be written out.
        seconds = max(Decimal(0), min(Decimal(str(told)), Decimal(86_400)))
    except ArithmeticError:
        return _LIFETIME
    return dt.timedelta(seconds=int(seconds))


def xoauth2(user: str, token: SecretStr) -> bytes:
    """What XOAUTH2 says of *user*, not yet in base64."""
    return f"user={user}\x01auth=Bearer {token.get_secret_value()}\x01\x01".encode()
