"""Mails of warnings, owed: through which connection they go, and to whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from exempt.model.access import RIGHTS, Right
from exempt.services.companies import with_those_below
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.post import sends
from exempt.services.presence_ports import WarningRow
from exempt.services.rows import ConnectionRow, DeliveryTarget


def owe_mails(tx: Transaction, company_id: int, policy: Policy, at: dt.datetime) -> None:
    """Owe a mail of each open warning that none was ever owed of (B21).

    Where no connection sends mail, or nobody is to get one, it is owed once that is so.
    """
    if to_mail := mailable(tx, company_id, policy):
        mailer, rows = to_mail
        before = tx.deliveries.last(mailer.id, DeliveryTarget.WARNING, [str(r.id) for r in rows])
        versions = {each: delivery.version for each, delivery in before.items()}
        owed = [(str(row.id), versions.get(str(row.id), 0) + 1, "{}") for row in rows]
        tx.deliveries.owe(mailer.id, DeliveryTarget.WARNING, owed, at)


def mailable(
    tx: Transaction, company_id: int, policy: Policy
) -> tuple[ConnectionRow, list[WarningRow]] | None:
    """Through which connection warnings of a company go, and those that are to go."""
    rows = tx.warnings.unmailed([company_id])
    mailer = mailer_for(tx, company_id) if rows else None
    if mailer is None or not recipients(tx, company_id, policy.nexus.alerts_to):
        return None
    return mailer, rows


def mailer_for(tx: Transaction, company_id: int) -> ConnectionRow | None:
    """The first connection that sends the mail of a company, or of one above it."""
    parents = {company.id: company.parent_id for company in tx.cards.companies()}
    rows = [row for row in tx.connections.all() if sends(row)]
    above: int | None = company_id
    while above is not None:
        if mine := next((row for row in rows if row.company_id == above), None):
            return mine
        above = parents.get(above)
    return None


def recipients(tx: Transaction, company_id: int, alerts_to: Collection[str]) -> list[str]:
    """Who is told of a company's warnings: those the settings name, else its administrators."""
    if alerts_to:
        return list(dict.fromkeys(alerts_to))
    found = []
    for user in tx.users.all():
        sees = with_those_below(tx, user.company_ids)
        if user.may_sign_in and Right.ADMINISTER in RIGHTS[user.role]:
            found += [user.email] if sees is None or company_id in sees else []
    return found
