"""A customer's card on the command line: all that is known, and what can be done next."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from exempt.cli.cards import titles
from exempt.cli.output import (
    money,
    one_line,
    print_facts,
    print_json,
    print_table,
    say,
    say_below,
    short,
)
from exempt.data import jurisdiction_name
from exempt.model.certificate import Coverage
from exempt.model.customer import CustomerCard, card_title, usable_email
from exempt.services.card_sheet import LookedCard, look_at
from exempt.services.requests import reached_by_mail
from exempt.services.rows import Uncovered
from exempt.services.sheet import spoken
from exempt.wiring import Exempt


def show_one(exempt: Exempt, words: str, *, history: bool, as_json: bool) -> None:
    """``exempt customers show``."""
    exempt.settle()
    on, soon = exempt.clock().date(), exempt.settings.file.exempt.expiring_soon_days
    customer = exempt.customer(words)
    with exempt.store.reading() as tx:
        looked = look_at(tx, customer.id, on, soon)
    if as_json:
        print_json(_shown(looked, history=history))
        return
    card = looked.card
    say(f"{one_line(card.name)} (id:{card.id})", "bold")
    print_facts(_facts(exempt, looked))
    _show_warnings(looked)
    _show_states(looked)
    _show_belonging(looked)
    _show_certificates(looked)
    if history:
        _show_history(looked)
    say()
    say("Next", "bold")
    print_facts(_next(looked))


def _facts(exempt: Exempt, looked: LookedCard) -> Iterator[tuple[str, str]]:
    card = looked.card
    yield "Customer number", card.number or "none"
    if card.code:
        yield "Code", card.code
    yield "Company", f"{looked.company.name} ({looked.company.key})"
    if card.tax_id:
        yield "Tax ID", card.tax_id
    yield "A/P e-mail", _email(card)
    for title, value in (("Attention", card.attention), ("Phone", card.phone), ("Fax", card.fax)):
        if value:
            yield title, value
    yield "Address", _address(card) or "none"
    kinds = [
        word for word, is_so in (("billed", card.bill_to), ("shipped to", card.ship_to)) if is_so
    ]
    yield "Is", " and ".join(kinds) or "neither billed nor shipped to"
    yield "Exempt", _claim(card)
    if card.resale_certificate_number:
        yield "Free-form no.", card.resale_certificate_number
    yield "Certificates", f"{looked.active_certificates} active of {len(looked.certificates)}"
    if card.excluded_from_mailings:
        yield "Mailings", "excluded"
    for contact in card.contacts:
        said = (contact.name, contact.email, contact.phone)
        yield contact.role.value.replace("_", " ").capitalize(), ", ".join(filter(None, said))
    defined = exempt.settings.file.custom_fields.customers
    for key, value in card.custom.items():
        yield defined[key].title if key in defined else key, value


def _email(card: CustomerCard) -> str:
    came_back = usable_email(card.email) and not card.mailbox
    return f"{card.email} (mail came back)" if came_back else card.email or "none"


def _address(card: CustomerCard) -> str:
    town = " ".join(filter(None, (card.state, card.postal_code)))
    parts = (card.line1, card.line2, card.city, town, card.country)
    return ", ".join(part for part in parts if part)


def _claim(card: CustomerCard) -> str:
    if not card.flagged_exempt:
        return "not flagged"
    number = f"number {card.exemption_number}" if card.exemption_number else ""
    code = f"code {card.exemption_code}" if card.exemption_code else ""
    said = [part for part in (number, code) if part]
    return f"flagged, by {' and '.join(said)}" if said else "flagged"


def _show_warnings(looked: LookedCard) -> None:
    if not any(not record.deleted for record in looked.records):
        say_below(
            "! No source has this customer: check that the accounting software does.", "yellow"
        )
    if looked.recommended_lacks:
        say_below(f"! Recommended, and not there: {titles(looked.recommended_lacks)}.", "yellow")
    if looked.engine_lacks:
        lacking = titles(looked.engine_lacks)
        say_below(f"! Not ready for a tax engine, which wants: {lacking}.", "yellow")


def _show_states(looked: LookedCard) -> None:
    sales = defaultdict(list)
    for one in looked.exposure:
        sales[one.jurisdiction].append(one)
    places = [state.jurisdiction for state in looked.states]
    covered = {state.jurisdiction: state for state in looked.states}
    rows = []
    for place in sorted({*places, *filter(None, sales)}):
        state = covered.get(place)
        mine = sales.get(place, [])
        rows.append(
            (
                jurisdiction_name(place),
                "no sales tax"
                if state and not state.needed
                else _by(looked, state and state.coverage),
                sum(one.orders for one in mine) or "",
                _worth(mine, exempt=True),
                _worth(mine, exempt=False),
            )
        )
    if rows:
        heads = ("State", "Covered by", "Orders", "Not taxed", "No certificate")
        print_table("States that goods go to", heads, rows, right=(2, 3, 4))


def _by(looked: LookedCard, coverage: Coverage | None) -> str:
    if coverage is None:
        return f"free-form no. {looked.free_form}" if looked.free_form else "nothing"
    of_other = "" if coverage.customer_id == looked.card.id else f" of id:{coverage.customer_id}"
    until = f" to {coverage.last_date}" if coverage.last_date else ", no end"
    return f"certificate {coverage.certificate_id}{of_other}{until}"


def _worth(sales: Any, *, exempt: bool) -> str:
    sums: dict[str, int] = defaultdict(int)
    for one in sales:
        if (not one.tax_applicable) if exempt else one.claimed_only:
            sums[one.currency] += one.total_minor
    return ", ".join(money(total, currency) for currency, total in sums.items())


def _show_belonging(looked: LookedCard) -> None:
    if looked.links:
        print_table(
            "Ship-to customers",
            ("Number", "Name", "State", "Is", "By"),
            [_link_row(looked, link) for link in looked.links],
        )
    if looked.records:
        print_table(
            "In the sources",
            ("Source", "Its id", "Number", "Name", "E-mail", "On this card"),
            [
                (
                    record.connection,
                    record.external_id,
                    record.number,
                    record.name,
                    record.email,
                    "deleted there"
                    if record.deleted
                    else f"put by {record.linked_by}"
                    if record.linked_by
                    else "matched",
                )
                for record in looked.records
            ],
        )


def _link_row(looked: LookedCard, link: Any) -> tuple[object, ...]:
    below = link.bill_to_id == looked.card.id
    other = looked.others[link.ship_to_id if below else link.bill_to_id]
    role = "its ship-to" if below else "its billing customer"
    return (other.number, other.name, other.state, role, link.connection or link.made_by)


def _show_certificates(looked: LookedCard) -> None:
    if looked.certificates:
        print_table(
            "Certificates",
            ("Id", "Number", "States", "Expires", "Status"),
            [
                (
                    one.id,
                    one.number,
                    ", ".join(short(each.jurisdiction) for each in one.jurisdictions),
                    one.first_expiration or "never",
                    spoken(status),
                )
                for one, status in looked.certificates
            ],
            right=(0,),
        )


def _show_history(looked: LookedCard) -> None:
    print_table(
        "History",
        ("When", "Who", "What", "Before", "After"),
        [
            (
                f"{change.changed_at:%Y-%m-%d %H:%M}",
                change.changed_by,
                card_title(change.field),
                change.old,
                change.new,
            )
            for change in looked.history
        ],
    )


def _next(looked: LookedCard) -> Iterator[tuple[str, str]]:
    card = looked.card
    words = shlex.quote(card.number or f"id:{card.id}")
    yield f"exempt customers edit {words}", "change it"
    yield f"exempt certificates add --customer {words} …", "enter a certificate of it"
    yield from (_asking(card, one) for one in looked.to_ask)
    yield f"exempt comments list --customer {words}", "comments and files"


def _asking(card: CustomerCard, one: Uncovered) -> tuple[str, str]:
    """A command, and what it does."""
    who = "it" if one.customer_id == card.id else one_line(one.name)
    new = ", ".join(short(place) for place in one.jurisdictions if place not in one.asked)
    missing = ", ".join(map(short, one.jurisdictions))
    if not reached_by_mail(one):
        return f"call {who}", f"{missing} are not covered, and no mail goes to it"
    if not new:
        return "exempt requests list", f"{who} was asked for what is missing: {missing}"
    words = shlex.quote(one.number or f"id:{one.customer_id}")
    return f"exempt requests send {words}", f"ask {who} for what is missing: {new}"


def _shown(looked: LookedCard, *, history: bool) -> dict[str, Any]:
    card = looked.card
    return {
        **card.model_dump(mode="json"),
        "company": looked.company.key,
        "active_certificates": looked.active_certificates,
        "lacks": {"engine": looked.engine_lacks, "recommended": looked.recommended_lacks},
        "states": [
            {
                "jurisdiction": state.jurisdiction,
                "needed": state.needed,
                "certificate_id": state.coverage and state.coverage.certificate_id,
            }
            for state in looked.states
        ],
        "to_ask": [one._asdict() for one in looked.to_ask],
        "exposure": [one._asdict() for one in looked.exposure],
        "sources": [record._asdict() for record in looked.records],
        "ship_to_links": [link._asdict() for link in looked.links],
        "certificates": [
            {"id": one.id, "number": one.number, "status": status}
            for one, status in looked.certificates
        ],
        **({"history": list(looked.history)} if history else {}),
    }
