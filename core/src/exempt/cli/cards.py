"""Customer cards listed, made and changed on the command line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError

from exempt.cli.output import count, print_json, print_table, say, say_below, short
from exempt.cli.typed import code, jurisdiction, keys_and_values, one_of
from exempt.errors import RefusedError
from exempt.model.customer import (
    CARD_TITLES,
    Contact,
    ContactRole,
    CustomerDetails,
    lacks_for_engine,
    lacks_recommended,
)
from exempt.services import cards, companies
from exempt.services.cards import CardDone
from exempt.services.certificates import Act
from exempt.services.rows import CustomerFilter, CustomerLack, CustomerPage
from exempt.wiring import Exempt

_CONTACT = re.compile(
    r"\s*(?:(?P<role>[\w-]+)\s*=)?\s*(?P<name>[^<]*?)\s*(?:<(?P<email>[^>]*)>\s*(?P<phone>.*))?"
)
_OPTIONS = {"postal_code": "--zip", "bill_to": "--billed", "ship_to_zones": "--ship-to-state"}


# --- list --------------------------------------------------------------------------------


class Listing(NamedTuple):
    """What the options of a list say."""

    words: str | None
    company: str | None
    only_this: bool
    exempt: bool | None
    bought_exempt: bool | None
    lacking: str | None
    no_mailings: bool | None
    state: str | None
    limit: int
    page: int


def show_list(exempt: Exempt, wanted: Listing, *, as_json: bool) -> None:
    """``exempt customers list``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        filters = CustomerFilter(
            words=wanted.words,
            company_ids=companies.scope(tx, wanted.company, children=not wanted.only_this),
            flagged=wanted.exempt,
            lacking=one_of(CustomerLack, wanted.lacking, "--lacking") if wanted.lacking else None,
            bought_exempt=wanted.bought_exempt,
            excluded_from_mailings=wanted.no_mailings,
            jurisdiction=jurisdiction(wanted.state, "--state")
            if wanted.state is not None
            else None,
            limit=wanted.limit,
            offset=(wanted.page - 1) * wanted.limit,
        )
        found = tx.cards.page(filters, exempt.clock().date())
        several = len(tx.cards.companies()) > 1
    if as_json:
        print_json({"total": found.total, "customers": [row._asdict() for row in found.customers]})
        return
    _print_list(found, several=several)
    pages = math.ceil(found.total / wanted.limit)
    if wanted.page > pages > 0:
        say(f"There is no page {wanted.page}: the list has {pages}.")
    elif pages > 1:
        say(f"Page {wanted.page} of {pages}; --page shows another one.")


def _print_list(found: CustomerPage, *, several: bool) -> None:
    if not found.customers:
        if not found.total:
            say("No customer fits.")
        return
    heads = ("Id", "Number", "Name", "A/P e-mail", "State", "Exempt", "Sources", "Active")
    print_table(
        count(found.total, "customer"),
        (*heads, "Company") if several else heads,
        [
            (
                row.id,
                row.number,
                row.name,
                row.email,
                short(row.jurisdiction),
                "yes" if row.flagged_exempt else "",
                row.sources or "none",
                row.certificates or "–",
                *([row.company] if several else []),
            )
            for row in found.customers
        ],
        right=(0, 6, 7),
        whole={"Id", "Number", "Sources", "Active"},
    )


# --- add and edit ------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What the options of a command said; None = nothing."""

    fields: Mapping[str, Any]
    contacts: Sequence[str] = ()
    drop_contacts: Sequence[str] = ()
    zones: Sequence[str] = ()
    drop_zones: Sequence[str] = ()
    custom: Sequence[str] = ()

    def __bool__(self) -> bool:
        lists = (self.contacts, self.drop_contacts, self.zones, self.drop_zones, self.custom)
        return any(value is not None for value in self.fields.values()) or any(lists)


def add(exempt: Exempt, act: Act, company: str | None, given: Given, *, as_json: bool) -> None:
    """``exempt customers add``."""
    exempt.settle()
    details = _changed(exempt, None, given)
    with exempt.store.reading() as tx:
        owner = companies.only_one(tx, company)
    done = cards.add(exempt.store, owner.id, details, act)
    if as_json:
        print_json(told(done))
        return
    card = done.card
    say(
        f"Customer {card.number or card.name} added as id:{card.id} to {owner.name}.".replace(
            "..", "."
        ),
        "green",
    )
    _say_lacks(card)
    say_below(
        "! No source has it yet: check that the accounting software does; matching joins the two"
        " by number, tax ID or e-mail.",
        "yellow",
    )


def edit(
    exempt: Exempt, act: Act, words: str, given: Given, version: int | None, *, as_json: bool
) -> None:
    """``exempt customers edit``."""
    if not given:
        msg = "customers edit: say what to change: see exempt customers edit --help"
        raise RefusedError(msg)
    exempt.settle()
    customer = exempt.customer(words)
    with exempt.store.reading() as tx:
        before = cards.get(tx, customer.id)
    details = _changed(exempt, before, given)
    seen = before.version if version is None else version
    done = cards.edit(exempt.store, before.id, details, act, seen=seen)
    if given.fields.get("exempt") is False and done.card.flagged_exempt:
        taken_back = cards.unclaim(exempt.store, before.id, act)
        done = CardDone(taken_back.card, done.orders_changed + taken_back.orders_changed)
    if as_json:
        print_json(told(done))
        return
    if given.fields.get("exempt") is False and done.card.flagged_exempt:
        say("! It stays exempt: its number or code, or a source, says so.", "yellow")
    if done.card.model_copy(update={"version": before.version}) == before:
        say(f"Customer id:{before.id} is so already.")
        return
    say(f"Customer id:{before.id} changed; {decided(done)}.", "green")
    _say_lacks(done.card)


def told(done: CardDone) -> dict[str, Any]:
    """What became of a card, for scripts."""
    shown = done.card.model_dump(mode="json")
    lacks = {"engine": lacks_for_engine(done.card), "recommended": lacks_recommended(done.card)}
    return {**shown, "lacks": lacks, "orders_changed": done.orders_changed}


def decided(done: CardDone | int) -> str:
    """How many decisions followed."""
    changed = done if isinstance(done, int) else done.orders_changed
    return f"{count(changed, 'open order') if changed else 'no open order'} decided anew"


def titles(fields: Sequence[str]) -> str:
    """``name, city``."""
    return ", ".join(CARD_TITLES.get(field, field) for field in fields)


def _say_lacks(card: CustomerDetails) -> None:
    if lacking := lacks_recommended(card):
        say_below(f"! Recommended, and not there: {titles(lacking)}.", "yellow")
    if lacking := lacks_for_engine(card):
        say_below(f"! Not ready for a tax engine, which wants: {titles(lacking)}.", "yellow")


def _changed(exempt: Exempt, before: CustomerDetails | None, given: Given) -> CustomerDetails:
    """The details *before*, with what was given in its place."""
    values: dict[str, Any] = (
        {name: getattr(before, name) for name in CustomerDetails.model_fields} if before else {}
    )
    for name, value in given.fields.items():
        if value is not None:
            values[name] = None if value == "" else value
    if values.get("state") and not values.get("country"):
        values["country"] = "US" if _is_us(values["state"]) else None
    values["contacts"] = tuple(_contacts(values.get("contacts", ()), given))
    zones = {jurisdiction(text, f"--ship-to-state {text}") for text in given.zones}
    dropped = {jurisdiction(text, f"--drop-ship-to-state {text}") for text in given.drop_zones}
    if unknown := dropped - set(values.get("ship_to_zones", ())):
        msg = f"--drop-ship-to-state {short(min(unknown))}: is no ship-to state of this card"
        raise RefusedError(msg)
    values["ship_to_zones"] = tuple(({*values.get("ship_to_zones", ())} | zones) - dropped)
    typed = keys_and_values(given.custom, "--set")
    defined = exempt.settings.file.custom_fields.customers
    values["custom"] = cards.read_custom(defined, typed, values.get("custom", {}))
    try:
        return CustomerDetails(**values)
    except ValidationError as error:
        raise RefusedError("; ".join(dict.fromkeys(_mistakes(error)))) from None


def _is_us(state: str) -> bool:
    try:
        jurisdiction(state, "--state")
    except RefusedError:
        return False
    return True


def _mistakes(error: ValidationError) -> Iterator[str]:
    for found in error.errors(include_url=False):
        field, *within = map(str, found["loc"]) if found["loc"] else [""]
        option = _OPTIONS.get(field, f"--{field.replace('_', '-')}" if field else "customer")
        if field == "custom":
            option = f"--set {within[0]}"
        country = field == "country" and found["type"] == "string_pattern_mismatch"
        yield f"{option}: {'write two letters, such as US' if country else _wrong(found)}"


def _wrong(found: Any) -> str:
    """What is wrong with a value, in a sentence; *found* is one error of pydantic."""
    if found["type"] == "string_too_long":
        return f"write {found['ctx']['max_length']} characters at most"
    if found["type"] == "string_pattern_mismatch":
        return "has a character that cannot be kept: type it anew, without that"
    if found["type"] in {"missing", "string_too_short"} or found.get("input") is None:
        return "cannot be empty"
    return str(found["msg"].removeprefix("Value error, "))


def _contacts(before: Sequence[Contact], given: Given) -> Iterator[Contact]:
    drop = {name.casefold() for name in given.drop_contacts}
    known = {contact.name.casefold() for contact in before}
    if missing := drop - known:
        msg = f"--drop-contact {min(missing)}: this card has no such contact"
        raise RefusedError(msg)
    new = [contact_of(text) for text in given.contacts]
    replaced = drop | {contact.name.casefold() for contact in new}
    yield from (contact for contact in before if contact.name.casefold() not in replaced)
    yield from new


def contact_of(text: str) -> Contact:
    """A contact written ``ROLE=NAME <E-MAIL> PHONE``; all but the name may be left out.

    Raises:
        RefusedError: It is none.
    """
    found = _CONTACT.fullmatch(text)
    parts = {key: value for key, value in (found.groupdict() if found else {}).items() if value}
    if "role" in parts and code(parts["role"]) not in set(ContactRole):
        choices = ", ".join(role.replace("_", "-") for role in ContactRole)
        msg = f"--contact: {parts['role']}: no such role: write one of {choices}"
        raise RefusedError(msg)
    if "role" in parts:
        parts["role"] = code(parts["role"])
    try:
        return Contact.model_validate(parts)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        msg = f"--contact: {wrong['loc'][0]}: {_wrong(wrong)}: write ROLE=NAME <E-MAIL> PHONE"
        raise RefusedError(msg) from None
