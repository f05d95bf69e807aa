"""Ask all whose certificates are missing, have expired or soon will: in portions, nobody twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose
from exempt.services.certificates import Act
from exempt.services.expiring import endings_by_recipient
from exempt.services.owed_mails import About, owe_mail
from exempt.services.ports import Store, Transaction
from exempt.services.post import Post, mailers
from exempt.services.request_ports import Asking
from exempt.services.request_steps import get
from exempt.services.requests import lacking, lacking_among, ship_tos_of
from exempt.services.rows import ConnectionRow, CustomerFilter, Uncovered
from exempt.services.wording import Ending

AT_ONCE = 200
"""How many customers are asked in one transaction; mails go out at their connection's pace."""

LOOKED_BACK = dt.timedelta(days=366)
"""How long after its end a certificate that nobody claims by is still asked for anew."""


class Kind(StrEnum):
    """Why a state is asked for; ``missing`` also where all that there was is not in force."""

    MISSING = "missing"
    EXPIRED = "expired"
    EXPIRING = "expiring"


class LeftOut(StrEnum):
    """Why a customer is not asked, in words."""

    ASKED = "asked already"
    EXCLUDED = "excluded from mailings"
    NO_EMAIL = "no usable e-mail address"
    NO_MAIL = "no connection sends its company's mail"


class Planned(NamedTuple):
    """A customer that is to be asked, or is left out, and why."""

    card: CustomerCard
    kinds: tuple[Kind, ...]
    places: tuple[str, ...]
    ends: tuple[Ending, ...]
    left_out: LeftOut | None = None

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """All the states that it is asked for."""
        return tuple(sorted({*self.places, *(each.place for each in self.ends)}))


class Scope(NamedTuple):
    """Who may be asked.

    Attributes:
        kinds: For what.
        company_ids: Customers of these companies; None = of all.
        soon_days: How long before an end.
        only: Just these customers.
    """

    kinds: Collection[Kind] = tuple(Kind)
    company_ids: Collection[int] | None = None
    soon_days: int = 30
    only: Collection[int] | None = None


def flagged(tx: Transaction, company_ids: Collection[int] | None, on: dt.date) -> int:
    """How many customers of these companies count as exempt; None = of all."""
    filters = CustomerFilter(company_ids=company_ids, flagged=True, limit=1)
    return tx.cards.page(filters, on).total


def plan(store: Store, scope: Scope, at: dt.datetime, post: Post) -> list[Planned]:
    """Who would be asked at *at*, and who not, by name; nothing is done."""
    with store.reading() as tx:
        return _plan(tx, scope, at, post, scope.only)


def ask_all(store: Store, scope: Scope, act: Act, post: Post) -> list[Planned]:
    """Ask them; returns what was done, as `plan` tells it.

    Raises:
        RefusedError: Nobody may be asked at all.
    """
    post.refuse_unless_enabled()
    planned = plan(store, scope, act.at, post)
    done = [each for each in planned if each.left_out]
    ids = [each.card.id for each in planned if not each.left_out]
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        with store.writing() as tx:
            through = mailers(tx, post)
            tx.alone(sorted(through))
            for each in _plan(tx, scope, act.at, post, some):
                if each.left_out is None:
                    _owe(tx, each, through[each.card.company_id], act, post)
                done.append(each)
    return sorted(done, key=_by_name)


def _plan(
    tx: Transaction, scope: Scope, at: dt.datetime, post: Post, only: Collection[int] | None
) -> list[Planned]:
    on = at.date()
    found = lacking(tx, on, scope.company_ids) if only is None else lacking_among(tx, only, on)
    lack = {one.customer_id: one for one in found}
    ends = _endings(tx, on, scope.soon_days, only)
    ids = [*dict.fromkeys([*lack, *ends])]
    cards = [card for card in tx.cards.find(ids) if _in_scope(card, scope, only)]
    asked = tx.requests.places({card.id for card in cards}, at)
    through = mailers(tx, post)
    told = tx.requests.told(on)
    planned = (
        _planned(card, lack.get(card.id), ends.get(card.id, ()), scope, on) for card in cards
    )
    return sorted(
        (
            _checked(each, {*asked.get(each.card.id, ()), *told.get(each.card.id, ())}, through)
            for each in planned
            if each.jurisdictions
        ),
        key=_by_name,
    )


def _by_name(each: Planned) -> tuple[str, int]:
    return each.card.name, each.card.id


def _in_scope(card: CustomerCard, scope: Scope, only: Collection[int] | None) -> bool:
    mine = scope.company_ids is None or card.company_id in scope.company_ids
    return mine and (only is None or card.id in only) and not card.gone


def _endings(
    tx: Transaction, on: dt.date, soon_days: int, only: Collection[int] | None
) -> dict[int, Sequence[Ending]]:
    """By whom it is told to: what ended within a year, or ends soon."""
    first, last = on - LOOKED_BACK, on + dt.timedelta(days=soon_days)
    holders: Collection[int] = tx.certificates.ending(first, last)
    if only is not None:
        around = {*only, *(each for card in tx.cards.find(only) for each in ship_tos_of(card))}
        holders = around.intersection(holders)
    return {
        customer_id: [each for each in found if first <= each.day <= last]
        for customer_id, (_, found) in endings_by_recipient(tx, holders, on).items()
    }


def _planned(
    card: CustomerCard,
    lack: Uncovered | None,
    ends: Iterable[Ending],
    scope: Scope,
    on: dt.date,
) -> Planned:
    over = {each.place for each in ends if each.day < on}
    soon = [each for each in ends if on <= each.day]
    missing = {*(lack.jurisdictions if lack else ())} - over
    kinds = [
        kind
        for kind, there in ((Kind.MISSING, missing), (Kind.EXPIRED, over), (Kind.EXPIRING, soon))
        if there and kind in scope.kinds
    ]
    places = {
        *(missing if Kind.MISSING in kinds else ()),
        *(over if Kind.EXPIRED in kinds else ()),
    }
    left = tuple(e for e in soon if e.place not in places) if Kind.EXPIRING in kinds else ()
    return Planned(card, tuple(kinds), tuple(sorted(places)), left)


def _checked(
    each: Planned, asked: Collection[str], through: Mapping[int, ConnectionRow]
) -> Planned:
    """Without what was asked for already, and with why the rest is not."""
    fresh = each._replace(
        places=tuple(place for place in each.places if place not in asked),
        ends=tuple(end for end in each.ends if end.place not in asked),
    )
    if not fresh.jurisdictions:
        return each._replace(left_out=LeftOut.ASKED)
    if each.card.excluded_from_mailings:
        return fresh._replace(left_out=LeftOut.EXCLUDED)
    if not each.card.mailbox:
        return fresh._replace(left_out=LeftOut.NO_EMAIL)
    if each.card.company_id not in through:
        return fresh._replace(left_out=LeftOut.NO_MAIL)
    return fresh


def _owe(tx: Transaction, each: Planned, through: ConnectionRow, act: Act, post: Post) -> None:
    request_id = tx.requests.add(
        each.card.id,
        each.card.email or "",
        each.jurisdictions,
        act.at,
        ends=sorted({end.pair for end in each.ends}),
        asking=Asking(made_by=act.by, purpose=Purpose.REQUEST),
    )
    about = About(places=each.places, ends=each.ends)
    request = get(tx, request_id)
    owe_mail(tx, request, Purpose.REQUEST, about, act.at, through=through, post=post)
