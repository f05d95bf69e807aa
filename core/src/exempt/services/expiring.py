"""Which customers are to be told that certificates end, and of which; each end once a stage.

Whoever is told of one end is told of all that are near, in one mail. Its row
is a request of the purpose ``expiry``: the same ends are told of by the next
versions of its mail, others by a row of their own.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from exempt.model.customer import CustomerCard
from exempt.model.pushing import Outcome
from exempt.model.requesting import RequestState
from exempt.rules.reminding import LATE, before_end, endings
from exempt.rules.request_states import OVER
from exempt.services.ports import Transaction
from exempt.services.request_ports import MailRow, RequestRow
from exempt.services.requests import asked_instead, ship_tos_of
from exempt.services.rows import DeliveryState
from exempt.services.wording import Ending

Pair = tuple[str, dt.date]
"""A jurisdiction, and the last day of what ends there."""


class Expiring(NamedTuple):
    """Somebody to be told that certificates end.

    Attributes:
        request: The notice that told of the same before, if one did.
        because: What of it nobody has told yet, this near to the end.
        version: Of the mail: 1 for the first of the days that the settings name.
        instead_of: Mails that have not gone out; this one says what they say.
    """

    card: CustomerCard
    endings: tuple[Ending, ...]
    request: RequestRow | None
    version: int
    instead_of: tuple[MailRow, ...]
    because: frozenset[Pair]


Near = tuple[CustomerCard, Sequence[Ending]]
"""A customer, and what ends soon of what it is told of."""


def near_ends(tx: Transaction, on: dt.date, days: Collection[int]) -> dict[int, Near]:
    """Who may be told on the day *on*, by id, when it is told so many *days* before an end."""
    if not days:
        return {}
    last = on + dt.timedelta(max(days))
    holders = tx.certificates.ending(on - LATE, last)
    return {
        customer_id: (card, [each for each in found if on - LATE <= each.day <= last])
        for customer_id, (card, found) in endings_by_recipient(tx, holders, on).items()
    }


def expiring(
    tx: Transaction, near: Mapping[int, Near], on: dt.date, days: Collection[int]
) -> list[Expiring]:
    """Who of these is to be told on the day *on*: was not told yet, this near to the end."""
    requests: dict[int, list[RequestRow]] = defaultdict(list)
    for request in tx.requests.of(near):
        requests[request.customer_id].append(request)
    mails = tx.requests.mails([r.id for rows in requests.values() for r in rows if r.ends])
    found = (
        _expiring(card, ending, _Before(requests[customer_id], mails), on, days)
        for customer_id, (card, ending) in near.items()
    )
    return [each for each in found if each]


def endings_by_recipient(
    tx: Transaction, customer_ids: Collection[int], on: dt.date
) -> dict[int, tuple[CustomerCard, list[Ending]]]:
    """What ends of what these customers hold themselves, by whom it is told to.

    What a ship-to customer holds is told to its billing customer, as requests are.
    """
    cards = {card.id: card for card in tx.cards.find(customer_ids)}
    held = tx.certificates.coverages(cards)
    instead = asked_instead(tx, cards)
    found: dict[int, tuple[CustomerCard, dict[tuple[str, int], Ending]]] = {}
    for holder in sorted(cards.values(), key=lambda card: card.id in instead):
        card = instead.get(holder.id, holder)
        _, mine = found.setdefault(card.id, (card, {}))
        for coverage in endings(held.get(holder.id, ()), on):
            if coverage.customer_id == holder.id and coverage.expiration_date:
                ending = Ending(
                    coverage.jurisdiction,
                    coverage.expiration_date,
                    coverage.certificate_number or coverage.exemption_number,
                    None if card is holder else holder.name,
                )
                # Who holds it and gets the mail came first.
                mine.setdefault((coverage.jurisdiction, coverage.certificate_id), ending)
    return {
        customer_id: (card, sorted(mine.values(), key=lambda each: (each.day, each.place)))
        for customer_id, (card, mine) in found.items()
    }


def still_ending(
    tx: Transaction, request: RequestRow, card: CustomerCard, on: dt.date
) -> set[Pair]:
    """What of a notice to a customer is still so on the day *on*."""
    holders = {card.id, *ship_tos_of(card)}
    _, found = endings_by_recipient(tx, holders, on).get(card.id, (card, []))
    before = _Before(tx.requests.of([card.id]), {})
    return {
        each.pair
        for each in found
        if each.pair in request.ends and on - LATE <= each.day and not before.settled(each.pair)
    }


class _Before(NamedTuple):
    """What a customer was asked for and told before."""

    requests: Sequence[RequestRow]
    mails: Mapping[int, Sequence[MailRow]]

    def days(self, pair: Pair) -> list[dt.date]:
        """When it was told of this end, or is about to be."""
        return [mail.day for mail in self._telling(pair) if mail.counts]

    def told(self, pair: Pair) -> list[dt.date]:
        """When it was told of this end."""
        return [mail.day for mail in self._telling(pair) if mail.went_out]

    def _telling(self, pair: Pair) -> list[MailRow]:
        telling = [request for request in self.requests if pair in request.ends]
        return [mail for request in telling for mail in self.mails.get(request.id, ())]

    def settled(self, pair: Pair) -> bool:
        """Whether nobody need be told of this end any more.

        A new certificate was asked for after it, or waits for review, or staff
        took back what was asked.
        """
        return self._asked_since(pair) or any(
            RequestState(request.state) in _SETTLED
            and (pair in request.ends or (request.asks and _waits_for(request, pair[0])))
            for request in self.requests
        )

    def _asked_since(self, pair: Pair) -> bool:
        place, day = pair
        return any(
            request.asks
            and not request.ends
            and request.state != "withdrawn"
            and place in request.jurisdictions
            and day < request.created_at.date()
            for request in self.requests
        )

    def standing(self) -> list[RequestRow]:
        """The notices that are not over, newest first."""
        return [
            r for r in reversed(self.requests) if not r.asks and RequestState(r.state) not in OVER
        ]


_SETTLED = frozenset({RequestState.SUBMITTED, RequestState.CANCELLED})


def _waits_for(request: RequestRow, place: str) -> bool:
    return request.state == RequestState.SUBMITTED and place in request.jurisdictions


def _expiring(
    card: CustomerCard,
    near: Sequence[Ending],
    before: _Before,
    on: dt.date,
    days: Collection[int],
) -> Expiring | None:
    near = [each for each in near if not before.settled(each.pair)]
    due = {each.pair for each in near if before_end(each.day, days).due(before.days(each.pair), on)}
    if not due:
        return None
    standing = before.standing()
    unsent = [mail for r in standing for mail in before.mails.get(r.id, ()) if _unsent(mail)]
    waits = {mail.request_id for mail in unsent}
    due |= {pair for request in standing if request.id in waits for pair in request.ends}
    told = tuple(each for each in near if each.pair in due or on <= each.day)
    same = _same(standing, {each.pair for each in told})
    written = before.mails.get(same.id, ()) if same else ()
    first = min(each.day for each in told)
    stage = before_end(first, days).due((), on) or 1
    version = max([stage, *(mail.version + 1 for mail in written)])
    why = {each.pair for each in told if before_end(each.day, days).due(before.told(each.pair), on)}
    return Expiring(card, told, same, version, tuple(unsent), frozenset(why))


def _same(standing: Sequence[RequestRow], pairs: Collection[Pair]) -> RequestRow | None:
    """The notice that told of just these."""
    return next((request for request in standing if {*request.ends} == pairs), None)


def _unsent(mail: MailRow) -> bool:
    """Whether it has not gone out, and still might."""
    waits = mail.state in {DeliveryState.PENDING, DeliveryState.DEAD}
    return waits and mail.outcome != Outcome.UNKNOWN
