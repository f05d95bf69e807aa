"""The company switcher: which company's things the lists of somebody's browser show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import Request

from exempt.errors import NotFoundError
from exempt.model.access import Caller
from exempt.services import companies, scoped
from exempt.services.companies import Placed
from exempt.web import cookies
from exempt.web.site import Site

if TYPE_CHECKING:
    from exempt.web.pages import Call


class Switcher(NamedTuple):
    """What the side bar shows.

    Attributes:
        placed: The companies that somebody sees, as a tree is read.
        chosen: The key of the one whose things are shown; "" = all.
    """

    placed: list[Placed]
    chosen: str


def scope_of(site: Site, request: Request, caller: Caller) -> frozenset[int] | None:
    """The companies whose things lists show: the chosen one with those below it; None = all."""
    key = cookies.read(site, request, cookies.COMPANY)
    if not key:
        return caller.company_ids
    with site.store.reading() as tx:
        try:
            scoped.company(tx, key, caller)
            chosen = companies.scope(tx, key)
        except NotFoundError:  # it is no more, or no longer theirs
            return caller.company_ids
    if chosen is None or caller.company_ids is None:
        return chosen
    return chosen & caller.company_ids


def switcher_of(call: Call) -> Switcher | None:
    """The switcher of whoever is signed in; None where there is nothing to choose."""
    with call.site.store.reading() as tx:
        mine = scoped.companies(tx, call.by)
    if len(mine) < 2:
        return None
    ids = {row.id for row in mine}
    # Who sees a company but not the one above it has it at the top.
    known = [row if row.parent_id in ids else row._replace(parent_id=None) for row in mine]
    chosen = cookies.read(call.site, call.request, cookies.COMPANY)
    return Switcher(companies.tree(known), chosen if chosen in {row.key for row in mine} else "")
