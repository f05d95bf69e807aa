"""Enter, edit, review and archive certificates; the open orders they touch are decided anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.certificate import (
    AttachedFile,
    Certificate,
    CertificateDetails,
    CertificateKind,
    Rejection,
    ReviewStatus,
)
from exempt.rules import claims
from exempt.rules.filekinds import SCANS
from exempt.rules.history import FieldChange, changes_between
from exempt.rules.objections import Objection
from exempt.services.decide import decide_stored, redecide
from exempt.services.files import Documents, keep
from exempt.services.owing import owe_customers
from exempt.services.policy import Policy
from exempt.services.ports import Store, Transaction
from exempt.services.recurrence import coverages_of, recount
from exempt.services.rows import Subject


class Scans(NamedTuple):
    """Files that come with a certificate, and where they are kept."""

    documents: Documents
    files: Sequence[Path]


class Act(NamedTuple):
    """Who does something to a certificate, when, and by which rules."""

    by: str
    at: dt.datetime
    policy: Policy


class Done(NamedTuple):
    """A certificate after something was done to it, and how many open orders that changed."""

    certificate: Certificate
    orders_changed: int


def objections(
    details: CertificateDetails, policy: Policy, on: dt.date
) -> dict[str, tuple[Objection, ...]]:
    """What the states' rules have against a certificate, by jurisdiction."""
    return claims.objections(details, policy.pack, on, policy.review_after_years)


def add(
    store: Store,
    details: CertificateDetails,
    act: Act,
    *,
    review_status: ReviewStatus = ReviewStatus.ACCEPTED,
    source: str = "staff",
    scans: Scans | None = None,
    fill_ends: bool = True,
    anyway: bool = False,
) -> Done:
    """Enter a certificate; ends that follow from the law alone are filled in.

    Args:
        store: Where it is kept.
        details: What it says.
        act: Who enters it.
        review_status: Pending, or accepted at once.
        source: How it came in.
        scans: Its files; none of it is entered when one of them cannot be kept.
        fill_ends: Whether ends are filled in that were left out.
        anyway: Accept it although a state's rule refuses it as it stands.

    Raises:
        RefusedError: A state's rule refuses it, its customers belong to several
            companies, or a file cannot be kept.
        NotFoundError: There is no such customer.
    """
    if fill_ends:
        details = claims.with_certain_ends(details, act.policy.pack, act.policy.review_after_years)
    if review_status is ReviewStatus.ACCEPTED and not anyway:
        _refuse("certificate", details, act)
    with store.writing() as tx:
        tx.alone(_one_company(tx, details))
        certificate_id = tx.certificates.add(
            details, review_status, act.at, by=act.by, source=source
        )
        changes = [
            *changes_between(None, details),
            FieldChange("review_status", None, review_status.value),
        ]
        tx.history.add(Subject.CERTIFICATE, certificate_id, changes, act.at, act.by)
        if scans:
            for file in scans.files:
                _attach(tx, certificate_id, scans.documents, file, act)
        entered = get(tx, certificate_id)
        return Done(entered, _follow_up(tx, [entered], act))


def edit(
    store: Store,
    certificate_id: int,
    details: CertificateDetails,
    act: Act,
    *,
    seen: int,
    anyway: bool = False,
) -> Done:
    """Put *details* in place of what a certificate says, all of it or nothing.

    *seen* is the version that whoever edits has looked at.

    Raises:
        ConflictError: Somebody changed it since.
        RefusedError: It is accepted, and a state's rule refuses what is changed.
        NotFoundError: There is no such certificate or customer.
    """
    with store.writing() as tx:
        before = get(tx, certificate_id)
        if before.review_status is ReviewStatus.ACCEPTED and not anyway:
            _refuse(f"certificate {certificate_id}", details, act, before)
        after = before.model_copy(
            update={name: getattr(details, name) for name in CertificateDetails.model_fields}
        )
        changes = changes_between(before, details)
        if set(details.customer_ids) - set(before.customer_ids) and seen == before.version:
            _one_company(tx, details)
        return _change(tx, _Edit(before, after, changes), act, seen)


def review(
    store: Store,
    certificate_id: int,
    act: Act,
    *,
    rejections: Sequence[Rejection] = (),
    seen: int | None = None,
    anyway: bool = False,
) -> Done:
    """Accept a certificate, or with *rejections* reject it.

    Raises:
        ConflictError: Somebody changed it since *seen*.
        RefusedError: It is so already, or a state's rule refuses it.
        NotFoundError: There is no such certificate.
    """
    status = ReviewStatus.REJECTED if rejections else ReviewStatus.ACCEPTED
    with store.writing() as tx:
        before = get(tx, certificate_id)
        if before.review_status is status and before.rejections == tuple(rejections):
            msg = f"certificate {certificate_id}: is {status} already"
            raise RefusedError(msg)
        if not rejections and not anyway:
            _refuse(f"certificate {certificate_id}", before, act)
        after = before.model_copy(update={"review_status": status, "rejections": tuple(rejections)})
        changes = [
            FieldChange("review_status", before.review_status.value, status.value),
            FieldChange("rejections", _said(before.rejections), _said(rejections)),
        ]
        return _change(tx, _Edit(before, after, changes), act, seen)


def archive(
    store: Store, certificate_id: int, act: Act, *, archived: bool = True, seen: int | None = None
) -> Done:
    """Archive a certificate: it covers no order of that day or later; or take it back.

    Raises:
        ConflictError: Somebody changed it since *seen*.
        RefusedError: It is so already.
        NotFoundError: There is no such certificate.
    """
    with store.writing() as tx:
        before = get(tx, certificate_id)
        if archived and before.archived_date:
            msg = f"certificate {certificate_id}: was archived on {before.archived_date} already"
            raise RefusedError(msg)
        if not archived and before.archived_date is None:
            msg = f"certificate {certificate_id}: is not archived"
            raise RefusedError(msg)
        on = act.at.date() if archived else None
        after = before.model_copy(update={"archived_date": on})
        changes = [FieldChange("archived_date", _text(before.archived_date), _text(on))]
        return _change(tx, _Edit(before, after, changes), act, seen)


def attach(
    store: Store,
    certificate_id: int,
    documents: Documents,
    file: Path,
    act: Act,
    *,
    seen: int | None = None,
) -> AttachedFile:
    """Keep a document of a certificate.

    Raises:
        ConflictError: Somebody changed it since *seen*.
        RefusedError: The file cannot be read, or is of a kind that is not kept.
        NotFoundError: There is no such certificate.
    """
    with store.writing() as tx:
        before = get(tx, certificate_id)
        if seen is not None and seen != before.version:
            raise _conflict(tx, before.id, seen)
        return _attach(tx, certificate_id, documents, file, act)


def _one_company(tx: Transaction, details: CertificateDetails) -> set[int]:
    for card in tx.cards.find(details.customer_ids):
        if card.gone:
            stands = f": id:{card.merged_into_id} stands for it" if card.merged_into_id else ""
            msg = f"customer id:{card.id}: is no more{stands}"
            raise RefusedError(msg)
    companies = tx.sources.companies_of(details.customer_ids)
    if len(companies) > 1:
        msg = "certificate: its customers belong to several companies: enter it once for each"
        raise RefusedError(msg)
    return companies


def _attach(
    tx: Transaction, certificate_id: int, documents: Documents, file: Path, act: Act
) -> AttachedFile:
    if not _is_text(file.name):
        msg = f"{file.name.encode(errors='replace').decode()}: its name is no UTF-8: rename it"
        raise RefusedError(msg)
    kept = keep(documents, file.name, file, SCANS)
    attached = AttachedFile(**kept._asdict(), added_at=act.at, added_by=act.by)
    tx.certificates.attach(certificate_id, attached)
    change = FieldChange("file", None, f"{kept.name}, sha256 {kept.sha256}")
    tx.history.add(Subject.CERTIFICATE, certificate_id, [change], act.at, act.by)
    return attached


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def get(tx: Transaction, certificate_id: int) -> Certificate:
    """The certificate with this id.

    Raises:
        NotFoundError: There is none.
    """
    found = tx.certificates.get(certificate_id)
    if found is None:
        msg = f"certificate {certificate_id}: there is none: see exempt certificates list"
        raise NotFoundError(msg)
    return found


def _refuse(
    name: str, details: CertificateDetails, act: Act, before: CertificateDetails | None = None
) -> None:
    """Refuse what a state's rule refuses, but for what it refused *before* already."""
    against = _refusing(details, act)
    if before:
        known = _refusing(before, act)
        against = [sentence for sentence in against if sentence not in known]
    if against:
        sentences = "\n".join(f"  - {sentence}" for sentence in against)
        msg = (
            f"{name}: cannot be accepted as it stands:\n{sentences}\n"
            "Correct it, or say --anyway to take it all the same."
        )
        raise RefusedError(msg)


def _refusing(details: CertificateDetails, act: Act) -> list[str]:
    against = claims.refusing(objections(details, act.policy, act.at.date()))
    if details.kind is CertificateKind.SINGLE_USE and not details.order_numbers:
        against.append("It is for a single sale, but names no order: give the order's number.")
    return against


class _Edit(NamedTuple):
    """A certificate before and after, and what differs."""

    before: Certificate
    after: Certificate
    changes: Sequence[FieldChange]


def _change(tx: Transaction, change: _Edit, act: Act, seen: int | None) -> Done:
    """Save what differs, remember who changed it, and decide what it touches."""
    before, after, changes = change
    differ = [each for each in changes if each.old != each.new]
    if seen is not None and seen != before.version:
        raise _conflict(tx, before.id, seen)
    if not differ:
        return Done(before, 0)
    tx.alone(tx.sources.companies_of({*before.customer_ids, *after.customer_ids}))
    if not tx.certificates.save(after):
        raise _conflict(tx, before.id, before.version)
    tx.history.add(Subject.CERTIFICATE, before.id, differ, act.at, act.by)
    saved = get(tx, before.id)
    return Done(saved, _follow_up(tx, [before, saved], act))


def _conflict(tx: Transaction, certificate_id: int, seen: int) -> ConflictError:
    certificate = get(tx, certificate_id)  # as it is by now
    changes = tx.history.of(Subject.CERTIFICATE, certificate.id)
    last = changes[-1] if changes else None
    who = f"{last.changed_by} changed {last.field}" if last else "somebody changed it"
    return ConflictError(
        f"certificate {certificate.id}: is at version {certificate.version} by now, not {seen}:"
        f" {who}: look at it again, then repeat your change"
    )


def _follow_up(tx: Transaction, states: Sequence[Certificate], act: Act) -> int:
    """Decide the open orders anew that a certificate touched before or touches now.

    *states* are the certificate's, the last as it is now.
    """
    customer_ids = {each for state in states for each in state.customer_ids}
    places = {one.jurisdiction for state in states for one in state.jurisdictions}
    recount(tx, coverages_of(states[-1:]), act.policy)
    changed = redecide(tx, customer_ids, act.policy, act.at, jurisdictions=places)
    chosen = [tx.sources.order(order_id) for order_id in tx.choices.orders(states[-1].id)]
    still_open = [order for order in chosen if order and not order.record.closed]
    changed += decide_stored(tx, still_open, act.policy, act.at)  # wherever they go
    companies = tx.sources.companies_of(customer_ids)
    for connection in tx.connections.all():
        if connection.company_id in companies:
            owe_customers(tx, connection, act.at.date(), act.at, customer_ids)
    return changed


def _said(rejections: Sequence[Rejection]) -> str | None:
    said = [": ".join(filter(None, (each.code.value, each.text))) for each in rejections]
    return "; ".join(said) or None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
