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
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from exempt.model.access import Caller, Right
from exempt.web import saying, switching
from exempt.web.arriving import BODY_MAX, limited
from exempt.web.forms import check_origin, check_token, read_form
from exempt.web.rendering import render, streamed
from exempt.web.sessions import caller_of, denied
from exempt.web.site import Site
from exempt.web.typed import LARGEST_ID, storable
from exempt.web.waiting import run_slowly

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

    @cached_property
    def query(self) -> QueryParams:
        """What stands behind the question mark."""
        said = self.request.query_params.multi_items()
        return QueryParams([(name, storable(value)) for name, value in said])

    @cached_property
    def scope(self) -> frozenset[int] | None:
        """The companies whose things lists show; None = all.

        Those that the caller sees, narrowed by the company switcher.
        """
        return switching.scope_of(self.site, self.request, self.by)

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

    def stream(self, template: str, **context: Any) -> Response:
        """The same, sent while it is made; see `exempt.web.rendering.streamed`."""
        return streamed(self, template, context)

    def go(self, to: str, said: str = "") -> Response:
        """Go on to another page of the site; *said* is shown there once."""
        response = RedirectResponse(to, 303)
        if said:
            saying.put(self.site, response, said)
        return response


Handler = Callable[[Call], Response]

Admits = Callable[[Site, Request], bool]
"""Whether whoever calls is known, by the head of the call alone."""


class Page(NamedTuple):
    """One page, as tests walk them.

    Attributes:
        body_max: In bytes.
        admits: Who may send so much; of all others `BODY_MAX` is read.
        slow: It may take long, as files do: see `exempt.web.waiting`.
    """

    path: str
    method: str
    may: Right | None
    handler: Handler
    body_max: int = BODY_MAX
    admits: Admits | None = None
    slow: bool = False


class Pages:
    """The pages of one part of the site."""

    def __init__(self) -> None:
        self.all: list[Page] = []

    def get(
        self, path: str, *, may: Right | None, slow: bool = False
    ) -> Callable[[Handler], Handler]:
        """Register a page that is looked at; it must change nothing."""
        return self._add(path, "GET", may, slow=slow)

    def post(
        self,
        path: str,
        *,
        may: Right | None,
        body_max: int = BODY_MAX,
        admits: Admits | None = None,
        slow: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register what a form is sent to; of *body_max* bytes where it brings files."""
        return self._add(path, "POST", may, body_max=body_max, admits=admits, slow=slow)

    def _add(
        self, path: str, method: str, may: Right | None, **more: Any
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.all.append(Page(path, method, may, handler, **more))
            return handler

        return register

    def routes(self, site: Site) -> Sequence[Route]:
        """The pages as routes of *site*."""
        return [Route(each.path, _endpoint(site, each), methods=[each.method]) for each in self.all]


def _endpoint(site: Site, page: Page) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        if any(isinstance(n, int) and n > LARGEST_ID for n in request.path_params.values()):
            raise HTTPException(404)
        caller = await run_in_threadpool(caller_of, site, request) if page.may else None
        if page.may and caller is None:
            return _to_sign_in(request)
        if page.may and caller is not None and not caller.may(page.may):
            await run_in_threadpool(denied, site, request, caller)
            raise HTTPException(403)
        try:
            form = FormData()
            if page.method != "GET":
                check_origin(site, request)
                admitted = page.admits is None or await run_in_threadpool(
                    page.admits, site, request
                )
                request = limited(request, page.body_max if admitted else BODY_MAX)
                form = await read_form(request)
                check_token(site, request, form)
            call = Call(site, request, caller, form)
            if page.slow:
                return await run_slowly(page.path, page.handler, call)
            return await run_in_threadpool(page.handler, call)
        finally:
            await request.close()  # its files

    return endpoint


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("hx-request"):  # a part of a page; the whole of it is to be loaded
        return Response(status_code=401, headers={"HX-Refresh": "true"})
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = here if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?next={quote(back)}", 303)
