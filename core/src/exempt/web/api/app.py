"""The API as an application, to be mounted at ``/api/v1``."""

from __future__ import annotations

import functools
import re

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp

from exempt.web.api import (
    catalog,
    certificates,
    customers,
    decisions,
    files,
    nexus,
    nexus_forecast,
    nexus_map,
    presence,
    products,
    registrations,
    requests,
    shops,
    submissions,
    webhooks,
)
from exempt.web.api.document import TITLE, document
from exempt.web.api.guarding import Gate, Guarded
from exempt.web.api.operations import Operation, Operations
from exempt.web.api.refusing import problem_of, response_of
from exempt.web.api.verbs import Verbs, methods_of
from exempt.web.limiting import Limiter
from exempt.web.site import Site

VERSION = "1.0"
"""Of the API: what works with one works with each later one that begins alike."""

ROOT = "/api/v1"

PARTS: tuple[Operations, ...] = (
    decisions.operations,
    customers.operations,
    certificates.operations,
    files.operations,
    requests.operations,
    shops.operations,
    submissions.operations,
    catalog.operations,
    products.operations,
    presence.operations,
    nexus.operations,
    registrations.operations,
    nexus_forecast.operations,
    nexus_map.operations,
    webhooks.operations,
)
"""The operations of the API, kind by kind."""

_HEADERS_IN = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match")
_HEADERS_OUT = ("ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After")


def all_operations() -> list[Operation]:
    """Every operation of the API."""
    return [operation for part in PARTS for operation in part.all]


def make_api(site: Site, limiter: Limiter | None = None) -> ASGIApp:
    """The API of *site*; *limiter* counts calls, where something else counts them, too."""
    app = fastapi_app()
    gate = Gate(site, limiter or Limiter(site.api_calls_per_minute))
    answering: ASGIApp = Verbs(gate.before(app), app.routes)
    if site.api_origins:
        answering = CORSMiddleware(
            answering,
            allow_origins=site.api_origins,
            allow_methods=("GET", "POST", "PUT", "DELETE"),
            allow_headers=_HEADERS_IN,
            expose_headers=_HEADERS_OUT,
        )
    return answering


def mounted(site: Site, limiter: Limiter) -> Mount:
    """The API at its place on the site."""
    mount = Mount(ROOT, make_api(site, limiter))
    # As it comes a line break in an address would lead past it.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


@functools.cache
def fastapi_app() -> FastAPI:
    """The operations, without what they need of a site; made once a process."""
    app = FastAPI(title=TITLE, version=VERSION, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.redirect_slashes = False
    app.router.route_class = Guarded
    for part in PARTS:
        for each in part.all:
            app.add_api_route(each.path, each.endpoint, methods=[each.method], **each.options)
    made: list[bytes] = []

    async def openapi(_request: Request) -> Response:
        if not made:
            made.append(bytes(JSONResponse(document(app, PARTS)).body))
        return Response(made[0], media_type="application/json")

    app.add_route("/openapi.json", openapi, include_in_schema=False)
    for kind in (HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _refused)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = ", ".join(methods_of(request.app.routes, request.scope))
        error = HTTPException(405, headers={"Allow": allowed})
    return response_of(problem_of(error))
