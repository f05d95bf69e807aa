"""The form of a certificate: as it stands, as it was typed, and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from starlette.datastructures import FormData

from exempt.data import jurisdictions
from exempt.errors import RefusedError
from exempt.model.certificate import Certificate, CertificateDetails
from exempt.model.custom import CustomField
from exempt.model.forms import IdentificationType
from exempt.services.cards import read_custom
from exempt.web.console.review_form import FieldsError, mistakes, typed

OF_A_STATE = (
    *("exemption_number", "identification_type", "issued_by", "exemption_reason"),
    *("validated_reason", "verified_date", "effective_date", "expiration_date", "notes"),
)
OF_THE_WHOLE = ("number", "form_kind", "kind", "signed_date", "exempt_percentage", "notes")
ALL = "all"
"""Stands for a state in the names of fields that are typed once for all of them."""

STATE, DROPPED, CUSTOM = "state", "drop", "custom-"


class Typed(NamedTuple):
    """What stands in a form.

    Attributes:
        values: By the names of fields; those of a state begin with its code.
        places: The states that it has.
        dropped: Those of them that are to be left out.
    """

    values: Mapping[str, str]
    places: Sequence[str]
    dropped: Sequence[str] = ()


def typed_of(certificate: Certificate) -> Typed:
    """The form as the certificate has it."""
    values = {
        "number": certificate.number or "",
        "form_kind": certificate.form_kind.value,
        "kind": certificate.kind.value,
        "order_numbers": ", ".join(certificate.order_numbers),
        "signed_date": certificate.signed_date.isoformat(),
        "exempt_percentage": f"{certificate.exempt_percentage.normalize():f}",
        "apply_tax": "yes" if certificate.apply_tax else "",
        "notes": certificate.notes,
    }
    values |= {CUSTOM + key: text for key, text in certificate.custom.items()}
    for one in certificate.jurisdictions:
        for name in OF_A_STATE:
            value = getattr(one, name)
            if name == "effective_date":
                value = certificate.effective_on(one)
            values[f"{one.jurisdiction}.{name}"] = "" if value is None else str(value)
    return Typed(values, [one.jurisdiction for one in certificate.jurisdictions])


def typed_in(form: FormData) -> Typed:
    """The form as it was typed; a state that is to be added is one of its states."""
    named = [str(each) for each in form.getlist(STATE)]
    places = [each for each in dict.fromkeys(named) if each in jurisdictions()]
    return Typed(typed(form), places, [str(each) for each in form.getlist(DROPPED)])


def details_from(
    given: Typed,
    customer_ids: Sequence[int],
    defined: Mapping[str, CustomField],
    before: Certificate | None = None,
) -> CertificateDetails:
    """What the certificate is to say; *defined* are the seller's own fields.

    Raises:
        FieldsError: Something that was typed is wrong.
    """
    values = given.values
    kept = [each for each in given.places if each not in given.dropped]
    places = [_state(each, values, new=before is None) for each in kept]
    numbers = (each.strip() for each in values.get("order_numbers", "").split(","))
    fields = {
        **{name: values.get(name) or None for name in OF_THE_WHOLE},
        "notes": values.get("notes", "").replace("\r\n", "\n"),
        "apply_tax": bool(values.get("apply_tax")),
        "order_numbers": tuple(each for each in numbers if each),
        "customer_ids": tuple(customer_ids),
        "jurisdictions": places,
    }
    wrong: dict[str, str] = {}
    custom = _custom(values, defined, before, wrong)
    try:
        details = CertificateDetails.model_validate({**fields, "custom": custom})
    except ValidationError as error:
        raise FieldsError(wrong | mistakes(error, places)) from None
    if wrong:
        raise FieldsError(wrong)
    return details


def _state(place: str, values: Mapping[str, str], *, new: bool) -> dict[str, Any]:
    """One state: what was typed for it, else what was typed for all."""
    fields: dict[str, Any] = {
        name: values.get(f"{place}.{name}") or values.get(f"{ALL}.{name}") or None
        for name in OF_A_STATE
    }
    fields["notes"] = (fields["notes"] or "").replace("\r\n", "\n")
    if fields["exemption_number"] is None:
        fields["identification_type"] = None
    elif new and fields["identification_type"] is None:
        fields["identification_type"] = IdentificationType.STATE_TAX_ID
    return {"jurisdiction": place, **fields}


def _custom(
    values: Mapping[str, str],
    defined: Mapping[str, CustomField],
    before: Certificate | None,
    wrong: dict[str, str],
) -> dict[str, str]:
    """The values of the seller's own fields; what is wrong with one is added to *wrong*."""
    kept = dict(before.custom) if before else {}
    for key in defined:
        text = values.get(CUSTOM + key)
        if text is None or text == kept.get(key, ""):
            continue
        try:
            kept = read_custom(defined, {key: text}, kept)
        except RefusedError as error:
            said = str(error).partition(": ")[2]
            wrong[CUSTOM + key] = f"{said[:1].upper()}{said[1:]}."
    return kept


def differing(given: Typed, now: Typed) -> dict[str, str]:
    """What stands there now, by the names of the fields in which something else was typed."""
    return {
        name: value or "nothing"
        for name, value in now.values.items()
        if name in given.values and given.values[name].replace("\r\n", "\n") != value
    }
