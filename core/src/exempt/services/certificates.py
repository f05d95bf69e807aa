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
    Change,
    Rejection,
    ReviewStatus,
)
from exempt.rules import claims
from exempt.rules.filekinds import SCANS
from exempt.rules.history import FieldChange, changes_between
from exempt.rules.rejections import in_history
from exempt.services import events_out
from exempt.services.answered import close_answered
from exempt.services.decide import decide_stored, redecide
from exempt.services.files import Documents, Kept, keep
from exempt.services.objecting import refuse_bad
from exempt.services.owing import owe_customers
from exempt.services.policy import Policy
from exempt.services.ports import Store, Transaction
from exempt.services.recurrence import coverages_of, recount
from exempt.services.review_ports import BY_STAFF
from exempt.services.reviewers import wake
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


def add(
    store: Store,
    details: CertificateDetails,
    act: Act,
    *,
    review_status: ReviewStatus = ReviewStatus.ACCEPTED,
    source: str = "staff",
    scans: Scans | None = None,
    files: Sequence[AttachedFile] = (),
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
        files: Further ones, which are kept already.
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
        refuse_bad("certificate", details, act.policy, act.at.date())
    with store.writing() as tx:
        done = enter(tx, details, act, review_status=review_status, source=source, files=files)
        if scans:
            for file in scans.files:
                _attach(tx, done.certificate.id, scans.documents, file, act)
        return done._replace(certificate=get(tx, done.certificate.id))


def enter(
    tx: Transaction,
    details: CertificateDetails,
    act: Act,
    *,
    review_status: ReviewStatus,
    source: str,
    files: Sequence[AttachedFile] = (),
) -> Done:
    """Enter a certificate as it stands, in a transaction of the caller's; its *files* are kept.

    Raises:
        RefusedError: Its customers belong to several companies, or are no more.
        NotFoundError: There is no such customer.
    """
    tx.alone(_one_company(tx, details))
    certificate_id = tx.certificates.add(details, review_status, act.at, by=act.by, source=source)
    changes = [
        *changes_between(None, details),
        FieldChange("review_status", None, review_status.value),
    ]
    tx.history.add(Subject.CERTIFICATE, certificate_id, changes, act.at, act.by)
    for file in files:
        _put_to(tx, certificate_id, file, act)
    entered = get(tx, certificate_id)
    if review_status is ReviewStatus.PENDING and source not in BY_STAFF:
        wake(tx, tx.sources.companies_of(details.customer_ids))
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
            name, on = f"certificate {certificate_id}", act.at.date()
            refuse_bad(name, details, act.policy, on, before)
        if seen != before.version:
            raise _conflict(tx, certificate_id, seen)
        after = _saying(tx, before, details)
        return _change(tx, _Edit(before, after, changes_between(before, details)), act, seen)


def review(
    store: Store,
    certificate_id: int,
    act: Act,
    *,
    rejections: Sequence[Rejection] = (),
    seen: int | None = None,
    anyway: bool = False,
) -> Done:
    """Accept a certificate, or with *rejections* reject it; see `review_in`."""
    with store.writing() as tx:
        return review_in(tx, certificate_id, act, rejections=rejections, seen=seen, anyway=anyway)


def review_in(
    tx: Transaction,
    certificate_id: int,
    act: Act,
    *,
    details: CertificateDetails | None = None,
    rejections: Sequence[Rejection] = (),
    seen: int | None = None,
    anyway: bool = False,
) -> Done:
    """Accept a certificate, or with *rejections* reject it, in a transaction that is open.

    With *details* these are put in place of what it says, as `edit` does it.

    Raises:
        ConflictError: Somebody changed it since *seen*.
        RefusedError: It is so already, or a state's rule refuses it.
        NotFoundError: There is no such certificate or customer.
    """
    status = ReviewStatus.REJECTED if rejections else ReviewStatus.ACCEPTED
    before = get(tx, certificate_id)
    if before.review_status is status and before.rejections == tuple(rejections):
        msg = f"certificate {certificate_id}: is {status} already"
        raise RefusedError(msg)
    said = before if details is None else _saying(tx, before, details)
    if not rejections and not anyway:
        refuse_bad(f"certificate {certificate_id}", said, act.policy, act.at.date())
    after = said.model_copy(update={"review_status": status, "rejections": tuple(rejections)})
    changes = [
        *changes_between(before, said),
        FieldChange("review_status", before.review_status.value, status.value),
        FieldChange("rejections", in_history(before.rejections), in_history(rejections)),
    ]
    return _change(tx, _Edit(before, after, changes), act, seen)


def _saying(tx: Transaction, before: Certificate, details: CertificateDetails) -> Certificate:
    """A certificate with other details, whose customers are of one company."""
    if set(details.customer_ids) - set(before.customer_ids):
        _one_company(tx, details)
    fields = {name: getattr(details, name) for name in CertificateDetails.model_fields}
    return before.model_copy(update=fields)


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


def attach_kept(store: Store, certificate_id: int, kept: Kept, act: Act) -> AttachedFile:
    """Put a file that is kept already to a certificate.

    Raises:
        NotFoundError: There is no such certificate.
    """
    with store.writing() as tx:
        get(tx, certificate_id)
        file = AttachedFile(**kept._asdict(), added_at=act.at, added_by=act.by)
        _put_to(tx, certificate_id, file, act)
    return file


def file_told(file: AttachedFile) -> str:
    """A file as histories tell it."""
    return f"{file.name}, sha256 {file.sha256}"


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
    _put_to(tx, certificate_id, attached, act)
    return attached


def _put_to(tx: Transaction, certificate_id: int, file: AttachedFile, act: Act) -> None:
    """Remember a file that is kept already."""
    tx.certificates.attach(certificate_id, file)
    change = FieldChange("file", None, file_told(file))
    tx.history.add(Subject.CERTIFICATE, certificate_id, [change], act.at, act.by)


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


def changes(tx: Transaction, certificate_id: int) -> Sequence[Change]:
    """What became of a certificate, the oldest change first."""
    return tx.history.of(Subject.CERTIFICATE, certificate_id)


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
    known = changes(tx, certificate.id)
    last = known[-1] if known else None
    who = f"{last.changed_by} changed {last.field}" if last else "somebody changed it"
    return ConflictError(
        f"certificate {certificate.id}: is at version {certificate.version} by now, not {seen}:"
        f" {who}: look at it again, then repeat your change"
    )


def _follow_up(tx: Transaction, states: Sequence[Certificate], act: Act) -> int:
    """Decide the open orders anew that a certificate touched before or touches now.

    *states* are the certificate's, the last as it is now.
    """
    events_out.of_change(tx, states, act.at)
    customer_ids = {each for state in states for each in state.customer_ids}
    places = {one.jurisdiction for state in states for one in state.jurisdictions}
    recount(tx, coverages_of(states[-1:]), act.policy)
    changed = redecide(tx, customer_ids, act.policy, act.at, jurisdictions=places)
    chosen = [tx.sources.order(order_id) for order_id in tx.choices.orders(states[-1].id)]
    still_open = [order for order in chosen if order and not order.record.closed]
    changed += decide_stored(tx, still_open, act.policy, act.at)  # wherever they go
    close_answered(tx, act.at, customer_ids)
    companies = tx.sources.companies_of(customer_ids)
    for connection in tx.connections.all():
        if connection.company_id in companies:
            owe_customers(tx, connection, act.at.date(), act.at, customer_ids)
    return changed


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
