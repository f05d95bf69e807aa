"""The pages of reports: which there are, each on screen, and each as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from exempt.data import jurisdictions
from exempt.model.access import Right
from exempt.services.report_ports import Period
from exempt.services.reports import sales
from exempt.services.reports.all import REPORTS
from exempt.services.reports.shapes import About, Ask, Field, Found, Kind, Line, Report, quarter
from exempt.services.tables_out import Value
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of, number_of

pages = Pages()

ICONS = {
    "compliance": "scale",
    "sales-without-certificates": "receipt",
    "customers-without-certificates": "building-2",
    "expired-certificates": "clock",
    "expiring-certificates": "bell",
    "invalid-certificates": "triangle-alert",
    "failed-pushes": "truck",
}
_ABOUT = {
    About.CERTIFICATE: "/certificates",
    About.CUSTOMER: "/customers",
    About.DELIVERY: "/deliveries",
}
_NUMBERS = {Kind.NUMBER, Kind.MONEY}
_GROUNDS: Mapping[Value, str] = {why: ground.value for ground, why in sales.WHY.items()}


class Cell(NamedTuple):
    """What stands in a cell on the screen; ``to`` is what it leads to."""

    field: Field
    value: Value
    currency: str = ""
    to: str = ""


class Range(NamedTuple):
    """A period to choose with a click."""

    title: str
    period: Period


def lister_of(report: Report) -> Lister:
    """The list that a report is."""
    return Lister(
        f"/reports/{report.key}",
        columns=[
            Column(
                field.key,
                field.title,
                fixed=at == 0,
                hidden=field.hidden,
                end=field.kind in _NUMBERS,
            )
            for at, field in enumerate(report.fields)
        ],
        filters=("state", "from", "to", "after"),
    )


@pages.get("/reports", may=Right.READ)
def index(call: Call) -> Response:
    """Which reports there are."""
    return call.page("reports/index.html", reports=REPORTS, icons=ICONS)


def show(report: Report, lister: Lister, call: Call) -> Response:
    """A report on the screen."""
    asked = lister.read(call)
    ask = ask_of(call, report, asked)
    with call.site.store.reading() as tx:
        found = report.part(tx, ask)
    total = len(found.lines) if found.total is None else found.total
    return call.page(
        "reports/one.html",
        report=report,
        found=found,
        listing=lister.shown(call, asked, total=total, capped=found.total is None),
        rows=_rows(report, found, asked, ask),
        ask=ask,
        ranges=ranges(ask.on),
        states=states(),
        onward=asked.address(after=found.onward) if found.onward else "",
    )


def export(report: Report, lister: Lister, call: Call) -> Response:
    """All of a report as a file."""
    ask = ask_of(call, report, lister.read(call))
    return exports.send(call, report.sheet(call.site.store, ask), report.key)


def _add(report: Report) -> None:
    lister = lister_of(report)
    pages.get(lister.path, may=Right.READ)(partial(show, report, lister))
    pages.get(f"{lister.path}/export", may=Right.READ, slow=True)(partial(export, report, lister))


for each in REPORTS:
    _add(each)


def ask_of(call: Call, report: Report, asked: Asked) -> Ask:
    """What an address asks of a report; what makes no sense is as if it were not there."""
    site, on = call.site, call.site.clock().date()
    period = Period(day_of(asked.filter("from")), day_of(asked.filter("to")))
    if report.recent and period == Period():
        period = quarter(on)
    state, after = asked.filter("state"), asked.filter("after")
    return Ask(
        on=on,
        soon_days=site.expiring_soon_days,
        policy=site.policy,
        company_ids=call.scope,
        jurisdiction=state if state in jurisdictions() and report.by_state else None,
        period=period if report.by_period else Period(),
        limit=asked.limit,
        offset=asked.offset,
        after=number_of(after) or 0,
    )


def states() -> list[tuple[str, str]]:
    """Every state to choose, by name."""
    return sorted(((code, fact.name) for code, fact in jurisdictions().items()), key=_by_name)


def _by_name(pair: tuple[str, str]) -> str:
    return pair[1]


def ranges(on: dt.date) -> list[Range]:
    """Periods that people ask for."""
    this = quarter(on)
    assert this.first is not None  # noqa: S101 - a quarter begins
    end = this.first - dt.timedelta(days=1)
    year, last = dt.date(on.year, 1, 1), dt.date(on.year - 1, 1, 1)
    return [
        Range("This quarter", this),
        Range("Last quarter", quarter(end)),
        Range("This year", Period(year, on)),
        Range("Last year", Period(last, year - dt.timedelta(days=1))),
    ]


def _rows(report: Report, found: Found, asked: Asked, ask: Ask) -> list[list[Cell]]:
    """The cells of the columns that are shown; the first leads to what a line is about."""
    shown = [at for at, field in enumerate(report.fields) if field.key in asked.columns]
    rows = []
    for line in found.lines:
        said = dict(zip((field.key for field in report.fields), line.cells, strict=True))
        currency = str(said.get("currency", ""))
        cells = [Cell(report.fields[at], line.cells[at], currency) for at in shown]
        rows.append([cells[0]._replace(to=_to(line, said, ask)), *cells[1:]])
    return rows


def _to(line: Line, said: Mapping[str, Value], ask: Ask) -> str:
    """Where a line leads: to what it is about, or to the orders that it counts."""
    if line.about:
        return f"{_ABOUT[line.about]}/{line.about_id}"
    if not said.get("state") or not said.get("orders"):
        return ""
    narrowed = {
        "decided": "without",
        "state": said["state"],
        "ground": _GROUNDS.get(said.get("why")),
    }
    days = {"from": ask.period.first, "to": ask.period.last}
    pairs = {name: value for name, value in (narrowed | days).items() if value}
    return f"/orders?{urlencode(pairs)}"
