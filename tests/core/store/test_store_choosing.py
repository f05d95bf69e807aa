"""The choice of certificates in SQL is the rule's, in registers made at random."""

from __future__ import annotations

import random

import pytest

from exempt import Stream
from exempt.adapters.store.choosing import CHOSEN, FITS, usable
from exempt.adapters.store.database import run
from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import Coverage, ReviewStatus
from exempt.model.decision import Profile
from exempt.rules.decision import choose, decide, facts_of, refusal
from exempt.services.decide import decide_orders
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow, StoredOrder
from support.records import DAY, NOW, TODAY, address, customer, in_state, order
from support.stores import connected, customers_in, enter, save_customers, save_orders

PEOPLE = 12
STATES = ("TX", "CA")
DAYS = [TODAY + days * DAY for days in (-3, -2, -1, 0, 1, 2)]


def buyers(store: SqlStore, erp: ConnectionRow, shop: ConnectionRow, chance: random.Random) -> None:
    """Customers of two sources; some are ship-to customers, some in both, some deleted."""
    everyone = range(PEOPLE)
    found = [
        customer(
            f"C-{n}",
            number=f"N-{n}",
            parent_external_id=f"C-{chance.randrange(2)}" if chance.random() < 0.6 else None,
            resale_certificate_number="FREE" if chance.random() < 0.1 else None,
        )
        for n in everyone
    ]
    save_customers(store, erp, *found)
    save_customers(store, shop, *(customer(f"S-{n}", number=f"N-{n}") for n in everyone[::3]))
    gone = [f"C-{n}" for n in everyone if chance.random() < 0.2]
    with store.writing() as tx:
        tx.sources.mark_deleted(erp, Stream.CUSTOMERS, gone, NOW)


def sales(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow, chance: random.Random
) -> list[StoredOrder]:
    """Orders of both sources, some of customers whom nobody knows."""
    places = [*map(address, STATES), address("tx", "MX"), address(None), None]
    sold = [
        order(
            f"O-{n}",
            customer_external_id=f"{chance.choice('CS')}-{chance.randrange(PEOPLE + 1)}",
            order_date=chance.choice(DAYS),
            ship_to=chance.choice(places),
            number=f"PO-{n % 5}",
            closed=chance.random() < 0.8,
            voided=chance.random() < 0.05,
        )
        for n in range(300)
    ]
    return [
        *save_orders(store, erp, *sold[::2]).touched,
        *save_orders(store, shop, *sold[1::2]).touched,
    ]


def certificates(store: SqlStore, chance: random.Random, how_many: int = 60) -> list[int]:
    """Certificates with dates so near to each other that many rank alike; their ids."""
    with store.writing() as tx:
        cards = [row.id for row in customers_in(tx)]
        return [certified(tx, chance, cards) for _ in range(how_many)]


def certified(tx: Transaction, chance: random.Random, cards: list[int]) -> int:
    """A certificate for one or two customers, held by sales in one of its states or not."""
    holders = chance.sample(cards, 1)
    if chance.random() < 0.4:
        holders = sorted({cards[0], *holders})  # of a ship-to customer and its billing customer
    places = []
    for state in chance.sample(STATES, chance.randint(1, 2)):
        start = chance.choice(DAYS)
        end = chance.choice([None, *(day for day in DAYS if day >= start)])
        places.append(in_state(state, effective_date=start, expiration_date=end))
    number = enter(
        tx,
        holders[0],
        customer_ids=tuple(holders),
        jurisdictions=tuple(places),
        order_numbers=("PO-1",) if chance.random() < 0.1 else (),
    )
    reviewed = chance.choice([ReviewStatus.ACCEPTED] * 7 + list(ReviewStatus))
    archived = chance.choice([*DAYS, *(None,) * 9])
    found = tx.certificates.get(number)
    assert found is not None
    after = found.model_copy(update={"review_status": reviewed, "archived_date": archived})
    assert tx.certificates.save(after)
    tx.certificates.set_holds(
        {
            (number, holder, places[0].jurisdiction): chance.choice(DAYS)
            for holder in holders
            if chance.random() < 0.6
        }
    )
    return number


def in_sql(store: SqlStore, profile: Profile) -> dict[int, int | None]:
    """What every order's certificate is to the database."""
    with store.database.reading() as connection:
        coverages = usable(connection)
        sql = (
            f"WITH {coverages.sql} SELECT o.id, {CHOSEN} FROM sales_order o"  # noqa: S608
            f" LEFT JOIN usable u ON {FITS[profile]} GROUP BY o.id"
        )
        return {row[0]: row[1] for row in run(connection, sql, *coverages.parameters)}


def by_rule(coverages: list[Coverage], sold: StoredOrder, profile: Profile) -> int | None:
    """What it is to the rule, were no certificate bound to orders; negative if that one is."""
    facts = facts_of(sold.record, None)
    free = [coverage.model_copy(update={"order_numbers": ()}) for coverage in coverages]
    best = choose([coverage for coverage in free if refusal(coverage, facts, profile) is None])
    if best is None:
        return None
    bound = {coverage.certificate_id for coverage in coverages if coverage.order_numbers}
    return -best.certificate_id if best.certificate_id in bound else best.certificate_id


def held(tx: Transaction, sold: StoredOrder) -> list[Coverage]:
    """What the customer of an order may use."""
    name = sold.record.customer_external_id
    card = tx.sources.cards(sold.connection_id, [name]).get(name)
    return tx.certificates.coverages([card.customer_id])[card.customer_id] if card else []


SEEDS = range(4)


@pytest.fixture(params=SEEDS, ids="seed {}".format)
def chance(request: pytest.FixtureRequest) -> random.Random:
    """The same every time."""
    return random.Random(request.param)  # noqa: S311


def test_the_choice_in_sql_is_the_rules(
    store: SqlStore, erp: ConnectionRow, chance: random.Random
) -> None:
    shop = connected(store, "shop")
    buyers(store, erp, shop, chance)
    certificates(store, chance)
    sold = sales(store, erp, shop, chance)
    with store.reading() as tx:
        coverages = {each.id: held(tx, each) for each in sold}
    for profile in Profile:
        expected = {each.id: by_rule(coverages[each.id], each, profile) for each in sold}
        assert in_sql(store, profile) == expected
        assert len(set(expected.values())) > 10, "the register is too poor to show anything"


def test_every_closed_order_that_would_be_decided_otherwise_is_doubtful(
    store: SqlStore, erp: ConnectionRow, chance: random.Random
) -> None:
    shop = connected(store, "shop")
    buyers(store, erp, shop, chance)
    certificates(store, chance, 20)
    sold = sales(store, erp, shop, chance)
    profile = chance.choice(list(Profile))
    with store.writing() as tx:
        for row in (erp, shop):
            mine = [each for each in sold if each.connection_id == row.id]
            decide_orders(tx, row, mine, Policy(profile), NOW)
    certificates(store, chance, 40)
    with store.reading() as tx:
        doubtful = {each.id for each in tx.decisions.doubtful(profile, after=0, limit=1000)}
        before = tx.decisions.decided([each.id for each in sold])
        otherwise, bound = set(), set()
        for each in sold:
            name = each.record.customer_external_id
            card = tx.sources.cards(each.connection_id, [name]).get(name)
            coverages = held(tx, each)
            after = decide(facts_of(each.record, card, coverages), coverages, profile)
            if (by_rule(coverages, each, profile) or 0) < 0:
                bound.add(each.id)
            if each.id in before and after.certificate_id != before[each.id].certificate_id:
                otherwise.add(each.id)
    closed = {each.id for each in sold if each.record.closed and not each.record.voided}
    assert closed & otherwise <= doubtful <= closed & (otherwise | bound)
    assert otherwise & closed
