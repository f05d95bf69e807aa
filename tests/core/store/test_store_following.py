"""What cards do when records of sources come late, move, go, or contradict each other."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.services.rows import ConnectionRow, DeliveryTarget, Subject
from support.records import NOW, customer
from support.stores import MINUTE, connected, customers_in, rows, save_customers


@pytest.fixture
def erp(store: SqlStore) -> ConnectionRow:
    return connected(store)


@pytest.fixture
def shop(store: SqlStore) -> ConnectionRow:
    return connected(store, "shop")


def cards(store: SqlStore) -> list[str | None]:
    with store.reading() as tx:
        return [row.number for row in customers_in(tx)]


def history(store: SqlStore, card: int) -> list[tuple[str, str | None, str | None, str]]:
    with store.reading() as tx:
        changes = tx.history.of(Subject.CUSTOMER, card)
    return [(change.field, change.old, change.new, change.changed_by) for change in changes]


def test_an_older_state_that_comes_late_makes_no_card(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    save_customers(store, erp, customer("K", number="100"))
    now, before = NOW, NOW - dt.timedelta(days=1)
    save_customers(store, shop, customer("O", number="100", updated_at=now))
    save_customers(store, shop, customer("O", number="555", updated_at=before))
    assert cards(store) == ["100"]
    assert rows(store, "SELECT customer_id FROM source_customer") == [(1,), (1,)]


def test_histories_say_what_sources_did(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    save_customers(store, erp, customer("K", number="100", name="Acme"))
    save_customers(store, shop, customer("O", number="100", name="Acme Shop", exempt=True))
    save_customers(store, shop, customer("O", number="200", name="Acme Shop"), at=NOW + MINUTE)
    assert history(store, 1) == [
        ("flagged_exempt", "no", "yes", "shop"),
        ("flagged_exempt", "yes", "no", "shop"),
        ("sources", "shop O Acme Shop", None, "shop"),
    ]
    assert history(store, 2) == [("sources", None, "shop O Acme Shop", "shop")]
    with store.writing() as tx:
        tx.sources.mark_deleted(shop, Stream.CUSTOMERS, ["O", "gone"], NOW)
        tx.sources.mark_deleted(shop, Stream.CUSTOMERS, ["O"], NOW)
    assert history(store, 2)[1:] == [("sources", "shop O Acme Shop", None, "shop")], "once"


def test_histories_say_which_customer_is_whose_ship_to(store: SqlStore, erp: ConnectionRow) -> None:
    save_customers(store, erp, customer("A", number="1"), customer("B", number="2"))
    save_customers(store, erp, customer("S", number="3", name="Site", parent_external_id="A"))
    assert history(store, 1) == [], "what comes linked is no change"
    save_customers(store, erp, customer("S", number="3", name="Site", parent_external_id="B"))
    assert history(store, 1) == [("ship_to_customers", "3 Site (id:3)", None, "erp")]
    assert history(store, 2) == [("ship_to_customers", None, "3 Site (id:3)", "erp")]
    assert [change[0] for change in history(store, 3)] == ["bill_to_customers"] * 2
    save_customers(store, erp, customer("S", number="3", name="Site", parent_external_id="B"))
    assert len(history(store, 3)) == 2, "the same again is no change"


EXEMPT = '{"jurisdictions":[{"jurisdiction":"US-TX","exempt":true}]}'
TAXED = '{"jurisdictions":[{"jurisdiction":"US-TX","exempt":false}]}'


@pytest.mark.parametrize(
    ("told", "claimed"),
    [
        pytest.param([], False, id="a source's own change ends its claim"),
        pytest.param([TAXED], True, id="our own word that comes back does not"),
        pytest.param([EXEMPT], False, id="a person there who takes it back does"),
        pytest.param([TAXED, EXEMPT], False, id="the last we told counts"),
        pytest.param([EXEMPT, TAXED], True, id="whatever was told before"),
    ],
)
def test_whether_a_claim_stays(
    store: SqlStore, erp: ConnectionRow, told: list[str], claimed: bool
) -> None:
    save_customers(store, erp, customer("K", exempt=True))
    with store.writing() as tx:
        for version, wanted in enumerate(told, 1):
            tx.deliveries.owe(erp.id, DeliveryTarget.CUSTOMER, [("K", version, wanted)], NOW)
            (due,) = tx.deliveries.due(erp.id, [DeliveryTarget.CUSTOMER], NOW, 5)
            sent = type(due.state).SENT
            tx.deliveries.mark(due, sent, outcome="applied", message="", at=NOW)
    save_customers(store, erp, customer("K", exempt=False), at=NOW + MINUTE)
    with store.reading() as tx:
        (row,) = customers_in(tx)
    assert row.flagged_exempt is claimed


def test_of_several_records_of_an_owner_one_that_says_something_counts(
    store: SqlStore, erp: ConnectionRow
) -> None:
    with store.writing() as tx:
        tx.cards.set_owns(erp.id, {"email"})
    both = (customer("1", number="9", email="b@x.example"), customer("2", number="9", email=None))
    save_customers(store, erp, *both)
    save_customers(store, erp, customer("2", number="9", email="c@x.example"))
    with store.reading() as tx:
        assert [row.email for row in customers_in(tx)] == ["b@x.example"], "what it says stays"
    save_customers(store, erp, customer("2", number="9", email=None))
    with store.reading() as tx:
        assert [row.email for row in customers_in(tx)] == ["b@x.example"]
    save_customers(store, erp, customer("1", number="9", email=None))
    with store.reading() as tx:
        assert [row.email for row in customers_in(tx)] == [None], "until none says anything"
