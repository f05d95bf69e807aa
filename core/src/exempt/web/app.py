"""The web server's application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from exempt.web.guard import Guard
from exempt.web.hooks import Hooks, Receive
from exempt.web.looks import Looks, Sights


def make_app(sights: Sights, receive: Receive | None = None) -> ASGIApp:
    """Webhooks, where there is somebody to *receive* them, health, and metrics."""
    looks = Looks(sights)
    routes = [
        Route("/healthz", looks.healthz),
        Route("/readyz", looks.readyz),
        Route("/metrics", looks.metrics),
    ]
    if receive is not None:
        routes.append(Route("/hooks/{connection}", Hooks(receive).answer, methods=["POST"]))
    return Guard(Starlette(routes=routes))
