"""What two transactions do at once comes out as if one had waited for the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from exempt import Page, Stream
from exempt.errors import ConflictError
from exempt.services import certificates, requests
from exempt.services.decide import decide_orders, redecide
from exempt.services.owing import owe_customers
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.pull import store_page
from support.fake_connector import WRITES
from support.records import customer, details, order
from support.stores import enter, rows, side_by_side
from support.world import Source, World

FLAGGED = customer("C-1", number="1", exempt=True, email="ap@x.example")


def orders_page(source: Source) -> Callable[[Transaction], object]:
    """What storing a page of orders does."""

    def save(tx: Transaction) -> None:
        sold = [order(), order("O-2", customer_external_id="S-1")]
        saved = tx.sources.save_orders(source.row, sold, source.world.now)
        decide_orders(tx, source.row, saved.touched, Policy(), source.world.now)

    return save


def customers_page(source: Source, *customers: Any) -> Callable[[Transaction], object]:
    """What storing a page of customers does."""

    def save(tx: Transaction) -> None:
        saved = tx.sources.save_customers(source.row, customers, source.world.now)
        redecide(tx, saved.customer_ids, Policy(), source.world.now)

    return save


@pytest.fixture
def pair(any_world: World) -> tuple[Source, Source]:
    """Two connections of one company; one of them knows the customer already."""
    erp, shop = any_world.connect("erp", WRITES), any_world.connect("shop", WRITES)
    erp.remote.put(customer("C-1", number="1"))
    erp.pull(Stream.CUSTOMERS)
    return erp, shop


def check(world: World, *, ground: str) -> None:
    """All orders are decided alike, once."""
    in_force = (
        "SELECT o.external_id, d.ground FROM sales_order o LEFT JOIN decision d"
        " ON d.order_id = o.id AND d.superseded_at IS NULL WHERE o.external_id = 'O-1'"
    )
    assert rows(world.store, in_force) == [("O-1", ground)]


@pytest.mark.parametrize("first", ["orders", "customers"])
def test_an_order_comes_in_while_its_customer_is_flagged_elsewhere(
    any_world: World, pair: tuple[Source, Source], first: str
) -> None:
    erp, shop = pair
    steps = [orders_page(erp), customers_page(shop, customer("S-1", number="1", exempt=True))]
    side_by_side(any_world.store, *(steps if first == "orders" else steps[::-1]))
    check(any_world, ground="no_certificate")


@pytest.mark.parametrize("first", ["orders", "customers"])
def test_an_order_changes_while_its_customer_does(
    any_world: World, pair: tuple[Source, Source], first: str
) -> None:
    erp, shop = pair
    erp.remote.put(order(tax_applicable=False))
    erp.pull()
    steps = [orders_page(erp), customers_page(shop, customer("S-1", number="1", exempt=True))]
    side_by_side(any_world.store, *(steps if first == "orders" else steps[::-1]))
    check(any_world, ground="no_certificate")


def test_an_order_comes_in_while_a_certificate_is_entered(
    any_world: World, pair: tuple[Source, Source]
) -> None:
    """The certificate's own transaction must not overlook the order, nor the other way round."""
    erp, _ = pair
    who = any_world.customer_id("C-1")

    changed: list[int] = []

    def certify(tx: Transaction) -> None:
        tx.alone(tx.sources.companies_of([who]))
        enter(tx, who)
        changed.append(redecide(tx, [who], Policy(), any_world.now))

    side_by_side(any_world.store, orders_page(erp), certify)
    check(any_world, ground="certificate")
    assert changed == [1], "it waited for the order, and decided it anew"


def test_customers_are_owed_their_status_by_two_at_once(
    any_world: World, pair: tuple[Source, Source]
) -> None:
    erp, _ = pair
    who = any_world.customer_id("C-1")
    with any_world.store.writing() as tx:
        enter(tx, who)

    def owe(tx: Transaction) -> None:
        tx.alone([erp.row.company_id])
        owe_customers(tx, erp.row, any_world.now.date(), any_world.now)

    side_by_side(any_world.store, owe, owe)
    assert erp.owed() == ["C-1"]


def test_two_who_ask_at_once_ask_nobody_twice(
    any_world: World, pair: tuple[Source, Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    erp, shop = pair
    erp.remote.put(FLAGGED.model_copy(update={"external_id": "C-1"}), order())
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    store = any_world.store

    def ask_now(_tx: Transaction) -> None:
        requests.ask(store, {shop.row.company_id: shop.row}, any_world.now)

    # One asks within its own transaction; the other waits at its first step for that to end.
    def ask_within(tx: Transaction) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(store, "writing", lambda: _Given(tx))
            ask_now(tx)

    side_by_side(store, ask_within, ask_within)
    assert rows(store, "SELECT count(*) FROM request") == [(1,)]


class _Given:
    """A transaction that has begun, and that others end."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def __enter__(self) -> Transaction:
        return self._tx

    def __exit__(self, *_error: object) -> None: ...


def test_services_themselves_take_turns(any_world: World, pair: tuple[Source, Source]) -> None:
    """A certificate entered and a page stored, each by its own service, at the same time."""
    erp, _ = pair
    who = any_world.customer_id("C-1")

    page: Page[Any] = Page(records=(order(),))
    work: list[Callable[[], object]] = [
        lambda: store_page(erp.reading(), Stream.ORDERS, page, None),
        lambda: certificates.add(any_world.store, details(customer_ids=(who,)), any_world.act()),
        lambda: requests.ask(any_world.store, {erp.row.company_id: erp.row}, any_world.now),
    ]
    threads = [threading.Thread(target=each) for each in work]
    with any_world.store.writing() as tx:
        tx.alone([erp.row.company_id])
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    check(any_world, ground="certificate")


def test_of_two_who_edit_at_once_one_is_told(any_world: World, pair: tuple[Source, Source]) -> None:
    """Both look at version 1 before either saves; nothing of the loser's edit is kept."""
    certificate, _ = any_world.certify("C-1", "TX")
    told: list[str] = []

    def edit(tx: Transaction) -> None:
        seen = tx.certificates.get(certificate)
        assert seen is not None
        changed = seen.model_copy(update={"version": 1, "notes": f"{len(told)}"})
        told.append("saved" if tx.certificates.save(changed) else "refused")

    side_by_side(any_world.store, edit, edit)
    assert told == ["saved", "refused"]
    with any_world.store.reading() as tx:
        found = tx.certificates.get(certificate)
    assert found is not None
    assert (found.version, found.notes) == (2, "0")


def test_edits_by_their_own_service_take_turns(
    any_world: World, pair: tuple[Source, Source]
) -> None:
    certificate, _ = any_world.certify("C-1", "TX")
    with any_world.store.reading() as tx:
        before = tx.certificates.get(certificate)
    assert before is not None
    outcomes: list[str] = []

    def edit(notes: str) -> None:
        changed = before.details.model_copy(update={"notes": notes})
        try:
            certificates.edit(any_world.store, certificate, changed, any_world.act(), seen=1)
            outcomes.append("saved")
        except ConflictError:
            outcomes.append("told")

    threads = [threading.Thread(target=edit, args=[notes]) for notes in ("one", "two", "three")]
    with any_world.store.writing() as tx:
        tx.alone([pair[0].row.company_id])
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "told", "told"]
