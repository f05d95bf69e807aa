"""Pages for people: each says which right it needs; signing in, forms and refusals are done here.

A handler is a plain function, run in a thread::

    pages = Pages()

    @pages.get("/review", may=Right.READ)
    def queue(call: Call) -> Response:
        return call.page("review/queue.html", waiting=...)

Every page of the site is in `Pages.routes`, with its right, so that a test can
walk all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from exempt.model.access import Caller, Right
from exempt.web.forms import check_origin, check_token, read_form
from exempt.web.rendering import render
from exempt.web.sessions import caller_of
from exempt.web.site import Site

PUBLIC = None
"""The right of a page that needs no signing in."""


@dataclass(frozen=True)
class Call:
    """One call of a page.

    Attributes:
        caller: Who is signed in; None on public pages.
        form: What was sent; empty for GET.
    """

    site: Site
    request: Request
    caller: Caller | None
    form: FormData = field(default_factory=FormData)

    @property
    def path(self) -> Mapping[str, Any]:
        """The parts of the path that vary."""
        return self.request.path_params

    @property
    def query(self) -> QueryParams:
        """What stands behind the question mark."""
        return self.request.query_params

    @property
    def by(self) -> Caller:
        """Who is signed in; only for pages that need a right."""
        assert self.caller is not None  # noqa: S101 - `Pages` saw to it
        return self.caller

    def text(self, name: str) -> str:
        """A field of the form as text, without blanks around it; "" where there is none."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a field of the form."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """The page made from *template*; see `exempt.web.rendering`."""
        return render(self, template, status, context)

    def go(self, to: str, said: str = "") -> Response:
        """Go on to another page of the site; *said* is shown there once."""
        response = RedirectResponse(to, 303)
        if said:
            self.request.state.said = said
        return response


Handler = Callable[[Call], Response]


class Page(NamedTuple):
    """One page, as tests walk them."""

    path: str
    method: str
    may: Right | None
    handler: Handler


class Pages:
    """The pages of one part of the site."""

    def __init__(self) -> None:
        self.all: list[Page] = []

    def get(self, path: str, *, may: Right | None) -> Callable[[Handler], Handler]:
        """Register a page that is looked at; it must change nothing."""
        return self._add(path, "GET", may)

    def post(self, path: str, *, may: Right | None) -> Callable[[Handler], Handler]:
        """Register what a form is sent to."""
        return self._add(path, "POST", may)

    def _add(self, path: str, method: str, may: Right | None) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.all.append(Page(path, method, may, handler))
            return handler

        return register

    def routes(self, site: Site) -> Sequence[Route]:
        """The pages as routes of *site*."""
        return [Route(each.path, _endpoint(site, each), methods=[each.method]) for each in self.all]


def _endpoint(site: Site, page: Page) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        caller = await run_in_threadpool(caller_of, site, request) if page.may else None
        if page.may and caller is None:
            return _to_sign_in(request)
        if page.may and caller is not None and not caller.may(page.may):
            raise HTTPException(403)
        form = FormData()
        if page.method != "GET":
            check_origin(site, request)
            form = await read_form(request)
            check_token(site, request, form)
        return await run_in_threadpool(page.handler, Call(site, request, caller, form))

    return endpoint


def _to_sign_in(request: Request) -> Response:
    back = request.url.path if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?next={back}", 303)
