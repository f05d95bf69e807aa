"""The operations of the API: each says which right it needs, and what may go wrong.

An operation is a plain function, run in a thread; its docstring is what the
OpenAPI document says of it::

    operations = Operations("Certificates", "What is on file.")

    @operations.get("/certificates/{certificate_id}", Right.READ, 404)
    def get_certificate(call: Called, certificate_id: Id) -> Certificate: ...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import Path

from exempt.model.access import Right
from exempt.web.problems import MEDIA_TYPE, STATUSES

Id = Annotated[int, Path(ge=1, le=2**53, description="Our own id of it.")]
"""An id of ours in an address."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

ALWAYS = (401, 403, 422, 429)
"""What may be answered to any call."""

WITH_BODY = (400, 408, 413, 415)
CHANGES = (412, 428)

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A text of your own, such as a UUID: a call that is repeated with it within"
    " 24 hours is carried out once, and answered alike.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that you saw, or `*` for any version.",
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$'},
    "example": '"3"',
}


class Operation(NamedTuple):
    """One operation, as tests walk them.

    Attributes:
        may: The right that it needs; None = any key will do.
        changes: Whether it wants ``If-Match``.
        options: What FastAPI is told of it.
    """

    method: str
    path: str
    may: Right | None
    changes: bool
    endpoint: Callable[..., Any]
    options: dict[str, Any]


class Operations:
    """The operations of one kind of thing.

    Args:
        tag: Under which title they stand in the OpenAPI document.
        said: What it says of them.
    """

    def __init__(self, tag: str, said: str) -> None:
        self.tag = tag
        self.said = said
        self.all: list[Operation] = []

    def get(
        self, path: str, may: Right | None, *errors: int, **options: Any
    ) -> Callable[[Endpoint], Endpoint]:
        """Register what looks, and changes nothing."""
        return self._add("GET", path, may, errors, options)

    def post(
        self, path: str, may: Right, *errors: int, changes: bool = False, **options: Any
    ) -> Callable[[Endpoint], Endpoint]:
        """Register what does something; it may come with an idempotency key."""
        return self._add("POST", path, may, (409, *errors), options, changes=changes)

    def put(
        self, path: str, may: Right, *errors: int, changes: bool = True, **options: Any
    ) -> Callable[[Endpoint], Endpoint]:
        """Register what puts something in place of what is there."""
        return self._add("PUT", path, may, (404, 409, *errors), options, changes=changes)

    def delete(
        self, path: str, may: Right, *errors: int, **options: Any
    ) -> Callable[[Endpoint], Endpoint]:
        """Register what takes something away."""
        return self._add("DELETE", path, may, (404, 409, *errors), options)

    def _add(
        self,
        method: str,
        path: str,
        may: Right | None,
        errors: Sequence[int],
        options: dict[str, Any],
        *,
        changes: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:
        def register(endpoint: Endpoint) -> Endpoint:
            told = _told(endpoint, self.tag, may)
            statuses = {*ALWAYS, *errors, *(CHANGES if changes else ())}
            if method in {"POST", "PUT"}:
                statuses |= {*WITH_BODY}
            responses = _problems(statuses) | options.pop("responses", {})
            headers = [IDEMPOTENCY_KEY] if method == "POST" else []
            most = options.pop("body_max", None)
            extra = {
                "parameters": [*headers, *([IF_MATCH] if changes else [])],
                "security": [{"apiKey": []}],
                "x-right": may.value if may else None,
                **({"x-body-max": most} if most else {}),
            }
            known = {**told, "responses": responses, "openapi_extra": extra, **options}
            self.all.append(Operation(method, path, may, changes, endpoint, known))
            return endpoint

        return register


def _told(endpoint: Callable[..., Any], tag: str, may: Right | None) -> dict[str, Any]:
    """What the docstring of an operation says of it."""
    summary, _, rest = (inspect.getdoc(endpoint) or "").partition("\n\n")
    rest = rest.partition("\nRaises:")[0].partition("Raises:")[0].strip()
    needs = f"Needs the right `{may}`." if may else "Any key will do."
    name = str(vars(endpoint).get("__name__", getattr(endpoint, "__name__", "")))
    return {
        "tags": [tag],
        "summary": " ".join(summary.split()).removesuffix("."),
        "description": "\n\n".join(filter(None, (rest, needs))),
        "operation_id": name,
        "response_description": "Done.",
    }


def _problems(statuses: set[int]) -> dict[int | str, dict[str, Any]]:
    titles: dict[int, str] = {}
    for status, title in STATUSES.values():
        titles[status] = f"{titles[status]}; or: {title}" if status in titles else title
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": titles[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted(statuses)
    }
