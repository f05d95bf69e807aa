"""``exempt nexus``: the table of states, one state, its orders, and whether all of it agrees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from exempt.cli import nexus_json, nexus_state, nexus_table, typed
from exempt.cli.companies import scope
from exempt.cli.output import count, money, print_facts, print_json, say
from exempt.services import exposure_details, sales_reconciling
from exempt.services.exposure_details import Detail
from exempt.services.exposure_overview import beside, ids_of, waiting
from exempt.services.exposures import ExposureView, exposures
from exempt.services.sales_reconciling import Part, Reconciled
from exempt.wiring import Exempt
from exempt.wiring.nexus_watch import catch_up_now


class Asked(NamedTuple):
    """What was asked for, as it was typed."""

    company: str | None = None
    only_this: bool = False
    on: str | None = None
    everything: bool = False
    as_json: bool = False

    def day(self, exempt: Exempt) -> dt.date:
        """The day that it is about."""
        return typed.day(self.on, "--on") if self.on else exempt.clock().date()

    def company_ids(self, exempt: Exempt) -> frozenset[int] | None:
        """The companies that it is about; None = all."""
        exempt.settle()
        catch_up_now(exempt, lambda: None if self.as_json else say("Counting sales anew …", "dim"))
        return scope(exempt, self.company, only_this=self.only_this)


# --- the table of states ---------------------------------------------------------------


def show_table(exempt: Exempt, asked: Asked) -> None:
    """``exempt nexus``."""
    on, company_ids = asked.day(exempt), asked.company_ids(exempt)
    with exempt.store.reading() as tx:
        found = exposures(tx, company_ids, on, exempt.policy)
        below = beside(tx, company_ids, on, exempt.policy)
    shown = [view for view in found if asked.everything or view.matters]
    if asked.as_json:
        print_json(nexus_json.table(shown, below, on))
        return
    nexus_table.show(shown, below, on)


# --- one state -------------------------------------------------------------------------


def show_state(exempt: Exempt, state: str, asked: Asked, window: str | None) -> None:
    """``exempt nexus TX``."""
    on = asked.day(exempt)
    details = _details(exempt, state, asked, on)
    if asked.as_json:
        print_json([nexus_json.detail(each) for each in details])
        return
    for number, each in enumerate(details):
        if number:
            say()
        nexus_state.show(each, each.window(window))


def _details(exempt: Exempt, state: str, asked: Asked, on: dt.date) -> list[Detail]:
    """Of each company of which there is something to say; of the first, if of none."""
    code, company_ids = typed.jurisdiction(state, state), asked.company_ids(exempt)
    with exempt.store.reading() as tx:
        views = exposures(tx, company_ids, on, exempt.policy, jurisdictions=[code])
        wanted = [view for view in views if view.matters] or views[:1]
        return [
            exposure_details.detail(tx, view.company.id, code, on, exempt.policy)
            for view in _by_company(wanted)
        ]


def _by_company(views: Sequence[ExposureView]) -> list[ExposureView]:
    return sorted(views, key=lambda view: view.company.key)


def show_orders(exempt: Exempt, state: str, asked: Asked, window: str | None, limit: int) -> None:
    """``exempt nexus TX --orders``: those that the figure of a window is made of."""
    told = []
    for each in _details(exempt, state, asked, asked.day(exempt)):
        chosen = each.window(window)
        behind = exposure_details.behind(each, chosen, everything=asked.everything)
        with exempt.store.reading() as tx:
            if asked.as_json:
                found = exposure_details.every_order(tx, behind)
                told.append(nexus_json.orders(each, chosen, found))
            else:
                page = exposure_details.orders(tx, behind, limit=limit + 1)
                nexus_state.show_orders(each, chosen, page, limit)
    if asked.as_json:
        print_json(told)


# --- whether it agrees -----------------------------------------------------------------


def reconcile(exempt: Exempt, asked: Asked, *, repair: bool) -> int:
    """``exempt nexus --reconcile``; 1 where something differs."""
    company_ids = asked.company_ids(exempt)
    with exempt.store.reading() as tx:
        ids = ids_of(tx, company_ids)
        rows = sales_reconciling.reconcile(tx, ids, exempt.policy)
        astray = sales_reconciling.astray(tx, ids)
        pending = waiting(tx, ids)
    if astray and repair:
        sales_reconciling.repair(exempt.store, {each.company_id for each in astray})
    agrees = not astray and all(row.agrees for row in rows)
    if asked.as_json:
        told = {
            "agrees": agrees,
            "sources": [row._asdict() for row in rows],
            "totals_astray": [each._asdict() for each in astray],
            "repaired": bool(astray and repair),
            "being_counted": pending,
        }
        print_json(told)
        return 0 if agrees else 1
    _show_sources(rows)
    for name in pending:
        say(f"{name}: orders are being counted anew; until then some may be missing.", "yellow")
    if astray:
        said = f"{count(len(astray), 'running total')} not the sum of its sales"
        done = "added up anew" if repair else "exempt nexus --repair adds them up anew"
        say(f"✗ {said}: {done}.", "red")
    if agrees:
        say("✓ Every order counts as it should, and every total is the sum of its sales.", "green")
    return 0 if agrees else 1


_PARTS = {
    "alive": "Source has",
    "counted": "Counts",
    "left_out": "Left out by the settings",
    "set_aside": "Set aside for want of a rate",
    "unknown": "Without a ship-to state",
    "abroad": "Abroad",
    "missing": "Not counted yet",
    "stray": "Counts, and should not",
    "voided": "Cancelled",
    "deleted": "Deleted at the source",
}
"""The parts of what a source has, as people are told of them."""


def _show_sources(rows: Sequence[Reconciled]) -> None:
    for row in rows:
        say(f"{row.connection}, {row.currency}", "bold")
        parts = ((said, getattr(row, name)) for name, said in _PARTS.items())
        facts = [(said, _part(part, row.currency)) for said, part in parts if part.orders]
        if row.astray:
            facts.append(("Counts otherwise than it should", count(row.astray, "order")))
        print_facts(facts)


def _part(part: Part, currency: str) -> str:
    return f"{money(part.total, currency)} in {count(part.orders, 'order')}"
