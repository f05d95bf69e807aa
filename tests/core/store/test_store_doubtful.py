"""Closed orders that may be decided otherwise today, and customers whom nobody need ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import ReviewStatus
from exempt.model.decision import ManualChoice, Profile
from exempt.services.decide import decide_orders
from exempt.services.policy import Policy
from exempt.services.rows import ConnectionRow
from support.records import DAY, NOW, TODAY, YEAR, customer, order
from support.stores import enter, save_customers, save_orders


@dataclass
class Books:
    """A customer C-1 whose goods go to Texas, an order of theirs that is closed, and its past."""

    store: SqlStore
    erp: ConnectionRow

    def certify(self, *states: str, customer_id: int = 1, **changes: Any) -> int:
        """Enter a certificate of C-1."""
        with self.store.writing() as tx:
            return enter(tx, customer_id, *states, **changes)

    def change(self, number: int = 1, **changes: Any) -> None:
        """Change a certificate."""
        with self.store.writing() as tx:
            found = tx.certificates.get(number)
            assert found is not None
            assert tx.certificates.save(found.model_copy(update=changes))

    def lapse(self, on: dt.date, customer_id: int = 1) -> None:
        """Let certificate 1 hold by sales until *on*."""
        with self.store.writing() as tx:
            tx.certificates.set_holds({(1, customer_id, "US-TX"): on})

    def number(self, free_form: str | None) -> None:
        """Give C-1 another free-form number."""
        save_customers(self.store, self.erp, customer(resale_certificate_number=free_form))

    def choose(self, **what: Any) -> None:
        """Decide the order by hand."""
        made = ManualChoice(order_id=1, reason="so", made_at=NOW, made_by="anna", **what)
        with self.store.writing() as tx:
            tx.choices.make(made)

    def take_back(self) -> None:
        """Let what was decided by hand count no more."""
        with self.store.writing() as tx:
            assert tx.choices.end(1, "a mistake", NOW)

    def decide(self, profile: Profile = Profile.DEFAULT) -> None:
        """Decide every order by what is on file."""
        with self.store.writing() as tx:
            orders = tx.sources.orders_after(self.erp.id, 0, 1000)
            decide_orders(tx, self.erp, orders, Policy(profile), NOW)

    def sell(self, external_id: str, **changes: Any) -> None:
        """Keep another order."""
        save_orders(self.store, self.erp, order(external_id, **changes))

    def doubtful(self, profile: Profile = Profile.DEFAULT, **options: Any) -> list[str]:
        """The orders that may be decided otherwise today."""
        options = {"after": 0, "limit": 100, **options}
        with self.store.reading() as tx:
            return [o.record.external_id for o in tx.decisions.doubtful(profile, **options)]

    def lacking(self) -> list[tuple[str, tuple[str, ...], int]]:
        """Whom to ask for which states, and for how many orders."""
        with self.store.reading() as tx:
            return [(c.name, c.jurisdictions, c.orders) for c in tx.decisions.uncovered()]


@pytest.fixture
def books(store: SqlStore, erp: ConnectionRow) -> Books:
    """C-1 and S-1, a ship-to customer of it, flagged exempt, and a closed order of C-1."""
    ship_to = customer("S-1", parent_external_id="C-1", exempt=True)
    save_customers(store, erp, customer(exempt=True), ship_to)
    found = Books(store, erp)
    found.sell("O-1", closed=True)
    return found


PENDING, REJECTED = ReviewStatus.PENDING, ReviewStatus.REJECTED
Do = Callable[[Books], object]
NOTHING: Do = lambda _books: None  # noqa: E731
CERTIFY: Do = lambda b: b.certify()  # noqa: E731
BOUND: Do = lambda b: b.certify(order_numbers=("X",), expiration_date=TODAY + DAY)  # noqa: E731


@pytest.mark.parametrize(
    ("before", "since", "listed"),
    [
        pytest.param(NOTHING, NOTHING, False, id="nothing on file, then and now"),
        pytest.param(CERTIFY, NOTHING, False, id="the certificate it names is still the one"),
        pytest.param(NOTHING, CERTIFY, True, id="a certificate came late"),
        pytest.param(NOTHING, lambda b: b.certify("CA"), False, id="for another state"),
        pytest.param(NOTHING, lambda b: b.certify(customer_id=2), False, id="of another customer"),
        pytest.param(NOTHING, lambda b: b.certify(signed_date=TODAY + DAY), False,
                     id="it takes effect after the order"),
        pytest.param(NOTHING, lambda b: b.certify(expiration_date=TODAY - DAY), False,
                     id="it expired before the order"),
        pytest.param(NOTHING, lambda b: b.certify(expiration_date=TODAY), True,
                     id="it expires on the day of the order"),
        pytest.param(CERTIFY, lambda b: b.certify(expiration_date=TODAY + DAY), True,
                     id="one that expires sooner came late"),
        pytest.param(lambda b: b.certify(expiration_date=TODAY + DAY), CERTIFY, False,
                     id="one that expires later came late"),
        pytest.param(CERTIFY, lambda b: b.change(review_status=REJECTED), True,
                     id="it was rejected since"),
        pytest.param(CERTIFY, lambda b: b.change(review_status=PENDING), True,
                     id="it is to be reviewed again"),
        pytest.param(CERTIFY, lambda b: b.change(archived_date=TODAY), True,
                     id="archived on the day of the order"),
        pytest.param(CERTIFY, lambda b: b.change(archived_date=TODAY + DAY), False,
                     id="archived after the order"),
        pytest.param(CERTIFY, lambda b: b.lapse(TODAY - DAY), True, id="no sale followed in time"),
        pytest.param(CERTIFY, lambda b: b.lapse(TODAY), False, id="it holds until that day"),
        pytest.param(CERTIFY, lambda b: b.lapse(TODAY - DAY, customer_id=2), False,
                     id="it lapsed for another customer"),
        pytest.param(BOUND, NOTHING, True, id="one that is bound to orders would come first"),
        pytest.param(lambda b: b.certify(expiration_date=TODAY), BOUND, False,
                     id="one that is bound to orders would come second"),
        pytest.param(lambda b: [CERTIFY(b), b.choose(certificate_id=1)], NOTHING, True,
                     id="chosen by hand"),
        pytest.param(lambda b: b.choose(tax_applicable=False), NOTHING, True,
                     id="exempt by hand"),
        pytest.param(lambda b: b.choose(tax_applicable=False), lambda b: b.take_back(), True,
                     id="what was decided by hand was taken back"),
        pytest.param(NOTHING, lambda b: b.number("F-1"), True, id="a free-form number since"),
        pytest.param(lambda b: b.number("F-1"), NOTHING, False, id="the free-form number stands"),
        pytest.param(lambda b: b.number("F-1"), CERTIFY, False,
                     id="the free-form number prevails over what came late"),
        pytest.param(lambda b: b.number("F-1"), lambda b: b.number(None), True,
                     id="the free-form number is gone"),
    ],
)  # fmt: skip
def test_a_closed_order_is_doubtful(books: Books, before: Do, since: Do, listed: bool) -> None:
    before(books)
    books.decide()
    since(books)
    assert books.doubtful() == (["O-1"] if listed else [])
    assert books.doubtful(customer_ids=[1]) == books.doubtful()


@pytest.mark.parametrize(
    ("since", "listed"),
    [
        pytest.param(lambda b: b.certify(signed_date=TODAY + DAY), True,
                     id="it need not be in effect"),
        pytest.param(lambda b: [CERTIFY(b), b.lapse(TODAY - DAY)], True, id="no sales need follow"),
        pytest.param(lambda b: b.certify(expiration_date=TODAY - DAY), False, id="it expired"),
    ],
)  # fmt: skip
def test_a_closed_order_is_doubtful_by_the_profile_r2(
    books: Books, since: Do, listed: bool
) -> None:
    books.decide(Profile.R2)
    since(books)
    assert books.doubtful(Profile.R2) == (["O-1"] if listed else [])


def test_orders_that_are_open_cancelled_deleted_or_undecided_are_not_doubtful(books: Books) -> None:
    books.sell("OPEN")
    books.sell("DELETED", closed=True)
    books.sell("CANCELLED", closed=True)
    books.decide()
    books.sell("CANCELLED", closed=True, voided=True)
    books.sell("UNDECIDED", closed=True)
    with books.store.writing() as tx:
        tx.sources.mark_deleted(books.erp, Stream.ORDERS, ["DELETED"], NOW)
    books.certify()
    assert books.doubtful() == ["O-1"]


def test_doubtful_orders_come_a_portion_at_a_time_in_the_order_of_their_ids(books: Books) -> None:
    for n in range(2, 6):
        books.sell(f"O-{n}", closed=True)
    books.decide()
    books.certify()
    with books.store.reading() as tx:
        found = tx.decisions.doubtful(Profile.DEFAULT, after=0, limit=100)
        assert found == tx.sources.orders_after(books.erp.id, 0, 100), "as they are stored"
        first = tx.decisions.doubtful(Profile.DEFAULT, after=0, limit=2)
        rest = tx.decisions.doubtful(Profile.DEFAULT, after=first[-1].id, limit=100)
    assert (len(first), [*first, *rest]) == (2, found)


def test_doubtful_orders_of_some_customers_are_theirs_and_their_ship_to_customers(
    books: Books,
) -> None:
    left = customer("S-2", parent_external_id="C-1")
    save_customers(books.store, books.erp, customer("C-2"), left)
    with books.store.writing() as tx:
        tx.sources.mark_deleted(books.erp, Stream.CUSTOMERS, ["S-2"], NOW)
    books.sell("LEFT", customer_external_id="S-2", closed=True)
    books.sell("SHIP-TO", customer_external_id="S-1", closed=True)
    books.sell("OTHER", customer_external_id="C-2", closed=True)
    books.decide()
    books.certify()
    books.certify(customer_ids=(3, 4))
    assert books.doubtful() == ["O-1", "LEFT", "SHIP-TO", "OTHER"]
    assert books.doubtful(customer_ids=[1]) == ["O-1", "SHIP-TO"]
    assert books.doubtful(customer_ids=[2]) == ["SHIP-TO"]
    assert books.doubtful(customer_ids=[2, 3]) == ["SHIP-TO", "OTHER"]
    assert books.doubtful(customer_ids=[]) == []


# --- whom to ask -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "asked"),
    [
        pytest.param(NOTHING, True, id="nothing came"),
        pytest.param(CERTIFY, False, id="a certificate that came late covers it"),
        pytest.param(lambda b: b.certify("CA"), True, id="one of another state"),
        pytest.param(lambda b: b.certify(signed_date=TODAY + DAY), True,
                     id="one that takes effect later"),
        pytest.param(BOUND, True, id="one that is bound to orders"),
        pytest.param(lambda b: [BOUND(b), CERTIFY(b)], False,
                     id="one that is bound to orders, and one that is not"),
    ],
)  # fmt: skip
def test_for_a_closed_order_nobody_is_asked_whom_a_certificate_on_file_covers(
    books: Books, since: Do, asked: bool
) -> None:
    books.decide()
    since(books)
    assert books.lacking() == ([("Customer C-1", ("US-TX",), 1)] if asked else [])


def test_for_an_open_order_they_are_asked_until_it_is_decided_anew(books: Books) -> None:
    books.sell("OPEN")
    books.decide()
    books.certify()
    books.certify(number="N-2", expiration_date=TODAY + YEAR)
    assert books.lacking() == [("Customer C-1", ("US-TX",), 1)]


def test_by_the_profile_r2_a_certificate_need_not_be_in_effect(books: Books) -> None:
    books.decide(Profile.R2)
    books.certify(signed_date=TODAY + DAY)
    assert books.lacking() == []
