"""Cards that look alike, when there are very many, and whatever they are."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy as sa

from exempt.adapters.store.store import SqlStore
from exempt.rules.likeness import ComparedCard, likenesses
from exempt.rules.matching import Likeness
from exempt.services.likeness import Doubles, doubles
from exempt.services.likeness_ports import DoublesFilter
from exempt.services.rows import ConnectionRow
from support.cards import make_cards, on_card

NUMBER, TAX_ID, EMAIL, NAME_AND_ZIP, NAME = Likeness


def listed(store: SqlStore, **filters: Any) -> Doubles:
    with store.reading() as tx:
        return doubles(tx, DoublesFilter(**filters))


def ids(found: Doubles) -> list[tuple[int, int]]:
    """The pairs, the lower id of each first."""
    return [(min(d.keep.id, d.other.id), max(d.keep.id, d.other.id)) for d in found.pairs]


AUSTIN = {"country": "US", "postal_code": "78701"}


def test_ten_thousand_cards_with_one_mailbox_are_no_fifty_million_pairs(store: SqlStore) -> None:
    """And none of ten thousand locations of one customer, all of one name in one zip, is."""
    make_cards(store, on_card("Hotel", email="all@x.example", **AUSTIN))
    sql = (
        "WITH RECURSIVE n (id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM n WHERE id < 10001)"
        " INSERT INTO customer (id, company_id, name, name_key, email, email_key, address_country,"
        " address_postal_code, flagged_exempt, created_at)"
        " SELECT n.id, c.id, 'Hotel', 'hotel', 'all@x.example',"
        " 'all@x.example', 'US', '78701', FALSE, 5"
        " FROM n, company c"
    )
    links = (
        "INSERT INTO ship_to_link (bill_to_id, ship_to_id, made_by, made_at)"
        " SELECT 1, id, 'anna', 5 FROM customer WHERE id > 1"
    )
    with store.database.writing() as connection:
        connection.exec_driver_sql(sql)
    found = listed(store, limit=3)
    assert (found.total, ids(found)) == (10_000, [(1, 2), (1, 3), (1, 4)])
    assert [d.likenesses for d in found.pairs] == [(EMAIL, NAME_AND_ZIP)] * 3
    with store.database.writing() as connection:
        connection.exec_driver_sql(links)
    found = listed(store, limit=3)
    assert (found.total, ids(found)) == (9_999, [(2, 3), (2, 4), (2, 5)])
    assert [d.likenesses for d in found.pairs] == [(EMAIL, NAME_AND_ZIP)] * 3


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_likeness_is_found_by_indices(store: SqlStore, erp: ConnectionRow) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_rest: Any) -> None:
        asked.append((sql, parameters))

    sa.event.listen(store.database.engine, "before_cursor_execute", note)
    listed(store)
    sa.event.remove(store.database.engine, "before_cursor_execute", note)
    ((sql, parameters),) = [each for each in asked if each[0].startswith("WITH")]
    with store.database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
        steps = [row[-1] for row in plan]
    of_customers = [step for step in steps if "customer" in step]
    assert len(of_customers) == 10, "a look at the index, and one at the cards, for each likeness"
    assert all("INDEX ix_customer_company_id_" in step for step in of_customers), steps


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> set[frozenset[int]]:
    """The cards that hang together by *pairs*."""
    found = {card: frozenset({card}) for card in range(1, count + 1)}
    for one, other in pairs:
        both = found[one] | found[other]
        found.update(dict.fromkeys(both, both))
    return set(found.values())


@pytest.mark.parametrize("seed", range(5))
def test_who_is_alike_hangs_together_by_the_pairs_listed(store: SqlStore, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same every time
    count = 40
    make_cards(
        store,
        *(
            on_card(
                chance.choice([f"N{n}", "Acme", "ACME"]),
                number=chance.choice([None, "1", "2", f"C-{n}"]),
                tax_id=chance.choice([None, None, "12-3", "123"]),
                email=chance.choice([None, None, "a@b.cc", "A@b.cc", f"{n}@b.cc"]),
                postal_code=chance.choice([None, "78701", "78701-1", "K1A"]),
            )
            for n in range(count)
        ),
    )
    with store.reading() as tx:
        everyone = tx.cards.find(range(1, count + 1))
    compared = {
        card.id: ComparedCard(
            card.id, "northwind", card.name, card.number, card.tax_id, card.email, card.country,
            card.postal_code, is_ship_to=False, sources=0, certificates=0,
        )
        for card in everyone
    }  # fmt: skip
    alike = [
        (one, other)
        for one, other in itertools.combinations(compared, 2)
        if likenesses(compared[one], compared[other])
    ]
    found = listed(store)
    assert set(ids(found)) <= set(alike)
    assert groups(count, ids(found)) == groups(count, alike)
