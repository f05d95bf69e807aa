"""The web server's application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from exempt.web.guard import Guard
from exempt.web.hooks import Hooks, Receive
from exempt.web.looks import Looks, Sights
from exempt.web.pages import Page, Pages
from exempt.web.site import Site

PARTS: tuple[Pages, ...] = ()
"""The pages of the console and the portal, part by part."""


def all_pages() -> list[Page]:
    """Every page of the site."""
    return [page for part in PARTS for page in part.all]


def make_app(sights: Sights, receive: Receive | None = None, site: Site | None = None) -> ASGIApp:
    """Health and metrics; webhooks, where somebody can *receive* them; and the *site*, if any."""
    looks = Looks(sights)
    routes: list[BaseRoute] = [
        Route("/healthz", looks.healthz),
        Route("/readyz", looks.readyz),
        Route("/metrics", looks.metrics),
    ]
    if receive is not None:
        routes.append(Route("/hooks/{connection}", Hooks(receive).answer, methods=["POST"]))
    if site is not None:
        routes += [route for part in PARTS for route in part.routes(site)]
    return Guard(Starlette(routes=routes))
