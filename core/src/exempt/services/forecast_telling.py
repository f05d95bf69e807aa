"""A forecast in sentences: what comes of it, its range, what to keep in mind."""

from __future__ import annotations

from collections.abc import Iterator

from exempt.data import jurisdiction_name
from exempt.model.nexus import USD, Base
from exempt.rules.amounts import count, money
from exempt.rules.forecast import Forecast, Outlook
from exempt.rules.threshold_words import line_in_words, window_in_words
from exempt.services.exposure_words import Sees, names_of, sees_all
from exempt.services.forecasts import Collectable, ForecastView

AN_ESTIMATE = "An estimate, made of past sales: no promise, and no advice."


def likely(found: Forecast) -> str:
    """The day, or why there is none."""
    if found.day:
        return str(found.day)
    return {
        Outlook.MET: "met",
        Outlook.TOO_LITTLE: "too little known",
        Outlook.NO_LINE: "no line",
    }.get(found.outlook, "not in 2 years")


def range_of(found: Forecast) -> str:
    """The days between which eight of ten ways meet it; empty where there are none."""
    if found.earliest is None:
        return ""
    if found.earliest == found.latest:
        return str(found.earliest)
    return f"{found.earliest} to {found.latest or 'never'}"


def sentences(view: ForecastView) -> Iterator[str]:
    """What comes of it."""
    found, name, law = view.forecast, jurisdiction_name(view.jurisdiction), view.threshold
    if found.outlook is Outlook.NO_LINE or law is None:
        yield f"{name} has no threshold to be met: there is nothing to foresee."
        return
    line = f"{line_in_words(law)}, in {window_in_words(law)}"
    yield f"The threshold is {line}; {found.percent} % of it is reached."
    if found.outlook is Outlook.MET:
        yield "It is met already."
    elif found.outlook is Outlook.EXPECTED:
        yield f"It is likely to be met about {found.day}: {_range_in_words(found)}."
        if found.crossed_on == found.on:
            yield "Sales have passed the threshold already; they count from that day on."
        elif found.crossed_on:
            yield (
                f"Sales are likely to pass the threshold about {found.crossed_on};"
                " they count later."
            )
    elif found.outlook is Outlook.NOT_EXPECTED:
        yield f"It is not likely to be met by {found.through}."
        if found.earliest:
            yield f"One way in ten meets it by {found.earliest}."
    if found.chance is not None:
        yield (
            f"Of a hundred ways in which sales may go on, {found.chance_this_year} meet it this"
            f" year, and {found.chance} by {found.through}."
        )


def _range_in_words(found: Forecast) -> str:
    if found.confidence is None:
        return "by what is known already"
    if found.latest is None:
        return f"from {found.earliest} on, or not within two years; {found.confidence} confidence"
    if found.earliest == found.latest:
        return f"on that very day in eight of ten ways; {found.confidence} confidence"
    return (
        f"between {found.earliest} and {found.latest} in eight of ten ways;"
        f" {found.confidence} confidence"
    )


def beside(view: ForecastView, collect: Collectable | None, sees: Sees = sees_all) -> Iterator[str]:
    """What to keep in mind; of related companies that somebody does not see, no name is told."""
    yield from view.forecast.caveats
    if view.with_companies:
        yield f"With the sales of {', '.join(names_of(view.with_companies, sees))}."
    if view.set_aside:
        yield f"Sales in {', '.join(view.set_aside)} count nowhere, as no rate is known."
    if collect and collect.orders:
        least = "" if collect.all else "at least "
        base = "taxable" if view.threshold and view.threshold.base is Base.TAXABLE else "retail"
        yield (
            f"Exemption is claimed without a certificate for {least}{money(collect.amount, USD)}"
            f" of what counts since {collect.window[0]}, in {count(collect.orders, 'order')}:"
            f" with certificates of resale it would not count as {base} sales."
        )
