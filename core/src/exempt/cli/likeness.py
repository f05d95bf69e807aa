"""Cards that look like one customer, on the command line."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from exempt.cli.output import count, one_line, print_json, print_table, say
from exempt.rules.likeness import TITLES, ComparedCard
from exempt.services import companies
from exempt.services.likeness import Double, doubles
from exempt.services.likeness_ports import DoublesFilter
from exempt.wiring import Exempt


class Listing(NamedTuple):
    """What the options of the list say."""

    words: str | None
    company: str | None
    only_this: bool
    limit: int
    page: int


def show(exempt: Exempt, wanted: Listing, *, as_json: bool) -> None:
    """``exempt customers doubles``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        filters = DoublesFilter(
            words=wanted.words,
            company_ids=companies.scope(tx, wanted.company, children=not wanted.only_this),
            limit=wanted.limit,
            offset=(wanted.page - 1) * wanted.limit,
        )
        found = doubles(tx, filters)
    if as_json:
        print_json({"total": found.total, "pairs": [_told(one) for one in found.pairs]})
        return
    pages = math.ceil(found.total / wanted.limit)
    if not found.total:
        say("No two customers look alike.")
    elif wanted.page > pages:
        say(f"There is no page {wanted.page}: the list has {pages}.")
    else:
        _print(found.pairs, found.total)
        if pages > 1:
            say(f"Page {wanted.page} of {pages}; --page shows another one.")


def _told(one: Double) -> dict[str, Any]:
    return {**one._asdict(), "keep": one.keep._asdict(), "other": one.other._asdict()}


def _print(pairs: list[Double], total: int) -> None:
    rows = [
        (
            _card(one.keep),
            _card(one.other),
            ", ".join(TITLES[likeness] for likeness in one.likenesses),
            one.why,
            f"merge id:{one.keep.id} id:{one.other.id}",
        )
        for one in pairs
    ]
    title = f"{count(total, 'pair')} that may be one customer each"
    heads = ("Customer", "And", "The same", "Why they are two", "exempt customers …")
    print_table(title, heads, rows, whole={"exempt customers …"})
    first = f"id:{pairs[0].keep.id} id:{pairs[0].other.id}"
    say("The first one stays, and takes over all of the second. If they are two customers:")
    say(f"  exempt customers not-same {first}", wrap=False)


def _card(card: ComparedCard) -> str:
    """``1001 Acme, Austin``: with what tells it from the other."""
    said = " ".join(filter(None, (card.number, one_line(card.name))))
    hangs = [count(card.sources, "source") if card.sources else "no source"]
    if card.certificates:
        hangs.append(count(card.certificates, "certificate"))
    return f"{said} ({', '.join(hangs)})"
