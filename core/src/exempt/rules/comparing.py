"""A certificate as it was entered, held against what was read in its documents, field by field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from exempt.model.certificate import CertificateDetails, CertificateKind, JurisdictionDetails
from exempt.model.forms import canonical_number
from exempt.model.paper import FieldName, Found, Reading
from exempt.model.requesting import Answers
from exempt.rules.names import Alike, alike


class Agreement(StrEnum):
    """How what was entered and what was read compare.

    =========  =====================================================================
    same       both say it
    similar    two names that may well be one
    different  they contradict each other
    only_read  it stands on the document, and was not entered
    not_read   nobody read it on the document
    =========  =====================================================================
    """

    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"
    ONLY_READ = "only_read"
    NOT_READ = "not_read"


class InFile(NamedTuple):
    """A value that was read, and in which of the certificate's files, the first being 0."""

    file: int
    found: Found


class Compared(NamedTuple):
    """One field.

    Attributes:
        jurisdiction: Whose; None = the whole certificate's.
        entered: What the certificate says, canonical as in `Found`; None = nothing.
        answered: What the customer filled in, where staff changed it since.
        read: What stands on the document.
    """

    field: FieldName
    jurisdiction: str | None
    entered: str | None
    answered: str | None
    read: InFile | None
    agreement: Agreement

    @property
    def disagrees(self) -> bool:
        """Whether a person must look at it."""
        return self.agreement in {Agreement.DIFFERENT, Agreement.ONLY_READ}


class Names(NamedTuple):
    """Who buys and who sells, each under all the names that would be right."""

    buyers: Sequence[str]
    sellers: Sequence[str]


def compare(
    details: CertificateDetails,
    readings: Sequence[Reading | None],
    names: Names,
    answers: Answers | None = None,
) -> tuple[Compared, ...]:
    """Every field that a document may show, in the order in which people look at them.

    Args:
        details: The certificate as it stands.
        readings: What was read in each of its files; None = nothing yet.
        names: The names that the document should have.
        answers: What the customer filled in.
    """
    seen = [
        InFile(number, found)
        for number, reading in enumerate(readings)
        for found in (reading.found if reading else ())
    ]
    return tuple(_compared(_Side(details, answers), seen, names))


class _Side(NamedTuple):
    """What was entered: the certificate, and the customer's answers."""

    details: CertificateDetails
    answers: Answers | None

    def answered(self, field: FieldName, place: str | None, entered: str | None) -> str | None:
        """What the customer filled in, where it is something else."""
        if self.answers is None:
            return None
        said = _answer(self.answers, field, place)
        return said if said and said != entered else None


def _compared(side: _Side, seen: Sequence[InFile], names: Names) -> Iterator[Compared]:
    yield _name(FieldName.BUYER_NAME, names.buyers, seen)
    yield _name(FieldName.SELLER_NAME, names.sellers, seen)
    yield from _places(side, seen)
    for one in side.details.jurisdictions:
        yield from _of_a_place(side, one, seen)
    yield _one(side, FieldName.SIGNED_DATE, None, _text(side.details.signed_date), seen)
    single = side.details.kind is CertificateKind.SINGLE_USE
    yield _one(side, FieldName.SINGLE_PURCHASE, None, "yes" if single else "no", seen)


def _name(field: FieldName, right: Sequence[str], seen: Sequence[InFile]) -> Compared:
    """The name on the document, beside the one that is most like it."""
    read = _surest(_all(field, seen))
    first = right[0] if right else None
    if read is None or not right:
        return Compared(field, None, first, None, read, Agreement.NOT_READ)
    found = {name: alike(name, read.found.value) for name in right}
    closest = min(found, key=lambda name: _CLOSEST.index(found[name]))
    return Compared(field, None, closest, None, read, _AGREE[found[closest]])


_AGREE = {
    Alike.SAME: Agreement.SAME,
    Alike.SIMILAR: Agreement.SIMILAR,
    Alike.DIFFERENT: Agreement.DIFFERENT,
}
_CLOSEST = tuple(_AGREE)


def _places(side: _Side, seen: Sequence[InFile]) -> Iterator[Compared]:
    """The states: those that were entered, then those that stand on the document only."""
    field = FieldName.JURISDICTION
    read = {each.found.value: each for each in reversed(_all(field, seen))}
    entered = [one.jurisdiction for one in side.details.jurisdictions]
    left_over = [each for each in reversed(read.values()) if each.found.value not in entered]
    for place in entered:
        if place in read:
            yield Compared(field, place, place, None, read[place], Agreement.SAME)
        elif left_over and not read.keys() & set(entered):
            yield Compared(field, place, place, None, left_over[0], Agreement.DIFFERENT)
        else:
            yield Compared(field, place, place, None, None, Agreement.NOT_READ)
    for each in left_over:
        yield Compared(field, each.found.value, None, None, each, Agreement.ONLY_READ)


def _of_a_place(
    side: _Side, one: JurisdictionDetails, seen: Sequence[InFile]
) -> Iterator[Compared]:
    place = one.jurisdiction
    effective = _text(side.details.effective_on(one))
    yield _one(side, FieldName.NUMBER, place, one.exemption_number, seen)
    yield _one(side, FieldName.EXEMPTION_REASON, place, one.reason.value, seen)
    yield _one(side, FieldName.EFFECTIVE_DATE, place, effective, seen)
    yield _one(side, FieldName.EXPIRATION_DATE, place, _text(one.expiration_date), seen)


def _one(
    side: _Side, field: FieldName, place: str | None, entered: str | None, seen: Sequence[InFile]
) -> Compared:
    """A field that says the same when one of the values that were read does."""
    answered = side.answered(field, place, entered)
    found = [each for each in _all(field, seen) if each.found.jurisdiction in {None, place}]
    of_it = [each for each in found if each.found.jurisdiction] or found
    fits = [each for each in of_it if _equal(field, each.found.value, entered)]
    if fits:
        return Compared(field, place, entered, answered, _surest(fits), Agreement.SAME)
    read = _surest(of_it)
    if read is None:
        return Compared(field, place, entered, answered, None, Agreement.NOT_READ)
    agreement = Agreement.ONLY_READ if entered is None else Agreement.DIFFERENT
    return Compared(field, place, entered, answered, read, agreement)


def _equal(field: FieldName, read: str, entered: str | None) -> bool:
    if entered is None:
        return False
    if field is FieldName.NUMBER:
        return canonical_number(read) == canonical_number(entered)
    return read == entered


def _all(field: FieldName, seen: Sequence[InFile]) -> list[InFile]:
    return [each for each in seen if each.found.field is field]


def _surest(found: Sequence[InFile]) -> InFile | None:
    return max(found, key=lambda each: each.found.confidence, default=None)


def _answer(answers: Answers, field: FieldName, place: str | None) -> str | None:
    """What a customer filled in, as text."""
    match field:
        case FieldName.NUMBER:
            return answers.number_in(place or "")
        case FieldName.EXEMPTION_REASON:
            return answers.exemption_reason
        case FieldName.EFFECTIVE_DATE:
            return _text(answers.effective_date)
        case FieldName.EXPIRATION_DATE:
            return _text(answers.expiration_date)
        case FieldName.SIGNED_DATE:
            return _text(answers.signed_date)
        case _:
            return "yes" if answers.single_use else "no"


def _text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
