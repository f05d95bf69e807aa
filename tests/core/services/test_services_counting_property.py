"""Whatever happens to orders: what is kept by differences is what counting from scratch gives."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exempt import Stream
from exempt.errors import ExemptError
from exempt.model.certificate import ExemptionReason
from exempt.model.nexus import Counts
from exempt.model.sources import NotTaxedReason, OrderKind
from exempt.services import counting, orders, recheck, recounting, sales_reconciling
from exempt.services.policy import NexusPolicy, Policy
from exempt.services.rates import import_rates
from support.fake_connector import WRITES
from support.records import DAY, TODAY, address, customer, line, order
from support.stores import rows
from support.world import Source, World

NAMES = ("O-1", "O-2", "O-3")
DAYS = st.integers(0, 40).map(lambda days: TODAY - days * DAY)
ORDERS = st.builds(
    order,
    st.sampled_from(NAMES),
    kind=st.sampled_from(OrderKind),
    order_date=DAYS,
    ship_to=st.sampled_from([None, address("TX"), address("CA"), address("BY", "DE")]),
    currency=st.sampled_from(["USD", "USD", "EUR"]),
    total=st.decimals(-500, 500, places=2),
    closed=st.booleans(),
    voided=st.sampled_from([False, False, True]),
    marketplace=st.sampled_from([None, None, "Bazaar"]),
    lines=st.sampled_from(
        [(), (line(),), (line(not_taxed_reason=NotTaxedReason.PRODUCT_NOT_TAXED), line("2", "7"))]
    ),
)
STEPS = st.one_of(
    st.tuples(st.just("page"), st.lists(ORDERS, min_size=1, max_size=3)),
    st.tuples(st.just("page"), st.lists(ORDERS, min_size=1, max_size=3)),
    st.tuples(st.just("gone"), st.sampled_from(NAMES)),
    st.tuples(
        st.just("certificate"),
        st.sampled_from([ExemptionReason.RESALE, ExemptionReason.CHARITABLE]),
    ),
    st.tuples(st.just("archived"), st.none()),
    st.tuples(st.just("by hand"), st.sampled_from(NAMES)),
    st.tuples(st.just("looked at again"), st.none()),
    st.tuples(st.just("rate"), st.tuples(DAYS, st.decimals("0.5", "2", places=4))),
)
numbers = itertools.count()


class Ledger:
    """A connection of its own, to which things happen."""

    def __init__(self, world: World) -> None:
        number = next(numbers)
        self.world = world
        self.erp: Source = world.connect(f"erp{number}", WRITES, company=f"company{number}")
        self.buyer = f"C-{number}"
        self.erp.remote.put(customer(self.buyer, exempt=True))
        self.erp.sync()
        self.certificates: list[int] = []

    def happen(self, what: str, how: Any) -> None:
        """Let something happen."""
        world, remote = self.world, self.erp.remote
        if what == "page":
            bought = {"customer_external_id": self.buyer}
            remote.put(*(each.model_copy(update=bought) for each in how))
            self.erp.pull()
        elif what == "gone":
            remote.remove(Stream.ORDERS, how)
            self.erp.pull()
        elif what == "certificate":
            number, _ = world.certify(self.buyer, "TX", "CA", exemption_reason=how)
            self.certificates.append(number)
        elif what == "archived" and self.certificates:
            world.archive(self.certificates.pop())
        elif what == "by hand":
            self.decide_by_hand(how)
        elif what == "looked at again":
            list(recheck.closed_orders(world.store, world.act(), apply=True))
        elif what == "rate":
            day, rate = how
            import_rates(world.store, f"currency,day,rate\nEUR,{day},{rate}", world.act())

    def decide_by_hand(self, name: str) -> None:
        """Say that an order is not taxed, if it can be said."""
        with self.world.store.reading() as tx:
            found = tx.sources.orders_by_id(self.erp.row.id, [name])
        for each in found:
            try:
                orders.override(
                    self.world.store, each.id, self.world.act(), tax_applicable=False, reason="So."
                )
            except ExemptError:
                return  # cancelled, or deleted

    def count_anew(self) -> None:
        """Count what rates ask for."""
        world = self.world
        recounting.recount(world.store, Policy(), lambda: world.now, lambda: False)

    def kept(self) -> tuple[Sequence[Any], Sequence[Any]]:
        """How orders count, and the totals."""
        company = self.erp.row.company_id
        tables = ("sale", "sales_total")
        sql = "SELECT * FROM {} WHERE company_id = :company ORDER BY 1, 2, 3, 4, 5, 6"
        sales, totals = (
            rows(self.world.store, sql.format(table), company=company) for table in tables
        )
        return sales, totals


@given(st.lists(STEPS, max_size=8))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_totals_are_those_of_counting_from_scratch(
    world: World, steps: list[tuple[str, Any]]
) -> None:
    ledger = Ledger(world)
    for what, how in steps:
        ledger.happen(what, how)
    ledger.count_anew()
    kept = ledger.kept()
    company = ledger.erp.row.company_id
    with world.store.reading() as tx:
        assert sales_reconciling.astray(tx, [company]) == []
        found = sales_reconciling.reconcile(tx, [company], Policy())
    assert all(each.agrees for each in found)
    # From scratch: first as if nothing counted, then all of it.
    for counts in (Counts.NONE, Counts.ALL):
        by = Policy(nexus=NexusPolicy(counts={ledger.erp.row.name: counts}))
        with world.store.writing() as tx:
            counting.ask_recount(tx, [ledger.erp.row.id], "from scratch", world.now)
        recounting.recount(world.store, by, lambda: world.now, lambda: False, at_once=2)
        if counts is Counts.NONE:
            assert ledger.kept() == ([], [])
    assert ledger.kept() == kept
