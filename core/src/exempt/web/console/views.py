"""What all lists share: the company switcher, and views that people keep."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.services import saved_views, scoped
from exempt.web import cookies
from exempt.web.console.desk import next_of
from exempt.web.console.listing import LISTS, Lister
from exempt.web.pages import Call, Pages

pages = Pages()


@pages.post("/company", may=Right.READ)
def switch(call: Call) -> Response:
    """Show the things of one company, or of all, from now on."""
    key = call.text("company")
    if key:
        try:
            with call.site.store.reading() as tx:
                scoped.company(tx, key, call.by)
        except NotFoundError:
            raise HTTPException(404) from None
    response = call.go(next_of(call))
    if key:
        cookies.put(call.site, response, cookies.COMPANY, key)
    else:
        cookies.drop(call.site, response, cookies.COMPANY)
    return response


@pages.post("/views", may=Right.READ)
def keep(call: Call) -> Response:
    """Keep a list as it is shown."""
    lister = LISTS.get(call.text("path"))
    if lister is None or call.by.user_id is None:
        raise HTTPException(404)
    query = lister.cleaned(call.text("query"))
    there = _at(lister, query)
    try:
        saved_views.keep(
            call.site.store,
            call.by.user_id,
            lister.path,
            name=call.text("name"),
            query=query,
            at=call.site.clock(),
        )
    except RefusedError as error:
        return call.go(there, f"The view is not kept: {error}.")
    return call.go(there, "The view is kept.")


@pages.post("/views/{view_id:int}/rename", may=Right.READ)
def rename(call: Call) -> Response:
    """Call a view otherwise."""
    lister = LISTS.get(call.text("path"))
    mine = call.by.user_id
    if lister is None or mine is None:
        raise HTTPException(404)
    try:
        view = saved_views.rename(
            call.site.store, mine, lister.path, call.path["view_id"], name=call.text("name")
        )
    except NotFoundError:
        raise HTTPException(404) from None
    except RefusedError as error:
        there = _at(lister, lister.cleaned(call.text("query")))
        return call.go(there, f"The view keeps its name: {error}.")
    return call.go(_at(lister, view.query), "The view is renamed.")


@pages.post("/views/{view_id:int}/remove", may=Right.READ)
def remove(call: Call) -> Response:
    """Keep a view no more."""
    lister = LISTS.get(call.text("path"))
    mine = call.by.user_id
    if lister is None or mine is None:
        raise HTTPException(404)
    if not saved_views.remove(call.site.store, mine, call.path["view_id"]):
        raise HTTPException(404)
    return call.go(lister.path, "The view is removed.")


def _at(lister: Lister, query: str) -> str:
    return lister.path + (f"?{query}" if query else "")
