"""The few calls of Stripe's API that the connector makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from exempt import PermanentError
from exempt.http import Auth, Client, Params, Response
from exempt_billing_stripe.settings import StripeSettings

Json = dict[str, Any]

PAGE_MAX = 100
"""The most objects that Stripe returns in one list."""

NOBODY = "cus_exempt_permission_check"
"""A customer that does not exist: writing to it shows the permission and changes nothing."""

_PERMISSION = re.compile(r"\brak_[a-z0-9_]{1,60}\b")
"""Such as ``rak_customer_read``, in Stripe's refusal of a restricted key."""

_LIMITS = frozenset(
    {"global-rate", "global-concurrency", "endpoint-rate", "endpoint-concurrency"}
    | {"resource-specific"}
)
"""Source: https://docs.stripe.com/rate-limits"""


class Gone(PermanentError):
    """What the call goes by is not there; ``param`` names it, if Stripe does."""

    def __init__(self, message: str, param: str | None) -> None:
        super().__init__(message)
        self.param = param


class Listing(NamedTuple):
    """One page of a list, newest first."""

    rows: list[Json]
    has_more: bool


class Stripe:
    """Stripe's API, version 1, with one key, for one account."""

    def __init__(self, settings: StripeSettings, connection_id: str) -> None:
        headers = {"Stripe-Version": settings.api_version}
        if settings.stripe_account:
            headers["Stripe-Account"] = settings.stripe_account
        self._http = Client(
            f"{settings.base_url}/v1",
            auth=Auth(bearer=settings.api_key),
            headers=headers,
            rate_per_second=settings.requests_per_second,
            share_rate=connection_id,
            reason=_reason,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def account(self) -> Response:
        """The account; a refusal with 403, too.

        Raises:
            PermanentError: This is no API of Stripe.
        """
        answer = self._http.get("account", allow=(403,))
        if answer.status == 200 and not (isinstance(row := answer.json(), dict) and "id" in row):
            msg = "account: Stripe's answer is no account; check base_url"
            raise PermanentError(msg)
        return answer

    def refusal(
        self, path: str, *, expand: tuple[str, ...] = (), types: tuple[str, ...] = ()
    ) -> Response | None:
        """Stripe's 403 to somebody who asks for a list; None where it gives the list.

        Raises:
            PermanentError: It does neither.
        """
        params: Params = {"limit": 1, **_named(expand, types)}
        answer = self._http.get(path, params=params, allow=(400, 403, 404))
        if answer.status == 403:
            return answer
        _listing(path, answer)
        return None

    def refusal_to_write(self) -> Response | None:
        """Stripe's 403 to somebody who writes to a customer that does not exist; else None."""
        form = {"tax_exempt": "none"}
        answer = self._http.post(f"customers/{NOBODY}", form=form, allow=(400, 403, 404))
        return answer if answer.status == 403 else None

    def test_clocks(self) -> int:
        """How many test clocks there are, up to a page; 0 where the key may not see them."""
        params = {"limit": PAGE_MAX}
        answer = self._http.get("test_helpers/test_clocks", params=params, allow=(400, 403, 404))
        return len(_listing("test clocks", answer).rows) if answer.status == 200 else 0

    def list(
        self,
        path: str,
        *,
        limit: int = PAGE_MAX,
        start: int | None = None,
        end: int | None = None,
        after: str | None = None,
        types: tuple[str, ...] = (),
        expand: tuple[str, ...] = (),
    ) -> Listing:
        """One page of what was created from *start* to before *end*, after the object *after*.

        Raises:
            Gone: There is no such *path*, or no object *after*.
        """
        params: dict[str, str | int | bool | list[str]] = {"limit": min(limit, PAGE_MAX)}
        if start is not None:
            params["created[gte]"] = start
        if end is not None:
            params["created[lt]"] = end
        if after is not None:
            params["starting_after"] = after
        params |= _named(expand, types)
        return _listing(path, self._http.get(path, params=params, allow=(400, 404)))

    def retrieve(self, path: str, external_id: str, *, expand: tuple[str, ...] = ()) -> Json | None:
        """The object, or None when it does not exist or was deleted."""
        params = {"expand[]": list(expand)} if expand else None
        answer = self._http.get(_one(path, external_id), params=params, allow=(400, 404))
        if answer.status == 200:
            found: Json = answer.json()
            return None if found.get("deleted") else found
        refusal = _refusal(path, answer)
        if isinstance(refusal, Gone):
            return None
        raise refusal

    def update(
        self, path: str, external_id: str, form: Mapping[str, str], *, key: str | None = None
    ) -> Response:
        """Write *form* to an object; 400, 402, 404 and 409 are answers, too."""
        return self._http.post(
            _one(path, external_id), form=form, idempotency_key=key, allow=(400, 402, 404, 409)
        )


def _named(expand: tuple[str, ...], types: tuple[str, ...]) -> dict[str, list[str]]:
    """What shall come along with each object of a list, and which types of events."""
    named = {"expand[]": [f"data.{name}" for name in expand], "types[]": list(types)}
    return {name: values for name, values in named.items() if values}


def _listing(path: str, answer: Response) -> Listing:
    """The list in *answer*."""
    if answer.status != 200:
        raise _refusal(path, answer)
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        msg = f"{path}: Stripe's answer is no list; check base_url"
        raise PermanentError(msg)
    return Listing(body["data"], bool(body.get("has_more")) and bool(body["data"]))


def permissions_named(answer: Response) -> str:
    """The permissions that a refusal says are lacking, in Stripe's own words."""
    return ", ".join(dict.fromkeys(_PERMISSION.findall(answer.text)))


def error_of(answer: Response) -> Json:
    """Stripe's error object: ``type``, ``code``, ``param``, ``message``, all optional."""
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def is_missing(error: Json) -> bool:
    """Whether *error* says that an object does not exist; a wrong address says otherwise."""
    return error.get("code") == "resource_missing"


def _reason(refusal: Response) -> str:
    """Which limit was reached, or which permission is lacking."""
    limit = refusal.headers.get("stripe-rate-limited-reason", "")
    return limit if limit in _LIMITS else permissions_named(refusal)


def _one(path: str, external_id: str) -> str:
    return f"{path}/{quote(external_id, safe='')}"


def _refusal(path: str, answer: Response) -> PermanentError:
    error = error_of(answer)
    param = error.get("param")
    said = error.get("message") or "no reason given"
    msg = f"{path}: Stripe answered {answer.status}: {said}"
    return Gone(msg, param) if is_missing(error) else PermanentError(msg)
