"""``exempt nexus --forecast``: when thresholds are likely to be met, and what would change that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from exempt.cli import typed
from exempt.cli.nexus import Asked
from exempt.cli.output import (
    print_json,
    print_table,
    say,
    say_below,
    short,
)
from exempt.data import jurisdiction_name
from exempt.errors import RefusedError
from exempt.rules.forecast import Forecast, Month, Outlook
from exempt.services import companies, forecast_telling, forecasts
from exempt.services.forecasts import Collectable, ForecastView
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow
from exempt.wiring import Exempt

_BAR = 30
_PAST, _AHEAD = 12, 12
_STYLES = {Outlook.MET: "red", Outlook.EXPECTED: "yellow", Outlook.NOT_EXPECTED: "green"}


def show_forecasts(exempt: Exempt, state: str | None, asked: Asked, what_if: Sequence[str]) -> None:
    """``exempt nexus [STATE] --forecast [--what-if TEXT]…``.

    Raises:
        RefusedError: Something is supposed, and no state is named; or it cannot be read.
    """
    if state is None:
        if what_if:
            msg = "--what-if: name the state that it is about, as exempt nexus TX --what-if …"
            raise RefusedError(msg)
        _show_table(exempt, asked)
    else:
        _show_state(exempt, typed.jurisdiction(state, state), asked, what_if)


def _show_table(exempt: Exempt, asked: Asked) -> None:
    on, ids = asked.day(exempt), asked.company_ids(exempt)
    with exempt.store.reading() as tx:
        found = forecasts.forecasts(tx, ids, on, exempt.policy)
    shown = [view for view in found if asked.everything or view.matters]
    if asked.as_json:
        print_json({"on": on, "forecasts": [as_json(view, months=False) for view in shown]})
        return
    several = len({view.company.id for view in shown}) > 1
    print_table(
        f"When thresholds are likely to be met, as seen on {on}",
        (
            "State",
            *(("Company",) if several else ()),
            "%",
            "Likely on",
            "Eight of ten ways",
            "Chance",
        ),
        [
            (
                short(view.jurisdiction),
                *((view.company.name,) if several else ()),
                view.forecast.percent,
                forecast_telling.likely(view.forecast),
                forecast_telling.range_of(view.forecast),
                "" if view.forecast.chance is None else f"{view.forecast.chance} %",
            )
            for view in shown
        ],
        right=(1 + several, 4 + several),
        whole={"State", "Likely on", "%"},
    )
    if not shown:
        say("Nothing that counts was sold anywhere.")
    say("Chance: of a hundred ways in which sales may go on, how many meet it within two years.")
    say(f"{forecast_telling.AN_ESTIMATE} More of one: exempt nexus STATE --forecast")


# --- one state -------------------------------------------------------------------------


def _show_state(exempt: Exempt, code: str, asked: Asked, what_if: Sequence[str]) -> None:
    on = asked.day(exempt)
    ids = asked.company_ids(exempt)
    told: list[dict[str, Any]] = []
    with exempt.store.reading() as tx:
        whose = _whose(tx, ids)
        many = [forecasts.forecast(tx, each, code, on, exempt.policy) for each in whose]
        wanted = [view for view in many if view.matters] or many[:1]
        found = [
            (
                view,
                forecasts.what_if(tx, view.company, code, on, exempt.policy, what_if).then
                if what_if
                else None,
                forecasts.collectable(tx, view.company, code, on, exempt.policy),
            )
            for view in wanted
        ]
    for number, (view, then, collect) in enumerate(found):
        if asked.as_json:
            told.append(
                as_json(view)
                | ({"what_if": list(what_if), "then": as_json(then)} if then else {})
                | {"collectable": _collectable(collect)}
            )
            continue
        if number:
            say()
        _show(view, then, collect, what_if)
    if asked.as_json:
        print_json(told)


def _whose(tx: Transaction, ids: frozenset[int] | None) -> list[CompanyRow]:
    rows = [row for row in tx.cards.companies() if ids is None or row.id in ids]
    return rows or [companies.only_one(tx, None)]


def _show(
    view: ForecastView,
    then: ForecastView | None,
    collect: Collectable | None,
    what_if: Sequence[str],
) -> None:
    found = view.forecast
    say(
        f"{jurisdiction_name(view.jurisdiction)}: {view.company.name}, forecast of {found.on}",
        "bold",
    )
    for sentence in forecast_telling.sentences(view):
        say_below(sentence, _STYLES.get(found.outlook, ""))
    if then is not None:
        _show_beside(found, then.forecast, what_if)
    shown = then or view
    _show_months(shown.forecast, "Month by month, what if" if then else "Month by month")
    for sentence in forecast_telling.beside(shown, collect):
        say_below(sentence, "yellow")
    if found.method:
        say("How it was made", "bold")
        say_below(found.method)
    say(forecast_telling.AN_ESTIMATE)


def _show_beside(now: Forecast, then: Forecast, what_if: Sequence[str]) -> None:
    print_table(
        f"What if: {'; '.join(what_if)}",
        ("", "As it is", "What if"),
        [
            ("Reached", f"{now.percent} %", f"{then.percent} %"),
            ("Likely on", forecast_telling.likely(now), forecast_telling.likely(then)),
            (
                "Eight of ten ways",
                forecast_telling.range_of(now) or "–",
                forecast_telling.range_of(then) or "–",
            ),
            ("This year", _chance(now.chance_this_year), _chance(then.chance_this_year)),
            ("In two years", _chance(now.chance), _chance(then.chance)),
        ],
    )


def _chance(percent: int | None) -> str:
    return "–" if percent is None else f"{percent} %"


def _show_months(found: Forecast, title: str) -> None:
    """The months around the day, each with its window as a bar that ends at the line."""
    this_month = found.on.replace(day=1)
    past = [each for each in found.months if each.first < this_month][-_PAST:]
    ahead = [each for each in found.months if each.first >= this_month][: _AHEAD + 1]
    if not past and not ahead:
        return
    most = max(100, *(math.ceil(each.percent) for each in (*past, *ahead)))
    most = min(most, 200)
    print_table(
        title,
        ("Month", "Counts, USD", "Window, USD", "of the line (│): █ sold, ░ expected"),
        [
            (
                f"{each.first:%Y-%m}{'' if each.first < this_month else ' ~'}",
                f"{each.amount / 100:,.0f}",
                f"{each.window / 100:,.0f}",
                _bar(each, most),
            )
            for each in (*past, *ahead)
        ],
        right=(1, 2),
        whole={"Month", "Counts, USD", "Window, USD"},
    )


def _bar(month: Month, most: int) -> str:
    """``██████░░░│``: how full the window is at the end of a month; the line is a mark in it."""
    line = min(_BAR - 1, round(_BAR * 100 / most))
    full = min(_BAR, int(_BAR * float(month.percent) / most))
    known = round(full * min(1, max(0, month.window_known) / month.window)) if month.window else 0
    cells = ["█"] * known + ["░"] * (full - known) + [" "] * (_BAR - full)
    cells[line] = "│"
    return "".join(cells).rstrip() + (" …" if month.percent > most else "")


# --- for scripts -----------------------------------------------------------------------


def as_json(view: ForecastView, *, months: bool = True) -> dict[str, Any]:
    """One forecast; amounts are in cents of USD."""
    found = view.forecast._asdict()
    if months:
        found["months"] = [each._asdict() for each in view.forecast.months]
    else:
        del found["months"]
    return {
        "company": view.company.key,
        "jurisdiction": view.jurisdiction,
        "threshold": view.threshold and view.threshold.version,
        "status": view.status,
        "with_companies": [each.key for each in view.with_companies],
        "set_aside": view.set_aside,
        **found,
    }


def _collectable(found: Collectable | None) -> dict[str, Any] | None:
    return found and {
        "since": found.window[0],
        "through": found.window[1],
        "amount": found.amount,
        "orders": found.orders,
        "all_orders_seen": found.all,
    }
