"""Exposures as the rows of a table: narrowed, sorted, given out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from exempt.data import jurisdiction_name
from exempt.model.nexus import ExposureStatus
from exempt.rules.threshold_words import line_in_short
from exempt.services.exposure_overview import is_ahead
from exempt.services.exposures import ExposureView
from exempt.services.tables_out import Row as Cells
from exempt.services.tables_out import Sheet


class Show(StrEnum):
    """Which exposures are shown.

    ==========  ========================================================
    matters     there are sales, a presence or a registration
    needs       the threshold is met, or there is physical nexus, and nobody is registered
    met         the threshold is met
    near        it is near, or comes to be met
    registered  somebody is registered
    physical    there is physical nexus
    all         every state
    ==========  ========================================================
    """

    MATTERS = "matters"
    NEEDS = "needs"
    MET = "met"
    NEAR = "near"
    REGISTERED = "registered"
    PHYSICAL = "physical"
    ALL = "all"


_FITS: Mapping[Show, Callable[[ExposureView], bool]] = {
    Show.MATTERS: lambda view: view.matters,
    Show.NEEDS: lambda view: view.unregistered,
    Show.MET: lambda view: view.status is ExposureStatus.MET,
    Show.NEAR: lambda view: view.status is ExposureStatus.APPROACHING,
    Show.REGISTERED: lambda view: view.registration is not None,
    Show.PHYSICAL: lambda view: view.physical_since is not None,
    Show.ALL: lambda _view: True,
}


class Line(NamedTuple):
    """An exposure as a row shows it.

    Attributes:
        counted: What counts in the nearest window, in cents of USD.
        sales: How many sales count there.
        percent: How much of the line that is; None = there is none.
        status: In a word or two; ``kind`` tells which.
        crossed_on: Since when the threshold is met, or comes to be.
    """

    view: ExposureView
    state: str
    counted: int
    sales: int
    line: str
    percent: Decimal | None
    status: str
    kind: str
    crossed_on: dt.date | None
    collect_from: dt.date | None

    @classmethod
    def of(cls, view: ExposureView) -> Line:
        """The row of *view*."""
        measures = view.exposure.measures
        kind, words = _standing(view)
        spell = view.spell if view.status is not ExposureStatus.NONE else None
        return cls(
            view=view,
            state=jurisdiction_name(view.jurisdiction),
            counted=measures[0].amount if measures else view.sold.totals.amount(),
            sales=measures[0].transactions if measures else view.sold.totals.count(),
            line=line_in_short(view.threshold),
            percent=view.exposure.percent if measures else None,
            status=words,
            kind=kind,
            crossed_on=spell.crossed_on if spell else None,
            collect_from=spell.collect_from if spell and view.levies else None,
        )


def _standing(view: ExposureView) -> tuple[str, str]:
    if not view.levies:
        return "no_tax", "No sales tax" if view.threshold else "No threshold known"
    if view.status is ExposureStatus.MET:
        return ("registered", "Met, registered") if view.registration else ("met", "Met")
    if view.status is ExposureStatus.APPROACHING:
        return "near", "Counts later" if is_ahead(view) else "Near"
    if view.unregistered:
        return "physical", "Physical nexus"
    return ("registered", "Registered") if view.registration else ("low", "Below threshold")


_KEYS: Mapping[str, Callable[[Line], Any]] = {
    "state": lambda line: line.state,
    "company": lambda line: line.view.company.name.casefold(),
    "counted": lambda line: line.counted,
    "share": lambda line: Decimal(-1) if line.percent is None else line.percent,
    "sales": lambda line: line.sales,
    "crossed": lambda line: line.crossed_on or dt.date.max,
    "collect": lambda line: line.collect_from or dt.date.max,
}
"""What rows are sorted by; of equals the nearest to a line comes first."""


def counts(views: Sequence[ExposureView]) -> dict[Show, int]:
    """How many of *views* each choice shows."""
    return {show: sum(map(fits, views)) for show, fits in _FITS.items()}


def lines(
    views: Iterable[ExposureView],
    show: Show,
    words: str = "",
    sort: str = "share",
    *,
    descending: bool = True,
) -> list[Line]:
    """The rows of those that *show* lets through, with *words* in the name of their state."""
    wanted = words.casefold().split()
    found = [
        Line.of(view)
        for view in views
        if _FITS[show](view) and all(word in _named(view) for word in wanted)
    ]
    if sort in _KEYS and (sort, descending) != ("share", True):  # they come nearest first
        found.sort(key=_KEYS[sort], reverse=descending)
    return found


def _named(view: ExposureView) -> str:
    name = jurisdiction_name(view.jurisdiction)
    return f"{name} {view.jurisdiction} {view.company.name}".casefold()


HEADS = (
    *(
        "State",
        "Code",
        "Company",
        "Counted, USD",
        "Sales that count",
        "Threshold",
        "% of threshold",
    ),
    *("Status", "Crossed", "Collect from", "Registered from", "Permit", "Physical nexus since"),
)


def sheet(found: Iterable[Line]) -> Sheet:
    """Rows to be saved."""
    return Sheet("Nexus exposure", HEADS, map(_cells, found))


def _cells(line: Line) -> Cells:
    view = line.view
    registration = view.registration
    return (
        *(line.state, view.jurisdiction.removeprefix("US-"), view.company.name),
        *(Decimal(line.counted).scaleb(-2), line.sales, line.line, line.percent),
        *(line.status, line.crossed_on, line.collect_from),
        registration.registered_from if registration else None,
        registration.number if registration else None,
        view.physical_since,
    )
