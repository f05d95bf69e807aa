"""What is counted, held against what the sources have, to the cent; and totals against sales."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from exempt.rules.sales import COUNTED
from exempt.services.counting import settings_of
from exempt.services.policy import Policy
from exempt.services.ports import Store, Transaction
from exempt.services.sale_ports import SourceSum, TotalAstray


class Part(NamedTuple):
    """Some orders: how many, and what they come to in minor units of their currency."""

    orders: int = 0
    total: int = 0

    def plus(self, orders: int, total: int) -> Part:
        """These and others."""
        return Part(self.orders + orders, self.total + total)


class Reconciled(NamedTuple):
    """The orders of one connection in one currency, and what became of them.

    What its source has alive is counted, left out by the settings, or missing;
    what is missing waits for a recount, or is a mistake of ours.

    Attributes:
        currency: Of the orders; all parts but ``in_usd`` are in its minor units.
        alive: What the source has, without what is cancelled or deleted there.
        orders: Of these the orders; ``invoices`` and ``credits`` are the others.
        counted: Of these what counts.
        left_out: Of these what does not count by the settings of the connection.
        missing: Of these what should count and does not.
        astray: Orders that count another amount than their source has.
        stray: Orders that count and should not.
        voided: What was cancelled; ``deleted``: what the source has no more.
        set_aside: Of what is counted, what has no rate and so counts nowhere.
        unknown: Of what is counted, what goes nobody knows where.
        abroad: Of what is counted, what goes abroad.
        in_usd: Of what is counted, what is not set aside: in cents of USD.
    """

    connection: str
    company_id: int
    currency: str
    alive: Part = Part()
    orders: Part = Part()
    invoices: Part = Part()
    credits: Part = Part()
    counted: Part = Part()
    left_out: Part = Part()
    missing: Part = Part()
    stray: Part = Part()
    voided: Part = Part()
    deleted: Part = Part()
    set_aside: Part = Part()
    unknown: Part = Part()
    abroad: Part = Part()
    in_usd: Part = Part()
    astray: int = 0

    @property
    def agrees(self) -> bool:
        """Whether every order counts as it should, to the cent."""
        return not (self.missing.orders or self.stray.orders or self.astray)


def reconcile(tx: Transaction, company_ids: Collection[int], policy: Policy) -> list[Reconciled]:
    """Orders of companies' connections held against their sales, by connection and currency."""
    rows = {row.id: row for row in tx.connections.all() if row.company_id in company_ids}
    found: dict[tuple[str, str], Reconciled] = {}
    for each in tx.sales_checks.sums(list(rows)):
        connection = rows[each.connection_id]
        counts, _ = settings_of(connection, policy)
        key = (connection.name, each.currency)
        before = found.get(key) or Reconciled(connection.name, connection.company_id, each.currency)
        found[key] = _with(before, each, wanted=each.kind in COUNTED[counts])
    return [found[key] for key in sorted(found)]


def astray(tx: Transaction, company_ids: Collection[int], *, limit: int = 100) -> list[TotalAstray]:
    """The running totals of companies that are not the sums of their sales; none, if all is well.

    It adds up all sales, which takes seconds for each million.
    """
    return tx.sales_checks.astray(company_ids, limit)


def repair(store: Store, company_ids: Collection[int]) -> None:
    """Make the running totals of companies anew out of their sales, a company a transaction.

    States are looked at again where a threshold may be crossed.
    """
    for company_id in sorted(set(company_ids)):
        with store.writing() as tx:
            tx.sales_checks.rebuild(company_id)


def _with(before: Reconciled, each: SourceSum, *, wanted: bool) -> Reconciled:
    """*before* with some more orders, which the settings want counted, or not."""
    parts = _parts(each, wanted=wanted)
    added = {name: getattr(before, name).plus(each.orders, each.total) for name in parts}
    if "counted" in parts and each.counted_in == "USD":
        added["in_usd"] = before.in_usd.plus(each.orders, each.counts)
    return before._replace(**added, astray=before.astray + each.astray)


def _parts(each: SourceSum, *, wanted: bool) -> Sequence[str]:
    """Of what these orders are a part."""
    counts = each.counted_in is not None
    if each.state != "alive":
        return [each.state, "stray"] if counts else [each.state]
    parts = ["alive", f"{each.kind}s"]
    if not counts:
        return [*parts, "missing" if wanted else "left_out"]
    if not wanted:
        return [*parts, "left_out", "stray"]
    parts.append("counted")
    if each.counted_in != "USD":
        parts.append("set_aside")
    if each.place != "us":
        parts.append(str(each.place))
    return parts
