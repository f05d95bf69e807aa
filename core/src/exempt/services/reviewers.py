"""Who reviews what customers send in, and the runs in which they are told that something waits."""

from __future__ import annotations

from collections.abc import Collection

from exempt.model.access import RIGHTS, Right
from exempt.model.checking import Capability
from exempt.services.companies import with_those_below
from exempt.services.job_ports import JobKind
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow


def reviewers(tx: Transaction, company_id: int) -> list[str]:
    """The addresses of those who may review what customers of a company send in."""
    found = []
    for user in tx.users.all():
        sees = with_those_below(tx, user.company_ids)
        if user.may_sign_in and Right.REVIEW in RIGHTS[user.role]:
            found += [user.email] if sees is None or company_id in sees else []
    return found


def wake(tx: Transaction, company_ids: Collection[int]) -> None:
    """Ask for the runs in which staff of these companies are told of what waits."""
    for row in _mailers(tx):
        if row.company_id in company_ids:
            tx.jobs.ask(JobKind.MAIL, row.id)


def wake_where_due(tx: Transaction) -> None:
    """The same for all companies in which something waits that nobody was told of."""
    companies = {row.company_id for row in _mailers(tx)}
    wake(tx, {each for each in companies if _to_tell(tx, each)})


def _mailers(tx: Transaction) -> list[ConnectionRow]:
    return [row for row in tx.connections.all() if Capability.REQUESTS in row.capabilities]


def _to_tell(tx: Transaction, company_id: int) -> bool:
    return bool(tx.reviews.without_notice(company_id, 1)) and bool(reviewers(tx, company_id))
