"""The pages of one state: why it stands so, the orders behind it, a forecast with what if."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.data import currency_exponent, jurisdiction_name, jurisdictions
from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.nexus import USD, Treatment
from exempt.model.presence import WarningState
from exempt.rules.what_if import read_what_if
from exempt.services import (
    exposure_details,
    exposure_words,
    forecast_telling,
    forecasts,
    presences,
    registrations,
    scoped,
    warning_steps,
)
from exempt.services.exposure_details import Behind, Detail
from exempt.services.exposure_sales import Sold
from exempt.services.exposure_table import Line
from exempt.services.exposures import exposures
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow
from exempt.services.sale_ports import CountedOrder
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.nexus import COLOURS, today
from exempt.web.console.nexus_chart import chart_of, shown
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of, number_of

pages = Pages()

A_PAGE = 50


class About(NamedTuple):
    """What a page of one state is about.

    Attributes:
        company: Whose exposure it is.
        others: All companies of which there is something to say there, with it.
    """

    code: str
    company: CompanyRow
    others: tuple[CompanyRow, ...]

    def address(self, part: str = "", **query: str) -> str:
        """A page of the same state and company."""
        said = {"company": self.company.key} if len(self.others) > 1 else {}
        said |= {name: value for name, value in query.items() if value}
        return f"/nexus/{self.code}{part}" + (f"?{urlencode(said)}" if said else "")


def _about(call: Call, tx: Transaction, code: str = "", key: str = "") -> About:
    """The state and the company that are named, by the address if not otherwise.

    Without a company it is the one that is nearest the line there.
    """
    code = (code or call.path["state"]).upper()
    code = code if code.startswith("US-") else f"US-{code}"
    if code not in jurisdictions():
        raise HTTPException(404)
    views = exposures(tx, call.scope, today(call), call.site.policy, jurisdictions=[code])
    others = tuple(view.company for view in views if view.matters)
    key = key or call.query.get("company", "")
    try:
        if key:
            company = scoped.company(tx, key, call.by)
        elif views:
            company = others[0] if others else views[0].company
        else:
            company = scoped.company(tx, None, call.by)
    except (NotFoundError, RefusedError):
        raise HTTPException(404) from None
    return About(code, company, others if company in others else (company, *others))


def _detail(call: Call, tx: Transaction, about: About) -> Detail:
    return exposure_details.detail(tx, about.company.id, about.code, today(call), call.site.policy)


def _window(call: Call, found: Detail) -> Sold:
    """The window that the address names; the nearest, if none."""
    try:
        return found.window(call.query.get("window") or None)
    except NotFoundError:
        return found.window(None)


@pages.get("/nexus/{state}", may=Right.READ)
def one(call: Call) -> Response:
    """Why a state stands as it does."""
    return state_page(call)


def state_page(
    call: Call, status: int = 200, *, code: str = "", key: str = "", **typed: Any
) -> Response:
    """The page of a state; *typed* is a registration that could not be kept."""
    with call.site.store.reading() as tx:
        about = _about(call, tx, code, key)
        found = _detail(call, tx, about)
        own = [about.company.id]
        registered = [
            row for row in registrations.listed(tx, own) if row.jurisdiction == about.code
        ]
        present = [row for row in presences.listed(tx, own) if row.jurisdiction == about.code]
        open_ones = warning_steps.listed(tx, own, states=[WarningState.OPEN])
        connections = frozenset(row.name for row in scoped.connections(tx, call.by))
    view, window = found.view, _window(call, found)
    chosen = next((each for each in found.windows if each.sold == window), None)
    return call.page(
        "nexus/state.html",
        status,
        **_head(about, "overview", found),
        found=found,
        window=window,
        months=[each for each in chosen.months if each.sold.anything] if chosen else [],
        why=list(exposure_words.why(found, call.by.sees)),
        standing=exposure_words.standing(view) if view.levies else "",
        aside=list(exposure_words.aside(view, call.by.sees)),
        unknown=list(exposure_words.unknown(view, connections)),
        treatments=list(_treated(found, window)),
        crossed=[(each, _seen(call, each.order)) for each in found.crossed],
        law=exposure_words.law(view.threshold) if view.threshold else [],
        versions=[
            (each, exposure_words.law(each)) for each in found.versions if each != view.threshold
        ],
        registrations=registered,
        presences=present,
        warnings=[
            (row, warning_steps.said(row)) for row in open_ones if row.jurisdiction == about.code
        ],
        typed={"registered_from": "", "registered_through": "", "number": "", "notes": ""} | typed,
        wrong=typed.get("wrong", {}),
        on=today(call),
    )


def _head(about: About, part: str, found: Detail) -> dict[str, Any]:
    """What the pages of a state have on top."""
    return {
        "about": about,
        "name": jurisdiction_name(about.code),
        "part": part,
        "line": Line.of(found.view),
        "colours": COLOURS,
    }


def _seen(call: Call, order: Any) -> Any:
    """An order, if it is one of the caller's companies."""
    return order if order is not None and call.by.sees(order.company_id) else None


class Treated(NamedTuple):
    """What of a window was of one treatment, in cents of USD, and whether it counts."""

    words: str
    direct: int
    marketplace: int
    sales: int
    counts: str


def _treated(found: Detail, window: Sold) -> Iterator[Treated]:
    view = found.view
    counts, law = exposure_details.counted(view), view.threshold
    for each in Treatment:
        other = window.marketplace.amount([each])
        word = "yes" if each in counts else "no"
        if not view.levies:
            word = "–"
        elif each in counts and other and law is not None and not law.marketplace_sales:
            word = "direct only"
        yield Treated(
            exposure_words.TREATMENTS[each].capitalize(),
            window.direct.amount([each]),
            other,
            window.totals.count([each]),
            word,
        )


# --- orders ------------------------------------------------------------------------------


@pages.get("/nexus/{state}/orders", may=Right.READ)
def orders(call: Call) -> Response:
    """The orders that a figure is made of, a page at a time."""
    everything = bool(call.query.get("all"))
    with call.site.store.reading() as tx:
        about = _about(call, tx)
        found = _detail(call, tx, about)
        window = _window(call, found)
        asked = _behind(call, found, window, everything=everything)
        after = _place(call.query.get("after", ""))
        rows = exposure_details.orders(tx, asked, after=after, limit=A_PAGE + 1)
    crossed = found.view.crossed_by
    kept = {"window": call.query.get("window", ""), "all": "yes" if everything else ""}
    return call.page(
        "nexus/orders.html",
        **_head(about, "orders", found),
        found=found,
        window=window,
        everything=everything,
        rows=rows[:A_PAGE],
        more=about.address("/orders", **kept, after=_mark(rows[A_PAGE - 1]))
        if len(rows) > A_PAGE
        else "",
        begun=after is not None,
        kept=kept,
        treatments=exposure_words.TREATMENTS,
        crossed_by=crossed.order_id if crossed else None,
        usd=USD,
    )


@pages.get("/nexus/{state}/orders/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All of them, to be saved."""
    with call.site.store.reading() as tx:
        about = _about(call, tx)
        found = _detail(call, tx, about)
    asked = _behind(call, found, _window(call, found), everything=bool(call.query.get("all")))
    name = f"nexus-{about.code.removeprefix('US-').lower()}-orders"
    return exports.send(call, Sheet(f"Orders in {about.code}", HEADS, _all(call, asked)), name)


HEADS = (
    *("Day", "Number", "Id at the source", "Connection", "Customer", "Marketplace"),
    *(f"{words.capitalize()}" for words in exposure_words.TREATMENTS.values()),
    *("Counts", "Total", "Currency"),
)


def _all(call: Call, asked: Behind) -> Iterator[Row]:
    with call.site.store.reading() as tx:
        for each in exposure_details.every_order(tx, asked):
            yield (
                *(each.day, each.number, each.external_id, each.connection, each.customer_name),
                "yes" if each.marketplace else "no",
                *(_major(each.treatments.get(kind, 0), each.currency) for kind in Treatment),
                _major(each.counts, USD) if each.currency == USD else None,
                _major(each.total, each.currency),
                each.currency,
            )


def _major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-currency_exponent(currency))


def _behind(call: Call, found: Detail, window: Sold, *, everything: bool) -> Behind:
    """The orders of companies that the caller sees; of others just the sums are theirs to see."""
    asked = exposure_details.behind(found, window, everything=everything)
    return asked._replace(company_ids=tuple(filter(call.by.sees, asked.company_ids)))


def _mark(order: CountedOrder) -> str:
    return f"{order.day}.{order.order_id}"


def _place(text: str) -> tuple[dt.date, int] | None:
    day, _, number = text.partition(".")
    known = day_of(day)
    return None if known is None else (known, number_of(number) or 0)


# --- forecast ----------------------------------------------------------------------------

QUESTIONS: Mapping[str, str] = {
    "grows": "{} % from {}",
    "customer": "customer {} a month from {}",
    "sale": "sale {} on {}",
    "resale": "resale {}",
    "line": "line {}",
}
"""What a form's fields ask, as `exempt.rules.what_if` reads it; days have fields of their own."""


@pages.get("/nexus/{state}/forecast", may=Right.READ)
def forecast(call: Call) -> Response:
    """When the threshold is likely to be met, and what would change that."""
    on, policy = today(call), call.site.policy
    texts, wrong = _supposed(call, on)
    with call.site.store.reading() as tx:
        about = _about(call, tx)
        found = _detail(call, tx, about)
        now = forecasts.forecast(tx, about.company, about.code, on, policy)
        then = None
        if texts and not wrong:
            try:
                asked = forecasts.what_if(tx, about.company, about.code, on, policy, texts)
                then = asked.then
            except RefusedError as error:
                wrong = {"resale": str(error)}
        collect = forecasts.collectable(tx, about.company, about.code, on, policy)
    shows = then or now
    return call.page(
        "nexus/forecast.html",
        422 if wrong else 200,
        **_head(about, "forecast", found),
        now=now,
        then=then,
        texts=texts,
        wrong=wrong,
        typed={name: call.query.get(name, "") for name in _FIELDS},
        sentences=list(forecast_telling.sentences(now)),
        beside=list(forecast_telling.beside(shows, collect, call.by.sees)),
        chart=chart_of(shows.forecast),
        months=shown(shows.forecast),
        likely=forecast_telling.likely,
        range_of=forecast_telling.range_of,
        estimate=forecast_telling.AN_ESTIMATE,
        on=on,
    )


_FIELDS = (*QUESTIONS, "grows_from", "customer_from", "sale_from")


def _supposed(call: Call, on: dt.date) -> tuple[list[str], dict[str, str]]:
    """What is supposed, a text each; and what is wrong with it, by field."""
    texts, wrong = [], {}
    for name, pattern in QUESTIONS.items():
        value = " ".join(call.query.get(name, "").split())[:40]
        if not value:
            continue
        day = call.query.get(f"{name}_from", "").strip()[:20]
        if not day:
            pattern = pattern.partition(" from {}")[0].partition(" on {}")[0]  # noqa: PLW2901
        if name == "grows":
            value = value.removesuffix("%").strip()
            value = value if value.startswith(("+", "-")) else f"+{value}"
        text = pattern.format(value, day)
        try:
            read_what_if([text], on)
        except RefusedError as error:
            wrong[name] = str(error)
        texts.append(text)
    return texts, wrong
