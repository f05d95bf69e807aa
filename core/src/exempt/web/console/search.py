"""The page of the search over everything, reached from the side of every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from exempt.model.access import Right
from exempt.services.everything import Everything, Hits
from exempt.web.console import home
from exempt.web.console.listing import LONGEST_WORDS
from exempt.web.console.requests import COLOURS
from exempt.web.pages import Call, Pages

pages = Pages()

_DOTS: dict[str, str] = {
    "Exempt": "green",
    "Taxable": "grey",
    **{state.value: colour for state, colour in COLOURS.items()},
    **{status.value: colour for status, (_, colour) in home.SPOKEN.items()},
}


class Kind(NamedTuple):
    """What is found of a kind.

    Attributes:
        path: Of its list, of which ``all`` is the part that fits.
    """

    title: str
    path: str
    symbol: str
    all: str
    hits: Hits


@pages.get("/search", may=Right.READ)
def search(call: Call) -> Response:
    """What fits some words, of every kind; what is quick to find first."""
    words = " ".join(call.query.get("words", "").split())[:LONGEST_WORDS]
    return call.stream(
        "home/search.html", words=words, found=lambda: _found(call, words), dots=_DOTS, say=say
    )


def _found(call: Call, words: str) -> Iterator[Kind]:
    site = call.site
    look = Everything(site.store, words, call.scope, site.clock(), site.expiring_soon_days)
    kinds: tuple[tuple[str, str, str, Callable[[], Hits]], ...] = (
        ("Customers", "/customers", "building-2", look.customers),
        ("Orders", "/orders", "receipt", look.orders),
        ("Certificates", "/certificates", "file-check", look.certificates),
        ("Requests", "/requests", "send", look.requests),
    )
    known = {getattr(route, "path", "") for route in call.request.app.routes}
    for title, path, symbol, hits in kinds:
        if path in known:
            yield Kind(title, path, symbol, f"{path}?{urlencode({'words': words})}", hits())


def say(state: str) -> str:
    """``Expiring soon``."""
    return state.replace("_", " ").capitalize()
