"""The table of states: who is how near its threshold, and what needs a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from exempt.cli.output import console, count, money, print_table, say, short
from exempt.model.nexus import USD, ExposureStatus
from exempt.rules.amounts import dollars
from exempt.rules.threshold_words import CHECK_WITH_THE_STATE, line_in_short
from exempt.services.exposure_overview import Beside, is_ahead, needing
from exempt.services.exposure_sales import Unplaced
from exempt.services.exposures import ExposureView

WIDE = 118
"""From so many columns on a terminal has room for all of it."""


def show(views: Sequence[ExposureView], beside: Beside, on: dt.date) -> None:
    """Print it, for each company a table of its own."""
    companies = list(dict.fromkeys(view.company for view in views))
    _say_what_needs_a_person(views, several=len(companies) > 1)
    for company in companies:
        mine = [view for view in views if view.company == company]
        title = f"{company.name}, {on}" if len(companies) > 1 else f"Economic nexus, {on}"
        columns = _WIDE if console.width >= WIDE else _NARROW
        print_table(
            title,
            [column.head for column in columns],
            [[column.cell(view) for column in columns] for view in mine],
            right=[number for number, column in enumerate(columns) if column.right],
        )
        if columns is _NARROW:
            _say_physical(mine)
    _say_below(views, beside)


# --- what needs a person ---------------------------------------------------------------


_SAID = {
    "met": ("The threshold is met, and nobody is registered", "red"),
    "physical": ("Physical nexus, and nobody is registered", "red"),
    "near": ("A threshold is near", "yellow"),
}


def _say_what_needs_a_person(views: Sequence[ExposureView], *, several: bool) -> None:
    if not views:
        say("Nothing was sold, and nothing is stated: exempt sync reads sales, exempt backfill")
        say("imports older ones. All states: exempt nexus --all")
        return
    if not any(needing(views)):
        say("No threshold is near, and none is met without a registration.", "green")
    for what, found in needing(views)._asdict().items():
        if found:
            said, style = _SAID[what]
            say(f"{said}: {_names(found, several=several)}.", style)


def _names(views: Iterable[ExposureView], *, several: bool) -> str:
    """``TX, OH``; of several companies ``TX (acme)``."""
    return ", ".join(
        short(view.jurisdiction) + (f" ({view.company.key})" if several else "") for view in views
    )


def say_status(views: Sequence[ExposureView]) -> None:
    """The line on nexus in ``exempt status``; nothing where nobody is needed."""
    several = len({view.company.id for view in views}) > 1
    words = {"met": "met and not registered", "physical": "physical and not registered"}
    parts = [
        f"{words.get(what, what)}: {_names(found, several=several)}"
        for what, found in needing(views)._asdict().items()
        if found
    ]
    if parts:
        say(f"Nexus, {'; '.join(parts)}: exempt nexus")


# --- columns ---------------------------------------------------------------------------


class _Column(NamedTuple):
    head: str
    cell: Callable[[ExposureView], object]
    right: bool = False


def _counted(view: ExposureView) -> str:
    measures = view.exposure.measures
    return dollars(measures[0].amount if measures else view.sold.totals.amount())


def _sales(view: ExposureView) -> int:
    measures = view.exposure.measures
    return measures[0].transactions if measures else view.sold.totals.count()


def _counted_and_sales(view: ExposureView) -> str:
    counts_sales = view.threshold is not None and view.threshold.transactions is not None
    said = _counted(view)
    return f"{said}\n{count(_sales(view), 'sale')}" if counts_sales else said


def _line(view: ExposureView, between: str) -> str:
    """``> $100,000 or 200``."""
    return line_in_short(view.threshold, between)


def _percent(view: ExposureView) -> str:
    return f"{view.exposure.percent}" if view.exposure.measures else "–"


def _status(view: ExposureView) -> str:
    if view.status is ExposureStatus.NONE:
        return "–"
    if view.status is ExposureStatus.MET:
        return "met"
    return "counts later" if is_ahead(view) else "near"


def _crossed(view: ExposureView) -> str:
    shown = view.spell is not None and view.status is not ExposureStatus.NONE
    return str(view.spell.crossed_on) if shown and view.spell else "–"


def _status_and_crossed(view: ExposureView) -> str:
    crossed = _crossed(view)
    return _status(view) if crossed == "–" else f"{_status(view)}\n{crossed}"


def _collect(view: ExposureView) -> str:
    shown = view.spell is not None and view.status is not ExposureStatus.NONE and view.levies
    return str(view.spell.collect_from) if shown and view.spell else "–"


def _registered(view: ExposureView, between: str) -> str:
    row = view.registration
    if row is None:
        return "NO" if view.unregistered else "–"
    return (
        f"{row.registered_from}{between}late" if view.registered_late else str(row.registered_from)
    )


def _physical(view: ExposureView) -> object:
    return view.physical_since or "–"


_WIDE = (
    _Column("State", lambda view: short(view.jurisdiction)),
    _Column("Counted", _counted, right=True),
    _Column("Line", lambda view: _line(view, " ")),
    _Column("%", _percent, right=True),
    _Column("Sales", lambda view: f"{_sales(view):,}", right=True),
    _Column("Status", _status),
    _Column("Crossed", _crossed),
    _Column("Collect from", _collect),
    _Column("Registered", lambda view: _registered(view, " ")),
    _Column("Physical", _physical),
)
_NARROW = (
    _Column("State", lambda view: short(view.jurisdiction)),
    _Column("Counted", _counted_and_sales, right=True),
    _Column("Line", lambda view: _line(view, "\n")),
    _Column("%", _percent, right=True),
    _Column("Crossed", _status_and_crossed),
    _Column("Collect", _collect),
    _Column("Registered", lambda view: _registered(view, "\n")),
)


# --- below the table -------------------------------------------------------------------


def _say_physical(views: Sequence[ExposureView]) -> None:
    found = [
        f"{short(view.jurisdiction)} since {view.physical_since}"
        for view in views
        if view.physical_since
    ]
    if found:
        say(f"Physical nexus: {', '.join(found)}.")


def _say_below(views: Sequence[ExposureView], beside: Beside) -> None:
    if any(view.exposure.measures for view in views):
        say("Counted: in the window that is nearest the line; exempt nexus STATE names it.")
    if any(is_ahead(view) for view in views):
        say("Counts later: crossed in a window that makes nexus only once it is over.")
    if any(view.spell and view.status is not ExposureStatus.NONE for view in views):
        say(f"Collect from: by the usual rule of the state; {CHECK_WITH_THE_STATE}.")
    together = sorted({short(view.jurisdiction) for view in views if view.with_companies})
    if together:
        say(f"With the sales of related companies: {', '.join(together)}.")
    _say_set_aside(views)
    _say_unplaced(beside.unplaced)
    for name in beside.waiting:
        say(f"{name}: orders are being counted anew; figures may move until then.", "yellow")
    for each in beside.twice:
        say(
            f"! {str(each.one).capitalize()} and {each.other} seem to be the same sales"
            f" ({each.pairs:,} pairs), and count twice: set counts of one connection",
            "yellow",
        )
    for sentence in beside.late:
        say(f"! {sentence}: exempt backfill status", "yellow")
    if views:
        say("One state, and what its figure is made of: exempt nexus TX, --orders")


def _say_set_aside(views: Sequence[ExposureView]) -> None:
    aside = {each for view in views for each in view.set_aside}  # companies of a tree share some
    for currency in sorted({each.currency for each in aside}):
        mine = [each for each in aside if each.currency == currency]
        said = money(sum(each.totals.amount() for each in mine), currency)
        where = ", ".join(sorted({short(each.jurisdiction) for each in mine}))
        say(f"Set aside, as no rate is known: {said} ({where}): exempt rates import FILE", "yellow")


def _say_unplaced(unplaced: Sequence[Unplaced]) -> None:
    nowhere = [each for each in unplaced if not each.jurisdiction]
    if nowhere:
        amount = money(sum(each.totals.amount() for each in nowhere), USD)
        number = sum(each.totals.count() for each in nowhere)
        say(f"No ship-to state is known of {count(number, 'sale')} of {amount}.", "yellow")
    abroad = [each for each in unplaced if each.jurisdiction]
    if abroad:
        amount = money(sum(each.totals.amount() for each in abroad), USD)
        where = ", ".join(sorted({each.jurisdiction for each in abroad}))
        say(f"Sold abroad, and towards no state: {amount} ({where}).")
