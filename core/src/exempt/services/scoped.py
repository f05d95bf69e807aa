"""What a caller sees: things of its companies; of all others it is said that there are none."""

from __future__ import annotations

from collections.abc import Collection

from exempt.errors import NotFoundError
from exempt.model.access import Caller
from exempt.model.certificate import Certificate
from exempt.model.customer import CustomerCard
from exempt.model.events import Endpoint
from exempt.services import cards
from exempt.services.companies import only_one
from exempt.services.events_out import endpoints
from exempt.services.orders import find_all
from exempt.services.ports import Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.rows import CompanyRow, ConnectionRow, OrderView
from exempt.services.submission_ports import SubmissionView


def none_such(what: str) -> NotFoundError:
    """What is said of a thing that does not exist, and of one that is not theirs to see."""
    return NotFoundError(f"{what}: there is none")


def certificate(tx: Transaction, certificate_id: int, caller: Caller) -> Certificate:
    """The certificate with this id.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    found = tx.certificates.get(certificate_id)
    if found is None or not sees_all(tx, found.customer_ids, caller):
        raise none_such(f"certificate {certificate_id}")
    return found


def customer(tx: Transaction, customer_id: int, caller: Caller) -> CustomerCard:
    """The card with this id, or the one that it was merged into.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    try:
        found = cards.get(tx, customer_id)
    except NotFoundError:
        found = None
    if found is None or not caller.sees(found.company_id):
        raise none_such(f"customer {customer_id}")
    return found


def sees_all(tx: Transaction, customer_ids: Collection[int], caller: Caller) -> bool:
    """Whether all of these customers are the caller's to see."""
    return all(map(caller.sees, tx.sources.companies_of(customer_ids)))


def request(tx: Transaction, request_id: int, caller: Caller) -> RequestRow:
    """The request with this id.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    found = tx.requests.get(request_id)
    if found is None or not caller.sees(found.company_id):
        raise none_such(f"request {request_id}")
    return found


def submission(tx: Transaction, submission_id: int, caller: Caller) -> SubmissionView:
    """The submission with this id, drafts aside.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    for found in tx.submissions.views([submission_id]):
        if found.submission.submitted_at is not None and caller.sees(found.company_id):
            return found
    raise none_such(f"submission {submission_id}")


def order(tx: Transaction, words: str, connection: str | None, caller: Caller) -> OrderView:
    """The order with this number or external id, or with our own as ``id:12``.

    Raises:
        NotFoundError: There is none that the caller sees, or several fit.
    """
    mine = {row.name for row in connections(tx, caller)}
    try:
        found = [view for view in find_all(tx, words, connection) if view.connection in mine]
    except NotFoundError:
        found = []
    if len(found) > 1:
        ids = ", ".join(f"{view.id} ({view.connection})" for view in found)
        msg = f"order {words}: {len(found)} fit: name one of {ids}"
        raise NotFoundError(msg)
    if not found:
        raise none_such(f"order {words}")
    return found[0]


def connections(tx: Transaction, caller: Caller) -> list[ConnectionRow]:
    """The connections that the caller sees."""
    return [row for row in tx.connections.all() if caller.sees(row.company_id)]


def webhooks(tx: Transaction, caller: Caller) -> list[Endpoint]:
    """Who is told of what happens, of these companies; of all, for who sees all."""
    return [one for one in endpoints(tx) if _sees_endpoint(caller, one)]


def _sees_endpoint(caller: Caller, endpoint: Endpoint) -> bool:
    if endpoint.company_id is None:
        return caller.company_ids is None
    return caller.sees(endpoint.company_id)


def webhook(tx: Transaction, endpoint_id: int, caller: Caller) -> Endpoint:
    """The webhook with this id.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    for one in webhooks(tx, caller):
        if one.id == endpoint_id:
            return one
    raise none_such(f"webhook {endpoint_id}")


def company(tx: Transaction, key: str | None, caller: Caller) -> CompanyRow:
    """The company with this key; without one, the only one that the caller sees.

    Raises:
        RefusedError: The caller sees several, and none is named.
        NotFoundError: There is none that the caller sees.
    """
    mine = companies(tx, caller)
    if key is None and len(mine) == 1:
        return mine[0]
    if not mine or (key is not None and key not in {row.key for row in mine}):
        raise none_such(f"company {key!r}" if key else "company")
    return only_one(tx, key)


def companies(tx: Transaction, caller: Caller) -> list[CompanyRow]:
    """The companies that the caller sees, each after the one it belongs to."""
    return [row for row in tx.cards.companies() if caller.sees(row.id)]


def company_ids(tx: Transaction, keys: Collection[str], caller: Caller) -> Collection[int] | None:
    """The companies with these keys; with none, all that the caller sees; None = all there are.

    Raises:
        NotFoundError: One of them is none that the caller sees.
    """
    if not keys:
        return caller.company_ids
    return {company(tx, key, caller).id for key in keys}
