"""Where staff can go: the parts of the console that exist, of those that are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request

from exempt.model.access import Caller, Right


class Place(NamedTuple):
    """A part of the console.

    Attributes:
        icon: See `exempt.web.assets.icon`.
        here: Whether the page that is shown belongs to it.
        waiting: How much waits there.
    """

    path: str
    title: str
    icon: str
    may: Right
    here: bool = False
    waiting: int = 0


WORK = (
    Place("/review", "Review", "inbox", Right.READ),
    Place("/requests", "Requests", "send", Right.READ),
)
ADMINISTRATION = (
    Place("/users", "Users", "users", Right.ADMINISTER),
    Place("/keys", "API keys", "key-round", Right.ADMINISTER),
    Place("/mail-templates", "Mail templates", "mail", Right.ADMINISTER),
)


def places(
    request: Request, caller: Caller | None, counts: Mapping[str, int]
) -> dict[str, list[Place]]:
    """What the side navigation shows, group by group; the first one has no title.

    *counts* has how much waits in a part, by its path.
    """
    if caller is None:
        return {}
    known = {getattr(route, "path", "") for route in request.app.routes}
    groups = {"": WORK, "Administration": ADMINISTRATION}
    shown = {
        title: [
            place._replace(
                here=_is_in(request.url.path, place.path), waiting=counts.get(place.path, 0)
            )
            for place in group
            if place.path in known and caller.may(place.may)
        ]
        for title, group in groups.items()
    }
    return {title: group for title, group in shown.items() if group}


def _is_in(path: str, part: str) -> bool:
    return path == part or path.startswith(part + "/")
