"""The certificate register on the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from exempt.cli.output import count, print_json, print_table, say, short
from exempt.data import jurisdiction_name
from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Certificate, Coverage, NewCertificate, NewCoverage
from exempt.model.fetching import reason_of
from exempt.rules.status import certificate_status, coverage_status
from exempt.wiring import Exempt


def add(
    exempt: Exempt,
    customers: Sequence[str],
    states: Sequence[str],
    fields: Mapping[str, object],
    file: Path | None,
    *,
    as_json: bool,
) -> None:
    """``exempt certificates add``."""
    try:
        new = NewCertificate.model_validate(
            {**fields, "coverages": [_coverage(state) for state in states]}
        )
    except ValidationError as error:
        msg = f"certificate: {reason_of(error)}"
        raise RefusedError(msg) from None
    found = [exempt.customer(words) for words in customers]
    certificate_id, changed = exempt.add_certificate([c.id for c in found], new, file)
    if as_json:
        print_json({"id": certificate_id, "decisions_changed": changed})
        return
    names = ", ".join(c.name for c in found)
    say(f"Certificate {certificate_id} of {names} entered; {count(changed, 'decision')} changed.")


def _coverage(text: str) -> NewCoverage:
    state, _, number = text.partition("=")
    try:
        return NewCoverage(jurisdiction=state, exemption_number=number or None)
    except ValidationError as error:
        msg = f"--state {text}: {reason_of(error)}"
        raise RefusedError(msg) from None


def show_all(exempt: Exempt, customer: str | None, *, as_json: bool) -> None:
    """``exempt certificates list``."""
    customer_id = exempt.customer(customer).id if customer else None
    with exempt.store.reading() as tx:
        found = tx.certificates.find(customer_id)
        names = {c.id: c.name for c in tx.reports.customers()}
    on, soon = exempt.clock().date(), exempt.settings.file.exempt.expiring_soon_days
    if as_json:
        print_json([_as_json(c, on, soon) for c in found])
        return
    print_table(
        count(len(found), "certificate"),
        ("Id", "Customer", "Number", "Reason", "States", "Signed", "Expires", "Status"),
        [
            (
                c.id,
                ", ".join(names[i] for i in c.customer_ids),
                c.number
                or ", ".join(v.exemption_number for v in c.coverages if v.exemption_number),
                c.exemption_reason.replace("_", " "),
                ", ".join(short(v.jurisdiction) for v in c.coverages),
                c.signed_date,
                first_expiration(c) or "no end",
                certificate_status(c, on, soon).replace("_", " "),
            )
            for c in found
        ],
        right=(0,),
    )


def first_expiration(certificate: Certificate) -> dt.date | None:
    """The earliest day on which one of the certificate's states runs out."""
    ends = [c.expiration_date for c in certificate.coverages if c.expiration_date]
    return min(ends, default=None)


def show_one(exempt: Exempt, certificate_id: int, *, as_json: bool) -> None:
    """``exempt certificates show``."""
    with exempt.store.reading() as tx:
        found = tx.certificates.get(certificate_id)
        names = {c.id: c.name for c in tx.reports.customers()}
        files = tx.certificates.files([certificate_id])
    if found is None:
        msg = f"certificate {certificate_id}: there is none: see exempt certificates list"
        raise NotFoundError(msg)
    on, soon = exempt.clock().date(), exempt.settings.file.exempt.expiring_soon_days
    if as_json:
        print_json(_as_json(found, on, soon))
        return
    say(f"Certificate {found.id}: {certificate_status(found, on, soon).replace('_', ' ')}", "bold")
    say(f"  customers  {', '.join(names[i] for i in found.customer_ids)}")
    say(f"  number     {found.number or '–'}")
    say(f"  reason     {found.exemption_reason.replace('_', ' ')}")
    say(f"  signed     {found.signed_date}")
    say(f"  review     {found.review_status}")
    for file in files:
        say(f"  file       {file.name}, {file.size:,} bytes, sha256 {file.sha256[:16]}…")
    print_table(
        "",
        ("State", "Number there", "From", "Through", "Status"),
        [_coverage_row(c, on, soon) for c in found.coverages],
    )


def _coverage_row(coverage: Coverage, on: dt.date, soon: int) -> tuple[object, ...]:
    return (
        jurisdiction_name(coverage.jurisdiction),
        coverage.exemption_number,
        coverage.effective_date,
        coverage.expiration_date or "no end",
        coverage_status(coverage, on, soon).replace("_", " "),
    )


def _as_json(certificate: Certificate, on: dt.date, soon: int) -> dict[str, Any]:
    status = certificate_status(certificate, on, soon)
    return {**certificate.model_dump(mode="json"), "status": status.value}


def archive(exempt: Exempt, certificate_id: int) -> None:
    """``exempt certificates archive``."""
    changed = exempt.archive_certificate(certificate_id)
    say(f"Certificate {certificate_id} archived; {count(changed, 'decision')} changed.")
