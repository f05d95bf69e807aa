"""Requests for certificates on the command line."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection, Sequence

from exempt.cli.companies import scope
from exempt.cli.output import count, print_json, print_table, say
from exempt.cli.show import states
from exempt.errors import RefusedError
from exempt.model.customer import usable_email
from exempt.model.requesting import RequestState
from exempt.rules.request_states import state_of
from exempt.services.reminding import Letter, Reminded
from exempt.services.request_ports import RequestRow
from exempt.services.requests import Asked, lacking
from exempt.services.rows import Uncovered
from exempt.wiring import Exempt, mails


def show(
    exempt: Exempt,
    company: str | None,
    *,
    only_this: bool,
    states_: Collection[RequestState] = (),
    as_json: bool,
) -> None:
    """``exempt requests list``."""
    at = exempt.clock()
    company_ids = scope(exempt, company, only_this=only_this)
    with exempt.store.reading() as tx:
        to_ask = [] if states_ else lacking(tx, at.date(), company_ids)
        asked = [
            row._replace(state=stands.value)
            for row in tx.requests.all(company_ids)
            if (stands := state_of(row, at)) in (states_ or tuple(RequestState))
        ]
    if as_json:
        print_json({"to_ask": [u._asdict() for u in to_ask], "asked": [r._asdict() for r in asked]})
        return
    if not states_:
        _show_lacking(to_ask)
    _show_asked(asked)


def _show_lacking(to_ask: Sequence[Uncovered]) -> None:
    print_table(
        "To ask",
        ("Customer", "Name", "E-mail", "Lacks", "Orders", "Asked for"),
        [
            (u.number, u.name, _email(u), states(u.jurisdictions), u.orders, states(u.asked))
            for u in to_ask
        ],
        right=(4,),
    )


def _show_asked(asked: Sequence[RequestRow]) -> None:
    print_table(
        "Asked",
        ("Request", "For", "Customer", "Sent to", "States", "Mails", "Status", "When"),
        [
            (
                r.id,
                _PURPOSES[r.purpose],
                r.customer_name,
                r.recipient,
                states(r.jurisdictions),
                r.mails,
                _status(r),
                f"{r.created_at:%Y-%m-%d}",
            )
            for r in asked
        ],
        right=(0, 5),
    )


def _status(request: RequestRow) -> str:
    """In words: what became of it, and of its mail."""
    if request.bounce:
        return f"{'came back' if request.bounced_at else 'delayed'}: {request.bounce}"
    return ": ".join(filter(None, (request.state.replace("_", " "), request.withdrawn_because)))


_PURPOSES = {"request": "what is missing", "expiry": "what ends"}


def _email(one: Uncovered) -> str:
    if one.excluded_from_mailings:
        return "excluded from mailings"
    if one.mailbox:
        return one.mailbox
    return f"{one.email}: mail came back" if usable_email(one.email) else "none that can be used"


def send(exempt: Exempt, customers: Sequence[str], *, everyone: bool, as_json: bool) -> int:
    """``exempt requests send``; 1 when somebody could not be asked."""
    if everyone == bool(customers):
        msg = "requests send: name customers, or say --all"
        raise RefusedError(msg)
    only = None if everyone else [exempt.customer(words).id for words in customers]
    asked, outcomes = mails.ask(exempt, only)
    if as_json:
        print_json(
            {**{k: [u._asdict() for u in v] for k, v in asked._asdict().items()}, "mails": outcomes}
        )
        return 1 if asked.without_email else 0
    for one in asked.sent:
        say(f"Asked {one.name} ({one.email}) for {states(one.jurisdictions)}.")
    for one in asked.already_asked:
        say(f"{one.name} was asked before, and is not asked again.")
    _say_left_out(asked)
    say(f"{count(len(asked.sent), 'request')} made; mails: {_said(outcomes)}.")
    return 1 if asked.without_email else 0


def remind(exempt: Exempt, *, dry_run: bool, as_json: bool) -> int:
    """``exempt requests remind``; 1 when somebody could not be written to."""
    if dry_run:
        reminded, outcomes = mails.rehearse(exempt), Counter[str]()
    else:
        reminded, outcomes = mails.remind(exempt)
    if as_json:
        groups = {k: [letter._asdict() for letter in v] for k, v in reminded._asdict().items()}
        print_json({**groups, "mails": outcomes})
        return 1 if reminded.without_email else 0
    for letter in reminded.sent:
        said = "Would write" if dry_run else "Wrote"
        say(f"{said} to {letter.name} ({letter.email}): {_about(letter)}.")
    _say_left_out(reminded)
    if dry_run:
        say(f"{count(len(reminded.sent), 'mail')} would be written; nothing was.")
    else:
        say(f"{count(len(reminded.sent), 'mail')} written; mails: {_said(outcomes)}.")
    return 1 if reminded.without_email else 0


def _about(letter: Letter) -> str:
    places, first = states(letter.jurisdictions), letter.expiration_date
    if first is None:
        return f"a reminder that {places} is missing"
    several = len(letter.jurisdictions) > 1
    return f"{places} end from {first} on" if several else f"{places} ends on {first}"


def _say_left_out(done: Asked | Reminded) -> None:
    """Who is not written to, and what to do about it."""
    for one in done.without_mail:
        say(
            f"{one.name} belongs to {one.company}, which has no connection that sends mail.",
            "yellow",
        )
    for one in done.excluded:
        say(f"{one.name} is excluded from mailings: call it.", "yellow")
    for one in done.without_email:
        words = shlex.quote(one.number or f"id:{one.customer_id}")
        if usable_email(one.email):
            say(
                f"{one.name}: mail to {one.email} came back: mend the address; if it is right after"
                f" all, exempt requests send {words}",
                "yellow",
            )
        else:
            say(
                f"{one.name} has no usable e-mail address: add one in the source, or with exempt"
                f" customers edit {words} --email",
                "yellow",
            )


def _said(outcomes: Counter[str]) -> str:
    return ", ".join(f"{n} {outcome}" for outcome, n in sorted(outcomes.items())) or "none"
