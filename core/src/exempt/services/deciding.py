"""Decide an order while it is entered, without keeping anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple, Protocol

from exempt.errors import NotFoundError
from exempt.model.access import Caller
from exempt.model.asking import Answer, Buyer, Holder, Question
from exempt.rules.asking import answer
from exempt.services.policy import Policy


class Asking(Protocol):
    """Finds billing customers, and what they may use, as quickly as can be."""

    def holder(
        self, buyer: Buyer, company: str | None, company_ids: frozenset[int] | None = None
    ) -> Holder | None:
        """The billing customer by one of its names, in the company with that key or in any.

        With *company_ids* whoever belongs to none of these companies is not there.

        Raises:
            RefusedError: Several companies have a customer of that number.
            NotFoundError: There is no such company or connection.
        """
        ...


class Terms(NamedTuple):
    """What answers go by, beside the facts; see `exempt.rules.asking.answer`."""

    policy: Policy
    clock: Callable[[], dt.datetime]
    soon_days: int = 30
    requests: bool = True


def ask(asking: Asking, question: Question, terms: Terms, caller: Caller) -> Answer:
    """Whether the order of *question* is to be taxed, for *caller*.

    A customer of a company that is not the caller's counts as one that is not known.

    Raises:
        RefusedError: Several customers fit.
        NotFoundError: There is no customer with this id of ours, no such company or connection.
    """
    holder = asking.holder(question.customer, question.company, caller.company_ids)
    if holder is None and question.customer.id is not None:
        msg = f"customer {question.customer.id}: there is none"
        raise NotFoundError(msg)
    return answer(
        question,
        holder,
        on=terms.clock().date(),
        profile=terms.policy.profile,
        soon_days=terms.soon_days,
        requests=terms.requests,
    )
