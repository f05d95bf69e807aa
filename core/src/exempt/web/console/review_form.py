"""The fields of a certificate under review: as they stand, as they were typed, and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from exempt.errors import RefusedError
from exempt.model.certificate import Certificate, CertificateDetails, JurisdictionDetails
from exempt.model.forms import IdentificationType

OF_A_STATE = (
    *("exemption_number", "identification_type", "issued_by", "reason"),
    *("effective_date", "expiration_date"),
)
OF_THE_WHOLE = ("number", "form_kind", "kind", "order_numbers", "signed_date", "notes")
STATES, DROPPED, ADDED = "state", "drop", "add_state"

Values = Mapping[str, str]


class FieldsError(RefusedError):
    """Something that was typed is wrong; ``fields`` has a sentence by the name of each."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("Something is not right yet: see the fields that are marked.")
        self.fields = dict(fields)


def values_of(certificate: Certificate) -> dict[str, str]:
    """The fields as the certificate has them."""
    found = {
        "number": certificate.number or "",
        "form_kind": certificate.form_kind.value,
        "kind": certificate.kind.value,
        "order_numbers": ", ".join(certificate.order_numbers),
        "signed_date": certificate.signed_date.isoformat(),
        "notes": certificate.notes,
    }
    for one in certificate.jurisdictions:
        for name in OF_A_STATE:
            value = getattr(one, name)
            if name == "effective_date":
                value = certificate.effective_on(one)
            found[f"{one.jurisdiction}.{name}"] = "" if value is None else str(value)
    return found


def typed(form: FormData) -> dict[str, str]:
    """The fields as they were typed."""
    return {name: value.strip() for name, value in form.multi_items() if isinstance(value, str)}


def details_from(form: FormData, certificate: Certificate) -> CertificateDetails | None:
    """What the certificate is to say; None = what it says already.

    Fields that the form does not have stay as they are.

    Raises:
        FieldsError: Something that was typed is wrong.
    """
    given = typed(form)
    dropped = {str(each) for each in form.getlist(DROPPED)}
    places = [_state(one, given) for one in certificate.jurisdictions]
    kept = [one for one in places if one["jurisdiction"] not in dropped]
    if added := given.get(ADDED):
        kept.append(_added(added, places[0]))
    whole = {name: given[name] or None for name in OF_THE_WHOLE if name in given}
    if "order_numbers" in whole:
        numbers = (each.strip() for each in (whole.pop("order_numbers") or "").split(","))
        whole |= {"order_numbers": tuple(each for each in numbers if each)}  # type: ignore[dict-item]
    if "notes" in whole:
        whole["notes"] = whole["notes"] or ""
    fields = {**certificate.details.model_dump(), **whole, "jurisdictions": kept}
    try:
        details = CertificateDetails.model_validate(fields)
    except ValidationError as error:
        raise FieldsError(mistakes(error, kept, {"validated_reason": "reason"})) from None
    return None if _same(details, certificate) else details


def _state(one: JurisdictionDetails, given: Values) -> dict[str, Any]:
    """One state, with what was typed for it."""
    fields = one.model_dump()
    for name in OF_A_STATE:
        text = given.get(f"{one.jurisdiction}.{name}")
        if text is None:
            continue
        if name == "reason":  # the claim stays as it is, beside what staff found
            fields["validated_reason"] = None if text == one.exemption_reason else text
        else:
            fields[name] = text or None
    if fields["exemption_number"] is None:
        fields["identification_type"] = None
    elif fields["identification_type"] is None:
        fields["identification_type"] = IdentificationType.STATE_TAX_ID
    return fields


def _added(place: str, like: Mapping[str, Any]) -> dict[str, Any]:
    """A state that was not entered, for the reason and from the day of the first one."""
    kept = {"exemption_reason", "validated_reason", "effective_date"}
    return {"jurisdiction": place, **{name: like[name] for name in kept}}


def _same(details: CertificateDetails, certificate: Certificate) -> bool:
    return _told(details) == _told(certificate)


def _told(details: CertificateDetails) -> dict[str, Any]:
    """What it says, with first days that follow from the day it was signed written out."""
    said = {name: getattr(details, name) for name in CertificateDetails.model_fields}
    said["jurisdictions"] = [
        one.model_copy(update={"effective_date": details.effective_on(one)})
        for one in details.jurisdictions
    ]
    return said


def mistakes(
    error: ValidationError,
    places: Sequence[Mapping[str, Any]],
    renamed: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """A sentence for each field that is wrong, by its name in the form; "" = for all of them.

    Args:
        error: What was found.
        places: What was said of each state.
        renamed: What fields of states are called in the form, where that is another name.
    """
    found: dict[str, str] = {}
    for each in error.errors(include_url=False):
        where = [str(part) for part in each["loc"]]
        name = where[0] if where else ""
        if name == "jurisdictions" and len(where) > 2:
            field = (renamed or {}).get(where[2], where[2])
            name = f"{places[int(where[1])]['jurisdiction']}.{field}"
        elif name == "jurisdictions":
            name = DROPPED
        found.setdefault(name, _sentence(each))
    return found


def _sentence(mistake: Any) -> str:
    if mistake["type"] == "too_short":
        return "Keep at least one state."
    if mistake["type"] == "enum":
        return "Choose one of the list."
    if mistake["input"] is None:
        return "This cannot be empty."
    said: str = mistake["msg"].removeprefix("Value error, ")
    return f"{said[:1].upper()}{said[1:]}."
