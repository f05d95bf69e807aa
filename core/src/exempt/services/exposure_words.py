"""One exposure in sentences: why it stands as it does, who is registered, what is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from exempt.data import jurisdiction_name
from exempt.model.nexus import USD, ExposureStatus, Spell, Threshold, Treatment
from exempt.rules.amounts import count, money
from exempt.rules.lookback import Lack, Lacking
from exempt.rules.threshold_words import (
    CHECK_WITH_THE_STATE,
    base_in_words,
    collecting_in_words,
    line_in_words,
    window_in_words,
)
from exempt.services.exposure_details import Detail
from exempt.services.exposure_ports import CrossingOrder
from exempt.services.exposures import ExposureView
from exempt.services.rows import CompanyRow
from exempt.services.wording import one_line

Sees = Callable[[int], bool]
"""Whether whoever asks sees the company with an id."""

TREATMENTS = {
    Treatment.TAXABLE: "taxable",
    Treatment.NOT_TAXED: "product not taxed",
    Treatment.EXEMPT: "exempt, certified",
    Treatment.RESALE: "resale, certified",
}


def sees_all(_company_id: int) -> bool:
    """Who sees all companies."""
    return True


def why(found: Detail, sees: Sees = sees_all) -> Iterator[str]:
    """Why an exposure stands as it does, a sentence each.

    Of related companies that somebody does not see, nothing but the sums is told.
    """
    view = found.view
    name, threshold = jurisdiction_name(view.jurisdiction), view.threshold
    if threshold is None:
        yield f"No threshold is known of {name} on this day: ask there before you sell much."
        return
    if threshold.amount is None:
        yield f"{name} has no sales tax of its own: there is no threshold to reach."
        return
    nearest = view.exposure.measures[0]
    line = line_in_words(threshold)
    yield (
        f"{money(nearest.amount, USD)} in {count(nearest.transactions, 'sale')} count in"
        f" {nearest.name}: {nearest.percent} % of the threshold, {line}."
    )
    yield f"It counts {base_in_words(threshold)}, in {window_in_words(threshold)}."
    yield from _related(view, sees)
    if view.spell:
        yield from _met(view, view.spell, sees)
    elif view.status is ExposureStatus.APPROACHING:
        yield "The threshold is near, and is not reached."
    elif found.crossed:
        last = found.crossed[0].crossing.spell
        yield f"It was met until {last.ended_on}, and is not any more."
    else:
        yield "The threshold was never reached, as far as sales are known."


def _related(view: ExposureView, sees: Sees) -> Iterator[str]:
    if view.with_companies:
        others = ", ".join(names_of(view.with_companies, sees))
        yield f"Related companies are added up: with {others}."
        if not view.sells:
            yield f"{view.company.name} itself sold nothing there, and has nothing to collect."


def names_of(companies: Sequence[CompanyRow], sees: Sees) -> list[str]:
    """The names of companies; of those that are not seen how many there are."""
    names = [each.name for each in companies if sees(each.id)]
    if hidden := len(companies) - len(names):
        names.append(f"{hidden} more" if names else count(hidden, "other"))
    return names


def _met(view: ExposureView, spell: Spell, sees: Sees) -> Iterator[str]:
    order = view.crossed_by
    by = f" by {_order(order)}" if order and sees(order.company_id) else ""
    yield f"It was crossed on {spell.crossed_on}{by}, in {spell.window}."
    if spell.met_on > view.exposure.on:
        yield f"That window counts from {spell.met_on} on; a refund may still bring it below."
    yield f"Tax is to be collected from {spell.collect_from} on: {CHECK_WITH_THE_STATE}."


def _order(order: CrossingOrder) -> str:
    buyer = f" of {one_line(order.customer_name)}" if order.customer_name else ""
    total = f"{order.total:,} {order.currency}"
    return f"order {one_line(order.label)}{buyer} ({order.connection}, {total})"


def standing(view: ExposureView) -> str:
    """Registration and physical nexus."""
    row = view.registration
    if row is None:
        said = "Not registered there"
    else:
        number = f", number {one_line(row.number)}" if row.number else ""
        late = ", which is later than tax was to be collected" if view.registered_late else ""
        said = f"Registered since {row.registered_from}{number}{late}"
        if row.registered_from > view.exposure.on:
            said = said.replace("Registered since", "To be registered from")
    if view.physical_since:
        return f"{said}; physical nexus since {view.physical_since}."
    return f"{said}; no physical nexus is known."


def aside(view: ExposureView, sees: Sees = sees_all) -> Iterator[str]:
    """What counts nowhere, for want of a rate of exchange; without what mends it."""
    for each in view.set_aside:
        if sees(each.company_id):
            amount = money(each.totals.amount(), each.currency)
            yield f"Set aside, as no rate is known: {amount} since {each.first}"


def unknown(view: ExposureView, names: frozenset[str] | None = None) -> Iterator[str]:
    """What may not be known of sales, a sentence each.

    Args:
        view: Of this exposure.
        names: The connections that whoever asks sees; None = all.
    """
    for each in view.lacks:
        seen = names is None or each.connection in names
        yield _lack(each, each.connection if seen else "A source of a related company")


def _lack(lack: Lack, source: str | None) -> str:
    wanted = f"the state looks back to {lack.wanted.first_day}"
    match lack.why:
        case Lacking.BEING_READ:
            return f"{source} is still being read; {wanted}."
        case Lacking.READ_FROM:
            return f"{source} is read from {lack.known_from} on, and {wanted}."
        case Lacking.NOTHING_OLDER:
            return f"No sale is known from before {lack.known_from}, and {wanted}."


def law(threshold: Threshold) -> list[tuple[str, str]]:
    """Everything of one version of the law, by name."""
    facts = [
        ("Threshold", line_in_words(threshold)),
        ("Over", window_in_words(threshold)),
        ("Counts", base_in_words(threshold)),
        ("Collect", collecting_in_words(threshold)),
        ("In force", f"{threshold.in_force_from} to {threshold.in_force_through or 'now'}"),
        ("Note", threshold.note),
        ("Source", threshold.source),
        ("As of", f"{threshold.as_of}, {threshold.confidence} confidence"),
        ("Review by", str(threshold.review_by)),
    ]
    return [(name, value) for name, value in facts if value]
