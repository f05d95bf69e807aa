"""The certificate register, shown on the command line."""

from __future__ import annotations

import math
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from exempt.cli.companies import scope
from exempt.cli.output import (
    console,
    count,
    one_line,
    print_facts,
    print_json,
    print_table,
    say,
    say_below,
    short,
)
from exempt.cli.typed import day, jurisdiction, one_of
from exempt.model.certificate import Certificate, ExemptionReason, ReviewStatus
from exempt.model.customer import usable_email
from exempt.rules.objections import Objection, ObjectionSeverity
from exempt.rules.status import HINTS, REQUEST_OFFERED, CertificateStatus, certificate_status
from exempt.services import certificates
from exempt.services.certificates import Act, Done
from exempt.services.objecting import objections as objections_to
from exempt.services.recheck import closed_orders
from exempt.services.requests import lacking as to_ask
from exempt.services.rows import CertificateFilter, CertificatePage, CertificateSort
from exempt.services.sheet import Looked, Part, look, sheet_of, spoken
from exempt.wiring import Exempt

SORTS: Mapping[str, CertificateSort] = {sort.value: sort for sort in CertificateSort}

_COLOURS = {
    CertificateStatus.ACTIVE: "green",
    CertificateStatus.FUTURE: "green",
    CertificateStatus.EXPIRING_SOON: "yellow",
    CertificateStatus.PENDING: "yellow",
}
_WEIGHTS = {ObjectionSeverity.REFUSE: ("✗", "red"), ObjectionSeverity.WARN: ("!", "yellow")}
_STATES_SHOWN = 6
_ROOM_FOR_REASONS = 100


# --- list --------------------------------------------------------------------------------


def filters(
    exempt: Exempt,
    *,
    words: str | None,
    customer: str | None,
    state: str | None,
    reason: str | None,
    statuses: Sequence[str],
    expires_from: str | None,
    expires_to: str | None,
    company: str | None,
    only_this: bool,
) -> CertificateFilter:
    """What the options of a list say."""
    return CertificateFilter(
        words=words,
        company_ids=scope(exempt, company, only_this=only_this),
        customer_id=exempt.customer(customer).id if customer else None,
        jurisdiction=jurisdiction(state, f"--state {state}") if state else None,
        reason=one_of(ExemptionReason, reason, "--reason") if reason else None,
        statuses=[one_of(CertificateStatus, each, "--status") for each in statuses],
        expires_from=day(expires_from, "--expires-from") if expires_from else None,
        expires_to=day(expires_to, "--expires-to") if expires_to else None,
    )


def show_list(exempt: Exempt, wanted: CertificateFilter, page: int, *, as_json: bool) -> None:
    """``exempt certificates list``."""
    on, soon = exempt.clock().date(), exempt.settings.file.exempt.expiring_soon_days
    with exempt.store.reading() as tx:
        found = tx.search.certificates(wanted, on, soon)
    if as_json:
        print_json(
            {
                "total": found.total,
                "counts": found.counts,
                "certificates": [
                    {**one.model_dump(mode="json"), "status": certificate_status(one, on, soon)}
                    for one in found.certificates
                ],
            }
        )
        return
    if not found.total:
        say(_nothing(found, wanted))
        return
    pages = math.ceil(found.total / wanted.limit)
    if page > pages:
        say(f"There is no page {page}: the list has {pages}.")
        return
    _print_list(found, exempt)
    say(f"{count(found.total, 'certificate')}: {_counted(found, wanted)}.")
    if pages > 1:
        say(f"Page {page} of {pages}; --page shows another one.")


def _print_list(found: CertificatePage, exempt: Exempt) -> None:
    on, soon = exempt.clock().date(), exempt.settings.file.exempt.expiring_soon_days
    heads = ["Id", "Customer", "Number", "States", "Expires", "Status"]
    rows: list[list[object]] = [
        [
            one.id,
            ", ".join(one_line(found.customers[each]) for each in one.customer_ids),
            _number(one),
            _states(one),
            one.first_expiration or "no end",
            spoken(certificate_status(one, on, soon)),
        ]
        for one in found.certificates
    ]
    if console.width >= _ROOM_FOR_REASONS:
        heads.insert(4, "Reason")
        for one, row in zip(found.certificates, rows, strict=True):
            row.insert(4, ", ".join(dict.fromkeys(spoken(j.reason) for j in one.jurisdictions)))
    print_table("", heads, rows, right=(0,), whole=("Id", "Expires", "Status"))


def _nothing(found: CertificatePage, wanted: CertificateFilter) -> str:
    everything = CertificateFilter(limit=wanted.limit, sort=wanted.sort)
    if wanted._replace(descending=False, offset=0) == everything._replace(statuses=[]):
        return "There is no certificate yet: enter one with exempt certificates add."
    others = sum(found.counts.values())
    if others:
        return f"No certificate fits; of other statuses there are {others:,}."
    return "No certificate fits."


def _counted(found: CertificatePage, wanted: CertificateFilter) -> str:
    shown = wanted.statuses or list(CertificateStatus)
    parts = [f"{n:,} {spoken(s)}" for s, n in found.counts.items() if n and s in shown]
    return ", ".join(parts)


def _number(certificate: Certificate) -> str:
    numbers = (one.exemption_number for one in certificate.jurisdictions)
    return certificate.number or ", ".join(dict.fromkeys(filter(None, numbers)))


def _states(certificate: Certificate) -> str:
    places = [short(one.jurisdiction) for one in certificate.jurisdictions]
    more = len(places) - _STATES_SHOWN
    return ", ".join(places[:_STATES_SHOWN]) + (f" and {more} more" if more > 0 else "")


# --- show --------------------------------------------------------------------------------


def show_one(exempt: Exempt, certificate_id: int, *, history: bool, as_json: bool) -> None:
    """``exempt certificates show``."""
    on, soon = exempt.clock().date(), exempt.settings.file.exempt.expiring_soon_days
    with exempt.store.reading() as tx:
        certificate = certificates.get(tx, certificate_id)
        looked = look(tx, certificate, on, soon, exempt.policy)
    if as_json:
        print_json(_shown(looked, history=history))
        return
    sheet = sheet_of(looked, history=history)
    colour = _COLOURS.get(sheet.status, "red")
    say(f"{sheet.title}: {spoken(sheet.status)}", f"bold {colour}")
    say(sheet.hint)
    for part in sheet.parts:
        _show_part(part)
    say()
    say("Next", "bold")
    print_facts(_next(exempt, looked))


def _show_part(part: Part) -> None:
    say()
    say(part.title, "bold")
    if part.facts:
        print_facts(part.facts)
    if part.rows:
        print_table("", part.heads, part.rows)
    for position, sentence in enumerate(part.sentences):
        if part.severities:
            mark, colour = _WEIGHTS[part.severities[position]]
            say_below(f"{mark} {sentence}", colour)
        else:
            say_below(sentence)


def _shown(looked: Looked, *, history: bool) -> dict[str, Any]:
    certificate = looked.certificate
    shown = certificate.model_dump(mode="json")
    for one, fields in zip(certificate.jurisdictions, shown["jurisdictions"], strict=True):
        fields |= {"status": looked.status_of(one), "law": looked.law[one.jurisdiction]}
    return {
        **shown,
        "customers": [row._asdict() for row in looked.customers.values()],
        "first_expiration": certificate.first_expiration,
        "status": looked.status,
        "hint": HINTS[looked.status],
        "request_offered": looked.status in REQUEST_OFFERED,
        "objections": _listed(looked.objections),
        **({"history": list(looked.history)} if history else {}),
    }


def _next(exempt: Exempt, looked: Looked) -> Iterator[tuple[str, str]]:
    """What can be done with it now: a command, and what it does."""
    certificate, status = looked.certificate, looked.status
    command = "exempt certificates {0} " + str(certificate.id)
    if certificate.review_status is not ReviewStatus.ACCEPTED:
        yield command.format("accept"), "it covers orders from then on"
    if certificate.review_status is ReviewStatus.PENDING:
        yield command.format("reject"), "with the reasons that the customer is told"
    yield command.format("edit"), "change it"
    if certificate.archived_date:
        yield command.format("unarchive"), "it covers orders again"
    else:
        yield command.format("archive"), "it covers no further order"
    if status in REQUEST_OFFERED:
        yield from _requests(exempt, looked)


def _requests(exempt: Exempt, looked: Looked) -> Iterator[tuple[str, str]]:
    """How to ask its customers for a new one."""
    with exempt.store.reading() as tx:
        lacking = {one.customer_id for one in to_ask(tx, exempt.clock().date())}
    for customer in looked.customers.values():
        name = one_line(customer.name)
        if not usable_email(customer.email):
            yield f"call {name}", "there is no e-mail address to ask for a new one"
        elif customer.id in lacking:
            words = shlex.quote(customer.number or f"id:{customer.id}")
            yield f"exempt requests send {words}", f"ask {name} for a new one"
        else:
            yield f"write to {customer.email}", f"ask {name} for a new one"


# --- what follows from a change ----------------------------------------------------------


def told(exempt: Exempt, act: Act, done: Done) -> dict[str, Any]:
    """What became of a certificate, for scripts."""
    certificate = done.certificate
    return {
        "id": certificate.id,
        "version": certificate.version,
        "review_status": certificate.review_status,
        "orders_changed": done.orders_changed,
        "objections": _listed(objections_to(certificate, act.policy, act.at.date())),
        "closed_orders_otherwise": closed_otherwise(exempt, act, certificate.customer_ids),
    }


def decided_anew(done: Done) -> str:
    """``2 open orders decided anew``: those whose decision, or what led to it, is another one."""
    changed = done.orders_changed
    return f"{count(changed, 'open order') if changed else 'no open order'} decided anew"


def say_objections(act: Act, certificate: Certificate) -> None:
    """What speaks against it as it stands."""
    for place, found in objections_to(certificate, act.policy, act.at.date()).items():
        for one in found:
            mark, colour = _WEIGHTS[one.severity]
            say_below(f"{mark} {short(place)}: {one.sentence}", colour)


def say_closed_otherwise(exempt: Exempt, act: Act, certificate: Certificate) -> None:
    """Which orders would still change, and how."""
    otherwise = closed_otherwise(exempt, act, certificate.customer_ids)
    if otherwise:
        customers = " ".join(f"--customer id:{each}" for each in certificate.customer_ids)
        say(f"{count(otherwise, 'closed order')} would be decided otherwise today:")
        say(f"  exempt orders recheck {customers}", wrap=False)


def closed_otherwise(exempt: Exempt, act: Act, customer_ids: Collection[int]) -> int:
    """How many closed orders of these customers would be decided otherwise today."""
    return sum(1 for _ in closed_orders(exempt.store, act, customer_ids=customer_ids))


def _listed(against: Mapping[str, Sequence[Objection]]) -> list[dict[str, Any]]:
    return [
        {"jurisdiction": place, **one.model_dump(mode="json")}
        for place, found in against.items()
        for one in found
    ]
