"""The map of a company's exposures, as a picture."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from exempt.model.access import Right
from exempt.services import scoped
from exempt.services.nexus_maps import map_of
from exempt.web.api.calls import Called
from exempt.web.api.nexus_bodies import OfCompany
from exempt.web.api.operations import Operations

operations = Operations("Map of nexus", "How near each threshold is, as a picture.")


@operations.get(
    "/nexus/map.svg",
    Right.READ,
    404,
    409,
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "An SVG."}},
)
def draw_nexus_map(call: Called, query: Annotated[OfCompany, Query()]) -> Response:
    """Draw how near a company is to the thresholds of all states, a tile for each state."""
    with call.store.reading() as tx:
        company = scoped.company(tx, query.company, call.caller)
        drawn = map_of(tx, company, query.on or call.act.at.date(), call.site.policy)
    return Response(drawn, media_type="image/svg+xml")
