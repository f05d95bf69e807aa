"""Which requests are answered by what is on file, whichever way it came; they are over then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from exempt.model.certificate import Coverage
from exempt.model.requesting import RequestState, Way
from exempt.rules.request_states import Step, after, may, state_of
from exempt.rules.wanted import serves_all_orders, stands_for_all_orders
from exempt.services.owed_mails import withdraw_mails
from exempt.services.ports import Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.requests import lacking_among, ship_tos_of


def close_answered(
    tx: Transaction, at: dt.datetime, customer_ids: Collection[int] | None = None
) -> list[int]:
    """Let requests be over whose certificates came, by mail or otherwise; their ids.

    What waits for review is left to whoever reviews it, and a request of which no
    mail went out to whoever sends mails: it is withdrawn there. With
    *customer_ids* just those of these customers and of their billing customers.
    """
    if customer_ids is not None:
        cards = tx.cards.find(customer_ids)
        customer_ids = {*customer_ids, *(each for card in cards for each in card.bill_to_ids)}
    rows = [
        row
        for row in tx.requests.unfinished(customer_ids)
        if state_of(row, at) is not RequestState.SUBMITTED
        and may(state_of(row, at), Step.ACCEPT)
        and (row.mails or row.way != Way.MAIL)
    ]
    missing = still_missing(tx, rows, at.date())
    closed = [row for row in rows if not missing[row.id]]
    for row in closed:
        tx.requests.move(row, after(RequestState(row.state), Step.ACCEPT), at)
        withdraw_mails(tx, row, at, why="its certificate came")
    return [row.id for row in closed]


def still_missing(tx: Transaction, rows: Sequence[RequestRow], on: dt.date) -> dict[int, set[str]]:
    """By request: the states of it for which nothing came, as of the day *on*.

    For an end this is something that lasts longer. Whoever was asked by itself
    may also have got it for its ship-to customers, and lacks nothing then.
    """
    ids = {row.customer_id for row in rows}
    if not ids:
        return {}
    ship_tos = {card.id: ship_tos_of(card) for card in tx.cards.find(ids)}
    around = ids.union(*ship_tos.values())
    held = tx.certificates.coverages(around)
    lack = {one.customer_id: {*one.jurisdictions} for one in lacking_among(tx, ids, on)}
    found: dict[int, set[str]] = {}
    for row in rows:
        holders = [row.customer_id, *([] if row.made_by else ship_tos.get(row.customer_id, []))]
        mine = [coverage for each in holders for coverage in held.get(each, ())]
        found[row.id] = _uncovered(row, mine, on) | (
            set() if row.made_by or not row.asks else lack.get(row.customer_id, set())
        ).intersection(row.jurisdictions)
    return found


def still_wanted(tx: Transaction, rows: Sequence[RequestRow], on: dt.date) -> dict[int, set[str]]:
    """By request: the states of it that are worth a mail on the day *on*.

    Whom Exempt asked by itself it asks only for what is still claimed; whom
    staff asked, for whatever has not come.
    """
    by_itself = {row.customer_id for row in rows if not row.made_by and row.asks}
    lack = {one.customer_id: {*one.jurisdictions} for one in lacking_among(tx, by_itself, on)}
    by_staff = [row for row in rows if row.made_by or not row.asks]
    missing = still_missing(tx, by_staff, on)
    return {
        row.id: missing[row.id]
        if row.id in missing
        else lack.get(row.customer_id, set()).intersection(row.jurisdictions)
        for row in rows
    }


def _uncovered(row: RequestRow, held: Sequence[Coverage], on: dt.date) -> set[str]:
    ends: Mapping[str, dt.date] = dict(row.ends)
    return {
        place
        for place in row.jurisdictions
        if not any(c.jurisdiction == place and _answers(c, ends.get(place), on) for c in held)
    }


def _answers(coverage: Coverage, end: dt.date | None, on: dt.date) -> bool:
    """Whether it is what was asked for: in force, or after an *end* lasting longer."""
    if end is None:
        return serves_all_orders(coverage, on)
    last = coverage.expiration_date
    return stands_for_all_orders(coverage, on) and (last is None or end < last)
