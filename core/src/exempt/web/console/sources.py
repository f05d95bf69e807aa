"""The pages of sources: all of them, and one: how it does, checked, run, paused, read further."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ExemptError
from exempt.model.access import Right
from exempt.model.checking import CheckResult
from exempt.rules.lookback import EVERYTHING
from exempt.services import histories, source_rows, source_views, steering
from exempt.services.rows import ConnectionRow
from exempt.services.source_views import Sources, SourceState, SourceView
from exempt.services.stewarding import Steward
from exempt.services.tables_out import Sheet
from exempt.web.console import exports, source_events
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages
from exempt.web.rendering import part
from exempt.web.typed import day_of

pages = Pages()

FEW = {"runs": 20, "rejected": 5, "webhooks": 20}

STATES = {
    SourceState.RUNNING: ("Running", "blue"),
    SourceState.OK: ("Works", "green"),
    SourceState.FAILED: ("Failed", "yellow"),
    SourceState.BROKEN: ("Stopped by an error", "red"),
    SourceState.PAUSED: ("Paused", "grey"),
    SourceState.NEW: ("Not used yet", "grey"),
    SourceState.FILE: ("From files", "grey"),
    SourceState.GONE: ("Not connected", "grey"),
}
"""How a source does, in words, and the colour of the dot beside them."""


LIST = Lister(
    "/sources",
    columns=(
        Column("source", "Source", sort=True, fixed=True),
        Column("company", "Company", sort=True),
        Column("state", "State"),
        Column("read", "Read", sort=True),
        Column("last", "Last read", sort=True),
        Column("next", "Next"),
        Column("mend", "To mend", sort=True),
    ),
    filters=("state",),
    sort="source",
    exports="/source-export",  # below its own address it might be the name of a source
)

KINDS: Mapping[str, tuple[str, Collection[SourceState]]] = {
    "running": ("Running", {SourceState.RUNNING}),
    "failing": ("Fails", {SourceState.FAILED, SourceState.BROKEN}),
    "paused": ("Paused", {SourceState.PAUSED, SourceState.BROKEN}),
    "ok": ("Works", {SourceState.OK}),
    "new": ("Not used yet", {SourceState.NEW}),
    "file": ("From files", {SourceState.FILE}),
    "gone": ("Not connected", {SourceState.GONE}),
}
"""What the list can be narrowed to; one that an error paused fails, and is paused."""

_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_SORTS: Mapping[str, Callable[[SourceView], Any]] = {
    "source": lambda view: view.name,
    "company": lambda view: (view.company.casefold(), view.name),
    "read": lambda view: (view.records, view.name),
    "last": lambda view: (view.read_at or _NEVER, view.name),
    "mend": lambda view: (view.to_mend, view.name),
}


@pages.get("/sources", may=Right.READ)
def list_(call: Call) -> Response:
    """All sources, and the plugins that are installed."""
    steward, asked = steward_of(call), LIST.read(call)
    found = _all(call)
    views = _fitting(found, asked)
    shown = Sources(views[asked.offset :][: asked.limit], found.alive)
    return call.page(
        "sources/list.html",
        sources=shown,
        listing=LIST.shown(call, asked, total=len(views)),
        tabs=_tabs(found, asked),
        here=["", *KINDS].index(asked.filter("state")) if asked.filter("state") in KINDS else 0,
        plugins=steward.plugins(),
        may_make=steward.may_make and call.by.may(Right.ADMINISTER),
        **known(call),
    )


def _fitting(found: Sources, asked: Asked) -> list[SourceView]:
    """Those that the filters name, in order."""
    words, states = asked.words.casefold(), KINDS.get(asked.filter("state"), ("", STATES))[1]
    fitting = [
        view
        for view in found.views
        if view.state in states
        and words in f"{view.name} {view.title} {view.company} {view.problem}".casefold()
    ]
    return sorted(fitting, key=_SORTS[asked.sort], reverse=asked.descending)


def _tabs(found: Sources, asked: Asked) -> list[tuple[str, str, int]]:
    states = [view.state for view in found.views]
    every = (asked.address(state=None), "All", len(states))
    return [
        every,
        *(
            (asked.address(state=key), title, sum(state in mine for state in states))
            for key, (title, mine) in KINDS.items()
        ),
    ]


@pages.get("/source-export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All that fit, as a file."""
    heads = (
        *("Source", "System", "Company", "State", "Problem", "Records", "Last read", "Next"),
        *("Rejected rows", "Failed deliveries", "Webhooks not followed"),
    )
    rows = (
        (
            *(view.name, view.title, view.company, STATES[view.state][0], view.problem),
            *(view.records, view.read_at, view.next_at),
            *(view.rejected, view.owed.dead, view.events.get("dead", 0)),
        )
        for view in _fitting(_all(call), LIST.read(call))
    )
    return exports.send(call, Sheet("Data sources", heads, rows), "data-sources")


@pages.get("/source-events", may=Right.READ)
def events(call: Call) -> Response:
    """What goes on in those that the list shows, as it happens."""
    asked = LIST.read(call)
    shown = LIST.shown(call, asked, total=0)

    def draw() -> str:
        found = _all(call)
        views = _fitting(found, asked)[asked.offset :][: asked.limit]
        sources = Sources(views, found.alive)
        return part("sources/rows.html", sources=sources, states=STATES, listing=shown)

    return source_events.told(call, draw, asked.address())


@pages.get("/sources/{name}", may=Right.READ)
def one(call: Call) -> Response:
    """One source."""
    return page(call, seen(call))


@pages.get("/sources/{name}/events", may=Right.READ)
def events_of_one(call: Call) -> Response:
    """What goes on in it, as it happens."""
    view = seen(call)

    def draw() -> str:
        now = _all(call, view.name)
        return part("sources/live.html", sources=now, states=STATES, **_shown(now))

    return source_events.told(call, draw, f"/sources/{view.name}")


@pages.post("/sources/{name}/check", may=Right.EDIT, slow=True)
def check(call: Call) -> Response:
    """Ask it whether it works."""
    view = _configured(call)
    try:
        result = steward_of(call).check(view.name)
    except ExemptError as error:
        return page(call, view, wrong=str(error), status=422)
    return page(call, seen(call), checked=result)


@pages.post("/sources/{name}/run", may=Right.EDIT, slow=True)
def run_now(call: Call) -> Response:
    """Have it read now, and written to."""
    view = _configured(call)
    try:
        steward_of(call).run_now(view.name)
    except ExemptError as error:
        return page(call, view, wrong=str(error), status=422)
    return call.go(f"/sources/{view.name}", "It is read now, and written what it is owed.")


@pages.post("/sources/{name}/pause", may=Right.EDIT, slow=True)
def pause(call: Call) -> Response:
    """Leave it alone until somebody says so."""
    view = _configured(call)
    try:
        row = steward_of(call).row(view.name)
        steering.pause(call.site.store, row, call.text("reason"), call.site.act(call.by.name))
    except ExemptError as error:
        return page(call, view, wrong=str(error), status=422)
    return call.go(f"/sources/{view.name}", "It is paused: what goes on ends with its page.")


@pages.post("/sources/{name}/resume", may=Right.EDIT)
def resume(call: Call) -> Response:
    """Let it go on."""
    view = _configured(call)
    if view.row is None:
        raise HTTPException(404)
    try:
        steering.resume(call.site.store, view.row, call.site.act(call.by.name))
    except ExemptError as error:
        return page(call, view, wrong=str(error), status=422)
    return call.go(f"/sources/{view.name}", "It goes on, and does at once what waited.")


@pages.post("/sources/{name}/backfill", may=Right.EDIT, slow=True)
def backfill(call: Call) -> Response:
    """Have its orders read from further back."""
    view = _configured(call)
    day = EVERYTHING if call.text("everything") else day_of(call.text("from"))
    if day is None or day > call.site.clock().date():
        wrong = "From: name a day of the past, or choose all there is"
        return page(call, view, errors={"from": wrong}, status=422)
    try:
        row = steward_of(call).row(view.name)
        since = view.configured.since if view.configured else None
        asked = histories.Asked(day, since, call.site.policy, call.site.clock(), ask=True)
        reached = histories.reach_back(call.site.store, row, asked)
    except ExemptError as error:
        return page(call, view, wrong=str(error), status=422)
    start = "the beginning" if reached.reads_from is None else str(reached.reads_from)
    said = "were read" if reached.is_read else "are read"
    return call.go(f"/sources/{view.name}", f"Its orders {said} from {start} on.")


# --- what all of them share ------------------------------------------------------------


def steward_of(call: Call) -> Steward:
    """Whoever keeps the connections of the site.

    Raises:
        HTTPException: Nobody does here.
    """
    if call.site.steward is None:
        raise HTTPException(404)
    return call.site.steward


def _all(call: Call, name: str | None = None) -> Sources:
    """Those that the lists of the caller show; of one *name*, that one if the caller sees it."""
    site = call.site
    scope = call.scope if name is None else call.by.company_ids
    configured = steward_of(call).connections()
    with site.store.reading() as tx:
        return source_views.look(tx, configured, scope, site.clock(), name)


def seen(call: Call) -> SourceView:
    """The source that the path names, if the caller may see it.

    Raises:
        HTTPException: 404, there is none.
    """
    found = _all(call, call.path["name"]).views
    if not found:
        raise HTTPException(404)
    return found[0]


def known_row(call: Call) -> tuple[SourceView, ConnectionRow]:
    """The same, where it was used before."""
    view = seen(call)
    if view.row is None:
        raise HTTPException(404)
    return view, view.row


def _configured(call: Call) -> SourceView:
    """The same, where it is connected."""
    view = seen(call)
    if view.configured is None:
        raise HTTPException(404)
    return view


def known(call: Call) -> dict[str, Any]:
    """What every page of sources knows."""
    return {
        "states": STATES,
        "may_edit": call.by.may(Right.EDIT),
        "may_administer": call.by.may(Right.ADMINISTER),
    }


def _shown(found: Sources) -> dict[str, Any]:
    return {"view": found.views[0] if found.views else None}


def page(
    call: Call,
    view: SourceView,
    *,
    status: int = 200,
    wrong: str = "",
    errors: dict[str, str] | None = None,
    checked: CheckResult | None = None,
) -> Response:
    """The page of one source."""
    row, steward = view.row, steward_of(call)
    with call.site.store.reading() as tx:
        lately = source_rows.lately(tx, row, **FEW) if row else source_rows.NOTHING
    found = _all(call, view.name)
    made = view.configured is not None and view.configured.version > 0
    return call.page(
        "sources/one.html",
        status,
        sources=found,
        view=view,
        **lately._asdict(),
        everything=EVERYTHING,
        checked=checked,
        wrong=wrong,
        errors=errors or {},
        typed=call.form,
        made=made,
        may_make=made and steward.may_make and call.by.may(Right.ADMINISTER),
        **known(call),
    )
