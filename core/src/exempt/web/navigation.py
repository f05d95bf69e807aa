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
    Place("/", "Home", "house", Right.READ),
    Place("/certificates", "Certificates", "file-check", Right.READ),
    Place("/review", "Review", "inbox", Right.READ),
    Place("/customers", "Customers", "building-2", Right.READ),
    Place("/orders", "Orders", "receipt", Right.READ),
    Place("/requests", "Requests", "send", Right.READ),
    Place("/reports", "Reports", "chart-column", Right.READ),
)
NEXUS = (
    Place("/nexus", "Exposure", "map", Right.READ),
    Place("/warnings", "Warnings", "bell", Right.READ),
    Place("/products", "Products", "tag", Right.READ),
    Place("/employees", "Employees", "briefcase", Right.READ),
    Place("/presence", "Physical nexus", "map-pin", Right.READ),
    Place("/registrations", "Registrations", "landmark", Right.READ),
)
DATA = (
    Place("/sources", "Data sources", "plug", Right.READ),
    Place("/imports", "Imports", "file-up", Right.READ),
    Place("/deliveries", "Deliveries", "truck", Right.READ),
)
ADMINISTRATION = (
    Place("/audit", "Audit trail", "scroll-text", Right.READ),
    Place("/jobs", "Jobs", "activity", Right.ADMINISTER),
    Place("/users", "Users", "users", Right.ADMINISTER),
    Place("/keys", "API keys", "key-round", Right.ADMINISTER),
    Place("/mail-templates", "Mail templates", "mail", Right.ADMINISTER),
    Place("/settings", "Settings", "settings", Right.ADMINISTER),
)
GROUPS = {"": WORK, "Nexus": NEXUS, "Data": DATA, "Administration": ADMINISTRATION}


def places(
    request: Request, caller: Caller | None, counts: Mapping[str, int]
) -> dict[str, list[Place]]:
    """What the side navigation shows, group by group; the first one has no title.

    *counts* has how much waits in a part, by its path.
    """
    if caller is None:
        return {}
    known = {getattr(route, "path", "") for route in request.app.routes}
    shown = {
        title: [
            place._replace(
                here=_is_in(request.url.path, place.path), waiting=counts.get(place.path, 0)
            )
            for place in group
            if place.path in known and caller.may(place.may)
        ]
        for title, group in GROUPS.items()
    }
    return {title: group for title, group in shown.items() if group}


def _is_in(path: str, part: str) -> bool:
    return path == part or (part != "/" and path.startswith(part + "/"))
