"""The few calls of Stripe's API that the connector makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from exempt import PermanentError
from exempt.http import Auth, Client, Response
from exempt_billing_stripe.settings import StripeSettings

Json = dict[str, Any]

PAGE_MAX = 100
"""The most objects that Stripe returns in one list."""


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
    """Stripe's API, version 1, with one key."""

    def __init__(self, settings: StripeSettings, connection_id: str) -> None:
        self._http = Client(
            f"{settings.base_url}/v1",
            auth=Auth(bearer=settings.api_key),
            headers={"Stripe-Version": settings.api_version},
            rate_per_second=settings.requests_per_second,
            share_rate=connection_id,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def account(self) -> Response:
        """The account of the key."""
        return self._http.get("account")

    def list(
        self,
        path: str,
        *,
        limit: int = PAGE_MAX,
        start: int | None = None,
        end: int | None = None,
        after: str | None = None,
        types: tuple[str, ...] = (),
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
        if types:
            params["types[]"] = list(types)
        answer = self._http.get(path, params=params, allow=(400, 404))
        if answer.status != 200:
            raise _refusal(path, answer)
        body = answer.json()
        if not isinstance(body, dict) or not isinstance(body.get("data"), list):
            msg = f"{path}: Stripe's answer is no list; check base_url"
            raise PermanentError(msg)
        return Listing(body["data"], bool(body.get("has_more")) and bool(body["data"]))

    def retrieve(self, path: str, external_id: str) -> Json | None:
        """The object, or None when it does not exist or was deleted."""
        answer = self._http.get(_one(path, external_id), allow=(400, 404))
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


def error_of(answer: Response) -> Json:
    """Stripe's error object: ``type``, ``code``, ``param``, ``message``, all optional."""
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def is_missing(error: Json) -> bool:
    """Whether *error* says that an object does not exist; a wrong address says otherwise."""
    return error.get("code") == "resource_missing"


def _one(path: str, external_id: str) -> str:
    return f"{path}/{quote(external_id, safe='')}"


def _refusal(path: str, answer: Response) -> PermanentError:
    error = error_of(answer)
    param = error.get("param")
    said = error.get("message") or "no reason given"
    msg = f"{path}: Stripe answered {answer.status}: {said}"
    return Gone(msg, param) if is_missing(error) else PermanentError(msg)
