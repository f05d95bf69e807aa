"""Requests made, sent again and taken back on the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

from exempt.cli import typed
from exempt.cli.companies import scope
from exempt.cli.output import count, print_json, print_table, say
from exempt.cli.show import states
from exempt.errors import RefusedError
from exempt.model.certificate import ExemptionReason
from exempt.model.requesting import Way
from exempt.services import bulk_requests, request_steps, requesting, resending
from exempt.services.bulk_requests import Kind, Planned, Scope
from exempt.services.certificates import Act
from exempt.services.letters import paper_letter
from exempt.services.requesting import Made, Wish
from exempt.wiring import Exempt
from exempt.wiring.letters import letter_printer
from exempt.wiring.mails import look_bulk, mailing

KINDS = tuple(Kind)


class Given(NamedTuple):
    """What the options of ``exempt requests make`` say."""

    customer: str
    states: Sequence[str]
    reasons: Sequence[str]
    to: str
    save_email: bool
    message: str
    way: Way
    output: Path | None


class Again(NamedTuple):
    """What the options of ``exempt requests resend`` say."""

    request_id: int
    to: str
    way: Way
    only_this: bool
    output: Path | None


def make(exempt: Exempt, act: Act, given: Given, *, as_json: bool) -> None:
    """``exempt requests make``."""
    exempt.settle()
    customer_id = exempt.customer(given.customer).id
    soon = exempt.settings.file.exempt.expiring_soon_days
    wanted = [typed.jurisdiction(text, "--state") for text in given.states]
    if not wanted:
        look = requesting.look(exempt.store, customer_id, act.at.date(), soon, exempt.post)
        wanted = [offer.jurisdiction for offer in look.offers if offer.offered]
    _writable(given.way, given.output)
    wish = Wish(
        customer_id,
        wanted,
        [typed.one_of(ExemptionReason, text, "--reason") for text in given.reasons],
        given.to,
        given.save_email,
        given.message,
        given.way,
    )
    with _sending(exempt, given.way) as outcomes:
        made = requesting.make(exempt.store, wish, act, exempt.post, soon_days=soon)
    _tell(exempt, act, made, _Sent(given.way, given.output, outcomes), as_json=as_json)


def resend(exempt: Exempt, act: Act, again: Again, *, as_json: bool) -> None:
    """``exempt requests resend``."""
    exempt.settle()
    _writable(again.way, again.output)
    with _sending(exempt, again.way) as outcomes:
        made = resending.resend(
            exempt.store,
            again.request_id,
            act,
            exempt.post,
            way=again.way,
            recipient=again.to,
            only_this=again.only_this,
        )
    _tell(exempt, act, made, _Sent(again.way, again.output, outcomes), as_json=as_json)


class _Sent(NamedTuple):
    """How a link left the house, and what became of the mails."""

    way: Way
    output: Path | None
    outcomes: Counter[str]


def _sending(exempt: Exempt, way: Way) -> AbstractContextManager[Counter[str]]:
    """Lets mails go out after what is done; for other ways none need be."""
    return mailing(exempt) if way is Way.MAIL else nullcontext(Counter())


def _writable(way: Way, output: Path | None) -> None:
    """Refuse a letter without a place for it, before its link is made."""
    if way is not Way.LETTER:
        return
    if output is None:
        msg = "--output: name the file that the letter is written to, as letter.pdf"
        raise RefusedError(msg)
    if letter_printer() is None:
        msg = "a letter needs a part that is not installed: install exempt[documents]"
        raise RefusedError(msg)


def _tell(exempt: Exempt, act: Act, made: Made, sent: _Sent, *, as_json: bool) -> None:
    request, (way, output, outcomes) = made.request, sent
    printer = letter_printer()
    if way is Way.LETTER and output is not None and printer is not None:
        output.write_bytes(printer(paper_letter(exempt.store, made, exempt.post, act.at)))
    if as_json:
        told = request._asdict() | {"link": made.link, "mails": outcomes}
        print_json(told | ({"letter": str(output)} if output else {}))
        return
    said = f"Request {request.id} to {request.customer_name} for {states(request.jurisdictions)}"
    if way is Way.MAIL:
        went = ", ".join(f"{n} {outcome}" for outcome, n in sorted(outcomes.items()))
        say(f"{said} goes to {request.recipient}; mails: {went or 'none yet'}.", "green")
    elif way is Way.LETTER:
        say(f"{said}: the letter is in {output}.", "green")
    else:
        say(f"{said}. Pass this link on; it is not shown again:", "green")
        say(made.link or "", wrap=False)


def cancel(exempt: Exempt, act: Act, request_id: int, *, as_json: bool) -> None:
    """``exempt requests cancel``."""
    request = request_steps.cancelled(exempt.store, request_id, act)
    if as_json:
        print_json(request._asdict())
        return
    say(f"Request {request_id} to {request.customer_name} is cancelled.", "green")


def bulk(
    exempt: Exempt,
    act: Act,
    kinds: Sequence[Kind],
    company: tuple[str | None, bool],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """``exempt requests bulk``."""
    exempt.settle()
    key, only_this = company
    soon = exempt.settings.file.exempt.expiring_soon_days
    who = Scope(kinds, scope(exempt, key, only_this=only_this), soon)
    if dry_run:
        found = look_bulk(exempt, who)
        outcomes = Counter[str]()
    else:
        with mailing(exempt) as outcomes:
            found = bulk_requests.ask_all(exempt.store, who, act, exempt.post)
    if as_json:
        print_json({"customers": [_planned(each) for each in found], "mails": outcomes})
        return
    print_table(
        "To ask" if dry_run else "Asked",
        ("Customer", "Name", "E-mail", "States", "Because", "Left out"),
        [
            (
                each.card.number,
                each.card.name,
                each.card.email,
                states(each.jurisdictions),
                ", ".join(each.kinds),
                each.left_out.value if each.left_out else "",
            )
            for each in found
        ],
    )
    going = sum(each.left_out is None for each in found)
    said = "would be asked; nobody was" if dry_run else "asked"
    say(f"{count(going, 'customer')} {said}.")


def _planned(each: Planned) -> dict[str, object]:
    return {
        "customer_id": each.card.id,
        "number": each.card.number,
        "name": each.card.name,
        "email": each.card.email,
        "jurisdictions": each.jurisdictions,
        "kinds": each.kinds,
        "left_out": each.left_out,
    }
