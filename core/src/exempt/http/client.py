"""The client: one remote, one origin, every answer checked."""

from __future__ import annotations

import datetime as dt
import functools
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import httpx
import stamina

from exempt.errors import ConfigError, ConnectorError, PermanentError, TransientError
from exempt.http import body as bodies
from exempt.http import pace, refusals
from exempt.http.address import is_absolute, origin, shown
from exempt.http.auth import Auth
from exempt.http.logs import keep_quiet
from exempt.http.response import Response

TRIES = 4
LONGEST_WAIT = dt.timedelta(seconds=60)
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})

Params = Mapping[str, str | int | bool | list[str]]

keep_quiet()


class Client:
    """Calls one remote.

    Args:
        base_url: Paths are appended to it; no user name, query or fragment.
        auth: Credentials, if any.
        headers: Sent with each call; nothing secret.
        timeout: For connecting, and for each wait for bytes.
        deadline: For a whole answer.
        rate_per_second: The most calls a second; None = no limit.
        share_rate: Clients of one name have that rate together. Give it the
            connection's id: several readers of a connection work side by side.
        max_bytes: The largest body to accept, after decompression.
        reason: Reads from a refusal why, in the remote's own words, for the
            error; it must quote nothing that was sent.
        user_agent: How the client introduces itself.
        clock: Seconds, only growing.
        sleep: Waits that many seconds.
        now: The moment, for a ``Retry-After`` that is a date.

    Raises:
        ConfigError: ``base_url`` is no address to call.
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
        share_rate: str | None = None,
        max_bytes: int = 32 * 1024 * 1024,
        user_agent: str = "exempt",
        reason: Callable[[Response], str] = lambda _refusal: "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = pace.sleep,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._origin = _base_origin(base_url)
        self.base_url = base_url.rstrip("/") + "/"
        self._auth = auth
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._reason = reason
        self._clock, self._now = clock, now
        if share_rate and rate_per_second:
            self._pace = pace.shared(share_rate, rate_per_second, clock=clock, sleep=sleep)
        else:
            self._pace = pace.Pace(rate_per_second, clock=clock, sleep=sleep)
        self._http = httpx.Client(
            headers={
                "User-Agent": user_agent,
                "Accept-Encoding": bodies.ACCEPTED,
                **(headers or {}),
            },
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
            params: Added to the query of *path*. A list gives the name several times.
            headers: For this call.
            json: A body as JSON; a `Decimal` is written as a number.
            form: A body as a form.
            content: A body as it is.
            idempotency_key: Sent as ``Idempotency-Key``; makes the call repeatable.
            idempotent: Whether the call may be repeated; by default told by the method.
            allow: Statuses beside 2xx that are an answer and not an error.

        Raises:
            ConnectorError: See the table of this package.
        """
        sent_headers = dict(headers or {})
        if idempotency_key:
            sent_headers["Idempotency-Key"] = idempotency_key
        if json is not None:
            content = bodies.encode(json)
            sent_headers.setdefault("Content-Type", "application/json")
        url = httpx.URL(self.url(path))
        build = functools.partial(
            self._http.build_request,
            method,
            url.copy_merge_params(dict(params)) if params else url,
            headers=sent_headers,
            content=content,
            data=dict(form) if form is not None else None,
        )
        if idempotent is None:
            idempotent = method.upper() in _IDEMPOTENT or idempotency_key is not None
        return self._repeated(build, allow, repeatable=idempotent)

    def url(self, path: str) -> str:
        """*path* as an absolute address on this client's origin.

        Raises:
            PermanentError: It leads to another host.
        """
        absolute = path if is_absolute(path) else self.base_url + path.lstrip("/")
        try:
            there = origin(absolute)
        except ValueError as error:
            there = str(error)
        if there != self._origin:
            msg = f"{self._origin}: a link leads to another host ({there}); not followed"
            raise PermanentError(msg)
        return absolute

    def _repeated(
        self, build: Callable[[], httpx.Request], allow: Collection[int], *, repeatable: bool
    ) -> Response:
        may_retry = functools.partial(_wait_or_give_up, repeatable=repeatable)
        for attempt in stamina.retry_context(
            on=may_retry, attempts=TRIES, timeout=None, wait_max=LONGEST_WAIT.total_seconds()
        ):
            with attempt:
                self._pace.wait()
                request = build()
                public_url = str(request.url)
                self._add_credentials(request)
                return self._call(request, allow, public_url)
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _add_credentials(self, request: httpx.Request) -> None:
        if self._auth is None:
            return
        request.headers.update(self._auth.headers())
        if query := self._auth.query():
            request.url = request.url.copy_merge_params(query)

    def _call(self, request: httpx.Request, allow: Collection[int], url: str) -> Response:
        began = self._clock()
        try:
            answer = self._http.send(request, stream=True)
            try:
                content = self._body(answer, shown(url), began)
            finally:
                answer.close()
        except httpx.HTTPError as error:
            raise refusals.of_transport(error, shown(url)) from None
        response = Response(answer.status_code, answer.headers, content, url)
        if answer.is_success or answer.status_code in allow:
            return response
        raise self._refusal(response, shown(url))

    def _body(self, answer: httpx.Response, where: str, began: float) -> bytes:
        body = bytearray()
        try:
            for piece in bodies.unpacked(answer):
                body += piece
                if len(body) > self._max_bytes:
                    limit = f"{self._max_bytes:,} bytes"
                    msg = f"{where}: answered more than {limit}: ask for smaller pages"
                    raise PermanentError(msg)
                if self._clock() - began > self._deadline:
                    msg = f"{where}: the answer took longer than {self._deadline:g} s"
                    raise TransientError(msg, maybe_applied=True)
        except bodies.UnreadableError:
            msg = f"{where}: answered {answer.status_code} with a damaged body"
            raise TransientError(msg, maybe_applied=True) from None
        return bytes(body)

    def _refusal(self, response: Response, where: str) -> ConnectorError:
        wait = pace.retry_after(response.headers.get("retry-after"), self._now())
        error = refusals.of_status(
            response.status, wait, LONGEST_WAIT, where, self._reason(response)
        )
        if isinstance(error, TransientError) and wait:
            self._pace.penalise(min(wait, LONGEST_WAIT).total_seconds())
        return error


def _base_origin(base_url: str) -> str:
    try:
        found = origin(base_url)
    except ValueError as error:
        msg = f"the base address: {error}: write https://host/path, credentials apart from it"
        raise ConfigError(msg) from None
    if "?" in base_url or "#" in base_url:
        msg = "the base address: it has a query or fragment: write https://host/path"
        raise ConfigError(msg)
    return found


def _wait_or_give_up(error: Exception, *, repeatable: bool) -> bool | dt.timedelta:
    """What stamina asks after a failure: may it try again, and after how long?"""
    if not isinstance(error, TransientError) or (error.maybe_applied and not repeatable):
        return False
    if not error.retry_after:
        return True
    return error.retry_after if error.retry_after <= LONGEST_WAIT else False


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    """One for all clients: making one takes 22 ms."""
    return httpx.create_ssl_context()
