"""Exchange rates on the command line: taken in from a file, and listed."""

from __future__ import annotations

from pathlib import Path

from exempt.cli.output import count, money, print_json, print_table, say
from exempt.errors import RefusedError
from exempt.services.certificates import Act
from exempt.services.rates import import_rates
from exempt.services.rates import kept as kept_rates
from exempt.wiring import Exempt

_MISTAKES_SHOWN = 50


def take_in(exempt: Exempt, act: Act, file: Path, source: str, *, as_json: bool) -> int:
    """``exempt rates import``; 1 where something is wrong with the file."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        msg = f"{file}: is not in UTF-8: save it as CSV UTF-8"
        raise RefusedError(msg) from None
    done = import_rates(exempt.store, text, act, source=source)
    if as_json:
        print_json(
            {
                "changed": done.changed,
                "unchanged": done.unchanged,
                "mistakes": [each._asdict() for each in done.mistakes],
                "recounted": done.recounted,
            }
        )
        return 1 if done.mistakes else 0
    if done.mistakes:
        for each in done.mistakes[:_MISTAKES_SHOWN]:
            say(f"{file.name}, {each}", "red")
        if len(done.mistakes) > _MISTAKES_SHOWN:
            say(f"… and {count(len(done.mistakes) - _MISTAKES_SHOWN, 'more mistake')}.", "red")
        say("Nothing was taken in.")
        return 1
    new = count(done.changed, "rate is", "rates are")
    say(f"{new} new or changed, {done.unchanged:,} were there.", "green")
    if done.recounted:
        say(f"Counted anew in the background: orders of {', '.join(done.recounted)}.")
    return 0


def show_list(exempt: Exempt, currency: str | None, *, as_json: bool) -> None:
    """``exempt rates list``."""
    wanted = currency.upper() if currency else None
    with exempt.store.reading() as tx:
        kept = kept_rates(tx, wanted)
        companies = {row.company_id for row in tx.connections.all()}
        aside = [
            each
            for each in tx.sales.set_aside(companies)
            if wanted is None or each.currency == wanted
        ]
    if as_json:
        rates = [
            {**each.rate._asdict(), "added_at": each.added_at, "added_by": each.added_by}
            for each in kept
        ]
        shown = [
            {
                "jurisdiction": each.jurisdiction,
                "currency": each.currency,
                "since": each.first,
                "amount": each.totals.amount(),
                "transactions": each.totals.count(),
            }
            for each in aside
        ]
        print_json({"rates": rates, "set_aside": shown})
        return
    if kept:
        print_table(
            "US dollars for one unit",
            ("Currency", "From", "Rate", "Source", "Taken in"),
            [
                (
                    each.rate.currency,
                    each.rate.day,
                    f"{each.rate.rate:f}",
                    each.rate.source,
                    f"{each.added_at:%Y-%m-%d} by {each.added_by}",
                )
                for each in kept
            ],
            right=(2,),
            whole=("Currency", "From"),
        )
    else:
        say(f"There are no rates{f' of {wanted}' if wanted else ''}.")
    if aside:
        print_table(
            "Set aside for want of a rate: it counts towards no threshold",
            ("Jurisdiction", "Since", "Amount", "Transactions"),
            [
                (
                    each.jurisdiction or "not known",
                    f"{each.first:%Y-%m}",
                    money(each.totals.amount(), each.currency),
                    f"{each.totals.count():,}",
                )
                for each in aside
            ],
            right=(2, 3),
        )
