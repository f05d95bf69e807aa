"""The pick list of product types and tax categories, on the command line."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Iterable
from typing import Any

from exempt.cli.output import print_json, print_table, say, short
from exempt.cli.typed import jurisdiction
from exempt.errors import NotFoundError
from exempt.model.products import TaxabilityAnswer, TaxCategory, WhyTaxed
from exempt.rules.tax_categories import TaxCategories, shipped_categories
from exempt.rules.taxability import Taxability
from exempt.wiring import Exempt


def show(
    opened: Callable[[], Exempt], product_type: str | None, state: str | None, *, as_json: bool
) -> None:
    """``exempt products categories``."""
    listed = shipped_categories()
    types = [_type(listed, product_type)] if product_type else list(listed.types)
    rows = [row for each in types for row in listed.of_type(each)]
    if state is None:
        if as_json:
            print_json([_told(row) for row in rows])
        else:
            _print(listed, types)
        return
    place = jurisdiction(state, "--state")
    exempt = opened()
    taxability, on = exempt.policy.nexus.taxability, exempt.clock().date()
    if as_json:
        print_json([_told(row) | _taxed(taxability, row, place, on) for row in rows])
    else:
        _print_state(rows, taxability, place, on)


def _type(listed: TaxCategories, wanted: str) -> str:
    if wanted in listed.types:
        return wanted
    near = difflib.get_close_matches(wanted.lower(), listed.types, 1, 0.5)
    mend = f"did you mean {near[0]}?" if near else f"one of {', '.join(listed.types)}"
    msg = f"product type {wanted!r}: there is none: {mend}"
    raise NotFoundError(msg)


def _told(row: TaxCategory) -> dict[str, Any]:
    return row.model_dump(mode="json")


def _taxed(taxability: Taxability, row: TaxCategory, place: str, on: dt.date) -> dict[str, Any]:
    answer = taxability.why(row.category, place, on)
    return {"jurisdiction": place, "taxed": answer.taxed, "why": answer.why, "by": answer.row}


def _print(listed: TaxCategories, types: Iterable[str]) -> None:
    for each in types:
        kind = listed.types[each]
        rows = [(row.category, row.title, row.description) for row in listed.of_type(each)]
        title = f"{kind.title} ({each}): {kind.description}"
        print_table(title, ("Key", "Tax category", "What it is"), rows, whole={"Key"})


def _print_state(
    rows: Iterable[TaxCategory], taxability: Taxability, place: str, on: dt.date
) -> None:
    answers = [(row, taxability.why(row.category, place, on)) for row in rows]
    cells = [
        (row.category, row.title, in_words(found), told_by(found, on)) for row, found in answers
    ]
    heads = ("Key", "Tax category", f"Taxed in {short(place)}", "By")
    print_table(f"Tax categories in {short(place)} on {on}", heads, cells, whole={"Key"})
    say("What is not known counts as taxed, so that a warning comes too early, not too late.")


def in_words(answer: TaxabilityAnswer) -> str:
    """``yes``, ``no``; ``not known: counts as taxed``."""
    if answer.why is not WhyTaxed.LISTED:
        return "not known: counts as taxed"
    return "yes" if answer.taxed else "no"


def told_by(answer: TaxabilityAnswer, on: dt.date) -> str:
    """The source of an answer, how sure it is on that day, and what is to be known besides."""
    if answer.row is None:
        return ""
    row = answer.row
    note = f"{row.note} " if row.note else ""
    sure = f"{row.confidence}, past its review date" if row.review_by < on else row.confidence
    return f"{note}({sure}) {row.source}"
