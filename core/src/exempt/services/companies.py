"""The seller's companies, and which of them a list is about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow


class Placed(NamedTuple):
    """A company in the tree: how far below a top company it stands."""

    company: CompanyRow
    depth: int


def every(tx: Transaction) -> Sequence[CompanyRow]:
    """All companies, each after the one it belongs to."""
    return tx.cards.companies()


def names(tx: Transaction) -> dict[int, str]:
    """Their names, by id."""
    return {company.id: company.name for company in tx.cards.companies()}


def keys(tx: Transaction) -> dict[int, str]:
    """Their keys in the settings, by id."""
    return {company.id: company.key for company in tx.cards.companies()}


def tree(companies: Sequence[CompanyRow]) -> list[Placed]:
    """The companies as a tree is read: each followed by those below it, by key."""

    def below(parent_id: int | None, depth: int) -> Iterator[Placed]:
        for company in companies:
            if company.parent_id == parent_id:
                yield Placed(company, depth)
                yield from below(company.id, depth + 1)

    return list(below(None, 0))


def find(companies: Sequence[CompanyRow], key: str) -> CompanyRow:
    """The company with this key.

    Raises:
        NotFoundError: There is none.
    """
    for company in companies:
        if company.key == key:
            return company
    known = ", ".join(company.key for company in companies) or "none is in the settings"
    msg = f"company {key!r}: there is none: one of {known}"
    raise NotFoundError(msg)


def scope(tx: Transaction, key: str | None, *, children: bool = True) -> frozenset[int] | None:
    """The companies that a list is about: one with those below it, or without; None = all.

    Raises:
        NotFoundError: There is none with this key.
    """
    if key is None:
        return None
    companies = tx.cards.companies()
    top = find(companies, key)
    if not children:
        return frozenset({top.id})
    ids = {top.id}
    for company in companies:  # each stands after the one it belongs to
        if company.parent_id in ids:
            ids.add(company.id)
    return frozenset(ids)


def with_those_below(tx: Transaction, ids: Collection[int] | None) -> frozenset[int] | None:
    """These companies with all that stand below them; None = all there are."""
    if ids is None:
        return None
    found = set(ids)
    for placed in tree(tx.cards.companies()):  # each after the one it belongs to
        if placed.company.parent_id in found:
            found.add(placed.company.id)
    return frozenset(found)


def only_one(tx: Transaction, key: str | None) -> CompanyRow:
    """The company with this key; without one, the only one there is.

    Raises:
        RefusedError: There are several, or none, and none is named.
        NotFoundError: There is none with this key.
    """
    companies = tx.cards.companies()
    if key is not None:
        return find(companies, key)
    if len(companies) == 1:
        return companies[0]
    if not companies:
        msg = "there is no company yet: add [companies.KEY] to the settings"
        raise RefusedError(msg)
    known = ", ".join(company.key for company in companies)
    msg = f"which company? Say --company with one of {known}"
    raise RefusedError(msg)
