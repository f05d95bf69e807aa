"""Certificates: found, entered, changed, archived; their files, and which of them are valid."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body as JsonBody
from fastapi import Query

from exempt.errors import RefusedError
from exempt.model.access import Right
from exempt.model.certificate import Certificate as OnFile
from exempt.model.certificate import CertificateDetails, ReviewStatus
from exempt.model.decision import Facts
from exempt.rules.decision import choose, refusal
from exempt.rules.status import CertificateStatus
from exempt.services import cards, certificate_lists, certificates, scoped
from exempt.services.certificates import Done
from exempt.services.rows import CertificateFilter
from exempt.web.api.calls import Call, Called
from exempt.web.api.certificate_bodies import (
    EXAMPLE,
    Certificate,
    CertificateList,
    CertificateQuery,
    Change,
    ChangedCertificate,
    History,
    NewCertificate,
    OfCustomerQuery,
    ValidCertificate,
    ValidList,
    ValidQuery,
    all_shown,
    shown,
)
from exempt.web.api.operations import Id, Operations
from exempt.web.api.paging import Part, listed
from exempt.web.problems import Kind, Problem, Wrong, invalid

operations = Operations("Certificates", "What is on file, and whether it covers a sale.")

_IN_FORCE = (CertificateStatus.ACTIVE, CertificateStatus.EXPIRING_SOON)


@operations.get("/certificates", Right.READ, 404)
def list_certificates(call: Called, query: Annotated[CertificateQuery, Query()]) -> CertificateList:
    """List certificates."""
    with call.store.reading() as tx:
        keys = [query.company] if query.company else []
        filters = CertificateFilter(
            words=query.words,
            company_ids=scoped.company_ids(tx, keys, call.caller),
            customer_id=query.customer_id,
            jurisdiction=query.jurisdiction,
            reason=query.exemption_reason,
            statuses=query.status,
            expires_from=query.expires_from,
            expires_to=query.expires_to,
        )
    return _listed(call, query, filters, query.review_status)


def _listed(
    call: Call, part: Part, filters: CertificateFilter, review_status: ReviewStatus | None = None
) -> CertificateList:
    act, soon_days = call.act, call.site.expiring_soon_days
    wanted, on = part.wanted, act.at.date()
    with call.store.reading() as tx:
        ids = certificate_lists.following(
            tx, filters, wanted, on, soon_days, review_status=review_status
        )
        return CertificateList(
            **listed(call, part, ids, int, lambda ids: all_shown(tx, ids, act, soon_days))
        )


@operations.post("/certificates", Right.EDIT, status_code=201)
def create_certificate(
    call: Called,
    new: Annotated[NewCertificate, JsonBody(openapi_examples={"for resale": {"value": EXAMPLE}})],
) -> Certificate:
    """Enter a certificate; its files are added to it afterwards."""
    accepted = new.review_status is ReviewStatus.ACCEPTED
    if new.review_status is ReviewStatus.REJECTED:
        wrong = "a new certificate is pending or accepted"
        raise invalid([Wrong("pointer", "/review_status", wrong)])
    if accepted and not call.caller.may(Right.REVIEW):
        msg = "to enter a certificate as accepted, the key needs the right review, too"
        raise Problem(Kind.NOT_ALLOWED, msg)
    details = _details(call, new, {})
    done = certificates.add(
        call.store,
        details,
        call.act,
        review_status=new.review_status,
        source="api",
        fill_ends=new.fill_ends,
        anyway=new.anyway,
    )
    call.made(f"/certificates/{done.certificate.id}")
    return _answer(call, done.certificate)


def _details(call: Call, told: CertificateDetails, before: dict[str, str]) -> CertificateDetails:
    """What a certificate is to say; its customers are the caller's, its own fields are known.

    Raises:
        Problem: They are not.
    """
    with call.store.reading() as tx:
        known = {card.id: card for card in cards.find(tx, told.customer_ids)}
    wrong = [
        Wrong("pointer", f"/customer_ids/{place}", "there is no such customer")
        for place, each in enumerate(told.customer_ids)
        if each not in known or not call.caller.sees(known[each].company_id)
    ]
    if wrong:
        raise invalid(wrong)
    values = {name: getattr(told, name) for name in CertificateDetails.model_fields}
    as_it_is = {key: before[key] for key in told.custom if key in before}
    new = {key: text for key, text in told.custom.items() if as_it_is.get(key) != text}
    try:
        values["custom"] = cards.read_custom(call.site.certificate_fields, new, as_it_is)
    except RefusedError as error:
        raise invalid([Wrong("pointer", "/custom", str(error))]) from None
    held = [place for place, each in enumerate(told.jurisdictions) if each.held_through]
    if held:
        wrong_day = "is computed from sales: leave it out"
        raise invalid(
            [Wrong("pointer", f"/jurisdictions/{place}/held_through", wrong_day) for place in held]
        )
    return CertificateDetails(**values)


def _answer(call: Call, certificate: OnFile) -> Certificate:
    call.version(certificate.version)
    return shown(certificate, call.act, call.site.expiring_soon_days)


def _certificate(call: Call, certificate_id: int) -> OnFile:
    with call.store.reading() as tx:
        return scoped.certificate(tx, certificate_id, call.caller)


@operations.get("/certificates/{certificate_id}", Right.READ, 404)
def get_certificate(call: Called, certificate_id: Id) -> Certificate:
    """One certificate."""
    return _answer(call, _certificate(call, certificate_id))


@operations.put("/certificates/{certificate_id}", Right.EDIT)
def edit_certificate(
    call: Called,
    certificate_id: Id,
    told: Annotated[
        ChangedCertificate, JsonBody(openapi_examples={"for resale": {"value": EXAMPLE}})
    ],
) -> Certificate:
    """Put this in place of what a certificate says: all of it, or nothing.

    Open orders that it touches are decided anew.
    """
    before = _certificate(call, certificate_id)
    _check_may_review(call, before)
    details = _details(call, told, dict(before.custom))
    seen = call.seen()
    seen = before.version if seen is None else seen
    done = certificates.edit(
        call.store, certificate_id, details, call.act, seen=seen, anyway=told.anyway
    )
    return _answer(call, done.certificate)


def _check_may_review(call: Call, certificate: OnFile) -> None:
    """Whoever changes what covers orders accepts it as it is then.

    Raises:
        Problem: The key may not accept anything.
    """
    if certificate.review_status is ReviewStatus.ACCEPTED and not call.caller.may(Right.REVIEW):
        msg = "to change an accepted certificate, the key needs the right review, too"
        raise Problem(Kind.NOT_ALLOWED, msg)


@operations.post("/certificates/{certificate_id}/archive", Right.EDIT, 404, changes=True)
def archive_certificate(call: Called, certificate_id: Id) -> Certificate:
    """Archive a certificate: it covers no order of today or later."""
    return _answer(call, _archived(call, certificate_id, archived=True).certificate)


@operations.post("/certificates/{certificate_id}/unarchive", Right.EDIT, 404, changes=True)
def unarchive_certificate(call: Called, certificate_id: Id) -> Certificate:
    """Take that back."""
    return _answer(call, _archived(call, certificate_id, archived=False).certificate)


def _archived(call: Call, certificate_id: int, *, archived: bool) -> Done:
    before = _certificate(call, certificate_id)
    if not archived:
        _check_may_review(call, before)
    return certificates.archive(
        call.store, certificate_id, call.act, archived=archived, seen=call.seen()
    )


@operations.get("/certificates/{certificate_id}/history", Right.READ, 404)
def get_certificate_history(call: Called, certificate_id: Id) -> History:
    """Who changed what of a certificate, the oldest change first."""
    with call.store.reading() as tx:
        scoped.certificate(tx, certificate_id, call.caller)
        changes = certificates.changes(tx, certificate_id)
    return History(data=tuple(Change(**dict(each)) for each in changes))


# --- of one customer -------------------------------------------------------------------------


@operations.get("/customers/{customer_id}/certificates", Right.READ, 404)
def list_certificates_of_customer(
    call: Called, customer_id: Id, query: Annotated[OfCustomerQuery, Query()]
) -> CertificateList:
    """List the certificates that a customer holds itself: all, the active, or the others."""
    with call.store.reading() as tx:
        card = scoped.customer(tx, customer_id, call.caller)
    others = [status for status in CertificateStatus if status not in _IN_FORCE]
    statuses = () if query.active is None else _IN_FORCE if query.active else others
    filters = CertificateFilter(customer_id=card.id, statuses=statuses)
    return _listed(call, query, filters)


@operations.get("/customers/{customer_id}/certificates/valid", Right.READ, 404)
def list_valid_certificates(
    call: Called, customer_id: Id, query: Annotated[ValidQuery, Query()]
) -> ValidList:
    """List the certificates that an order of a customer may use in a state on a day.

    Those of its billing customer count, too; those that are bound to orders by
    their numbers do not.
    """
    region = query.region.strip().upper()
    place = region if region.startswith(f"{query.country}-") else f"{query.country}-{region}"
    on = query.date or call.act.at.date()
    facts = Facts(order_date=on, jurisdiction=place, country=query.country)
    with call.store.reading() as tx:
        card = scoped.customer(tx, customer_id, call.caller)
        held = cards.coverages(tx, card.id)
    valid = [one for one in held if refusal(one, facts, call.site.policy.profile) is None]
    first = choose(valid)
    valid.sort(key=lambda one: (one is not first, one.certificate_id))
    return ValidList(
        jurisdiction=place,
        date=on,
        data=tuple(
            ValidCertificate(
                certificate_id=one.certificate_id,
                certificate_number=one.certificate_number,
                customer_id=one.customer_id,
                jurisdiction=one.jurisdiction,
                exemption_reason=one.exemption_reason,
                exemption_number=one.exemption_number,
                exempt_percentage=one.exempt_percentage,
                effective_date=one.effective_date,
                last_date=one.last_date,
            )
            for one in valid
        ),
    )
