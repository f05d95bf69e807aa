"""Asks for tokens (OAuth 2.0, RFC 6749) and for sessions."""

from __future__ import annotations

import datetime as dt
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import quote_plus

from pydantic import SecretStr

from exempt import AuthError, ConfigError, Context, PermanentError, TransientError
from exempt.http import Client, Response, origin
from exempt_erp_generic.auth import (
    ClientAssertionAuth,
    ClientCredentialsAuth,
    RefreshTokenAuth,
    SessionAuth,
    TokenAuth,
)
from exempt_erp_generic.integers import integer
from exempt_erp_generic.login import EARLY, Grant, Kept, Login, digest, shared
from exempt_erp_generic.signing import ASSERTION_TYPE, assertion
from exempt_erp_generic.template import KEPT, Plain, spelled

_REFUSALS = frozenset({400, 401, 403})
_ERROR = re.compile(r"[a-z_]{3,40}")
_SETTING = "auth.refresh_token"


def token_login(auth: TokenAuth, context: Context, timeout: float) -> Login:
    """A login by OAuth 2.0; its secrets go to the host of ``token_url`` and nowhere else."""
    client = Client(origin(auth.token_url), timeout=timeout, now=context.now)
    refresh = auth.refresh_token if isinstance(auth, RefreshTokenAuth) else None
    secret = digest(_secret(auth))
    kept = shared((context.connection_id, auth.token_url, auth.client_id, secret), refresh)

    def ask(kept: Kept) -> Grant:
        form, headers = _form(auth, kept, context.now())
        answer = _asked(client, auth, form, headers)
        return _grant(auth, answer, kept, context)

    return Login(kept, ask, context.now, done=client.close)


def _secret(auth: TokenAuth) -> SecretStr | None:
    if isinstance(auth, ClientAssertionAuth):
        return auth.private_key
    if isinstance(auth, (ClientCredentialsAuth, RefreshTokenAuth)):
        return auth.client_secret
    return None


def _form(auth: TokenAuth, kept: Kept, now: dt.datetime) -> tuple[dict[str, str], dict[str, str]]:
    """The form that asks for a token, and the headers beside it."""
    form: dict[str, str] = {"grant_type": "client_credentials"}
    headers: dict[str, str] = {"Accept": "application/json"}
    if auth.scope:
        form["scope"] = auth.scope
    match auth:
        case ClientAssertionAuth():
            form |= {"client_assertion_type": ASSERTION_TYPE}
            form |= {"client_assertion": assertion(auth, now)}
        case RefreshTokenAuth():
            assert kept.refresh_token  # noqa: S101 - it is shared with the settings' own
            form["grant_type"] = "refresh_token"
            form["refresh_token"] = kept.refresh_token.get_secret_value()
    secret = None if isinstance(auth, ClientAssertionAuth) else _secret(auth)
    basic = getattr(auth, "client_auth", "body") == "basic"
    if secret and basic:
        # RFC 6749, section 2.3.1: both are encoded as in a form, then joined.
        pair = f"{quote_plus(auth.client_id)}:{quote_plus(secret.get_secret_value())}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    elif secret:
        form |= {"client_id": auth.client_id, "client_secret": secret.get_secret_value()}
    elif isinstance(auth, RefreshTokenAuth):
        form["client_id"] = auth.client_id
    return form | auth.fields, headers


def _asked(
    client: Client, auth: TokenAuth, form: Mapping[str, str], headers: Mapping[str, str]
) -> dict[str, Any]:
    # A refresh may have been carried out although its answer was lost; the others may be repeated.
    once = isinstance(auth, RefreshTokenAuth)
    try:
        answer = client.post(
            auth.token_url, form=form, headers=headers, allow=_REFUSALS, idempotent=not once
        )
        if answer.status in _REFUSALS:
            _refused("token_url", answer)
        body = answer.json()
    except TransientError as error:
        raise _nothing_done(error) from None
    except PermanentError as error:
        msg = f"auth.token_url: {error}"
        raise ConfigError(msg) from None
    if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        msg = f"auth.token_url: answered {answer.status} without an access_token: correct it"
        raise ConfigError(msg)
    return body


def _refused(setting: str, answer: Response) -> NoReturn:
    code = ""
    try:
        found = answer.json()
        if isinstance(found, dict) and _ERROR.fullmatch(str(found.get("error"))):
            code = f" ({found['error']})"
    except TransientError:
        pass
    msg = f"auth.{setting}: answered {answer.status}{code}: the credentials were refused"
    raise AuthError(f"{msg}; check the secrets in the settings, or let the user agree again")


def _nothing_done(error: TransientError) -> TransientError:
    """*error*, of a login: whatever the login was for was surely not done."""
    return type(error)(str(error), retry_after=error.retry_after)


def _grant(auth: TokenAuth, body: Mapping[str, Any], kept: Kept, context: Context) -> Grant:
    new = body.get("refresh_token")
    old = kept.refresh_token
    if old and isinstance(new, str) and new and new != old.get_secret_value():
        # Kept durably first: were it lost, a person would have to agree again.
        context.rotate_secret(_SETTING, old, SecretStr(new))
        kept.refresh_token = SecretStr(new)
        kept.digests.add(digest(kept.refresh_token))
    token = f"{auth.scheme} {body['access_token']}".strip()
    return Grant({auth.header: _sendable(token)}, _until(body.get("expires_in"), context.now()))


def _until(expires_in: Any, now: dt.datetime) -> dt.datetime | None:
    try:
        life = dt.timedelta(seconds=integer(expires_in))
        return now + max(life - EARLY, life / 2)
    except (ValueError, OverflowError):
        return None


def session_login(auth: SessionAuth, base_url: str, context: Context, timeout: float) -> Login:
    """A login at the ERP itself."""
    client = Client(base_url, timeout=timeout, now=context.now)
    name = (context.connection_id, base_url, auth.path, auth.user, digest(auth.password))

    def ask(_kept: Kept) -> Grant:
        values = {"user": auth.user, "password": auth.password.get_secret_value()}
        try:
            body = auth.body.render(Plain(values))
            answer = client.post(auth.path, json=body, allow=_REFUSALS, idempotent=True)
        except TransientError as error:
            raise _nothing_done(error) from None
        except PermanentError as error:
            msg = f"auth.path: {error}"
            raise ConfigError(msg) from None
        if answer.status in _REFUSALS:
            _refused("path", answer)
        until = context.now() + dt.timedelta(minutes=auth.minutes) if auth.minutes else None
        return Grant(_proofs(auth, answer, values), until)

    def leave(grant: Grant) -> None:
        plain = {n: secret.get_secret_value() for n, secret in grant.headers.items()}
        try:
            client.post(auth.logout or "", headers=plain, allow=range(300, 600))
        except (TransientError, PermanentError):
            context.log.info("the ERP did not take the logout; its session will run out")

    ends = leave if auth.logout else None
    return Login(shared(name), ask, context.now, leave=ends, done=client.close)


def _proofs(auth: SessionAuth, answer: Response, values: Mapping[str, str]) -> dict[str, SecretStr]:
    """The headers of later calls."""
    found = dict(values)
    body = _body(answer) if auth.keep else None
    for name, path in auth.keep.items():
        try:
            value = path(body)
        except ValueError:
            value = None
        if value is None or isinstance(value, (dict, list)):
            msg = f"auth.keep.{name}: the login's answer has nothing at {path}"
            raise AuthError(f"{msg}: the credentials were refused, or the path is wrong")
        found[f"{KEPT}{name}"] = spelled(value)
    proofs = {n: _sendable(template.fill(found.__getitem__)) for n, template in auth.send.items()}
    if auth.cookies:
        proofs["Cookie"] = _sendable(_cookies(auth, answer))
    return proofs


def _body(answer: Response) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def _cookies(auth: SessionAuth, answer: Response) -> str:
    header = answer.headers.get("set-cookie", "")
    sent = []
    for name in auth.cookies:
        # Several cookies stand in one line, divided by commas, which dates in them have, too.
        found = re.search(rf"(?:^|,\s*){re.escape(name)}=([^;,\s]*)", header)
        if found:
            sent.append(f"{name}={found[1]}")
        elif not sent:
            msg = f"auth.cookies: the login's answer sets no cookie {name}"
            raise AuthError(f"{msg}: the credentials were refused, or it has another name")
    return "; ".join(sent)


def _sendable(text: str) -> SecretStr:
    """*text*, checked: the errors of the layers below would quote it."""
    if not text or not (text.isascii() and text.isprintable()):
        msg = "auth: the ERP gave a token that cannot be sent in a header"
        raise AuthError(msg)
    return SecretStr(text)
