"""The tree of companies, and which of them a list is about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.errors import NotFoundError, RefusedError
from exempt.services import companies
from exempt.services.ports import Transaction


@pytest.fixture
def tx(store: SqlStore) -> Iterator[Transaction]:
    with store.writing() as tx:
        for key, parent in (("z", None), ("a", "z"), ("c", "a"), ("b", "z"), ("solo", None)):
            tx.connections.company(key, key.upper(), parent)
        yield tx


def keys(tx: Transaction, ids: frozenset[int] | None) -> list[str] | None:
    found = {row.id: row.key for row in tx.cards.companies()}
    return None if ids is None else sorted(found[each] for each in ids)


def test_a_tree_is_read_from_the_top(tx: Transaction) -> None:
    placed = companies.tree(tx.cards.companies())
    assert [(one.company.key, one.depth) for one in placed] == [
        ("solo", 0),
        ("z", 0),
        ("a", 1),
        ("c", 2),
        ("b", 1),
    ]


@pytest.mark.parametrize(
    ("key", "children", "found"),
    [
        (None, True, None),
        ("z", True, ["a", "b", "c", "z"]),
        ("z", False, ["z"]),
        ("a", True, ["a", "c"]),
        ("c", True, ["c"]),
    ],
)
def test_a_scope(tx: Transaction, key: str | None, children: bool, found: list[str] | None) -> None:
    assert keys(tx, companies.scope(tx, key, children=children)) == found


def test_one_that_is_not_there_is_named(tx: Transaction) -> None:
    with pytest.raises(NotFoundError, match="company 'x': there is none: one of solo, z, a"):
        companies.scope(tx, "x")


def test_which_company_is_meant(tx: Transaction, store: SqlStore) -> None:
    assert companies.only_one(tx, "a").key == "a"
    with pytest.raises(RefusedError, match="which company"):
        companies.only_one(tx, None)


def test_the_only_one_need_not_be_named(store: SqlStore) -> None:
    with store.writing() as tx:
        with pytest.raises(RefusedError, match="there is no company yet"):
            companies.only_one(tx, None)
        tx.connections.company("solo", "Solo", None)
        assert companies.only_one(tx, None).key == "solo"
