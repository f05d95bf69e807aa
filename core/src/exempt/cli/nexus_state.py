"""One state: why it stands as it does, the law with its source, and the orders behind a figure."""

from __future__ import annotations

from collections.abc import Sequence

from exempt.cli.output import (
    money,
    one_line,
    print_facts,
    print_table,
    say,
    say_below,
)
from exempt.data import jurisdiction_name
from exempt.model.nexus import USD, ExposureStatus, Treatment
from exempt.rules.threshold_words import (
    base_in_words,
    line_in_words,
    window_in_words,
)
from exempt.services import exposure_words
from exempt.services.exposure_details import Crossed, Detail, WindowSold, counted
from exempt.services.exposure_sales import Sold
from exempt.services.exposure_words import TREATMENTS
from exempt.services.exposures import ExposureView
from exempt.services.sale_ports import CountedOrder

_STYLES = {
    ExposureStatus.MET: "red",
    ExposureStatus.APPROACHING: "yellow",
    ExposureStatus.NONE: "green",
}


def show(found: Detail, window: Sold) -> None:
    """``exempt nexus TX``, for one company; *window* is the one shown month by month."""
    view = found.view
    name = jurisdiction_name(view.jurisdiction)
    say(f"{name}: {view.company.name}, {view.exposure.on}", "bold")
    for sentence in exposure_words.why(found):
        say_below(sentence)
    if view.levies:
        say_below(exposure_words.standing(view), "red" if view.unregistered else "")
        for sentence in exposure_words.aside(view):
            say_below(f"{sentence}: exempt rates import FILE", "yellow")
        for sentence in exposure_words.unknown(view):
            say_below(sentence, "yellow")
    if found.windows:
        _show_windows(found.windows)
    _show_sold(view, window)
    for each in found.windows:
        if each.sold == window:
            _show_months(each)
    _show_crossed(found.crossed)
    _show_law(found)
    say(f"The orders: exempt nexus {view.jurisdiction.removeprefix('US-')} --orders")


# --- in tables -------------------------------------------------------------------------


def _show_windows(windows: Sequence[WindowSold]) -> None:
    print_table(
        "Windows",
        ("Window", "From", "To", "Counts", "Sales", "%", "Line"),
        [
            (
                each.measure.name,
                each.measure.first,
                each.measure.last,
                money(each.measure.amount, USD),
                f"{each.measure.transactions:,}",
                each.measure.percent,
                "reached" if each.measure.reached else "–",
            )
            for each in windows
        ],
        right=(3, 4, 5),
        whole={"From", "To", "Counts"},
    )


def _show_sold(view: ExposureView, window: Sold) -> None:
    """What of a window counts, and what does not."""
    counts, threshold = counted(view), view.threshold
    by_marketplace = threshold is None or threshold.marketplace_sales

    def row(each: Treatment) -> tuple[object, ...]:
        direct, other = window.direct.amount([each]), window.marketplace.amount([each])
        if threshold is None or threshold.amount is None:
            word = "–"
        elif each not in counts:
            word = "no"
        elif other and not by_marketplace:
            word = "direct only"
        else:
            word = "yes"
        return TREATMENTS[each], _usd(direct), _usd(other), f"{_number(window, each)}", word

    rows = [row(each) for each in Treatment]
    total = ("in all", _usd(window.direct.amount()), _usd(window.marketplace.amount()))
    print_table(
        f"Sold from {window.first} to {window.last}",
        ("", "Direct, USD", "Marketplace, USD", "Sales", "Counts"),
        [*rows, (*total, f"{window.totals.count():,}", "")],
        right=(1, 2, 3),
    )


def _number(window: Sold, each: Treatment) -> str:
    return f"{window.totals.count([each]):,}"


def _usd(cents: int) -> str:
    return money(cents, USD).removesuffix(f" {USD}") if cents else "–"


def _show_months(window: WindowSold) -> None:
    rows = [each for each in window.months if each.sold.anything]
    print_table(
        f"Month by month, {window.measure.name}",
        ("Month", "Taxable", "Not taxed", "Exempt", "Resale", "Counts", "Sales"),
        [
            (
                each.sold.name,
                *(_usd(each.sold.totals.amount([treatment])) for treatment in Treatment),
                _usd(each.amount),
                f"{each.transactions:,}",
            )
            for each in rows
        ],
        right=range(1, 7),
        whole={"Month"},
    )


def _show_crossed(crossed: Sequence[Crossed]) -> None:
    if not crossed:
        return
    print_table(
        "When it was met",
        ("Crossed", "By", "Met from", "Until", "Collect from"),
        [
            (
                spell.crossed_on,
                one_line(each.order.label) if each.order else "–",
                spell.met_on,
                spell.ended_on or "–",
                spell.collect_from,
            )
            for each in crossed
            for spell in [each.crossing.spell]
        ],
        whole={"Crossed", "Met from", "Until", "Collect from"},
    )


def _show_law(found: Detail) -> None:
    threshold = found.view.threshold
    if threshold is not None:
        say("The law as it is known", "bold")
        print_facts(exposure_words.law(threshold))
        say()
    others = [each for each in found.versions if each != threshold]
    if others:
        print_table(
            "Other versions of it",
            ("From", "Through", "Line", "Over", "Counted"),
            [
                (
                    each.in_force_from,
                    each.in_force_through or "–",
                    line_in_words(each),
                    window_in_words(each),
                    base_in_words(each),
                )
                for each in others
            ],
            whole={"From", "Through"},
        )


# --- orders ----------------------------------------------------------------------------


def show_orders(found: Detail, window: Sold, orders: Sequence[CountedOrder], limit: int) -> None:
    """``exempt nexus TX --orders``."""
    view = found.view
    crossed_by = view.crossed_by.order_id if view.crossed_by else None
    name = jurisdiction_name(view.jurisdiction)
    print_table(
        f"{name}, {window.first} to {window.last}: {view.company.name}",
        ("Day", "Order", "Customer", "Of", "Counts", "Total, USD", ""),
        [
            (
                each.day,
                f"{one_line(each.number or each.external_id)}\n{each.connection}",
                one_line(each.customer_name) or "–",
                ", ".join(TREATMENTS[kind] for kind in each.treatments) or "–",
                _counts(each),
                _usd(each.total) if each.currency == USD else money(each.total, each.currency),
                "crossed it" if each.order_id == crossed_by else "",
            )
            for each in orders[:limit]
        ],
        right=(4, 5),
        whole={"Day"},
    )
    if len(orders) > limit:
        say(f"… and more: --limit {limit * 10} shows more of them, --json all.")
    elif not orders:
        say("There is none.")


def _counts(order: CountedOrder) -> str:
    if order.currency != USD:
        return "set aside"
    return _usd(order.counts)
