"""What differs between two states of a certificate or a customer, field by field, for a history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from exempt.model.certificate import CertificateDetails, JurisdictionDetails
from exempt.model.customer import Contact, CustomerDetails


class FieldChange(NamedTuple):
    """One field: what stood there, and what stands there now; None = nothing."""

    field: str
    old: str | None
    new: str | None


def changes_between(
    before: CertificateDetails | None, after: CertificateDetails
) -> tuple[FieldChange, ...]:
    """Every field in which the two differ; *before* is None for a new certificate."""
    old = dict(_fields(before)) if before else {}
    new = dict(_fields(after))
    names = dict.fromkeys([*new, *old])
    return tuple(
        FieldChange(name, old.get(name), new.get(name))
        for name in names
        if old.get(name) != new.get(name)
    )


def card_changes(before: CustomerDetails | None, after: CustomerDetails) -> tuple[FieldChange, ...]:
    """Every field in which two states of a customer's card differ.

    *before* is None for a new card, of which only what it says is listed.
    """
    old = dict(_card_fields(before)) if before else {}
    new = {name: text for name, text in _card_fields(after) if before or text != "no"}
    return tuple(
        FieldChange(name, old.get(name), new.get(name))
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    )


def _card_fields(details: CustomerDetails) -> Iterator[tuple[str, str | None]]:
    for name in CustomerDetails.model_fields:
        value = getattr(details, name)
        if name == "custom":
            yield from ((f"custom.{key}", text) for key, text in value.items())
        elif name == "contacts":
            yield name, "; ".join(map(_contact, value)) or None
        else:
            yield name, _text(value)


def _contact(contact: Contact) -> str:
    said = (contact.name, contact.role.value, contact.email, contact.phone)
    return ", ".join(filter(None, said))


def _fields(details: CertificateDetails) -> Iterator[tuple[str, str | None]]:
    for name in CertificateDetails.model_fields:
        if name == "custom":
            yield from ((f"custom.{key}", text) for key, text in details.custom.items())
        elif name != "jurisdictions":
            yield name, _text(getattr(details, name))
    for one in details.jurisdictions:
        yield one.jurisdiction, "covered"
        for name in JurisdictionDetails.model_fields:
            if name not in {"jurisdiction", "held_through"}:
                value = getattr(one, name)
                if name == "effective_date":
                    value = details.effective_on(one)
                yield f"{one.jurisdiction}.{name}", _text(value)


def _text(value: Any) -> str | None:
    """*value* as a history keeps it; nothing, however it is written, is None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(f'"{each}"' if "," in str(each) else str(each) for each in value) or None
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return None if value is None or value == "" else str(value)


FIELD_TITLES: Mapping[str, str] = {
    "customer_ids": "customers",
    "number": "number",
    "kind": "kind",
    "order_numbers": "orders it is bound to",
    "form_kind": "form",
    "signed_date": "signed",
    "apply_tax": "apply tax",
    "exempt_percentage": "exempt percentage",
    "notes": "notes",
    "custom": "own fields",
    "exemption_number": "number there",
    "identification_type": "kind of number",
    "issued_by": "number given by",
    "exemption_reason": "claimed reason",
    "validated_reason": "validated reason",
    "verified_date": "checked with the state",
    "effective_date": "effective",
    "expiration_date": "expires",
    "review_status": "review",
    "archived_date": "archived",
    "file": "file",
    "rejections": "reasons for rejection",
}
"""What a field is called for people; within a jurisdiction the part behind the dot."""
