"""Requests for certificates on the command line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from exempt.cli.companies import scope
from exempt.cli.output import count, print_json, print_table, say
from exempt.cli.show import states
from exempt.errors import RefusedError
from exempt.model.customer import usable_email
from exempt.services.requests import lacking
from exempt.services.rows import Uncovered
from exempt.wiring import Exempt


def show(exempt: Exempt, company: str | None, *, only_this: bool, as_json: bool) -> None:
    """``exempt requests list``."""
    company_ids = scope(exempt, company, only_this=only_this)
    with exempt.store.reading() as tx:
        to_ask = lacking(tx, exempt.clock().date(), company_ids)
        asked = tx.requests.all(company_ids)
    if as_json:
        print_json({"to_ask": [u._asdict() for u in to_ask], "asked": [r._asdict() for r in asked]})
        return
    print_table(
        "To ask",
        ("Customer", "Name", "E-mail", "Lacks", "Orders", "Asked for"),
        [
            (u.number, u.name, _email(u), states(u.jurisdictions), u.orders, states(u.asked))
            for u in to_ask
        ],
        right=(4,),
    )
    print_table(
        "Asked",
        ("Request", "Customer", "Sent to", "States", "Status", "When"),
        [
            (
                r.id,
                r.customer_name,
                r.recipient,
                states(r.jurisdictions),
                ": ".join(filter(None, (r.state.replace("_", " "), r.withdrawn_because))),
                f"{r.created_at:%Y-%m-%d}",
            )
            for r in asked
        ],
        right=(0,),
    )


def _email(one: Uncovered) -> str:
    if one.excluded_from_mailings:
        return "excluded from mailings"
    return one.email if one.email and usable_email(one.email) else "none that can be used"


def send(exempt: Exempt, customers: Sequence[str], *, everyone: bool, as_json: bool) -> int:
    """``exempt requests send``; 1 when somebody could not be asked."""
    if everyone == bool(customers):
        msg = "requests send: name customers, or say --all"
        raise RefusedError(msg)
    only = None if everyone else [exempt.customer(words).id for words in customers]
    asked, outcomes = exempt.ask(only)
    if as_json:
        print_json(
            {**{k: [u._asdict() for u in v] for k, v in asked._asdict().items()}, "mails": outcomes}
        )
        return 1 if asked.without_email else 0
    for one in asked.sent:
        say(f"Asked {one.name} ({one.email}) for {states(one.jurisdictions)}.")
    for one in asked.already_asked:
        say(f"{one.name} was asked before, and is not asked again.")
    for one in asked.without_mail:
        say(
            f"{one.name} belongs to {one.company}, which has no connection that sends mail.",
            "yellow",
        )
    for one in asked.excluded:
        say(f"{one.name} is excluded from mailings: call it.", "yellow")
    for one in asked.without_email:
        words = shlex.quote(one.number or f"id:{one.customer_id}")
        say(
            f"{one.name} has no usable e-mail address: add one in the source, or with exempt"
            f" customers edit {words} --email",
            "yellow",
        )
    said = ", ".join(f"{n} {outcome}" for outcome, n in sorted(outcomes.items()))
    say(f"{count(len(asked.sent), 'request')} made; mails: {said or 'none'}.")
    return 1 if asked.without_email else 0
