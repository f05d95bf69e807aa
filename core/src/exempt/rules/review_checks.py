"""What a reviewer looks at before accepting a certificate, each point with what was found.

A machine never accepts: a check that cannot be made says so, and whoever
reviews makes it with their eyes. What the states ask comes from
`exempt.rules.objections`; what the document says from its `Reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from exempt.data import jurisdiction_name
from exempt.model.certificate import (
    Certificate,
    CertificateKind,
    ExemptionReason,
    RejectionCode,
    ReviewStatus,
)
from exempt.model.forms import FormKind, canonical_number
from exempt.model.paper import FieldName
from exempt.rules.comparing import Agreement
from exempt.rules.objections import ObjectionCode, ObjectionSeverity
from exempt.rules.review_case import (
    Case,
    Check,
    CheckCode,
    Points,
    Verdict,
    fail,
    fine,
    unknown,
    warn,
)


def review_checks(case: Case) -> tuple[Check, ...]:
    """All checks of a certificate, always the same ones in the same order."""
    return tuple(_check(case, *each) for each in _CHECKS)


def suggested(checks: Sequence[Check]) -> tuple[RejectionCode, ...]:
    """The reasons for a rejection that failed checks suggest, each once."""
    found = (check.rejection for check in checks if check.verdict is Verdict.FAIL)
    return tuple(dict.fromkeys(code for code in found if code))


def _check(
    case: Case,
    code: CheckCode,
    title: str,
    look: Callable[[Case], Points],
    rejection: RejectionCode | None,
) -> Check:
    points = list(look(case)) or [unknown(_look(case))]
    verdict = next(each for each in _WORST_FIRST if any(p.verdict is each for p in points))
    in_order = verdict is Verdict.PASS
    said = [p.sentence for p in points if (p.verdict is Verdict.PASS) == in_order]
    if code is CheckCode.DATES and any("expired" in p.sentence for p in points):
        rejection = RejectionCode.EXPIRED
    return Check(code, verdict, title, tuple(dict.fromkeys(said)), rejection)


_WORST_FIRST = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS)


_NO_DOCUMENT = "There is no document."


def _look(case: Case) -> str:
    """What is said where nothing was read."""
    there_is_one = bool(case.certificate.files)
    return "Nothing was read there: look at the document." if there_is_one else _NO_DOCUMENT


def _ended(sentence: str) -> str:
    """*sentence* with a full stop, of which Inc. has one already."""
    return sentence if sentence.endswith(".") else f"{sentence}."


def _document(case: Case) -> Points:
    if not case.certificate.files:
        yield fail(_NO_DOCUMENT)
        return
    pages = sum(paper.pages for paper in case.papers if paper)
    known = f"{pages} page{'' if pages == 1 else 's'}"
    if None in case.papers:
        yield unknown("A file cannot be shown here: open it.")
    elif not case.was_read:
        unread = None in case.readings
        yield unknown(f"{known}; {'not read yet' if unread else 'nothing could be read'}.")
    else:
        yield fine(f"{known}, read{_title(case)}.")
    if removed := sorted({each for paper in case.papers if paper for each in paper.removed}):
        yield warn(f"Taken out of what is shown: {', '.join(removed)}. The original is kept.")


def _title(case: Case) -> str:
    titles = (reading.form_title for reading in case.readings if reading)
    title = next(filter(None, titles), "")
    return f" as {title}" if title else ""


def _name_of(name: FieldName, who: str) -> Callable[[Case], Points]:
    def look(case: Case) -> Points:
        for each in case.of(name):
            read = each.read.found.value if each.read else ""
            if each.agreement is Agreement.NOT_READ:
                yield unknown(_ended(f"{_look(case)} It should name {each.entered or who}"))
            elif each.agreement is Agreement.SAME:
                yield fine(read)
            elif each.agreement is Agreement.SIMILAR:
                yield warn(f"It names {read}; the {who} is {each.entered}: see that they are one.")
            else:
                yield fail(_ended(f"It names {read}; the {who} is {each.entered}"))

    return look


def _states(case: Case) -> Points:
    found = case.of(FieldName.JURISDICTION)

    def named(agreement: Agreement) -> str:
        places = (each.jurisdiction or "" for each in found if each.agreement is agreement)
        return ", ".join(map(jurisdiction_name, places))

    if places := named(Agreement.SAME):
        yield fine(f"{places}.")
    if places := named(Agreement.NOT_READ):
        yield unknown(f"{places}: {_look(case)[:1].lower()}{_look(case)[1:]}")
    if places := named(Agreement.ONLY_READ):
        yield warn(f"On the document, and not entered: {places}.")
    if places := named(Agreement.DIFFERENT):
        yield fail(f"Entered, and not on the document: {places}.")


_FORM_CODES = {
    ObjectionCode.FORM_NOT_ACCEPTED,
    ObjectionCode.FORM_CONDITION,
    ObjectionCode.NOT_RESEARCHED,
    ObjectionCode.NOT_NEEDED,
}
_FORMS = {
    FormKind.SINGLE_STATE: "a form of one state",
    FormKind.SST: "the Streamlined Sales Tax form",
    FormKind.MTC: "the multijurisdiction form",
}


def _form(case: Case) -> Points:
    entered = case.certificate.form_kind
    for reading in case.readings:
        if reading and reading.form_kind and reading.form_kind is not entered:
            looks = reading.form_title or _FORMS[reading.form_kind]
            yield warn(f"It looks like {looks}, and was entered as {_FORMS[entered]}.")
    yield from _objected(case, _FORM_CODES, f"Taken: {_FORMS[entered]}.")


_NUMBER_CODES = {
    ObjectionCode.NUMBER_MISSING,
    ObjectionCode.NUMBER_FORMAT,
    ObjectionCode.NUMBER_YEAR,
    ObjectionCode.OTHER_IDENTIFICATION,
    ObjectionCode.HOME_STATE_NUMBER_REFUSED,
    ObjectionCode.HOME_STATE_NUMBER_CONDITION,
}


def _number(case: Case) -> Points:
    yield from _different(case, FieldName.NUMBER, str)
    numbers = filter(None, (one.exemption_number for one in case.certificate.jurisdictions))
    given = ", ".join(dict.fromkeys(numbers))
    said = f"{given}: as the state writes it." if given else "None is given, and none is asked for."
    yield from _objected(case, _NUMBER_CODES, said)


def _reason(case: Case) -> Points:
    yield from _different(case, FieldName.EXEMPTION_REASON, _spoken)
    ours = {one.reason for one in case.certificate.jurisdictions}
    if case.asked and not ours <= set(case.asked):
        yield warn(f"It was asked for as {', '.join(map(_spoken, case.asked))}.")
    for one in case.certificate.jurisdictions:
        before = _reasons_before(case, one.jurisdiction)
        if before and one.reason not in before:
            said = ", ".join(map(_spoken, sorted(before)))
            yield warn(f"{jurisdiction_name(one.jurisdiction)}: accepted before as {said}.")
    yield fine(f"{', '.join(map(_spoken, sorted(ours))).capitalize()}.")


def _reasons_before(case: Case, place: str) -> set[ExemptionReason]:
    return {
        one.reason
        for other in case.others
        if other.review_status is ReviewStatus.ACCEPTED
        for one in other.jurisdictions
        if one.jurisdiction == place
    }


_DATE_CODES = {
    ObjectionCode.PRINTED_END_MISSING,
    ObjectionCode.END_MISSING,
    ObjectionCode.ENDS_TOO_LATE,
    ObjectionCode.ENDS_LATER_THAN_USUAL,
    ObjectionCode.EXPIRED,
    ObjectionCode.REVIEW_DUE,
}


def _dates(case: Case) -> Points:
    certificate = case.certificate
    if certificate.signed_date > case.on:
        yield fail(f"It is signed on {certificate.signed_date}, a day that is still to come.")
    for name in (FieldName.EFFECTIVE_DATE, FieldName.EXPIRATION_DATE, FieldName.SIGNED_DATE):
        yield from _different(case, name, str)
    starts = {certificate.effective_on(one) for one in certificate.jurisdictions}
    later = f"It is applied from {max(starts)} on." if max(starts) > case.on else ""
    yield from _objected(case, _DATE_CODES, later or "In order, and within what the state allows.")


def _kind(case: Case) -> Points:
    certificate = case.certificate
    single = certificate.kind is CertificateKind.SINGLE_USE
    if single and not certificate.order_numbers:
        yield fail("It is for a single sale, but names no order.")
    for each in case.of(FieldName.SINGLE_PURCHASE):
        if each.read and each.agreement is Agreement.DIFFERENT:
            on_paper = "a single purchase" if each.read.found.value == "yes" else "many sales"
            yield warn(f"The document is for {on_paper}.")
    said = f"For {'one sale: ' if single else 'many sales'}{', '.join(certificate.order_numbers)}."
    yield from _objected(case, {ObjectionCode.BLANKET_NOT_ALLOWED}, said)


def _signature(case: Case) -> Points:
    signed = case.signature
    if signed is not None:
        title = f", {signed.title}" if signed.title else ""
        yield fine(f"Signed on-line by {signed.name}{title} on {signed.signed_at.date()}.")
    elif seen := case.seen(FieldName.SIGNED_BY):
        yield fine(f"Found: {seen}.")
    elif any(reading and reading.form for reading in case.readings):
        yield warn("None was found where the form has it: look at the document.")
    else:
        yield unknown("Look at the document." if case.certificate.files else _NO_DOCUMENT)


def _duplicate(case: Case) -> Points:
    for other in case.others:
        if other.review_status is not ReviewStatus.REJECTED and other.archived_date is None:
            yield from _like(case.certificate, other)
    yield fine("None on file says the same.")


def _like(certificate: Certificate, other: Certificate) -> Points:
    """Whether one that is on file is the same document, or says the same."""
    if {each.sha256 for each in certificate.files} & {each.sha256 for each in other.files}:
        yield warn(f"Certificate {other.id} has the same file.")
    elif not _said(certificate).isdisjoint(_said(other)):
        waits = "waits for review, too, and " if other.review_status is _PENDING else ""
        yield warn(f"Certificate {other.id} {waits}says the same.")


_PENDING = ReviewStatus.PENDING


def _said(certificate: Certificate) -> set[tuple[object, ...]]:
    """What a certificate says of each state."""
    return {
        (
            one.jurisdiction,
            canonical_number(one.exemption_number or ""),
            certificate.effective_on(one),
            one.expiration_date,
            *certificate.order_numbers,
        )
        for one in certificate.jurisdictions
    }


def _objected(case: Case, codes: set[ObjectionCode], otherwise: str) -> Points:
    """What the states have against it of these kinds; *otherwise* where that is nothing."""
    found = False
    several = len(case.certificate.jurisdictions) > 1
    for place, objections in case.objections.items():
        for each in objections:
            if each.code not in codes:
                continue
            found = True
            named = not several or jurisdiction_name(place) in each.sentence
            name = "" if named else f"{jurisdiction_name(place)}: "
            refuses = each.severity is ObjectionSeverity.REFUSE
            point = fail if refuses else warn
            if each.code is ObjectionCode.NOT_RESEARCHED:
                point = unknown
            yield point(f"{name}{each.sentence}")
    if not found:
        yield fine(otherwise)


def _different(case: Case, name: FieldName, spoken: Callable[[str], str]) -> Points:
    """Where the document says something else than what was entered."""
    for each in case.of(name):
        if each.disagrees and each.read:
            several = len(case.certificate.jurisdictions) > 1 and each.jurisdiction
            title = TITLES[name]
            if several:
                title = f"{jurisdiction_name(each.jurisdiction or '')}, {title.lower()}"
            entered = spoken(each.entered) if each.entered else "nothing"
            read = spoken(each.read.found.value)
            yield warn(f"{title}: the document says {read}, entered is {entered}.")


def _spoken(code: str) -> str:
    return code.replace("_", " ")


TITLES: Mapping[FieldName, str] = {
    FieldName.JURISDICTION: "State",
    FieldName.BUYER_NAME: "Buyer",
    FieldName.SELLER_NAME: "Seller",
    FieldName.NUMBER: "Number",
    FieldName.EXEMPTION_REASON: "Reason",
    FieldName.EFFECTIVE_DATE: "Effective",
    FieldName.EXPIRATION_DATE: "Expires",
    FieldName.SIGNED_DATE: "Signed",
    FieldName.SIGNED_BY: "Signed by",
    FieldName.SINGLE_PURCHASE: "For one purchase",
}
"""What a field is called for people."""

_CHECKS: tuple[
    tuple[CheckCode, str, Callable[[Case], Points], RejectionCode | None],
    ...,
] = (
    (CheckCode.DOCUMENT, "The document can be read", _document, RejectionCode.INCOMPLETE),
    (
        CheckCode.BUYER_NAME,
        "It names this customer",
        _name_of(FieldName.BUYER_NAME, "customer"),
        RejectionCode.WRONG_BUYER,
    ),
    (
        CheckCode.SELLER_NAME,
        "It names us as the seller",
        _name_of(FieldName.SELLER_NAME, "seller"),
        RejectionCode.WRONG_SELLER,
    ),
    (CheckCode.STATES, "The states are those on it", _states, RejectionCode.WRONG_STATE),
    (CheckCode.FORM, "The state takes this form", _form, RejectionCode.WRONG_FORM),
    (CheckCode.NUMBER, "The number is one of the state", _number, RejectionCode.NUMBER_INVALID),
    (CheckCode.REASON, "The reason fits", _reason, RejectionCode.REASON_NOT_ACCEPTED),
    (CheckCode.DATES, "The dates are right", _dates, RejectionCode.INCOMPLETE),
    (CheckCode.KIND, "It may serve for many sales", _kind, RejectionCode.WRONG_FORM),
    (CheckCode.SIGNATURE, "It is signed", _signature, RejectionCode.NOT_SIGNED),
    (CheckCode.DUPLICATE, "It is not on file already", _duplicate, None),
)
