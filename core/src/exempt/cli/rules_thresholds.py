"""Show the thresholds of economic nexus, each with its source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from exempt.cli.output import count, print_json, print_table, say, short
from exempt.data import jurisdiction_name
from exempt.errors import NotFoundError
from exempt.model.address import Jurisdiction
from exempt.model.nexus import Threshold
from exempt.rules.threshold_words import (
    base_in_words,
    collecting_in_words,
    line_in_words,
    window_in_words,
)
from exempt.rules.thresholds import Thresholds
from exempt.wiring import Exempt


def show_thresholds(exempt: Exempt, state: str | None, *, as_json: bool) -> None:
    """``exempt rules thresholds``: those in force today, or every version of one state's."""
    known, on = exempt.thresholds, exempt.clock().date()
    if state:
        found: Sequence[Threshold] = _versions(known, state)
    else:
        in_force = (known.on(each, on) for each in known.jurisdictions)
        found = [threshold for threshold in in_force if threshold]
    if as_json:
        rows = [_for_scripts(each, on) for each in found]
        print_json({"version": known.version, "thresholds": rows})
        return
    if state:
        for each in reversed(found):
            print_table("", (jurisdiction_name(each.jurisdiction), _period(each)), _full(each, on))
        return
    print_table(
        f"{count(len(found), 'jurisdiction')}, version {known.version}",
        ("State", "Line", "Over", "Counted", "Confidence, review by"),
        [
            (
                short(each.jurisdiction),
                line_in_words(each),
                window_in_words(each),
                _counted(each),
                f"{each.confidence}\n{_review(each, on)}",
            )
            for each in found
        ],
    )
    say(
        "Counted: gross, all sales; retail, all but those for resale; taxable, those alone;"
        " direct: without those of a marketplace that collects. One state with its source, and"
        " as it was before: exempt rules thresholds TX."
    )


def _counted(threshold: Threshold) -> str:
    """``retail, direct``: two words for a narrow column."""
    if threshold.base is None:
        return "–"
    return threshold.base if threshold.marketplace_sales else f"{threshold.base}, direct"


def _versions(known: Thresholds, state: str) -> tuple[Threshold, ...]:
    try:
        code: str = TypeAdapter(Jurisdiction).validate_python(state)
    except ValidationError:
        msg = f"{state}: there is no such state: write its two letters or its name"
        raise NotFoundError(msg) from None
    if versions := known.versions(code):
        return versions
    msg = f"{jurisdiction_name(code)}: no threshold is known: see exempt rules thresholds"
    raise NotFoundError(msg)


def _period(threshold: Threshold) -> str:
    through = threshold.in_force_through
    first = threshold.in_force_from
    return f"{first} to {through}" if through else f"from {first} on"


def _full(threshold: Threshold, on: dt.date) -> list[tuple[str, object]]:
    """Everything of one version."""
    line = [
        ("Over", window_in_words(threshold)),
        ("Counted", base_in_words(threshold)),
        ("Related companies", "added up" if threshold.affiliates else "each by itself"),
        ("Collect", collecting_in_words(threshold)),
    ]
    return [
        ("Line", line_in_words(threshold)),
        *(line if threshold.amount is not None else []),
        ("Note", threshold.note or "–"),
        ("Confidence", threshold.confidence),
        ("As of", threshold.as_of),
        ("Review by", _review(threshold, on)),
        ("Source", threshold.source),
    ]


def _review(threshold: Threshold, on: dt.date) -> str:
    by = threshold.review_by
    return f"{by} overdue" if by < on else str(by)


def _for_scripts(threshold: Threshold, on: dt.date) -> dict[str, Any]:
    return {
        **threshold.model_dump(mode="json"),
        "in_force": threshold.in_force(on),
        "line": line_in_words(threshold),
        "window_in_words": window_in_words(threshold),
        "base_in_words": base_in_words(threshold),
        "collecting": collecting_in_words(threshold),
    }
