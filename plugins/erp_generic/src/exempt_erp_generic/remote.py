"""Calls to the ERP, with the settings' own rules about what is an error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from exempt import (
    AuthError,
    ConfigError,
    ConnectorError,
    CursorExpired,
    PermanentError,
    RateLimited,
    ScopeError,
    TransientError,
)
from exempt.http import Client, Response, retry_after
from exempt_erp_generic.login import Login
from exempt_erp_generic.rules import ErrorRule, Verdict


@dataclass(frozen=True)
class Answer:
    """An answer that is no error.

    Attributes:
        status: 2xx, or one that the caller allowed.
        body: As JSON; None without a legible one.
        ignored: A rule says to take it for an empty page.
        secret_param: See `Remote`.
    """

    response: Response
    body: Any
    ignored: bool = False
    secret_param: str | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def tells_error(self) -> bool:
        """Whether the body is about an error whatever the status: by ``error`` or ``errors``."""
        return isinstance(self.body, dict) and any(map(self.body.get, ("error", "errors")))

    @property
    def is_page(self) -> bool:
        """Whether it is a page for a browser, which tells nothing of what was done."""
        return self.body is None and "html" in self.response.headers.get("content-type", "")

    @property
    def date(self) -> dt.datetime | None:
        """The ERP's clock, if it tells."""
        return _moment(self.response.headers.get("date"))

    def link(self, target: str) -> str:
        """*target* as an absolute address on the same host, without the API key."""
        return without(self.response.link(target), self.secret_param)

    def next_link(self) -> str | None:
        """The next page by the Link header, without the API key; None without one."""
        found = self.response.next_link()
        return None if found is None else without(found, self.secret_param)


class Remote:
    """One ERP.

    Args:
        client: Calls it.
        rules: The ``errors`` of the settings; the first that fits counts.
        secret_param: The query parameter that carries the API key. ERPs repeat
            it in their links; a cursor must not.
        now: The moment.
        login: Credentials that are asked for; asked for anew, once, where a
            call is answered 401 or a rule says so.
    """

    def __init__(
        self,
        client: Client,
        rules: Sequence[ErrorRule] = (),
        *,
        secret_param: str | None = None,
        now: Callable[[], dt.datetime],
        login: Login | None = None,
    ) -> None:
        self._client = client
        self._rules = tuple(rules)
        self._judged = frozenset(status for rule in rules for status in rule.status)
        self._secret_param = secret_param
        self._login = login
        self.now = now

    def read(
        self, method: str, path: str, *, allow: Collection[int] = (), **options: Any
    ) -> Answer:
        """Ask for something; a body that is not JSON is an error. For options see `Client.request`.

        Raises:
            ConnectorError: The ERP, or a rule of the settings, says so.
        """
        answer = self.call(method, path, allow=allow, idempotent=True, **options)
        if answer.body is None and not answer.ignored and answer.status not in allow:
            answer.response.json()
        return answer

    def call(
        self, method: str, path: str, *, allow: Collection[int] = (), **options: Any
    ) -> Answer:
        """Call *path*; statuses in *allow* are answers, too. For options see `Client.request`."""
        response = self._request(method, path, allow={*allow, *self._judged}, **options)
        if self._login and self._rules and self._outlived(response):
            self._login.renew(self._login.grant)
            response = self._request(method, path, allow={*allow, *self._judged}, **options)
        answer = Answer(response, _json(response), secret_param=self._secret_param)
        for number, rule in enumerate(self._rules):
            if rule.fits(answer.status, answer.body):
                if rule.verdict is Verdict.IGNORE:
                    return replace(answer, ignored=True)
                place = f"{method} {_bare(path)}, by errors.{number}"
                self._raise(_ERRORS[rule.verdict], response, place)
        if answer.status not in {*allow, *range(200, 300)}:
            self.refuse(answer, f"{method} {_bare(path)}")
        return answer

    def refuse(self, answer: Answer, place: str) -> NoReturn:
        """Raise the usual error for the status of *answer*, about which no rule says anything."""
        status = answer.status
        kind: type[ConnectorError] = PermanentError
        if status >= 500 or status in {408, 425}:
            kind = TransientError
        self._raise(_USUAL.get(status, kind), answer.response, place)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        if self._login:
            self._login.close()

    def _request(self, method: str, path: str, **options: Any) -> Response:
        if self._login is None:
            return self._client.request(method, path, **options)
        self._login.ensure()
        used = self._login.grant
        try:
            return self._client.request(method, path, **options)
        except AuthError:
            self._login.renew(used)
            return self._client.request(method, path, **options)

    def _outlived(self, response: Response) -> bool:
        """Whether a rule says that the login must be renewed, or no rule knows better of a 401."""
        body = _json(response)
        first = next((rule for rule in self._rules if rule.fits(response.status, body)), None)
        return response.status == 401 if first is None else first.verdict is Verdict.RENEW

    def _raise(self, kind: type[ConnectorError], response: Response, place: str) -> NoReturn:
        msg = f"{place}: answered {response.status}: {_MEANINGS[kind]}"
        if issubclass(kind, TransientError):
            wait = retry_after(response.headers.get("retry-after"), self.now())
            done = kind is not RateLimited and response.status not in (425, 429, 503)
            raise kind(msg, retry_after=wait, maybe_applied=done)
        raise kind(msg)


_ERRORS: dict[Verdict, type[ConnectorError]] = {
    Verdict.CONFIG: ConfigError,
    Verdict.TRANSIENT: TransientError,
    Verdict.RATE_LIMITED: RateLimited,
    Verdict.PERMANENT: PermanentError,
    Verdict.RENEW: AuthError,
}
_MEANINGS: dict[type[ConnectorError], str] = {
    ConfigError: "a person must look at the settings, or at the ERP",
    AuthError: "the credentials were refused; check the secret in the settings",
    ScopeError: "the credentials lack a permission",
    CursorExpired: "the cursor is no longer known",
    TransientError: "it may work later",
    RateLimited: "the ERP asks for fewer calls",
    PermanentError: "it will not work later either",
}
_USUAL: dict[int, type[ConnectorError]] = {
    401: AuthError,
    403: ScopeError,
    410: CursorExpired,
    429: RateLimited,
}


def without(url: str, param: str | None) -> str:
    """*url* without the query parameter *param*, otherwise as it is, letter by letter."""
    if param is None:
        return url
    parts = urlsplit(url)
    kept = [p for p in parts.query.split("&") if unquote_plus(p.split("=")[0]) != param]
    return urlunsplit(parts._replace(query="&".join(kept)))


def _bare(path: str) -> str:
    return path.partition("?")[0]


def _json(response: Response) -> Any:
    try:
        return response.json()
    except TransientError:
        return None


def _moment(header: str | None) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    return moment.replace(tzinfo=dt.UTC) if moment and moment.tzinfo is None else moment
