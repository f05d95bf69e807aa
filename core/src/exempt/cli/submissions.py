"""What waits for review on the command line: listed, shown, accepted, rejected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from exempt.cli.companies import scope
from exempt.cli.output import (
    count,
    one_line,
    print_facts,
    print_json,
    print_table,
    say,
    say_below,
    short,
)
from exempt.cli.register import decided_anew, say_closed_otherwise, say_objections, told
from exempt.cli.reviewing import rejection
from exempt.cli.typed import jurisdiction
from exempt.model.certificate import ReviewStatus
from exempt.rules.comparing import Compared
from exempt.rules.rejections import sentence
from exempt.rules.review_case import Check, Verdict
from exempt.rules.review_checks import TITLES
from exempt.services import certificates, reviewing
from exempt.services.certificates import Act
from exempt.services.review_look import Looked, look
from exempt.services.review_ports import QueueFilter
from exempt.services.reviewing import Item
from exempt.wiring import Exempt

_MARKS = {
    Verdict.PASS: ("✓", "green"),
    Verdict.WARN: ("!", "yellow"),
    Verdict.FAIL: ("✗", "red"),
    Verdict.UNKNOWN: ("?", ""),
}
_STATES_SHOWN = 6


def filters(
    exempt: Exempt, words: str | None, state: str | None, company: str | None, *, only_this: bool
) -> QueueFilter:
    """What the options of a list say."""
    return QueueFilter(
        company_ids=scope(exempt, company, only_this=only_this),
        words=words,
        jurisdiction=jurisdiction(state, f"--state {state}") if state else None,
    )


def show_list(exempt: Exempt, act: Act, wanted: QueueFilter, page: int, *, as_json: bool) -> None:
    """``exempt submissions list``."""
    found = reviewing.queue(exempt.store, wanted, act)
    total = found.page.total
    if as_json:
        print_json({"total": total, "waiting": [_listed(each) for each in found.items]})
        return
    if not found.items:
        say("Nothing waits for review." if not total else f"There is no page {page}.")
        return
    heads = ("Id", "Customer", "States", "Since", "Came by", "To look at")
    rows = [
        (
            each.row.certificate_id,
            one_line(each.row.customer_name),
            _states(each.row.jurisdictions),
            f"{each.row.since:%Y-%m-%d}",
            each.row.source,
            _disagreement(each),
        )
        for each in found.items
    ]
    print_table("", heads, rows, right=(0,), whole=("Id", "Since"))
    pages = math.ceil(total / wanted.limit)
    more = f" Page {page} of {pages}; --page shows another one." if pages > 1 else ""
    say(f"{count(total, 'certificate')} {'waits' if total == 1 else 'wait'} for review.{more}")


def _states(places: Sequence[str]) -> str:
    more = len(places) - _STATES_SHOWN
    shown = ", ".join(short(each) for each in places[:_STATES_SHOWN])
    return shown + (f" and {more} more" if more > 0 else "")


def _disagreement(item: Item) -> str:
    if item.disagree:
        return ", ".join(TITLES[each].lower() for each in item.disagree)
    return "all agrees" if item.read else "not read"


def _listed(item: Item) -> dict[str, Any]:
    row = item.row._asdict()
    return {**row, "days": item.days, "read": item.read, "disagree": list(item.disagree)}


# --- one of them ---------------------------------------------------------------------------


def show_one(exempt: Exempt, act: Act, certificate_id: int, *, as_json: bool) -> None:
    """``exempt submissions show``."""
    soon = exempt.settings.file.exempt.expiring_soon_days
    seen = look(exempt.store, certificate_id, act, soon_days=soon)
    if as_json:
        print_json(_shown(seen))
        return
    status = seen.certificate.review_status
    title = "waits for review" if status is ReviewStatus.PENDING else f"is {status} already"
    say(f"Certificate {certificate_id} of {one_line(seen.title)} {title}", "bold")
    print_facts(_facts(seen))
    say()
    print_table(
        "",
        ("Field", "State", "Entered", "On the document"),
        [_compared(each) for each in seen.compared],
        whole=("Field", "State"),
    )
    for check in seen.checks:
        mark, colour = _MARKS[check.verdict]
        say_below(f"{mark} {check.title}: {' '.join(check.sentences)}", colour)
    if status is ReviewStatus.PENDING:
        say()
        say("Next", "bold")
        print_facts(
            (
                (f"exempt submissions accept {certificate_id}", "it covers orders from then on"),
                (f"exempt submissions reject {certificate_id}", "with the reasons, by --because"),
                (f"exempt certificates edit {certificate_id}", "correct it first"),
            )
        )


def _facts(seen: Looked) -> list[tuple[str, str]]:
    files = ", ".join(one_line(each.file.name) for each in seen.files) or "none"
    facts = [
        ("Since", f"{seen.row.since:%Y-%m-%d %H:%M} UTC, by {seen.row.source}"),
        ("Company", one_line(seen.row.company)),
        ("Documents", files),
        ("Open orders", f"{seen.orders.total:,} might be covered"),
    ]
    if seen.previous:
        ids = ", ".join(str(each.certificate.id) for each in seen.previous)
        facts.append(("Others on file", ids))
    return facts


def _compared(each: Compared) -> tuple[str, ...]:
    read = each.read.found.value if each.read else "–"
    mark = " ✗" if each.disagrees else ""
    return TITLES[each.field], short(each.jurisdiction), each.entered or "–", f"{read}{mark}"


def _shown(seen: Looked) -> dict[str, Any]:
    return {
        "certificate": seen.certificate,
        "submission": seen.submission,
        "since": seen.row.since,
        "company": seen.row.company,
        "customers": [{"id": card.id, "name": card.name} for card in seen.customers],
        "compared": [
            {
                "field": each.field,
                "jurisdiction": each.jurisdiction,
                "entered": each.entered,
                "read": each.read.found if each.read else None,
                "agreement": each.agreement,
            }
            for each in seen.compared
        ],
        "checks": [_check(each) for each in seen.checks],
        "open_orders": seen.orders.total,
        "previous": [each.certificate.id for each in seen.previous],
    }


def _check(check: Check) -> dict[str, Any]:
    return {"code": check.code, "verdict": check.verdict, "sentences": list(check.sentences)}


# --- what becomes of it --------------------------------------------------------------------


def accept(
    exempt: Exempt,
    act: Act,
    certificate_id: int,
    version: int | None,
    *,
    anyway: bool,
    as_json: bool,
) -> None:
    """``exempt submissions accept``."""
    seen = _seen(exempt, certificate_id) if version is None else version
    done = reviewing.accept(exempt.store, certificate_id, act, seen=seen, anyway=anyway).done
    if as_json:
        print_json(told(exempt, act, done))
        return
    say(f"Certificate {certificate_id} accepted; {decided_anew(done)}.", "green")
    say_objections(act, done.certificate)
    say_closed_otherwise(exempt, act, done.certificate)


def reject(
    exempt: Exempt,
    act: Act,
    certificate_id: int,
    because: Sequence[str],
    version: int | None,
    *,
    tell: bool,
    as_json: bool,
) -> None:
    """``exempt submissions reject``."""
    rejections = [rejection(text) for text in because]
    seen = _seen(exempt, certificate_id) if version is None else version
    done = reviewing.reject(exempt.store, certificate_id, rejections, act, seen=seen, tell=tell)
    if as_json:
        said = [sentence(each) for each in rejections]
        print_json({**told(exempt, act, done.done), "told": said, "told_by": done.told_by})
        return
    say(f"Certificate {certificate_id} rejected; {decided_anew(done.done)}.", "green")
    if done.told_by is None:
        say("Nobody is written to." if not tell else "No mail reaches the customer: call them.")
        return
    say(f"The customer is told by mail, in request {done.told_by}:")
    for each in rejections:
        say_below(sentence(each))


def _seen(exempt: Exempt, certificate_id: int) -> int:
    with exempt.store.reading() as tx:
        return certificates.get(tx, certificate_id).version
