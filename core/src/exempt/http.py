"""The HTTP client for connectors: time-outs, retries, pace, origin lock, errors.

A connector makes one `Client` for its remote and calls `get`, `post`, …; what
comes back is a `Response` that was already checked. No type of the HTTP library
underneath shows, so it can be exchanged.

===================================== ============================ =====
the remote                            the connector sees           calls
===================================== ============================ =====
2xx, or a status named in ``allow``   a `Response`                 1
429, 503; time-out; lost connection   the same, tried again        ≤ 4
… with ``Retry-After`` beyond 60 s    `RateLimited`, at once       1
… to the end                          `TransientError`             4
other 5xx                             `TransientError`             4
401 / 403                             `AuthError` / `ScopeError`   1
410                                   `CursorExpired`              1
redirect, other 4xx, too large        `PermanentError`             1
link to another host                  `PermanentError`, not called 0
===================================== ============================ =====

A call that is not idempotent (POST and PATCH without ``idempotency_key``) is
tried again only where the remote surely did not carry it out.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import httpx
import stamina
from pydantic import SecretStr

from exempt.errors import (
    AuthError,
    CursorExpired,
    PermanentError,
    RateLimited,
    ScopeError,
    TransientError,
)

TRIES = 4
LONGEST_WAIT = dt.timedelta(seconds=60)
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_SURELY_NOT_DONE = frozenset({425, 429, 503})
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_REDIRECTS = range(300, 400)

Params = Mapping[str, str | int | bool | list[str]]


class Auth:
    """How a client proves who it is; credentials go to its own origin only."""

    def __init__(
        self,
        *,
        bearer: SecretStr | None = None,
        basic: tuple[str, SecretStr] | None = None,
        headers: Mapping[str, SecretStr] | None = None,
        query: Mapping[str, SecretStr] | None = None,
    ) -> None:
        self._bearer, self._basic = bearer, basic
        self._headers, self._query = dict(headers or {}), dict(query or {})

    def apply(self, request: httpx.Request) -> None:
        """Add the credentials to *request*."""
        if self._bearer is not None:
            request.headers["Authorization"] = f"Bearer {self._bearer.get_secret_value()}"
        if self._basic is not None:
            user, password = self._basic
            basic = httpx.BasicAuth(user, password.get_secret_value())
            next(basic.auth_flow(request))
        for name, value in self._headers.items():
            request.headers[name] = value.get_secret_value()
        if self._query:
            secrets = {name: value.get_secret_value() for name, value in self._query.items()}
            request.url = request.url.copy_merge_params(secrets)


class Response:
    """An answer that was accepted: its status, headers and whole body."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes, url: str) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.content = content
        self._url = url

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.content)} bytes>"

    @property
    def text(self) -> str:
        """The body as UTF-8; what is not legible is replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON, numbers with a fraction as `Decimal`.

        Raises:
            TransientError: It is no JSON: cut off, or a login or error page.
        """
        try:
            return json.loads(self.content, parse_float=Decimal)
        except ValueError:
            kind = self.headers.get("content-type", "no content type")
            msg = f"{_shown(self._url)}: answered {self.status} with a body that is no JSON ({kind})"
            raise TransientError(msg) from None

    def link(self, target: str) -> str:
        """*target*, as found in this answer, as an absolute address.

        Raises:
            PermanentError: It leads to another host, or to this very page.
        """
        absolute = urljoin(self._url, target)
        if origin(absolute) != origin(self._url):
            msg = (
                f"{_shown(self._url)}: links to another host ({origin(absolute)}); not followed,"
                " so that no credentials go there"
            )
            raise PermanentError(msg)
        if httpx.URL(absolute) == httpx.URL(self._url):
            msg = f"{_shown(self._url)}: its next link leads to itself; reading would never end"
            raise PermanentError(msg)
        return absolute

    def next_link(self) -> str | None:
        """The ``rel="next"`` of the Link header (RFC 8288), absolute; None without one."""
        for part in _links(self.headers.get("link", "")):
            if "next" in part.get("rel", "").lower().split():
                return self.link(part["url"])
        return None


class Client:
    """Calls one remote.

    Args:
        base_url: Paths are appended to it.
        auth: Credentials, if any.
        headers: Sent with each call; nothing secret.
        timeout: For connecting, and for each wait for bytes.
        deadline: For a whole answer.
        rate_per_second: The most calls a second; None = no limit.
        max_bytes: The largest body to accept, after decompression.
        user_agent: How the client introduces itself.
        clock: Seconds, only growing.
        sleep: Waits that many seconds.
        now: The moment, for a ``Retry-After`` that is a date.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        deadline: float = 120.0,
        rate_per_second: float | None = None,
        max_bytes: int = 32 * 1024 * 1024,
        user_agent: str = "exempt",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.base_url = base_url.rstrip("/") + "/"
        self._origin = origin(self.base_url)
        self._auth = auth
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._clock, self._sleep, self._now = clock, sleep, now
        self._pace = Pace(rate_per_second, clock=clock, sleep=sleep)
        self._http = httpx.Client(
            headers={"User-Agent": user_agent, **(headers or {})},
            timeout=timeout,
            verify=_ssl_context(),
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"<Client {self._origin}>"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, *, params: Params | None = None, **options: Any) -> Response:
        """GET; see `request`."""
        return self.request("GET", path, params=params, **options)

    def post(self, path: str, **options: Any) -> Response:
        """POST; see `request`."""
        return self.request("POST", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        json: object | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        idempotency_key: str | None = None,
        idempotent: bool | None = None,
        allow: Collection[int] = (),
    ) -> Response:
        """Call the remote and return its answer.

        Args:
            method: The HTTP method.
            path: Below ``base_url``, or an absolute address on the same origin.
            params: The query. A list gives the name several times.
            headers: For this call.
            json: A body as JSON; a `Decimal` is written as a number.
            form: A body as a form.
            content: A body as it is.
            idempotency_key: Sent as ``Idempotency-Key``; makes the call repeatable.
            idempotent: Whether the call may be repeated; by default told by the method.
            allow: Statuses beside 2xx that are an answer and not an error.

        Raises:
            ConnectorError: See the table of this module.
        """
        url = self.url(path)
        sent_headers = dict(headers or {})
        if idempotency_key:
            sent_headers["Idempotency-Key"] = idempotency_key
        if json is not None:
            content = _encode(json)
            sent_headers.setdefault("Content-Type", "application/json")
        repeatable = (
            idempotent
            if idempotent is not None
            else method in _IDEMPOTENT or idempotency_key is not None
        )
        may_retry = functools.partial(_wait_or_give_up, repeatable)
        for attempt in stamina.retry_context(
            on=may_retry, attempts=TRIES, timeout=None, wait_max=LONGEST_WAIT.total_seconds()
        ):
            with attempt:
                self._pace.wait()
                request = self._http.build_request(
                    method,
                    url,
                    params=httpx.QueryParams(dict(params)) if params else None,
                    headers=sent_headers,
                    content=content,
                    data=dict(form) if form is not None else None,
                )
                public_url = str(request.url)
                if self._auth:
                    self._auth.apply(request)
                return self._call(request, allow, public_url)
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def url(self, path: str) -> str:
        """*path* as an absolute address on this client's origin.

        Raises:
            PermanentError: It leads to another host.
        """
        absolute = path if "://" in path else self.base_url + path.lstrip("/")
        try:
            there = origin(absolute)
        except ValueError:
            there = "an unreadable address"
        if there != self._origin:
            msg = f"{self._origin}: a link leads to another host ({there}); not followed"
            raise PermanentError(msg)
        return absolute

    def _call(self, request: httpx.Request, allow: Collection[int], url: str) -> Response:
        shown = _shown(url)
        began = self._clock()
        try:
            answer = self._http.send(request, stream=True)
            try:
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > self._max_bytes:
                        msg = f"{shown}: answered more than {self._max_bytes:,} bytes: ask for smaller pages"
                        raise PermanentError(msg)
                    if self._clock() - began > self._deadline:
                        msg = f"{shown}: the answer took longer than {self._deadline:g} s"
                        raise TransientError(msg, maybe_applied=True)
            finally:
                answer.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            msg = f"{shown}: cannot connect ({_reason(error)})"
            raise TransientError(msg) from None
        except httpx.TransportError as error:
            msg = f"{shown}: the connection broke ({_reason(error)})"
            raise TransientError(msg, maybe_applied=True) from None
        except httpx.HTTPError as error:
            msg = f"{shown}: {_reason(error)}"
            raise PermanentError(msg) from None
        response = Response(answer.status_code, answer.headers, bytes(body), url)
        if answer.is_success or answer.status_code in allow:
            return response
        self._refuse(response, shown)

    def _refuse(self, response: Response, shown: str) -> NoReturn:
        status = response.status
        if status in _RETRIED:
            wait = retry_after(response.headers.get("retry-after"), self._now())
            if wait:
                self._pace.penalise(min(wait, LONGEST_WAIT).total_seconds())
            kind = RateLimited if status == 429 or (wait and wait > LONGEST_WAIT) else TransientError
            raise kind(
                f"{shown}: answered {status}",
                retry_after=wait,
                maybe_applied=status not in _SURELY_NOT_DONE,
            )
        if status == 401:
            msg = f"{shown}: answered 401: the credentials were refused; check the secret in the settings"
            raise AuthError(msg)
        if status == 403:
            msg = f"{shown}: answered 403: the credentials lack a permission for this"
            raise ScopeError(msg)
        if status == 410:
            msg = f"{shown}: answered 410: the cursor is no longer known"
            raise CursorExpired(msg)
        if status in _REDIRECTS:
            msg = f"{shown}: answered {status}, a redirect; not followed: check the base address"
            raise PermanentError(msg)
        msg = f"{shown}: answered {status}"
        raise PermanentError(msg)


class Pace:
    """Lets calls through at most *rate* a second, evenly; a bucket of one (GCRA)."""

    def __init__(
        self, rate: float | None, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next call may go out."""
        with self._lock:
            now = self._clock()
            slot = max(self._next, now)
            self._next = slot + self._interval
        if slot > now:
            self._sleep(slot - now)

    def penalise(self, seconds: float) -> None:
        """Let nothing through for *seconds*."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)


def _wait_or_give_up(repeatable: bool, error: Exception) -> bool | dt.timedelta:  # noqa: FBT001
    """What stamina asks after a failure: may it try again, and after how long?"""
    if not isinstance(error, TransientError) or (error.maybe_applied and not repeatable):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_WAIT else False


def retry_after(value: str | None, now: dt.datetime) -> dt.timedelta | None:
    """Read a ``Retry-After`` header: seconds, or a date (RFC 9110, section 10.2.3)."""
    if not value:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return dt.timedelta(seconds=min(int(value), 10**8))
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    return max(when - now, dt.timedelta(0))


def origin(url: str) -> str:
    """Scheme, host and port of *url*, the port always written."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    """One for all clients: making one takes 22 ms."""
    return httpx.create_ssl_context()


def _encode(value: object) -> bytes:
    def number(decimal: object) -> object:
        if isinstance(decimal, Decimal):
            return int(decimal) if decimal == decimal.to_integral_value() else float(decimal)
        raise TypeError(type(decimal).__name__)

    return json.dumps(value, default=number, separators=(",", ":")).encode()


def _links(header: str) -> list[dict[str, str]]:
    request = httpx.Response(200, headers={"link": header})
    return list(request.links.values()) if header else []


def _shown(url: str) -> str:
    """*url* without query, fragment or user, fit for a log."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _reason(error: httpx.HTTPError) -> str:
    return type(error).__name__
