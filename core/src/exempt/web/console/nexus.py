"""The page of exposures: the map, what needs a person, the table of states, forecasts of all."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from starlette.responses import Response

from exempt.data.tiles import state_tiles
from exempt.model.access import Right
from exempt.services import (
    catching_up,
    exposure_overview,
    exposure_table,
    forecast_telling,
    forecasts,
    nexus_maps,
    warning_steps,
)
from exempt.services.exposure_table import Show
from exempt.services.exposures import ExposureView, exposures
from exempt.services.forecasts import ForecastView
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister, Shown
from exempt.web.pages import Call, Pages

pages = Pages()

NEWEST = 1_000
"""Orders in which a page looks for sales that count twice."""

COUNTING_SECONDS = 8.0
"""So long a page waits for sales that are counted anew; the rest is done in the background."""

TABS = {
    Show.MATTERS: "With sales or presence",
    Show.NEEDS: "To register",
    Show.NEAR: "Near",
    Show.MET: "Met",
    Show.REGISTERED: "Registered",
    Show.PHYSICAL: "Physical nexus",
    Show.ALL: "Every state",
}

LIST = Lister(
    "/nexus",
    columns=(
        Column("state", "State", sort=True, fixed=True),
        Column("company", "Company", sort=True),
        Column("counted", "Counted", sort=True, end=True),
        Column("line", "Threshold"),
        Column("share", "Of threshold", sort=True, end=True),
        Column("sales", "Sales", sort=True, end=True),
        Column("status", "Status"),
        Column("crossed", "Crossed", sort=True),
        Column("registered", "Registered"),
        Column("collect", "Collect from", sort=True, hidden=True),
        Column("physical", "Physical since", hidden=True),
    ),
    filters=("show",),
    sort="-share",
)

COLOURS = {
    "met": "red",
    "physical": "red",
    "near": "yellow",
    "registered": "green",
    "low": "grey",
    "no_tax": "grey",
}
"""Of the dot beside the word."""

LEGEND = (
    ("met", "Met, not registered"),
    ("near", "Near the threshold"),
    ("middle", "Half of it or more"),
    ("low", "Below half"),
    ("registered", "Registered"),
    ("no_sales", "No sales"),
    ("no_tax", "No sales tax"),
)


@pages.get("/nexus", may=Right.READ)
def overview(call: Call) -> Response:
    """How near each state's threshold is."""
    asked = LIST.read(call)
    on = today(call)
    with call.site.store.reading() as tx:
        views = exposures(tx, call.scope, on, call.site.policy)
        ids = exposure_overview.ids_of(tx, call.scope)
        below = exposure_overview.beside(tx, ids, on, call.site.policy, newest=NEWEST)
        warnings = warning_steps.open_count(tx, call.scope)
    show = _show(asked.filter("show"))
    found = exposure_table.lines(views, show, asked.words, asked.sort, descending=asked.descending)
    tiles = nexus_maps.tiles(views)
    several = len({view.company.id for view in views}) > 1
    return call.page(
        "nexus/overview.html",
        on=on,
        listing=_listing(call, asked, len(found), several=several),
        rows=found[asked.offset : asked.offset + asked.limit],
        colours=COLOURS,
        legend=LEGEND,
        tabs=_tabs(asked, exposure_table.counts(views)),
        here=list(TABS).index(show),
        tiles=[(tiles[code], place) for code, place in _in_order()],
        kinds=[tile.kind.value for tile, _ in tiles.values()],
        nearest=[line for line in exposure_table.lines(views, Show.MATTERS) if line.percent][:9],
        needing=exposure_overview.needing(views),
        registered=sum(view.registration is not None for view in views),
        physical=sum(view.physical_since is not None for view in views),
        warnings=warnings,
        below=below,
        aside=_aside(call, views),
        several=several,
    )


def _listing(call: Call, asked: Asked, total: int, *, several: bool) -> Shown:
    """What stands around the rows; of one company alone its name need not be told."""
    shown = LIST.shown(call, asked, total=total)
    if several:
        return shown
    heads = [head for head in shown.heads if head.column.key != "company"]
    return shown._replace(heads=heads)


def today(call: Call) -> dt.date:
    """The day that exposures are looked at."""
    return call.site.clock().date()


def _show(text: str) -> Show:
    return Show(text) if text in set(Show) else Show.MATTERS


def _tabs(asked: Asked, counts: dict[Show, int]) -> list[tuple[str, str, int]]:
    return [
        (
            asked.address(show=None if show is Show.MATTERS else show.value, page=None),
            title,
            counts[show],
        )
        for show, title in TABS.items()
    ]


def _in_order() -> list[tuple[str, Any]]:
    """The states as one reads the map: line by line."""
    return sorted(state_tiles().items(), key=lambda each: (each[1].row, each[1].column))


def _aside(call: Call, views: list[ExposureView]) -> dict[str, int]:
    """What is set aside for want of a rate, by currency, in its minor units."""
    found: dict[str, int] = {}
    for each in {one for view in views for one in view.set_aside if call.by.sees(one.company_id)}:
        found[each.currency] = found.get(each.currency, 0) + each.totals.amount()
    return found


@pages.get("/nexus/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """The table, to be saved."""
    asked = LIST.read(call)
    with call.site.store.reading() as tx:
        views = exposures(tx, call.scope, today(call), call.site.policy)
    found = exposure_table.lines(
        views, _show(asked.filter("show")), asked.words, asked.sort, descending=asked.descending
    )
    return exports.send(call, exposure_table.sheet(found), "nexus")


@pages.post("/nexus/count", may=Right.EDIT, slow=True)
def count(call: Call) -> Response:
    """Count what waits, as far as that is done in a moment."""
    site, end = call.site, time.monotonic() + COUNTING_SECONDS
    done = catching_up.catch_up_now(
        site.store, site.policy, site.clock, lambda: time.monotonic() > end
    )
    said = "All sales are counted." if done else "Sales are still being counted: look again soon."
    return call.go("/nexus", said)


@pages.get("/nexus/forecasts", may=Right.READ, slow=True)
def foresee(call: Call) -> Response:
    """When thresholds are likely to be met, state by state; worked out while the head is read."""
    on = today(call)

    def look() -> list[ForecastView]:
        with call.site.store.reading() as tx:
            found = forecasts.forecasts(tx, call.scope, on, call.site.policy)
        return [view for view in found if view.matters]

    return call.stream(
        "nexus/forecasts.html",
        on=on,
        look=look,
        likely=forecast_telling.likely,
        range_of=forecast_telling.range_of,
        estimate=forecast_telling.AN_ESTIMATE,
    )
