"""One call of the API, as its operations see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from exempt.model.access import Caller
from exempt.services.certificates import Act
from exempt.services.ports import Store
from exempt.web.problems import Kind, Problem, Wrong, invalid
from exempt.web.site import Site

_VERSION = re.compile(r'^"([0-9]{1,9})"\Z')


@dataclass(frozen=True)
class Call:
    """Who calls, and with what.

    Attributes:
        store: Where everything is; what is written through it is done once, where
            the call came with an idempotency key.
        headers: What is added to those of the answer.
    """

    site: Site
    caller: Caller
    store: Store
    request: Request
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def act(self) -> Act:
        """Something that the caller does now."""
        return self.site.act(self.caller.name)

    @property
    def root(self) -> str:
        """Where the API is, on this host: ``/api/v1``."""
        return str(self.request.scope.get("root_path", "")).rstrip("/")

    def version(self, version: int) -> None:
        """Say which version of a thing is answered."""
        self.headers["ETag"] = f'"{version}"'

    def made(self, path: str) -> None:
        """Say where the new thing is; *path* is within the API."""
        self.headers["Location"] = f"{self.root}{path}"

    def seen(self) -> int | None:
        """The version that whoever changes something has seen; None = any.

        Raises:
            Problem: ``If-Match`` is missing, or no version is written so.
        """
        return seen_version(self.request.headers)


def seen_version(headers: Mapping[str, str]) -> int | None:
    """See `Call.seen`."""
    given = headers.get("if-match")
    if given is None:
        msg = "send If-Match with the ETag that you saw, so that no other change is lost"
        raise Problem(Kind.PRECONDITION_REQUIRED, msg)
    if given.strip() == "*":
        return None
    found = _VERSION.match(given.strip())
    if found is None:
        wrong = 'is no ETag of ours: send one as it came, such as "3"'
        raise invalid([Wrong("header", "If-Match", wrong)])
    return int(found[1])


def _call(request: Request) -> Call:
    found: Call = request.state.call
    return found


Called = Annotated[Call, Depends(_call)]
"""The call, as an argument of an operation."""
