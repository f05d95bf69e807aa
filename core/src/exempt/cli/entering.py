"""Certificates entered and edited on the command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exempt.cli.output import one_line, print_json, say, say_below, short
from exempt.cli.register import decided_anew, say_closed_otherwise, say_objections, told
from exempt.cli.typed import details_of, jurisdiction, keys_and_values, read
from exempt.errors import RefusedError
from exempt.model.certificate import Certificate, CertificateDetails, ReviewStatus
from exempt.model.forms import IdentificationType
from exempt.rules import claims
from exempt.rules.history import FieldChange, changes_between
from exempt.services import certificates
from exempt.services.cards import read_custom
from exempt.services.certificates import Act, Scans
from exempt.services.rows import CustomerRow
from exempt.services.sheet import field_title, value_text
from exempt.wiring import Exempt

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Given:
    """What the options of a command said; None = nothing.

    Attributes:
        whole: Of the certificate as a whole.
        each: Of each of its states, or of those that ``within`` names.
        states: ``TX`` or ``TX=NUMBER``.
    """

    whole: Fields
    each: Fields
    states: Sequence[str]
    drop_states: Sequence[str] = ()
    within: Sequence[str] = ()
    add_customers: Sequence[str] = ()
    drop_customers: Sequence[str] = ()
    custom: Sequence[str] = ()

    def __bool__(self) -> bool:
        said = [*self.whole.values(), *self.each.values()]
        lists = (
            self.states,
            self.drop_states,
            self.add_customers,
            self.drop_customers,
            self.custom,
        )
        return any(value is not None for value in said) or any(lists)

    @property
    def fields(self) -> dict[str, Any]:
        """Of the whole, as the record takes them."""
        return dict(read(self.whole))

    @property
    def fields_of_each(self) -> dict[str, Any]:
        """Of each state, as the record takes them."""
        return dict(read(self.each))

    @property
    def numbers(self) -> dict[str, str | None]:
        """The states by their codes, with the number given for each; None = none was."""
        found: dict[str, str | None] = {}
        for text in self.states:
            name, equals, number = text.partition("=")
            place = jurisdiction(name, f"--state {name}")
            if place in found:
                msg = f"--state {name}: is named twice: name each state once"
                raise RefusedError(msg)
            found[place] = number.strip() if equals else None
        return found


# --- add ---------------------------------------------------------------------------------


def add(
    exempt: Exempt,
    act: Act,
    customers: Sequence[str],
    given: Given,
    files: Sequence[Path],
    *,
    pending: bool,
    anyway: bool,
    as_json: bool,
) -> None:
    """``exempt certificates add``."""
    numbers, of_each = given.numbers, given.fields_of_each
    fields = {
        **given.fields,
        "customer_ids": [0],  # they are looked up when all else is right
        "custom": _custom(exempt, given, {}),
        "jurisdictions": [
            {**_numbered(of_each, number), "jurisdiction": place}
            for place, number in numbers.items()
        ],
    }
    details = details_of(fields, "certificate")
    found = {one.id: one for one in map(exempt.customer, customers)}
    details = details.model_copy(update={"customer_ids": tuple(found)})
    done = certificates.add(
        exempt.store,
        details,
        act,
        review_status=ReviewStatus.PENDING if pending else ReviewStatus.ACCEPTED,
        scans=Scans(exempt.documents, files),
        fill_ends="expiration_date" not in of_each,
        anyway=anyway,
    )
    filled = _filled(details, done.certificate, act)
    if as_json:
        print_json({**told(exempt, act, done), "filled_in": filled})
        return
    names = ", ".join(one_line(c.name) for c in found.values())
    waits = " and waits for review" if pending else ""
    entered = f"Certificate {done.certificate.id} of {names} entered{waits}"
    say(f"{entered}; {decided_anew(done)}.", "green")
    for sentence in filled.values():
        say_below(f"{sentence}.")
    say_objections(act, done.certificate)
    say_closed_otherwise(exempt, act, done.certificate)


def _custom(exempt: Exempt, given: Given, before: Mapping[str, str]) -> dict[str, str]:
    defined = exempt.settings.file.custom_fields.certificates
    return read_custom(defined, keys_and_values(given.custom, "--set"), before)


def _numbered(fields: Fields, number: str | None) -> dict[str, Any]:
    """*fields* with the number; a state's own unless another kind was said."""
    if number is None:
        return dict(fields)
    if not number:
        return {**fields, "exemption_number": None}
    kind = fields.get("identification_type") or IdentificationType.STATE_TAX_ID
    return {**fields, "exemption_number": number, "identification_type": kind}


def _filled(details: CertificateDetails, entered: Certificate, act: Act) -> dict[str, str]:
    """Why those ends were filled in that were left out, by state."""
    policy = act.policy
    why = claims.proposals(details, policy.pack, policy.review_after_years)
    given = {one.jurisdiction: one.expiration_date for one in details.jurisdictions}
    return {
        one.jurisdiction: f"{why[one.jurisdiction].why.rstrip('.')}: expires {one.expiration_date}"
        for one in entered.jurisdictions
        if one.expiration_date and given[one.jurisdiction] is None
    }


# --- edit --------------------------------------------------------------------------------


def edit(
    exempt: Exempt,
    act: Act,
    certificate_id: int,
    given: Given,
    version: int | None,
    *,
    anyway: bool,
    as_json: bool,
) -> None:
    """``exempt certificates edit``."""
    if not given:
        msg = (
            f"certificate {certificate_id}: say what to change: see exempt certificates edit --help"
        )
        raise RefusedError(msg)
    with exempt.store.reading() as tx:
        before = certificates.get(tx, certificate_id)
    name = f"certificate {certificate_id}"
    fields = {
        **before.details.model_dump(),
        **given.fields,
        "custom": _custom(exempt, given, before.custom),
        "customer_ids": _customers(exempt, before, given),
        "jurisdictions": _jurisdictions(before, given),
    }
    details = details_of(fields, name)
    seen = before.version if version is None else version
    done = certificates.edit(exempt.store, certificate_id, details, act, seen=seen, anyway=anyway)
    changes = changes_between(before, done.certificate)
    if as_json:
        print_json({**told(exempt, act, done), "changes": [c._asdict() for c in changes]})
        return
    if not changes:
        say(f"Certificate {certificate_id} says so already: nothing changed.")
        return
    say(
        f"Certificate {certificate_id} is at version {done.certificate.version};"
        f" {decided_anew(done)}.",
        "green",
    )
    names = _names(exempt, before, done.certificate)
    for change in changes:
        say_below(_in_words(change, names))
    say_objections(act, done.certificate)
    say_closed_otherwise(exempt, act, done.certificate)


def _in_words(change: FieldChange, names: Mapping[str, str]) -> str:
    if "." not in change.field and change.field.startswith("US-"):
        return f"{short(change.field)} {'added' if change.new else 'dropped'}"
    old, new = (value_text(change.field, each) for each in (change.old, change.new))
    if change.field == "customer_ids":
        old, new = (", ".join(names[each] for each in ids.split(", ")) for ids in (old, new))
    return f"{field_title(change.field)}: {old} → {new}"


def _names(exempt: Exempt, *certificates: Certificate) -> dict[str, str]:
    """What customers are called, by ``id:12``."""
    ids = {f"id:{each}" for one in certificates for each in one.customer_ids}
    return {words: one_line(exempt.customer(words).name) for words in sorted(ids)}


def _customers(exempt: Exempt, before: Certificate, given: Given) -> list[int]:
    ids = dict.fromkeys(before.customer_ids)
    for words in given.drop_customers:
        one: CustomerRow = exempt.customer(words)
        if one.id not in ids:
            msg = f"--drop-customer {words}: it is not a certificate of theirs"
            raise RefusedError(msg)
        del ids[one.id]
    ids |= dict.fromkeys(exempt.customer(words).id for words in given.add_customers)
    if not ids:
        msg = "--drop-customer: a certificate has at least one customer: archive it instead"
        raise RefusedError(msg)
    return list(ids)


def _jurisdictions(before: Certificate, given: Given) -> list[dict[str, Any]]:
    """What the certificate shall say of each state."""
    found = {one.jurisdiction: one.model_dump() for one in before.jurisdictions}
    for text in given.drop_states:
        place = _covered(found, text, "--drop-state")
        del found[place]
    numbers, of_each = given.numbers, given.fields_of_each
    reasons = {one.exemption_reason for one in before.jurisdictions}
    for place in numbers:
        if place not in found and "exemption_reason" not in of_each and len(reasons) > 1:
            msg = f"--state {short(place)}: say --reason, as its states have several"
            raise RefusedError(msg)
        found.setdefault(place, {"jurisdiction": place, "exemption_reason": min(reasons)})
    if not found:
        msg = "--drop-state: a certificate covers at least one state: archive it instead"
        raise RefusedError(msg)
    within = {_covered(found, text, "--in") for text in given.within} or set(found)
    followed = _that_follow_the_signature(before) if given.whole.get("signed_date") else set()
    for place, fields in found.items():
        if place in followed:
            fields["effective_date"] = None
        if place in within:
            fields.update(of_each)
        if (number := numbers.get(place)) is not None:
            fields.update(_numbered(fields, number))
    return list(found.values())


def _covered(places: Collection[str], text: str, option: str) -> str:
    place = jurisdiction(text, f"{option} {text}")
    if place not in places:
        msg = f"{option} {text}: the certificate does not cover it: add it with --state {text}"
        raise RefusedError(msg)
    return place


def _that_follow_the_signature(before: Certificate) -> set[str]:
    """The states in which it took effect on the day it was signed, and goes on to."""
    return {
        one.jurisdiction
        for one in before.jurisdictions
        if before.effective_on(one) == before.signed_date
    }
